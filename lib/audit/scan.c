// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// pread and not mmap: a file that is cut short under a mapping kills the process.
#include "audit/scan.h"

#include <errno.h>
#include <unistd.h>

#include "audit/folder.h"
#include "base/alloc.h"

enum { SCAN_WINDOW = 256 * 1024 };

_Static_assert(SCAN_WINDOW > 2 * WAL_FRAME_MOST, "a frame must always fit");

enum aiu_status scan_init(struct scan *s)
{
    *s = (struct scan){.fd = -1, .window = mem_new(SCAN_WINDOW, 1)};
    return s->window == NULL ? AIU_NO_MEMORY : AIU_OK;
}

void scan_done(struct scan *s)
{
    mem_wipe_free(s->window, SCAN_WINDOW);
    s->window = NULL;
}

void scan_seek(struct scan *s, uint64_t offset)
{
    s->offset = offset;
    s->at = 0;
    s->end = 0;
    s->at_end = false;
}

// Move what is left to the front and read behind it.
static enum aiu_status fill(struct scan *s)
{
    ssize_t n = 0;

    memmove(s->window, s->window + s->at, s->end - s->at);
    s->end -= s->at;
    s->at = 0;
    while (s->end < SCAN_WINDOW && !s->at_end) {
        n = pread(s->fd, s->window + s->end, SCAN_WINDOW - s->end, (off_t)(s->offset + s->end));
        if (n < 0 && errno != EINTR) {
            return folder_errno(errno);
        }
        s->at_end = n == 0;
        s->end += n > 0 ? (size_t)n : 0;
    }
    return AIU_OK;
}

static void take(struct scan *s, size_t n)
{
    s->at += n;
    s->offset += n;
}

enum aiu_status scan_begin(struct scan *s, int fd, struct wal_header *ret_header, bool *ret_good)
{
    s->fd = fd;
    scan_seek(s, 0);
    TRY(fill(s));
    *ret_good = s->end >= WAL_HEADER_SIZE && wal_header_read(s->window, ret_header);
    if (*ret_good) {
        take(s, WAL_HEADER_SIZE);
    }
    return AIU_OK;
}

static bool is_zero(struct span s)
{
    // Equal to itself one further on: memcmp is many times faster than a loop over bytes.
    return s.n == 0 || (s.p[0] == 0 && memcmp(s.p, s.p + 1, s.n - 1) == 0);
}

static struct span in_window(const struct scan *s)
{
    return span_of(s->window + s->at, s->end - s->at);
}

enum aiu_status scan_next(struct scan *s, struct wal_frame *ret_frame, enum wal_found *ret_found)
{
    enum wal_found found = wal_frame_read(in_window(s), ret_frame);

    if (found == WAL_SHORT && !s->at_end) {
        TRY(fill(s));
        found = wal_frame_read(in_window(s), ret_frame);
    }
    if (found == WAL_SHORT) {
        found = is_zero(in_window(s)) ? WAL_END : WAL_BAD;
    }
    if (found == WAL_FRAME) {
        take(s, ret_frame->size);
    }
    *ret_found = found;
    return AIU_OK;
}

static uint64_t last_dirty(const struct scan *s, struct span piece)
{
    size_t n = is_zero(piece) ? 0 : piece.n;

    while (n > 0 && piece.p[n - 1] == 0) {
        n--;
    }
    return n == 0 ? 0 : s->offset + n;
}

enum aiu_status scan_rest(struct scan *s, uint64_t index, struct scan_rest *ret_rest)
{
    struct scan_rest rest = {0};
    struct wal_frame frame;

    scan_seek(s, s->offset);
    for (;;) {
        TRY(fill(s));
        uint64_t dirty = last_dirty(s, in_window(s));
        rest.dirty_end = dirty != 0 ? dirty : rest.dirty_end;
        // A frame that begins in the first part of the window lies in it as a whole.
        size_t stop = s->at_end ? s->end : SCAN_WINDOW - WAL_FRAME_MOST;
        for (; dirty != 0 && s->at < stop; take(s, 8)) {
            if (wal_frame_read(in_window(s), &frame) == WAL_FRAME && frame.index >= index) {
                rest.has_frame = true;
            }
            if (s->end - s->at < 8) {
                break;
            }
        }
        if (s->at_end) {
            break;
        }
        if (dirty == 0) {
            take(s, stop & ~(size_t)7);
        }
    }
    *ret_rest = rest;
    return AIU_OK;
}
