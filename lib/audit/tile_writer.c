// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A start continues at the last full tile below the published tree: the growing tiles of the levels
// above are read back, at most 255 entries are hashed again, and the root tells whether that was
// right.
#include "audit/tile_writer.h"

#include <fcntl.h>

#include "audit/folder.h"
#include "audit/reader.h"
#include "audit/record.h"
#include "audit/tile_edge.h"
#include "audit/tile_source.h"
#include "audit/tile_store.h"
#include "base/alloc.h"
#include "base/buf.h"

enum write_mode { WRITE_ALL, WRITE_MISSING };

struct tile_writer {
    char *path;
    int folder;
    bool sync;
    enum write_mode mode;
    uint64_t missing_until; // below it, with WRITE_MISSING, files may be there already
    struct reader *reader;  // stands at edge.size; NULL before tile_writer_begin
    struct tile_store *store;
    struct buf bundle;                  // entries of the growing bundle
    uint64_t tidied;                    // tree size up to which partial tiles were looked for
    uint64_t written[TILE_LEVELS_MOST]; // hashes of a level when its partial tile was written last
    struct ids open;
    struct tile_edge edge;
};

enum aiu_status tile_writer_new(const char *folder, bool sync, struct tile_writer **ret_writer)
{
    CLEANUP(tile_writer_done) struct tile_writer *w = mem_new(1, sizeof(*w));

    if (w == NULL) {
        return AIU_NO_MEMORY;
    }
    w->folder = -1;
    w->sync = sync;
    buf_init(&w->bundle, TILE_BUNDLE_MOST);
    ids_init(&w->open);
    w->path = mem_dup(folder, strlen(folder) + 1);
    if (w->path == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(folder_open_file(AT_FDCWD, folder, O_RDONLY | O_DIRECTORY, &w->folder));
    *ret_writer = TAKE_PTR(w);
    return AIU_OK;
}

void tile_writer_free(struct tile_writer *w)
{
    if (w != NULL) {
        reader_free(w->reader);
        tile_store_free(w->store);
        folder_close_fd(&w->folder);
        buf_wipe(&w->bundle);
        ids_done(&w->open);
        mem_free(w->path);
        mem_free(w);
    }
}

int tile_writer_folder(const struct tile_writer *w)
{
    return w->folder;
}

struct tree_head tile_writer_head(const struct tile_writer *w)
{
    return (struct tree_head){w->edge.size, tile_edge_root(&w->edge)};
}

// Taking entries

static struct span hashes_of(const struct tile_writer *w, const struct tile *t)
{
    return span_of(w->edge.hashes[t->level][0].bytes, (size_t)t->width * TREE_HASH_SIZE);
}

static enum aiu_status put_full(struct tile_writer *w, const struct tile *t, struct span bytes)
{
    if (w->mode == WRITE_MISSING && w->edge.size <= w->missing_until &&
        tile_store_has(w->store, t, bytes.n)) {
        return AIU_OK;
    }
    return tile_store_put(w->store, t, bytes);
}

static enum aiu_status put_completed(struct tile_writer *w, unsigned levels)
{
    if (levels == 0) {
        return AIU_OK;
    }
    struct tile t = tile_edge_full(&w->edge, 0);
    t.level = TILE_ENTRIES;
    TRY(put_full(w, &t, buf_span(&w->bundle)));
    buf_reset(&w->bundle);
    for (unsigned level = 0; level < levels; level++) {
        t = tile_edge_full(&w->edge, level);
        TRY(put_full(w, &t, hashes_of(w, &t)));
    }
    return AIU_OK;
}

struct ids *tile_writer_open(struct tile_writer *w)
{
    return &w->open;
}

// What was open when this process began has its `abandoned` record by now, so it does not matter
// from which entry on they are followed.
static enum aiu_status follow(struct tile_writer *w, struct span entry)
{
    struct span text;
    struct id id;
    enum record_type type = record_read(entry, &text);

    if (type == RECORD_OTHER || !id_read(text, &id)) {
        return AIU_OK;
    }
    if (type == RECORD_DECISION || type == RECORD_CARRIED) {
        return ids_add(&w->open, &id);
    }
    (void)ids_remove(&w->open, &id);
    return AIU_OK;
}

static enum aiu_status take_entry(struct tile_writer *w, struct span entry)
{
    const uint8_t length[2] = {(uint8_t)(entry.n >> 8), (uint8_t)entry.n};
    const struct tree_hash leaf = tree_leaf(entry);

    TRY(follow(w, entry));
    TRY(buf_append(&w->bundle, span_of(length, sizeof(length))));
    TRY(buf_append(&w->bundle, entry));
    return put_completed(w, tile_edge_append(&w->edge, &leaf));
}

enum aiu_status tile_writer_take(struct tile_writer *w, uint64_t size)
{
    struct reader_entry entry;

