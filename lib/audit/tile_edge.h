// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The right edge of a tree as tiles (c2sp.org/tlog-tiles): of each tile level, the hashes of the
// tile that is still growing. Enough to make every tile of a log while its entries go by, and to
// know the root, in 64 KiB whatever the log's length. Pure.
//
// Ownership: a plain value. Threads: one a struct. Errors: none.
#pragma once

#include "audit/tile.h"

// Zeroed, it is the empty tree. Of level L the first (size >> 8 * L) % 256 hashes count; they lie
// as in the tile's file.
struct tile_edge {
    uint64_t size;
    struct tree_hash hashes[TILE_LEVELS_MOST][TILE_WIDTH];
};

// Add a leaf. Returns how many tiles it completed: those of the levels below that number are full,
// and their hashes stay in place until the next call.
unsigned tile_edge_append(struct tile_edge *e, const struct tree_hash *leaf);

struct tree_hash tile_edge_root(const struct tile_edge *e);

// How many hashes the growing tile of this level has, and which tile it is.
static inline unsigned tile_edge_width(const struct tile_edge *e, unsigned level)
{
    return (unsigned)(e->size >> TILE_LEVELS * level) % TILE_WIDTH;
}

// The tile that tile_edge_append has just completed, or the partial one of now.
struct tile tile_edge_full(const struct tile_edge *e, unsigned level);
struct tile tile_edge_partial(const struct tile_edge *e, unsigned level);
