// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/verify_tree.h"

#include "audit/tile_source.h"

static void check_cuts(struct verify_tree *t)
{
    for (size_t i = 0; i < t->cuts_count; i++) {
        struct verify_cut *cut = &t->cuts[i];
        if (cut->size == t->tree.size) {
            struct tree_hash root = tree_root(&t->tree);
            cut->reached = true;
            cut->right = tree_hash_equal(&root, &cut->root);
        }
    }
}

void verify_tree_begin(struct verify_tree *t)
{
    check_cuts(t);
}

static void miss(struct verify_tree *t, const struct tile *tile)
{
    if (!t->is_missing) {
        t->is_missing = true;
        t->missing = *tile;
    }
}

static enum aiu_status load(struct verify_tree *t, const struct tile *wanted)
{
    struct tile tile = *wanted;
    uint8_t *bytes = t->inner[tile.level].bytes;
    size_t n = 0;
    enum aiu_status st = tile_file_read(t->top_fd, &tile, bytes, TILE_SIZE, &n);

    if (st == AIU_FILE_NOT_FOUND && tile.width < TILE_WIDTH) {
        tile.width = TILE_WIDTH;
        st = tile_file_read(t->top_fd, &tile, bytes, TILE_SIZE, &n);
    }
    if (st == AIU_FILE_NOT_FOUND) {
        miss(t, wanted);
    } else if (st == AIU_AUDIT_CORRUPT) { // larger than any, or no file: nothing that could compare
        n = 0;
    } else {
        TRY(st);
        n = n > tile.width * (size_t)TREE_HASH_SIZE ? 0 : n; // more than belongs there
    }
    memset(bytes + n, 0, TILE_SIZE - n);
    t->inner[tile.level].filled = true;
    t->inner[tile.level].index = tile.index;
    t->inner[tile.level].width = st == AIU_FILE_NOT_FOUND ? 0 : wanted->width;
    return AIU_OK;
}

// Node `index` of tile level `level`.
static enum aiu_status check_inner(struct verify_tree *t, int level, uint64_t index,
                                   const struct tree_hash *hash)
{
    const struct tile tile = {level, index / TILE_WIDTH,
                              tile_width(level, index / TILE_WIDTH, t->size)};
    uint64_t i = index % TILE_WIDTH;
    unsigned shift = (unsigned)level * TILE_LEVELS;

    if (!t->tiles || i >= tile.width) {
        return AIU_OK;
    }
    if (!t->inner[level].filled || t->inner[level].index != tile.index) {
        TRY(load(t, &tile));
    }
    if (i < t->inner[level].width && !t->is_changed &&
        memcmp(t->inner[level].bytes + i * TREE_HASH_SIZE, hash->bytes, TREE_HASH_SIZE) != 0) {
        t->is_changed = true;
        t->changed = tile;
        t->changed_from = index << shift;
        t->changed_until = (index + 1) << shift;
    }
    return AIU_OK;
}

enum aiu_status verify_tree_add(struct verify_tree *t, unsigned level, const struct tree_hash *hash)
{
    struct tree_hash node = *hash;
    uint64_t size = t->tree.size;
    uint64_t added = (uint64_t)1 << level;

    for (;; level++) {
        if (level > 0 && level % TILE_LEVELS == 0) {
            TRY(check_inner(t, (int)(level / TILE_LEVELS), size >> level, &node));
        }
        if ((size >> level & 1) == 0) {
            break;
        }
        node = tree_node(&t->tree.levels[level], &node);
    }
    t->tree.levels[level] = node;
    t->tree.size += added;
    check_cuts(t);
    return AIU_OK;
}
