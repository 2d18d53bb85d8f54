// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/copy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/folder.h"
#include "base/alloc.h"
#include "secret/io.h"

enum { DEPTH_MOST = 8 };

// --- walking ----------------------------------------------------------------------------------

// What belongs to the writer alone, or can be made again.
static bool is_left_out(const char *name)
{
    static const char *const names[] = {".",       "..",   "lock",         "reserve",      "index",
                                        "cursors", "next", "signer.state", "MANIFEST.json"};
    size_t n = strlen(name);

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(name, names[i]) == 0) {
            return true;
        }
    }
    return n > 4 && (strcmp(name + n - 4, ".tmp") == 0 || strcmp(name + n - 4, ".new") == 0);
}

static bool is_wal(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL && slash - path >= 3 && strncmp(slash - 3, "wal", 3) == 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct names {
    char **items;
    size_t count, capacity;
};

static void names_done(struct names *n)
{
    for (size_t i = 0; i < n->count; i++) {
        mem_free(n->items[i]);
    }
    mem_free(n->items);
}

static enum aiu_status add_name(struct names *n, const char *name)
{
    if (n->count == n->capacity) {
        size_t larger = n->capacity == 0 ? 64 : 2 * n->capacity;
        char **moved =
            mem_resize_wiped(n->items, n->capacity * sizeof(*moved), larger * sizeof(*moved));
        if (moved == NULL) {
            return AIU_NO_MEMORY;
        }
        n->items = moved;
        n->capacity = larger;
    }
    n->items[n->count] = mem_dup(name, strlen(name));
    return n->items[n->count++] == NULL ? AIU_NO_MEMORY : AIU_OK;
}

static enum aiu_status list_names(int dir, struct names *ret_names)
{
    const struct dirent *entry = NULL;
    enum aiu_status st = AIU_OK;
    int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = copy < 0 ? NULL : fdopendir(copy);

    if (d == NULL) {
        folder_close_fd(&copy);
        return AIU_FILE_DENIED;
    }
    while (st == AIU_OK &&
           (entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): a DIR of our own
        if (!is_left_out(entry->d_name)) {
            st = add_name(ret_names, entry->d_name);
        }
    }
    (void)closedir(d);
    if (ret_names->count > 0) {
        qsort(ret_names->items, ret_names->count, sizeof(char *), by_name);
    }
    return st;
}

static enum aiu_status walk_folder(const struct copy_walk *w, int dir, const char *prefix,
                                   int depth);

static enum aiu_status walk_name(const struct copy_walk *w, int dir, const char *prefix,
                                 const char *name, int depth)
{
    char path[COPY_PATH_MOST];
    struct stat st;

    if (snprintf(path, sizeof(path), "%s%s%s", prefix, prefix[0] == '\0' ? "" : "/", name) >=
        (int)sizeof(path)) {
        return AIU_TOO_LONG;
    }
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) {
        return errno == ENOENT ? AIU_OK : AIU_FILE_DENIED; // a tile that a larger one replaced
    }
    if (S_ISREG(st.st_mode)) {
        return is_wal(path) == w->wal ? w->on_file(w->ctx, path) : AIU_OK;
    }
    if (!S_ISDIR(st.st_mode)) {
        return AIU_FILE_INVALID;
    }
    TRY(w->on_folder == NULL ? AIU_OK : w->on_folder(w->ctx, path));
    int inner = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (inner < 0) {
        return AIU_FILE_DENIED;
    }
    enum aiu_status result = walk_folder(w, inner, path, depth + 1);
    (void)close(inner);
    return result;
}

// "checkpoint" sorts before the tiles.
static enum aiu_status walk_folder(const struct copy_walk *w, int dir, const char *prefix,
                                   int depth)
{
    CLEANUP(names_done) struct names names = {0};

    if (depth > DEPTH_MOST) {
        return AIU_FILE_INVALID;
    }
    TRY(list_names(dir, &names));
    for (size_t i = 0; i < names.count; i++) {
        TRY(walk_name(w, dir, prefix, names.items[i], depth));
    }
    return AIU_OK;
}

enum aiu_status copy_walk_all(struct copy_walk *w)
{
    w->wal = false;
    TRY(walk_folder(w, w->dir, "", 0));
    w->wal = true;
    return walk_folder(w, w->dir, "", 0);
}

// --- copying ----------------------------------------------------------------------------------

struct copy {
    int from, to;
    uint8_t *chunk;
};

enum aiu_status copy_open_file(int dir, const char *path, int flags, int *ret_fd)
{
    *ret_fd = openat(dir, path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
    return *ret_fd >= 0 ? AIU_OK : errno == ENOENT ? AIU_FILE_NOT_FOUND : folder_errno(errno);
}

enum aiu_status copy_read(int fd, uint8_t *chunk, size_t *ret_n)
{
    size_t n = 0;
    ssize_t got = 1;

