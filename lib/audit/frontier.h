// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// LOG/frontier: the tree's frontier at the start of the newest segment, so that a start hashes that
// segment only. It is a cache: the root in the segment's header proves it, and without it, or with
// a wrong one, everything is hashed again.
//
//     "AUFRONT1" | u64le size | a hash for each 1 bit of the size, lowest first
//
// Threads: one. Internal to audit.
#pragma once

#include "audit/folder.h"
#include "audit/tree.h"

// False where there is none that can be read.
bool frontier_load(const struct folder *f, struct tree *ret_tree);

// Errors are not told: the next start takes longer.
void frontier_save(const struct folder *f, const struct tree *t);
