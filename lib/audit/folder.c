// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Everything below the log's folder is opened relative to its descriptor, so that a rename of a
// folder above changes nothing under a running writer. Links are followed above it only: where the
// state lies is the administrator's choice.
#include "audit/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/wal.h"
#include "base/alloc.h"
#include "secret/io.h"

enum { SEGMENTS_MOST = 1 << 20 };

enum aiu_status folder_errno(int error)
{
    switch (error) {
    case ENOENT:
        return AIU_FILE_NOT_FOUND;
    case EACCES:
    case EPERM:
    case EROFS:
    case ELOOP:
        return AIU_FILE_DENIED;
    case ENOTDIR:
    case EISDIR:
        return AIU_FILE_INVALID;
    case ENOSPC:
    case EDQUOT:
        return AIU_AUDIT_UNAVAILABLE;
    case ENOMEM:
        return AIU_NO_MEMORY;
    default:
        return AIU_IO;
    }
}

void folder_close_fd(int *fd)
{
    if (*fd >= 0) {
        (void)close(*fd);
    }
    *fd = -1;
}

void folder_done(struct folder *f)
{
    folder_close_fd(&f->wal);
    folder_close_fd(&f->top);
    folder_close_fd(&f->lock);
}

enum aiu_status folder_open_file(int dir, const char *name, int flags, int *ret_fd)
{
    int fd = openat(dir, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY, 0600);

    if (fd < 0) {
        return folder_errno(errno);
    }
    *ret_fd = fd;
    return AIU_OK;
}

static bool is_ours_alone(const struct stat *s)
{
    return s->st_uid == geteuid() && (s->st_mode & 077) == 0;
}

enum aiu_status folder_check_file(int fd)
{
    struct stat s;

    if (fstat(fd, &s) != 0) {
        return folder_errno(errno);
    }
    return S_ISREG(s.st_mode) && s.st_nlink == 1 && is_ours_alone(&s) ? AIU_OK : AIU_AUDIT_EXPOSED;
}

// Make the name of a new folder durable: sync the folder that it is in.
static enum aiu_status sync_above(char *path, size_t n)
{
    while (n > 0 && path[n - 1] != '/') {
        n--;
    }
    path[n] = '\0';
    CLEANUP(folder_close_fd)
    int fd = open(n == 0 ? "." : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return fd >= 0 && fsync(fd) == 0 ? AIU_OK : AIU_IO;
}

// mkdir with all that is missing above.
static enum aiu_status make_folders(const char *path, bool sync)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(part)) {
        return AIU_USAGE;
    }
    for (size_t i = 1; i <= n; i++) {
        if (path[i] != '/' && path[i] != '\0') {
            continue;
        }
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0700) == 0) {
            TRY(sync ? sync_above(part, i) : AIU_OK);
        } else if (errno != EEXIST) {
            return folder_errno(errno);
        }
    }
    return AIU_OK;
}

static enum aiu_status open_own_folder(int dir, const char *path, int *ret_fd)
{
    CLEANUP(folder_close_fd) int fd = -1;
    struct stat s;

    TRY(folder_open_file(dir, path, O_RDONLY | O_DIRECTORY, &fd));
    if (fstat(fd, &s) != 0) {
        return folder_errno(errno);
    }
    if (!is_ours_alone(&s)) {
        return AIU_AUDIT_EXPOSED;
    }
    *ret_fd = fd;
    fd = -1;
    return AIU_OK;
}

static enum aiu_status take_lock(int top, int *ret_fd)
{
    CLEANUP(folder_close_fd) int fd = -1;

    TRY(folder_open_file(top, "lock", O_RDWR | O_CREAT, &fd));
    TRY(folder_check_file(fd));
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return errno == EWOULDBLOCK ? AIU_AUDIT_LOCKED : AIU_IO;
    }
    *ret_fd = fd;
    fd = -1;
    return AIU_OK;
}

enum aiu_status folder_open_writer(const char *path, bool sync, struct folder *ret_folder)
{
    CLEANUP(folder_done) struct folder f = FOLDER_CLOSED;

    TRY(make_folders(path, sync));
    TRY(open_own_folder(AT_FDCWD, path, &f.top));
    TRY(take_lock(f.top, &f.lock));
    if (mkdirat(f.top, "wal", 0700) != 0 && errno != EEXIST) {
        return folder_errno(errno);
    }
    TRY(open_own_folder(f.top, "wal", &f.wal));
    if (sync && fsync(f.top) != 0) {
        return AIU_IO;
    }
    *ret_folder = f;
    f = (struct folder)FOLDER_CLOSED;
    return AIU_OK;
}

enum aiu_status folder_open_reader(const char *path, struct folder *ret_folder)
{
    CLEANUP(folder_done) struct folder f = FOLDER_CLOSED;

