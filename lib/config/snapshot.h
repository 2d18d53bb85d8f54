// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands behind a struct config: its memory, its count, and where each value came from.
//
// Ownership: counted (config.h). Threads: immutable once config_parse has returned.
#pragma once

#include <stdatomic.h>

#include "base/arena.h"
#include "config/config.h"

enum { SNAPSHOT_MEMORY = 64 * 1024 * 1024 };

// Where a value was given. Values without an origin are defaults.
struct origin {
    struct span path;     // "providers[0].name"
    struct span variable; // set from the environment: its name
    uint32_t line, column;
    struct origin *next;
};

struct snapshot {
    struct config config;
    atomic_uint count;
    struct arena arena;
    struct origin *origins; // newest first: the first of a path is the one that holds
    size_t origin_count;
    const struct origin **sorted; // by path, one a path, for snapshot_origin; NULL while building
    size_t sorted_count;
    bool mock;
};

// Empty, with a count of one.
MUST_CHECK enum aiu_status snapshot_new(struct snapshot **ret_snapshot);
void snapshot_free(struct snapshot *s);

static inline const struct snapshot *snapshot_of(const struct config *c)
{
    return (const struct snapshot *)c; // the first member
}

// Make look-ups fast. What is noted later is not seen.
MUST_CHECK enum aiu_status snapshot_sort_origins(struct snapshot *s);

// The origin of the value at `path`; NULL for a default.
const struct origin *snapshot_origin(const struct snapshot *s, struct span path);
