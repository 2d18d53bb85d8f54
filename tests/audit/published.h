// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A log folder written by the tests themselves: segments, tiles, bundles and a signed checkpoint,
// from a row of entries that a test may tamper with.
#pragma once

#include "audit/tile.h"
#include "memory_tree.h"
#include "signing.h"

#define LOG_ORIGIN "log.example/1"

enum { ROW_ENTRY_MOST = 128 };

// Entries of the log, and the size of its segments in entries.
struct row {
    char (*texts)[ROW_ENTRY_MOST];
    size_t count, segment;
};

static inline void row_init(struct row *r, size_t count, size_t segment)
{
    r->texts = mem_new(count + 16, sizeof(*r->texts));
    assert_non_null(r->texts);
    r->count = count;
    r->segment = segment;
    for (size_t i = 0; i < count; i++) {
        (void)numbered_entry(i, r->texts[i]);
    }
}

static inline void row_done(struct row *r)
{
    mem_free(r->texts);
}

static inline struct span row_entry(const struct row *r, size_t i)
{
    return span_str(r->texts[i]);
}

static inline void row_delete(struct row *r, size_t at, size_t count)
{
    memmove(r->texts + at, r->texts + at + count, (r->count - at - count) * sizeof(*r->texts));
    r->count -= count;
}

static inline void row_insert(struct row *r, size_t at, const char *text)
{
    memmove(r->texts + at + 1, r->texts + at, (r->count - at) * sizeof(*r->texts));
    (void)snprintf(r->texts[at], ROW_ENTRY_MOST, "%s", text);
    r->count++;
}

static inline void row_swap(struct row *r, size_t a, size_t b)
{
    char other[ROW_ENTRY_MOST];

    memcpy(other, r->texts[a], sizeof(other));
    memcpy(r->texts[a], r->texts[b], sizeof(other));
    memcpy(r->texts[b], other, sizeof(other));
}

static inline void row_edit(struct row *r, size_t at)
{
    char *digit = strstr(r->texts[at], "2026");

    assert_non_null(digit);
    digit[3] = '5';
}

static inline void memory_tree_of_row(struct memory_tree *t, const struct row *r, size_t count)
{
    struct tree_hash *leaves = mem_new(count + 1, sizeof(*leaves));

    for (size_t i = 0; i < count; i++) {
        leaves[i] = tree_leaf(row_entry(r, i));
    }
    memory_tree_init(t, leaves, count);
    mem_free(leaves);
}

static inline struct tree_hash root_of_row(const struct row *r, size_t count)
{
    struct tree t = {0};

    for (size_t i = 0; i < count; i++) {
        struct tree_hash leaf = tree_leaf(row_entry(r, i));
        tree_append(&t, &leaf);
    }
    return tree_root(&t);
}

// Entries from `first` up to `end` as the segment `first`, begun with `root`.
static inline void write_segment(const char *folder, const struct row *r, size_t first, size_t end,
                                 const struct tree_hash *root)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64 << 20);
    const struct wal_header header = {.first_index = first, .root = *root};
    char path[PATH_SIZE];
    uint8_t *p = NULL;

    assert_ok(buf_reserve(&b, WAL_HEADER_SIZE, &p));
    wal_header_write(&header, p);
    buf_grow(&b, WAL_HEADER_SIZE);
    for (size_t i = first; i < end; i++) {
        struct span entry = row_entry(r, i);
        assert_ok(buf_reserve(&b, wal_frame_size(entry.n), &p));
        wal_frame_write(p, i, entry);
        buf_grow(&b, wal_frame_seal(p));
    }
    assert_ok(buf_reserve(&b, 512, &p));
    memset(p, 0, 512);
    buf_grow(&b, 512);
    write_file(segment_path(folder, first, path), buf_span(&b));
}

static inline void make_folder(const char *folder, const char *name)
{
    char path[PATH_SIZE * 2];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    for (char *at = path + strlen(folder) + 1; (at = strchr(at, '/')) != NULL; at++) {
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    (void)mkdir(path, 0700);
}

// The write-ahead log of all entries, as the gateway would have written it.
static inline void write_wal(const char *folder, const struct row *r)
{
    (void)mkdir(folder, 0700);
    make_folder(folder, "wal");
    for (size_t first = 0; first < r->count || first == 0; first += r->segment) {
        size_t end = first + r->segment < r->count ? first + r->segment : r->count;
        struct tree_hash root = root_of_row(r, first);
        write_segment(folder, r, first, end, &root);
    }
}

static inline void write_published(const char *folder, const struct tile *t, struct span bytes)
{
    char name[TILE_PATH_SIZE], parent[TILE_PATH_SIZE], path[PATH_SIZE * 2];

    tile_path(t, name);
    (void)snprintf(parent, sizeof(parent), "%s", name);
    *strrchr(parent, '/') = '\0';
    make_folder(folder, parent);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    write_file(path, bytes);
}

static inline void write_tiles(const char *folder, struct memory_tree *t, uint64_t size)
{
    for (int level = 0; tile_count(level, size) > 0; level++) {
        for (uint64_t i = 0; i < tile_count(level, size); i++) {
            const struct tile tile = {level, i, tile_width(level, i, size)};
            write_published(folder, &tile,
                            span_of(t->levels[8 * level] + i * TILE_WIDTH,
                                    tile.width * sizeof(struct tree_hash)));
        }
    }
}

static inline void write_bundles(const char *folder, const struct row *r, uint64_t size)
{
    for (uint64_t i = 0; i < tile_count(TILE_ENTRIES, size); i++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
        const struct tile tile = {TILE_ENTRIES, i, tile_width(TILE_ENTRIES, i, size)};
        for (uint64_t k = i * TILE_WIDTH; k < i * TILE_WIDTH + tile.width; k++) {
            struct span entry = row_entry(r, k);
            assert_ok(buf_append_byte(&b, (uint8_t)(entry.n >> 8)));
            assert_ok(buf_append_byte(&b, (uint8_t)entry.n));
            assert_ok(buf_append(&b, entry));
        }
        write_published(folder, &tile, buf_span(&b));
    }
}

// The signed note of the first `size` entries.
static inline void sign_row(const struct row *r, uint64_t size, const struct sign_key *signer,
                            struct buf *out)
{
    const struct note_key key = named_key(LOG_ORIGIN, NOTE_SIGNATURE, signer);
    const struct checkpoint c = {
        .origin = SPAN(LOG_ORIGIN), .size = size, .root = root_of_row(r, size)};

    assert_ok(checkpoint_sign(&key, signer, &c, out));
}

static inline void write_checkpoint(const char *folder, struct span note)
{
    char path[PATH_SIZE * 2];

    (void)snprintf(path, sizeof(path), "%s/checkpoint", folder);
    write_file(path, note);
}

// Tiles, bundles and checkpoint of the first `size` entries.
static inline void publish(const char *folder, const struct row *r, uint64_t size,
                           const struct sign_key *signer)
{
    CLEANUP(memory_tree_done) struct memory_tree t;
    CLEANUP(buf_wipe) struct buf note = BUF_OF(NOTE_MOST);

    memory_tree_of_row(&t, r, size);
    (void)mkdir(folder, 0700);
    write_tiles(folder, &t, size);
    write_bundles(folder, r, size);
    sign_row(r, size, signer, &note);
    write_checkpoint(folder, buf_span(&note));
}
