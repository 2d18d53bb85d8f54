// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The Merkle tree head of RFC 6962 2.1 over the entries of a log, kept as a frontier: one hash for
// each 1 in the binary form of the size. Enough to append and to know the root; tiles and proofs
// are derived from the log.
//
// Ownership: plain values. Threads: one a struct. Errors: none.
#pragma once

#include "base/span.h"

enum { TREE_HASH_SIZE = 32, TREE_LEVELS = 64 };

struct tree_hash {
    uint8_t bytes[TREE_HASH_SIZE];
};

// Zeroed, it is the empty tree.
struct tree {
    uint64_t size;
    struct tree_hash levels[TREE_LEVELS]; // level i counts where bit i of `size` is set
};

struct tree_hash tree_leaf(struct span entry);
struct tree_hash tree_node(const struct tree_hash *left, const struct tree_hash *right);

void tree_append(struct tree *t, const struct tree_hash *leaf);
struct tree_hash tree_root(const struct tree *t);

static inline bool tree_hash_equal(const struct tree_hash *a, const struct tree_hash *b)
{
    return memcmp(a->bytes, b->bytes, TREE_HASH_SIZE) == 0;
}