    f.top = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f.top < 0) {
        return folder_errno(errno);
    }
    TRY(folder_open_file(f.top, "wal", O_RDONLY | O_DIRECTORY, &f.wal));
    *ret_folder = f;
    f = (struct folder)FOLDER_CLOSED;
    return AIU_OK;
}

enum aiu_status folder_begun(const char *folder, uint64_t *ret_unix_us)
{
    CLEANUP(folder_close_fd) int fd = -1;
    CLEANUP(folder_done) struct folder f = FOLDER_CLOSED;
    uint8_t bytes[WAL_HEADER_SIZE];
    struct wal_header header;
    char name[WAL_NAME_SIZE];

    wal_name(0, name);
    TRY(folder_open_reader(folder, &f));
    TRY(folder_open_file(f.wal, name, O_RDONLY | O_NONBLOCK, &fd));
    if (read(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) ||
        !wal_header_read(bytes, &header)) {
        return AIU_AUDIT_CORRUPT;
    }
    *ret_unix_us = header.unix_us;
    return AIU_OK;
}

void segment_list_done(struct segment_list *list)
{
    mem_free(list->first);
    *list = (struct segment_list){0};
}

static int compare_u64(const void *a, const void *b)
{
    const uint64_t *x = a;
    const uint64_t *y = b;
    return (*x > *y) - (*x < *y);
}

static enum aiu_status add_segment(struct segment_list *list, size_t *capacity, uint64_t first)
{
    if (list->count == *capacity) {
        size_t grown = *capacity == 0 ? 64 : *capacity * 2;
        uint64_t *p = NULL;
        if (grown > SEGMENTS_MOST) {
            return AIU_TOO_LONG;
        }
        p = mem_resize_wiped(list->first, *capacity * sizeof(*p), grown * sizeof(*p));
        if (p == NULL) {
            return AIU_NO_MEMORY;
        }
        list->first = p;
        *capacity = grown;
    }
    list->first[list->count++] = first;
    return AIU_OK;
}

static void close_dir(DIR **dir)
{
    if (*dir != NULL) {
        (void)closedir(*dir);
    }
}

static enum aiu_status open_dir(int fd, DIR **ret_dir)
{
    int again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (again < 0) {
        return folder_errno(errno);
    }
    *ret_dir = fdopendir(again);
    if (*ret_dir == NULL) {
        (void)close(again);
        return AIU_NO_MEMORY;
    }
    return AIU_OK;
}

enum aiu_status folder_each(int dir, enum aiu_status (*each)(void *ctx, const char *name),
                            void *ctx)
{
    CLEANUP(close_dir) DIR *d = NULL;
    const struct dirent *entry = NULL;

    TRY(open_dir(dir, &d));
    while ((entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): a DIR of our own
        if (entry->d_name[0] != '.') {
            TRY(each(ctx, entry->d_name));
        }
    }
    return AIU_OK;
}

enum aiu_status folder_segments(const struct folder *f, struct segment_list *ret_list)
{
    CLEANUP(segment_list_done) struct segment_list list = {0};
    CLEANUP(close_dir) DIR *dir = NULL;
    const struct dirent *entry = NULL;
    size_t capacity = 0;
    uint64_t first = 0;

    TRY(open_dir(f->wal, &dir));
    errno = 0;
    while ((entry = readdir(dir)) != NULL) { // NOLINT(concurrency-mt-unsafe): a DIR of our own
        if (wal_name_read(entry->d_name, &first)) {
            TRY(add_segment(&list, &capacity, first));
        }
        errno = 0;
    }
    if (errno != 0) {
        return AIU_IO;
    }
    if (list.count > 0) {
        qsort(list.first, list.count, sizeof(list.first[0]), compare_u64);
    }
    *ret_list = list;
    list = (struct segment_list){0};
    return AIU_OK;
}

static enum aiu_status write_whole(int dir, const char *name, struct span bytes)
{
    CLEANUP(folder_close_fd) int fd = -1;

    TRY(folder_open_file(dir, name, O_WRONLY | O_CREAT | O_TRUNC, &fd));
    if (!io_write_all(fd, bytes)) {
        return folder_errno(errno);
    }
    return fsync(fd) == 0 ? AIU_OK : AIU_IO;
}

enum aiu_status folder_replace(int dir, const char *name, struct span bytes)
{
    char draft[NAME_MAX];

    if (snprintf(draft, sizeof(draft), "%s.new", name) >= (int)sizeof(draft)) {
        return AIU_TOO_LONG;
    }
    TRY(write_whole(dir, draft, bytes));
    if (renameat(dir, draft, dir, name) != 0) {
        return folder_errno(errno);
    }
    return fsync(dir) == 0 ? AIU_OK : AIU_IO;
}