    while (n < COPY_CHUNK && got > 0) {
        got = read(fd, chunk + n, COPY_CHUNK - n);
        n += got > 0 ? (size_t)got : 0;
    }
    *ret_n = n;
    return got < 0 ? folder_errno(errno) : AIU_OK;
}

// Bytes up to the last one that is not zero, and on to a whole frame's end.
static size_t without_zeros(const uint8_t *chunk, size_t n)
{
    while (n > 0 && chunk[n - 1] == 0) {
        n--;
    }
    return (n + 7) & ~(size_t)7;
}

// Where the frames of a segment end. Its writer goes forward: once this has seen a byte, all before
// it can be read, and a copy of so much has no gap in which a frame had not yet been written.
static enum aiu_status frames_end(struct copy *c, int from, uint64_t *ret_end)
{
    uint64_t offset = 0;
    size_t n = COPY_CHUNK;

    *ret_end = 0;
    while (n == COPY_CHUNK) {
        TRY(copy_read(from, c->chunk, &n));
        size_t used = without_zeros(c->chunk, n);
        *ret_end = used > 0 ? offset + used : *ret_end;
        offset += n;
    }
    *ret_end = *ret_end < offset ? *ret_end : offset;
    return lseek(from, 0, SEEK_SET) == 0 ? AIU_OK : folder_errno(errno);
}

static enum aiu_status copy_bytes(struct copy *c, int from, int to, uint64_t most)
{
    uint64_t offset = 0;
    size_t n = COPY_CHUNK;

    while (n == COPY_CHUNK && offset < most) {
        TRY(copy_read(from, c->chunk, &n));
        size_t used = n < most - offset ? n : (size_t)(most - offset);
        TRY(io_write_all(to, span_of(c->chunk, used)) ? AIU_OK : folder_errno(errno));
        offset += n;
    }
    return fsync(to) == 0 ? AIU_OK : folder_errno(errno);
}

static enum aiu_status copy_file(void *ctx, const char *path)
{
    struct copy *c = ctx;
    uint64_t most = UINT64_MAX;
    int from = -1, to = -1;
    enum aiu_status st = copy_open_file(c->from, path, O_RDONLY, &from);

    if (st == AIU_FILE_NOT_FOUND) {
        return AIU_OK; // gone since it was listed: a larger tile has taken its place
    }
    TRY(st);
    st = copy_open_file(c->to, path, O_WRONLY | O_CREAT | O_EXCL, &to);
    if (st == AIU_OK && is_wal(path)) {
        st = frames_end(c, from, &most);
    }
    if (st == AIU_OK) {
        st = copy_bytes(c, from, to, most);
    }
    folder_close_fd(&from);
    folder_close_fd(&to);
    return st;
}

static enum aiu_status copy_folder(void *ctx, const char *path)
{
    const struct copy *c = ctx;

    return mkdirat(c->to, path, 0700) == 0 || errno == EEXIST ? AIU_OK : folder_errno(errno);
}

static enum aiu_status sync_folder(void *ctx, const char *path)
{
    const struct copy *c = ctx;
    int fd = openat(c->to, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool fine = fd >= 0 && fsync(fd) == 0;

    folder_close_fd(&fd);
    return fine ? AIU_OK : AIU_IO;
}

static enum aiu_status ignore_file(void *ctx, const char *path)
{
    (void)ctx;
    (void)path;
    return AIU_OK;
}

static enum aiu_status copy_all(int from, int to)
{
    struct copy c = {from, to, mem_new(COPY_CHUNK, 1)};
    struct copy_walk w = {.dir = from, .on_file = copy_file, .on_folder = copy_folder, .ctx = &c};
    struct copy_walk sync = {
        .dir = to, .on_file = ignore_file, .on_folder = sync_folder, .ctx = &c};

    if (c.chunk == NULL) {
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = copy_walk_all(&w);
    if (st == AIU_OK) {
        st = walk_folder(&sync, to, "", 0);
    }
    if (st == AIU_OK && fsync(to) != 0) {
        st = AIU_IO;
    }
    mem_free(c.chunk);
    return st;
}

enum aiu_status copy_open_dir(const char *path, int *ret_fd)
{
    *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *ret_fd >= 0 ? AIU_OK : errno == ENOENT ? AIU_FILE_NOT_FOUND : AIU_FILE_DENIED;
}

enum aiu_status copy_log(const char *from, const char *to)
{
    CLEANUP(folder_close_fd) int source = -1;
    CLEANUP(folder_close_fd) int target = -1;

    TRY(copy_open_dir(from, &source));
    TRY(copy_open_dir(to, &target));
    return copy_all(source, target);
}

enum aiu_status copy_is_empty(int dir, bool *ret_empty)
{
    CLEANUP(names_done) struct names names = {0};

    TRY(list_names(dir, &names));
    *ret_empty = names.count == 0;
    return AIU_OK;
}