    CHECK(w->reader != NULL);
    while (w->edge.size < size) {
        enum aiu_status st = reader_next(w->reader, &entry);
        if (st != AIU_OK || entry.index != w->edge.size) {
            return st == AIU_IO || st == AIU_NO_MEMORY ? st : AIU_AUDIT_CORRUPT;
        }
        TRY(take_entry(w, entry.bytes));
    }
    return AIU_OK;
}

enum aiu_status tile_writer_flush(struct tile_writer *w)
{
    for (unsigned level = 0; level < TILE_LEVELS_MOST; level++) {
        const struct tile t = tile_edge_partial(&w->edge, level);
        uint64_t hashes = w->edge.size >> TILE_LEVELS * level;
        if (t.width == 0 || w->written[level] == hashes) {
            continue;
        }
        TRY(tile_store_put(w->store, &t, hashes_of(w, &t)));
        if (level == 0) {
            const struct tile bundle = {TILE_ENTRIES, t.index, t.width};
            TRY(tile_store_put(w->store, &bundle, buf_span(&w->bundle)));
        }
    }
    TRY(tile_store_commit(w->store));
    for (unsigned level = 0; level < TILE_LEVELS_MOST; level++) {
        w->written[level] = w->edge.size >> TILE_LEVELS * level;
    }
    return AIU_OK;
}

void tile_writer_tidy(struct tile_writer *w, uint64_t published)
{
    for (unsigned level = 0; level + 1 < TILE_LEVELS_MOST; level++) {
        uint64_t to = published >> TILE_LEVELS * (level + 1);
        for (uint64_t i = w->tidied >> TILE_LEVELS * (level + 1); i < to; i++) {
            tile_store_drop_partials(w->store, (int)level, i);
            if (level == 0) {
                tile_store_drop_partials(w->store, TILE_ENTRIES, i);
            }
        }
    }
    w->tidied = published > w->tidied ? published : w->tidied;
}

enum aiu_status tile_writer_prove(const struct tile_writer *w, uint64_t older,
                                  struct proof *ret_proof)
{
    CLEANUP(tile_source_done) struct tile_source *source = NULL;

    TRY(tile_source_open(w->folder, w->edge.size, &source));
    const struct proof_source hashes = tile_source_proofs(source);
    return proof_consistency(&hashes, older, w->edge.size, ret_proof);
}

// Beginning

static bool has_level(const struct tile_writer *w, int level, uint64_t size)
{
    size_t bytes = level == TILE_ENTRIES ? 0 : TILE_SIZE;

    for (uint64_t i = 0; i < tile_count(level, size); i++) {
        struct tile t = {level, i, TILE_WIDTH};
        unsigned width = tile_width(level, i, size);
        bool has = tile_store_has(w->store, &t, bytes);
        if (!has && width < TILE_WIDTH) {
            t.width = width;
            has = tile_store_has(w->store, &t, bytes == 0 ? 0 : (size_t)width * TREE_HASH_SIZE);
        }
        if (!has) {
            return false;
        }
    }
    return true;
}

static bool has_all(const struct tile_writer *w, uint64_t size)
{
    bool all = has_level(w, TILE_ENTRIES, size);

    for (int level = 0; all && level < TILE_LEVELS_MOST && tile_count(level, size) > 0; level++) {
        all = has_level(w, level, size);
    }
    return all;
}

// The growing tiles above level 0 of a tree of `size`.
static enum aiu_status load_edge(struct tile_writer *w, uint64_t size)
{
    struct tile_edge *e = &w->edge;

    for (unsigned level = 1; level < TILE_LEVELS_MOST; level++) {
        uint64_t hashes = size >> TILE_LEVELS * level;
        struct tile t = {(int)level, hashes / TILE_WIDTH, (unsigned)(hashes % TILE_WIDTH)};
        size_t bytes = (size_t)t.width * TREE_HASH_SIZE, n = 0;
        if (t.width == 0) {
            continue;
        }
        enum aiu_status st = tile_file_read(w->folder, &t, e->hashes[level][0].bytes, bytes, &n);
        if (st == AIU_FILE_NOT_FOUND) {
            t.width = TILE_WIDTH;
            st = tile_file_read(w->folder, &t, e->hashes[level][0].bytes, TILE_SIZE, &n);
        }
        TRY(st);
        if (n < bytes) {
            return AIU_AUDIT_CORRUPT;
        }
    }
    return AIU_OK;
}

static enum aiu_status begin_at(struct tile_writer *w, uint64_t size)
{
    w->edge.size = size - size % TILE_WIDTH;
    w->tidied = w->edge.size;
    memset(w->written, 0, sizeof(w->written));
    buf_reset(&w->bundle);
    ids_done(&w->open);
    ids_init(&w->open);
    reader_free(w->reader);
    w->reader = NULL;
    tile_store_free(w->store);
    w->store = NULL;
    TRY(tile_store_new(w->folder, w->sync, &w->store));
    return reader_open(w->path, w->edge.size, &w->reader);
}

// Go on at `head`; `*ret_right` tells whether the files lead to its root.
static enum aiu_status begin_at_head(struct tile_writer *w, const struct tree_head *head,
                                     bool *ret_right)
{
    *ret_right = false;
    if (load_edge(w, head->size) != AIU_OK) {
        return AIU_OK;
    }
    TRY(begin_at(w, head->size));
    TRY(tile_writer_take(w, head->size));
    struct tree_head now = tile_writer_head(w);
    *ret_right = tree_hash_equal(&now.root, &head->root);
    return AIU_OK;
}

enum aiu_status tile_writer_begin(struct tile_writer *w, const struct tree_head *head, uint64_t end,
                                  bool *ret_rebuilt)
{
    bool right = false, all = false;

    *ret_rebuilt = false;
    w->mode = WRITE_ALL;
    TRY(begin_at(w, 0));
    if (head != NULL && head->size > 0 && head->size <= end) {
        all = has_all(w, head->size);
        TRY(begin_at_head(w, head, &right));
        if (all && right) {
            return AIU_OK;
        }
    }
    *ret_rebuilt = end > 0;
    // Files that lead to another root are all written again.
    w->mode = right || (head != NULL && head->size == 0) ? WRITE_MISSING : WRITE_ALL;
    w->missing_until = end;
    memset(&w->edge, 0, sizeof(w->edge));
    return begin_at(w, 0);
}
