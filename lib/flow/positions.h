// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where findings of a decoded text stand in its source, a JSON string with escapes: made in one
// pass over the source, and only where something was found.
//
// Ownership: the pairs lie in the arena handed in. Threads: one. Errors: AIU_NO_MEMORY.
#pragma once

#include "base/arena.h"
#include "base/span.h"
#include "detect/finding.h"

struct position {
    size_t decoded, source;
};

struct positions {
    struct position *pairs; // by `decoded`
    size_t count;
};

// The places of all starts and ends in `found`. `raw` is what stands between the quotes.
MUST_CHECK enum aiu_status positions_of(struct span raw, const struct findings *found,
                                        struct arena *a, struct positions *ret_positions);

// The source of a start or end that was among them.
size_t positions_source(const struct positions *p, size_t decoded);
