// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A commit is: sync the bytes, rename, sync the folders that got a name. With more than a few files
// one syncfs takes the place of an fsync for each: on a journaling file system every fsync of a new
// file is a transaction of its own, and the log's committer waits behind them (decision 0010).
#include "audit/tile_store.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/folder.h"
#include "base/alloc.h"
#include "secret/io.h"

enum { FEW = 6, FOLDERS_MOST = 24, DRAFT_SIZE = TILE_PATH_SIZE + 8 };

struct tile_store {
    int folder_fd;
    bool sync;
    size_t count;
    struct tile tiles[TILE_STORE_BATCH];
    // Folders with new names in them; more than that many are synced by syncfs.
    size_t folders_count;
    char folders[FOLDERS_MOST][TILE_PATH_SIZE];
};

enum aiu_status tile_store_new(int folder_fd, bool sync, struct tile_store **ret_store)
{
    struct tile_store *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->folder_fd = folder_fd;
    s->sync = sync;
    *ret_store = s;
    return AIU_OK;
}

void tile_store_free(struct tile_store *s)
{
    mem_free(s);
}

static void draft_path(const struct tile *t, char out[DRAFT_SIZE])
{
    char path[TILE_PATH_SIZE];

    tile_path(t, path);
    (void)snprintf(out, DRAFT_SIZE, "%s.new", path);
}

// The folder that a path lies in; "." for none.
static void parent_of(const char *path, char out[TILE_PATH_SIZE])
{
    const char *slash = strrchr(path, '/');
    size_t n = slash == NULL ? 0 : (size_t)(slash - path);

    memcpy(out, slash == NULL ? "." : path, n == 0 ? 1 : n);
    out[n == 0 ? 1 : n] = '\0';
}

static void note_folder(struct tile_store *s, const char *path)
{
    char folder[TILE_PATH_SIZE];

    parent_of(path, folder);
    for (size_t i = 0; i < s->folders_count && i < FOLDERS_MOST; i++) {
        if (strcmp(s->folders[i], folder) == 0) {
            return;
        }
    }
    if (s->folders_count < FOLDERS_MOST) {
        memcpy(s->folders[s->folders_count], folder, TILE_PATH_SIZE);
    }
    s->folders_count++;
}

// The folders above `path`.
static enum aiu_status make_folders(struct tile_store *s, const char *path)
{
    char part[TILE_PATH_SIZE];

    (void)snprintf(part, sizeof(part), "%s", path);
    for (char *p = part; *p != '\0'; p++) {
        if (*p != '/') {
            continue;
        }
        *p = '\0';
        if (mkdirat(s->folder_fd, part, 0700) == 0) {
            note_folder(s, part);
        } else if (errno != EEXIST) {
            return folder_errno(errno);
        }
        *p = '/';
    }
    return AIU_OK;
}

static enum aiu_status write_draft(int folder_fd, const char *draft, struct span bytes, bool sync)
{
    CLEANUP(folder_close_fd)
    int fd = openat(folder_fd, draft, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        return folder_errno(errno);
    }
    if (!io_write_all(fd, bytes)) {
        return folder_errno(errno);
    }
    return !sync || fsync(fd) == 0 ? AIU_OK : AIU_IO;
}

static enum aiu_status write_tile(struct tile_store *s, const struct tile *t, struct span bytes)
{
    char draft[DRAFT_SIZE], path[TILE_PATH_SIZE];

    draft_path(t, draft);
    enum aiu_status st = write_draft(s->folder_fd, draft, bytes, false);
    if (st == AIU_FILE_NOT_FOUND) {
        tile_path(t, path);
        TRY(make_folders(s, path));
        st = write_draft(s->folder_fd, draft, bytes, false);
    }
    return st;
}

enum aiu_status tile_store_put(struct tile_store *s, const struct tile *t, struct span bytes)
{
    if (s->count == TILE_STORE_BATCH) {
        TRY(tile_store_commit(s));
    }
    TRY(write_tile(s, t, bytes));
    s->tiles[s->count++] = *t;
    return AIU_OK;
}

static enum aiu_status sync_path(const struct tile_store *s, const char *path)
{
    CLEANUP(folder_close_fd) int fd = -1;

    TRY(folder_open_file(s->folder_fd, path, O_RDONLY | O_NONBLOCK, &fd));
    return fsync(fd) == 0 ? AIU_OK : AIU_IO;
}

static enum aiu_status sync_files(const struct tile_store *s)
{
    char draft[DRAFT_SIZE];

    if (!s->sync) {
        return AIU_OK;
    }
    if (s->count > FEW) {
        return syncfs(s->folder_fd) == 0 ? AIU_OK : AIU_IO;
    }
    for (size_t i = 0; i < s->count; i++) {
        draft_path(&s->tiles[i], draft);
        TRY(sync_path(s, draft));
    }
    return AIU_OK;
}

static enum aiu_status sync_folders(const struct tile_store *s)
{
    if (!s->sync) {
        return AIU_OK;
    }
    if (s->folders_count > FEW) {
        return syncfs(s->folder_fd) == 0 ? AIU_OK : AIU_IO;
    }
    for (size_t i = 0; i < s->folders_count; i++) {
        TRY(sync_path(s, s->folders[i]));
    }
    return AIU_OK;
}

static enum aiu_status name_files(struct tile_store *s)
{
    char draft[DRAFT_SIZE], path[TILE_PATH_SIZE];

    for (size_t i = 0; i < s->count; i++) {
        draft_path(&s->tiles[i], draft);
        tile_path(&s->tiles[i], path);
        if (renameat(s->folder_fd, draft, s->folder_fd, path) != 0) {
            return folder_errno(errno);
        }
        note_folder(s, path);
    }
    return AIU_OK;
}

enum aiu_status tile_store_commit(struct tile_store *s)
{
    enum aiu_status st = sync_files(s);

    st = st == AIU_OK ? name_files(s) : st;
    st = st == AIU_OK ? sync_folders(s) : st;
    s->count = 0;
    s->folders_count = st == AIU_OK ? 0 : s->folders_count;
    return st;
}

bool tile_store_has(const struct tile_store *s, const struct tile *t, size_t size)
{
    char path[TILE_PATH_SIZE];
    struct stat st;

    tile_path(t, path);
    return fstatat(s->folder_fd, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (size == 0 ? st.st_size > 0 : (uint64_t)st.st_size == size);
}

void tile_store_drop_partials(struct tile_store *s, int level, uint64_t index)
{
    struct tile t = {.level = level, .index = index, .width = TILE_WIDTH};
    char folder[DRAFT_SIZE], path[TILE_PATH_SIZE];

    tile_path(&t, path);
    (void)snprintf(folder, sizeof(folder), "%s.p", path);
    if (unlinkat(s->folder_fd, folder, AT_REMOVEDIR) == 0 || errno == ENOENT) {
        return; // under load most tiles were never partial
    }
    for (t.width = 1; t.width < TILE_WIDTH; t.width++) {
        tile_path(&t, path);
        (void)unlinkat(s->folder_fd, path, 0);
    }
    (void)unlinkat(s->folder_fd, folder, AT_REMOVEDIR);
}

enum aiu_status tile_store_replace(int folder_fd, const char *name, struct span bytes, bool sync)
{
    char draft[NAME_MAX];

    (void)snprintf(draft, sizeof(draft), "%s.new", name);
    TRY(write_draft(folder_fd, draft, bytes, sync));
    if (renameat(folder_fd, draft, folder_fd, name) != 0) {
        return folder_errno(errno);
    }
    return !sync || fsync(folder_fd) == 0 ? AIU_OK : AIU_IO;
}
