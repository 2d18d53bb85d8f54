// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A hash between two tile levels is computed from the hashes of the tile below it. The tile used
// last of each level stays in memory: the path of a proof visits each level once or twice.
#include "audit/tile_source.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "audit/folder.h"
#include "base/alloc.h"

struct cached {
    bool filled;
    uint64_t index;
    uint8_t bytes[TILE_SIZE];
};

struct tile_source {
    struct tile_reader reader;
    uint64_t size;
    int folder_fd;
    struct cached levels[TILE_LEVELS_MOST];
};

enum aiu_status tile_source_new(const struct tile_reader *reader, uint64_t size,
                                struct tile_source **ret_source)
{
    struct tile_source *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->reader = *reader;
    s->size = size;
    *ret_source = s;
    return AIU_OK;
}

void tile_source_free(struct tile_source *s)
{
    mem_free(s);
}

// A partial tile may have been removed once the full one was there.
static enum aiu_status read_tile(const struct tile_source *s, struct tile *t, uint8_t *out)
{
    enum aiu_status st = s->reader.read(s->reader.ctx, t, out);

    if (st == AIU_FILE_NOT_FOUND && t->width < TILE_WIDTH) {
        t->width = TILE_WIDTH;
        st = s->reader.read(s->reader.ctx, t, out);
    }
    return st;
}

static enum aiu_status get_hash(void *ctx, unsigned level, uint64_t index,
                                struct tree_hash *ret_hash)
{
    struct tile_source *s = ctx;
    unsigned within = level % TILE_LEVELS;
    struct tile t = {.level = (int)(level / TILE_LEVELS), .index = index >> (TILE_LEVELS - within)};
    struct cached *c = &s->levels[t.level];
    unsigned first = (unsigned)(index << within) % TILE_WIDTH;

    t.width = tile_width(t.level, t.index, s->size);
    if (first + (1U << within) > t.width) {
        return AIU_USAGE;
    }
    if (!c->filled || c->index != t.index) {
        c->filled = false;
        TRY(read_tile(s, &t, c->bytes));
        c->filled = true;
        c->index = t.index;
    }
    *ret_hash = tile_hash(c->bytes, first, 1U << within);
    return AIU_OK;
}

struct proof_source tile_source_proofs(struct tile_source *s)
{
    return (struct proof_source){get_hash, s};
}

static enum aiu_status read_whole(int fd, uint8_t *out, size_t most, size_t *ret_n)
{
    size_t n = 0;
    uint8_t beyond = 0;

    for (;;) {
        ssize_t got = n < most ? read(fd, out + n, most - n) : read(fd, &beyond, 1);
        if (got < 0 && errno != EINTR) {
            return folder_errno(errno);
        }
        if (got > 0 && n == most) {
            return AIU_AUDIT_CORRUPT;
        }
        if (got == 0) {
            *ret_n = n;
            return AIU_OK;
        }
        n += got > 0 ? (size_t)got : 0;
    }
}

enum aiu_status tile_file_read(int folder_fd, const struct tile *t, uint8_t *out, size_t most,
                               size_t *ret_n)
{
    CLEANUP(folder_close_fd) int fd = -1;
    char path[TILE_PATH_SIZE];

    tile_path(t, path);
    TRY(folder_open_file(folder_fd, path, O_RDONLY | O_NONBLOCK, &fd));
    enum aiu_status st = read_whole(fd, out, most, ret_n);
    return st == AIU_FILE_INVALID ? AIU_AUDIT_CORRUPT : st; // a folder in its place
}

static enum aiu_status read_from_folder(void *ctx, const struct tile *t, uint8_t *out)
{
    const struct tile_source *s = ctx;
    size_t size = (size_t)t->width * TREE_HASH_SIZE;
    size_t n = 0;

    TRY(tile_file_read(s->folder_fd, t, out, size, &n));
    return n == size ? AIU_OK : AIU_AUDIT_CORRUPT;
}

enum aiu_status tile_source_open(int folder_fd, uint64_t size, struct tile_source **ret_source)
{
    const struct tile_reader none = {.read = NULL};
    struct tile_source *s = NULL;

    TRY(tile_source_new(&none, size, &s));
    s->folder_fd = folder_fd;
    s->reader = (struct tile_reader){read_from_folder, s};
    *ret_source = s;
    return AIU_OK;
}
