// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/tile.h"

#include <stdio.h>

#include "base/num.h"

enum { TILE_INDEX_SIZE = 40 };

// Hashes on tile level `level` of a tree of `size`; entries count as level 0.
static uint64_t hashes_on(int level, uint64_t size)
{
    unsigned shift = level <= 0 ? 0 : (unsigned)level * TILE_LEVELS;

    return shift >= 64 ? 0 : size >> shift;
}

uint64_t tile_count(int level, uint64_t size)
{
    uint64_t hashes = hashes_on(level, size);

    return hashes / TILE_WIDTH + (hashes % TILE_WIDTH != 0);
}

unsigned tile_width(int level, uint64_t index, uint64_t size)
{
    uint64_t hashes = hashes_on(level, size);

    if (index < hashes / TILE_WIDTH) {
        return TILE_WIDTH;
    }
    return index == hashes / TILE_WIDTH ? (unsigned)(hashes % TILE_WIDTH) : 0;
}

// The number in groups of three digits, all but the last with an "x" before them.
static void write_index(uint64_t index, char out[TILE_INDEX_SIZE])
{
    char text[TILE_INDEX_SIZE] = "";
    char *at = text + sizeof(text) - 1;

    for (bool last = true; last || index > 0; last = false) {
        char group[8];
        int n = snprintf(group, sizeof(group), last ? "%03u" : "x%03u/", (unsigned)(index % 1000));
        at -= n;
        memcpy(at, group, (size_t)n);
        index /= 1000;
    }
    memcpy(out, at, (size_t)(text + sizeof(text) - at));
}

void tile_path(const struct tile *t, char out[TILE_PATH_SIZE])
{
    char level[8] = "entries";
    char index[TILE_INDEX_SIZE];
    char width[8] = "";

    write_index(t->index, index);
    if (t->level >= 0) {
        (void)snprintf(level, sizeof(level), "%d", t->level % 64);
    }
    if (t->width < TILE_WIDTH) {
        (void)snprintf(width, sizeof(width), ".p/%u", t->width % TILE_WIDTH);
    }
    (void)snprintf(out, TILE_PATH_SIZE, "tile/%s/%s%s", level, index, width);
}

static bool read_number(struct span text, uint64_t most, uint64_t *ret_value)
{
    return (text.n == 1 || (text.n > 0 && text.p[0] != '0')) &&
           num_parse_u64(text, most, ret_value) == AIU_OK;
}

static bool read_index(struct span text, uint64_t *ret_index)
{
    uint64_t index = 0;
    uint64_t group = 0;
    struct span part = {0};
    bool more = true;

    for (bool first = true; more; first = false) {
        more = span_cut(text, '/', &part, &text);
        if (more && (part.n == 0 || part.p[0] != 'x')) {
            return false;
        }
        part = span_drop_first(part, more ? 1 : 0);
        if (part.n != 3 || num_parse_u64(part, 999, &group) != AIU_OK ||
            (more && first && group == 0) || index > (UINT64_MAX - group) / 1000) {
            return false;
        }
        index = index * 1000 + group;
    }
    *ret_index = index;
    return true;
}

bool tile_path_read(struct span path, struct tile *ret_tile)
{
    const struct span prefix = SPAN("tile/");
    struct tile t = {.level = TILE_ENTRIES, .width = TILE_WIDTH};
    struct span level = {0};
    uint64_t number = 0;

    if (!span_starts_with(path, prefix) ||
        !span_cut(span_drop_first(path, prefix.n), '/', &level, &path)) {
        return false;
    }
    if (!span_equal(level, SPAN_OF("entries"))) {
        if (!read_number(level, 63, &number)) {
            return false;
        }
        t.level = (int)number;
    }
    size_t at = span_find_span(path, SPAN_OF(".p/"));
    if (at < path.n) {
        if (!read_number(span_drop_first(path, at + 3), TILE_WIDTH - 1, &number) || number == 0) {
            return false;
        }
        t.width = (unsigned)number;
    }
    if (!read_index(span_first(path, at), &t.index)) {
        return false;
    }
    *ret_tile = t;
    return true;
}

struct tree_hash tile_hash(const uint8_t *bytes, unsigned first, unsigned count)
{
    struct tree_hash level[TILE_WIDTH];

    memcpy(level, bytes + (size_t)first * TREE_HASH_SIZE, (size_t)count * TREE_HASH_SIZE);
    for (; count > 1; count /= 2) {
        for (unsigned i = 0; i < count / 2; i++) {
            level[i] = tree_node(&level[2 * (size_t)i], &level[2 * (size_t)i + 1]);
        }
    }
    return level[0];
}

bool tile_bundle_next(struct span *bundle, struct span *ret_entry)
{
    if (bundle->n < 2) {
        return false;
    }
    size_t n = (size_t)bundle->p[0] << 8 | bundle->p[1];
    if (bundle->n - 2 < n) {
        return false;
    }
    *ret_entry = span_first(span_drop_first(*bundle, 2), n);
    *bundle = span_drop_first(*bundle, 2 + n);
    return true;
}
