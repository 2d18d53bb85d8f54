// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Fills structs from a document by the schema: defaults first, then what the file says. A fault is
// reported and the rest goes on, so that one run shows them all.
//
// Ownership: borrows the snapshot it builds. Threads: one.
// Errors:    AIU_NO_MEMORY only; what is wrong with the file goes into the report.
#pragma once

#include "config/document.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/snapshot.h"

struct builder {
    struct snapshot *snapshot;
    struct config_report *report;
    const char *const *env;
    struct buf path; // of the value at hand
};

enum { BUILDER_PATH = 512 };

// Every key of `map` that has a default, inner maps included.
MUST_CHECK enum aiu_status builder_defaults(struct builder *b, const struct schema_map *map,
                                            void *target);

// What `node` says, into `target`, which has its defaults.
MUST_CHECK enum aiu_status builder_map(struct builder *b, const struct schema_map *map,
                                       const struct node *node, void *target);

// Remember where the value at the builder's path was given.
MUST_CHECK enum aiu_status builder_note(struct builder *b, uint32_t line, uint32_t column,
                                        struct span variable);

// The place of `node` under the builder's path, for reports.
struct config_place builder_place(const struct builder *b, const struct node *node);

// Append ".name" or "[i]" to the path; give `mark` to builder_leave to take it off again.
size_t builder_enter(struct builder *b, struct span name);
size_t builder_enter_index(struct builder *b, size_t i);
void builder_leave(struct builder *b, size_t mark);
