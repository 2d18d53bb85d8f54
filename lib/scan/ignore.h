// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What git leaves out: the rules of one .gitignore file, and the chain of them from the root of a
// tree to a folder (gitignore(5)).
//
// Ownership: a list owns its rules (ignore_done) and borrows the list above it.
// Threads:   one while it is read; then any. Errors: AIU_NO_MEMORY.
#pragma once

#include <stdbool.h>

#include "base/span.h"
#include "base/status.h"

struct ignore_rule;

struct ignore {
    const struct ignore *above; // of the folder around it, or NULL
    struct ignore_rule *rules;
    size_t count, capacity;
    size_t base; // bytes of a path that are this folder's, its '/' included
};

// Rules for the folder whose paths begin with `base` bytes ("src/" has 4, the root 0).
void ignore_init(struct ignore *list, const struct ignore *above, size_t base);
void ignore_done(struct ignore *list);

// Add the rules of a file. A line that is too long or matches nothing is passed over, as git does.
MUST_CHECK enum aiu_status ignore_read(struct ignore *list, struct span text);

// Whether `path`, from the root of the tree, is left out. Its folders must have been asked first:
// what lies in a folder that is left out is never looked at.
bool ignore_has(const struct ignore *list, struct span path, bool is_folder);
