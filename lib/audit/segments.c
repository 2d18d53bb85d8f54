// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A segment is prepared under the name wal/next and gets its own name only when its header is on
// disk, so that a crash never leaves a segment without one.
//
// fsync that failed is never tried again: the kernel may have dropped the pages and report success
// the second time.
#include "audit/segments.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static const char next_name[] = "next";
static const char reserve_name[] = "reserve";

static enum segments_io io_of_errno(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EMFILE: // of opening only, as the next two
    case ENFILE:
    case ENOMEM:
        return SEGMENTS_FULL;
    default:
        return SEGMENTS_FAILED;
    }
}

static enum segments_io remove_file(int dir, const char *name)
{
    return unlinkat(dir, name, 0) == 0 || errno == ENOENT ? SEGMENTS_OK : SEGMENTS_FAILED;
}

enum segments_io segments_init(struct segments *s, const struct folder *folder, size_t segment_size,
                               size_t reserve_size)
{
    *s = (struct segments){
        .folder = folder,
        .segment_size = segment_size,
        .reserve_size = reserve_size,
        .sync = true,
        .fd = -1,
        .next_fd = -1,
    };
    // Their size is that of earlier options, and `next` may have a header from a crash.
    if (remove_file(folder->wal, next_name) != SEGMENTS_OK) {
        return SEGMENTS_FAILED;
    }
    return remove_file(folder->top, reserve_name);
}

void segments_done(struct segments *s)
{
    folder_close_fd(&s->fd);
    folder_close_fd(&s->next_fd);
}

static enum segments_io allocate(int fd, uint64_t size)
{
    int error = 0;

    do {
        error = posix_fallocate(fd, 0, (off_t)size);
    } while (error == EINTR);
    return error == 0 ? SEGMENTS_OK : io_of_errno(error);
}

static enum segments_io make_file(int dir, const char *name, uint64_t size, int *ret_fd)
{
    CLEANUP(folder_close_fd)
    int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    if (fd < 0) {
        return io_of_errno(errno);
    }
    enum segments_io io = allocate(fd, size);
    if (io != SEGMENTS_OK) {
        (void)remove_file(dir, name);
        return io;
    }
    *ret_fd = fd;
    fd = -1;
    return SEGMENTS_OK;
}

static enum segments_io sync_fd(const struct segments *s, int fd)
{
    return !s->sync || fsync(fd) == 0 ? SEGMENTS_OK : SEGMENTS_FAILED;
}

static enum segments_io write_at(int fd, struct span bytes, uint64_t offset)
{
    while (bytes.n > 0) {
        ssize_t n = pwrite(fd, bytes.p, bytes.n, (off_t)offset);
        if (n < 0 && errno != EINTR) {
            return io_of_errno(errno);
        }
        if (n > 0) {
            bytes = span_drop_first(bytes, (size_t)n);
            offset += (size_t)n;
        }
    }
    return SEGMENTS_OK;
}

static enum segments_io zero_range(int fd, uint64_t from, uint64_t to)
{
    static const uint8_t zeros[64 * 1024];

    while (from < to) {
        size_t n = to - from < sizeof(zeros) ? (size_t)(to - from) : sizeof(zeros);
        enum segments_io io = write_at(fd, span_of(zeros, n), from);
        if (io != SEGMENTS_OK) {
            return io;
        }
        from += n;
    }
    return SEGMENTS_OK;
}

// A copy of a log may have been cut behind its last frame: give the segment its full size back.
// Without the space for that it is used as it is.
static enum segments_io restore_size(struct segments *s)
{
    struct stat st;

    if (fstat(s->fd, &st) != 0) {
        return SEGMENTS_FAILED;
    }
    s->size = (uint64_t)st.st_size;
    if (s->size < s->segment_size && allocate(s->fd, s->segment_size) == SEGMENTS_OK) {
        s->size = s->segment_size;
    }
    return SEGMENTS_OK;
}

enum segments_io segments_adopt(struct segments *s, uint64_t first, uint64_t offset,
                                uint64_t dirty_end)
{
    char name[WAL_NAME_SIZE];

    wal_name(first, name);
    s->fd = openat(s->folder->wal, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (s->fd < 0) {
        return SEGMENTS_FAILED;
    }
    s->offset = offset;
    if (dirty_end > offset) {
        enum segments_io io = zero_range(s->fd, offset, dirty_end);
        if (io != SEGMENTS_OK) {
            return io;
        }
    }
    enum segments_io io = restore_size(s);
    // Also where nothing was torn: what recovery read may be in memory only.
    return io != SEGMENTS_OK ? io : sync_fd(s, s->fd);
}

enum segments_io segments_prepare(struct segments *s)
{
    int fd = -1;

    if (s->next_fd < 0) {
        enum segments_io io = make_file(s->folder->wal, next_name, s->segment_size, &s->next_fd);
        if (io != SEGMENTS_OK) {
            return io;
        }
        s->next_size = s->segment_size;
    }
    if (!s->reserve) {
        enum segments_io io = make_file(s->folder->top, reserve_name, s->reserve_size, &fd);
        if (io != SEGMENTS_OK) {
            return io;
        }
        folder_close_fd(&fd);
        s->reserve = true;
    }
    return SEGMENTS_OK;
}

enum segments_io segments_spend_reserve(struct segments *s)
{
    if (!s->reserve) {
        return SEGMENTS_FULL;
    }
    s->reserve = false;
    if (remove_file(s->folder->top, reserve_name) != SEGMENTS_OK) {
        return SEGMENTS_FAILED;
    }
    // The file system takes some of the space for itself.
    uint64_t size = s->reserve_size - s->reserve_size / 8;
    enum segments_io io = make_file(s->folder->wal, next_name, size, &s->next_fd);
    if (io == SEGMENTS_OK) {
        s->next_size = size;
    }
    return io;
}

enum segments_io segments_roll(struct segments *s, const struct wal_header *header)
{
    uint8_t bytes[WAL_HEADER_SIZE];
    char name[WAL_NAME_SIZE];

    CHECK(s->next_fd >= 0);
    wal_header_write(header, bytes);
    wal_name(header->first_index, name);
    enum segments_io io = write_at(s->next_fd, span_of(bytes, sizeof(bytes)), 0);
    if (io != SEGMENTS_OK) {
        return io;
    }
    if (sync_fd(s, s->next_fd) != SEGMENTS_OK ||
        renameat(s->folder->wal, next_name, s->folder->wal, name) != 0 ||
        sync_fd(s, s->folder->wal) != SEGMENTS_OK) {
        return SEGMENTS_FAILED;
    }
    folder_close_fd(&s->fd);
    s->fd = s->next_fd;
    s->next_fd = -1;
    s->offset = WAL_HEADER_SIZE;
    s->size = s->next_size;
    return SEGMENTS_OK;
}

enum segments_io segments_write(struct segments *s, struct span frames)
{
    CHECK(frames.n <= segments_room(s));
    return write_at(s->fd, frames, s->offset);
}

enum segments_io segments_sync(struct segments *s, size_t n)
{
    if (s->sync && fdatasync(s->fd) != 0) {
        return SEGMENTS_FAILED;
    }
    s->offset += n;
    return SEGMENTS_OK;
}
