// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/tile_edge.h"

static uint64_t hashes_at(uint64_t size, unsigned level)
{
    return size >> TILE_LEVELS * level;
}

unsigned tile_edge_append(struct tile_edge *e, const struct tree_hash *leaf)
{
    unsigned full = 0;
    struct tree_hash h = *leaf;

    e->hashes[0][e->size % TILE_WIDTH] = h;
    e->size++;
    while (full + 1 < TILE_LEVELS_MOST && e->size << (64 - TILE_LEVELS * (full + 1)) == 0) {
        h = tile_hash(e->hashes[full][0].bytes, 0, TILE_WIDTH);
        full++;
        e->hashes[full][(hashes_at(e->size, full) - 1) % TILE_WIDTH] = h;
    }
    return full;
}

// Subtrees from the right to the left, the smallest first: within a tile as the bits of its width
// say, then those of the tile above.
struct tree_hash tile_edge_root(const struct tile_edge *e)
{
    const struct tree empty = {0};
    struct tree_hash root = tree_root(&empty);
    bool any = false;

    for (unsigned level = 0; level < TILE_LEVELS_MOST; level++) {
        unsigned width = tile_edge_width(e, level);
        for (unsigned bit = 0; bit < TILE_LEVELS; bit++) {
            unsigned first = width >> (bit + 1) << (bit + 1);
            if ((width >> bit & 1) != 0) {
                struct tree_hash h = tile_hash(e->hashes[level][0].bytes, first, 1U << bit);
                root = any ? tree_node(&h, &root) : h;
                any = true;
            }
        }
    }
    return root;
}

struct tile tile_edge_full(const struct tile_edge *e, unsigned level)
{
    return (struct tile){(int)level, (hashes_at(e->size, level) - 1) / TILE_WIDTH, TILE_WIDTH};
}

struct tile tile_edge_partial(const struct tile_edge *e, unsigned level)
{
    return (struct tile){(int)level, hashes_at(e->size, level) / TILE_WIDTH,
                         tile_edge_width(e, level)};
}
