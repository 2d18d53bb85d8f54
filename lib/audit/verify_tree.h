// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The tree of a log under verification: takes nodes in order, compares the inner ones with the
// published tiles of the levels above the entries', and the roots that are asked for with what they
// should be.
//
// Threads: one. Internal to audit.
#pragma once

#include "audit/tile.h"
#include "audit/verify_diff.h"

enum { VERIFY_CUTS_MOST = VERIFY_SINCE_MOST + 1 };

// A root that somebody has signed.
struct verify_cut {
    uint64_t size;
    struct tree_hash root;
    size_t since; // which of options.since, or SIZE_MAX for the checkpoint under verification
    bool reached, right;
};

struct verify_tree {
    struct tree tree;
    int top_fd;
    uint64_t size; // signed; tiles are compared below it
    bool tiles;
    struct verify_cut cuts[VERIFY_CUTS_MOST]; // ascending
    size_t cuts_count;

    bool is_changed; // an inner tile is not what follows from the entries: the first of them
    struct tile changed;
    uint64_t changed_from, changed_until;
    bool is_missing;
    struct tile missing;

    struct {
        bool filled;
        uint64_t index;
        unsigned width; // 0: it is missing
        uint8_t bytes[TILE_SIZE];
    } inner[TILE_LEVELS_MOST];
};

// The root of `level` and what it stands for. Its place must be a multiple of its size.
MUST_CHECK enum aiu_status verify_tree_add(struct verify_tree *t, unsigned level,
                                           const struct tree_hash *hash);

// Look at the cut of the empty tree; before the first node.
void verify_tree_begin(struct verify_tree *t);
