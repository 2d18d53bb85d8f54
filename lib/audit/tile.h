// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Tiles (c2sp.org/tlog-tiles): the tree's hashes in files of up to 256, eight levels of the tree
// apart, and the entries in bundles beside them. Here: which tiles a tree has, their names, and the
// hashes that follow from one. Pure.
//
//     tile/LEVEL/N[.p/WIDTH]     tile/entries/N[.p/WIDTH]     N: 1234067 is x001/x234/067
//
// Threads: any. Memory: fixed.
#pragma once

#include "audit/tree.h"
#include "base/status.h"

enum {
    TILE_WIDTH = 256,
    TILE_SIZE = TILE_WIDTH * TREE_HASH_SIZE,
    TILE_LEVELS = 8,      // of the tree in one tile
    TILE_LEVELS_MOST = 8, // tile levels of the largest tree
    TILE_ENTRIES = -1,    // in the place of a level: a bundle of entries
    TILE_PATH_SIZE = 64,
    TILE_BUNDLE_MOST = TILE_WIDTH * (2 + 65535)
};

struct tile {
    int level; // or TILE_ENTRIES
    uint64_t index;
    unsigned width; // hashes or entries in it, 1 to TILE_WIDTH; below that it is partial
};

// Tiles of `level` (or TILE_ENTRIES) that a tree of `size` has, the partial one at the end
// included.
uint64_t tile_count(int level, uint64_t size);

// Width of tile `index` in a tree of `size`; 0 where the tree has no such tile.
unsigned tile_width(int level, uint64_t index, uint64_t size);

// The path below the log's folder or URL, with NUL.
void tile_path(const struct tile *t, char out[TILE_PATH_SIZE]);

// The reverse, as strict as the specification. False for any other text.
bool tile_path_read(struct span path, struct tile *ret_tile);

// Root of the full subtree of `count` hashes (a power of two) from `first` on in a tile's bytes.
struct tree_hash tile_hash(const uint8_t *bytes, unsigned first, unsigned count);

// Take the first entry off a bundle's bytes (u16 length, big-endian; entry). False where it is cut.
bool tile_bundle_next(struct span *bundle, struct span *ret_entry);
