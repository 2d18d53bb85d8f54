// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Proofs over the tree of RFC 6962: that an entry is in it (inclusion, 2.1.1) and that one tree is
// the beginning of another (consistency, 2.1.2), checked as RFC 9162 2.1.3.2 and 2.1.4.2 do.
//
// Ownership: plain values. Threads: any. Memory: fixed. Pure, but for what a source does.
#pragma once

#include "audit/tree.h"
#include "base/status.h"

enum { PROOF_MOST = 64 };

struct proof {
    size_t count;
    struct tree_hash path[PROOF_MOST]; // from the leaf's sibling upwards
};

// Whether `leaf` is entry `index` of the tree of `size` entries with this root.
bool proof_check_inclusion(const struct proof *p, uint64_t index, uint64_t size,
                           const struct tree_hash *leaf, const struct tree_hash *root);

// A tree's size and root.
struct tree_head {
    uint64_t size;
    struct tree_hash root;
};

// Whether `older` is a beginning of `newer`. The empty tree is one of every tree (with no path, and
// the root that RFC 6962 gives it).
bool proof_check_consistency(const struct proof *p, const struct tree_head *older,
                             const struct tree_head *newer);

// Where the hashes of a tree come from: the root of the full subtree of the 2^level entries from
// index * 2^level on. Only subtrees that lie within the tree's size are asked for.
struct proof_source {
    enum aiu_status (*hash)(void *ctx, unsigned level, uint64_t index, struct tree_hash *ret_hash);
    void *ctx;
};

// Root of the first `size` entries, the proof of entry `index` < `size`, and the proof from a tree
// of `older` to one of `newer` >= `older` entries. AIU_USAGE, or what the source returns.
MUST_CHECK enum aiu_status proof_root(const struct proof_source *s, uint64_t size,
                                      struct tree_hash *ret_root);
MUST_CHECK enum aiu_status proof_inclusion(const struct proof_source *s, uint64_t index,
                                           uint64_t size, struct proof *ret_proof);
MUST_CHECK enum aiu_status proof_consistency(const struct proof_source *s, uint64_t older,
                                             uint64_t newer, struct proof *ret_proof);
