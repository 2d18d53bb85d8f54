// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The next segment is opened by the index that must come next, so a reader that stands at the end
// of one can never step over entries. A frame that is not whole at the end of the last segment is
// one that is being written, or was cut off by a crash: no more for now, in both cases.
#include "audit/reader.h"

#include <fcntl.h>

#include "audit/folder.h"
#include "audit/scan.h"
#include "base/alloc.h"

struct reader {
    struct folder folder;
    struct scan scan;
    int fd; // -1 before the first segment
    uint64_t index;
    uint64_t from; // entries before it are passed over
};

static void reader_done(struct reader **r)
{
    reader_free(*r);
}

void reader_free(struct reader *r)
{
    if (r != NULL) {
        scan_done(&r->scan);
        folder_close_fd(&r->fd);
        folder_done(&r->folder);
        mem_free(r);
    }
}

static enum aiu_status open_segment(struct reader *r, uint64_t first)
{
    CLEANUP(folder_close_fd) int fd = -1;
    char name[WAL_NAME_SIZE];
    struct wal_header header;
    bool good = false;

    wal_name(first, name);
    TRY(folder_open_file(r->folder.wal, name, O_RDONLY, &fd));
    TRY(scan_begin(&r->scan, fd, &header, &good));
    if (!good || header.first_index != first) {
        return AIU_AUDIT_CORRUPT;
    }
    folder_close_fd(&r->fd);
    r->fd = fd;
    fd = -1;
    r->index = first;
    return AIU_OK;
}

// First index of the newest segment that does not begin behind `index`.
static enum aiu_status find_segment(const struct folder *f, uint64_t index, uint64_t *ret_first)
{
    CLEANUP(segment_list_done) struct segment_list list = {0};

    TRY(folder_segments(f, &list));
    if (list.count == 0) {
        return AIU_NOT_FOUND;
    }
    *ret_first = list.first[0];
    for (size_t i = 1; i < list.count && list.first[i] <= index; i++) {
        *ret_first = list.first[i];
    }
    return AIU_OK;
}

enum aiu_status reader_open(const char *folder, uint64_t from, struct reader **ret_reader)
{
    CLEANUP(reader_done) struct reader *r = mem_new(1, sizeof(*r));

    if (r == NULL) {
        return AIU_NO_MEMORY;
    }
    r->fd = -1;
    r->folder = (struct folder)FOLDER_CLOSED;
    r->from = from;
    r->index = from;
    TRY(scan_init(&r->scan));
    TRY(folder_open_reader(folder, &r->folder));
    *ret_reader = TAKE_PTR(r);
    return AIU_OK;
}

uint64_t reader_position(const struct reader *r)
{
    return r->index > r->from ? r->index : r->from;
}

static enum aiu_status open_first(struct reader *r)
{
    uint64_t first = 0;

    TRY(find_segment(&r->folder, r->from, &first));
    return open_segment(r, first);
}

// At what looks like the end of a segment: is it, and does another one follow? The segments are
// listed before the end is read again: if one behind it was there by then, all before it was, too.
static enum aiu_status look_again(struct reader *r, struct wal_frame *ret_frame,
                                  enum wal_found *ret_found)
{
    CLEANUP(segment_list_done) struct segment_list list = {0};

    TRY(folder_segments(&r->folder, &list));
    scan_seek(&r->scan, r->scan.offset);
    TRY(scan_next(&r->scan, ret_frame, ret_found));
    if (*ret_found == WAL_FRAME) {
        return AIU_OK;
    }
    uint64_t last = list.count == 0 ? 0 : list.first[list.count - 1];
    // An empty segment has the name that its successor would have.
    bool empty = r->scan.offset == WAL_HEADER_SIZE;
    if (last < r->index || (last == r->index && empty)) {
        scan_seek(&r->scan, r->scan.offset);
        return AIU_NOT_FOUND;
    }
    enum aiu_status st = empty ? AIU_AUDIT_CORRUPT : open_segment(r, r->index);
    return st == AIU_FILE_NOT_FOUND ? AIU_AUDIT_CORRUPT : st;
}

static enum aiu_status next_frame(struct reader *r, struct wal_frame *ret_frame)
{
    enum wal_found found = WAL_END;

    if (r->fd < 0) {
        TRY(open_first(r));
    }
    while (found != WAL_FRAME) {
        TRY(scan_next(&r->scan, ret_frame, &found));
        if (found != WAL_FRAME) {
            TRY(look_again(r, ret_frame, &found));
        }
    }
    if (ret_frame->index != r->index) {
        return AIU_AUDIT_CORRUPT;
    }
    r->index++;
    return AIU_OK;
}

enum aiu_status reader_next(struct reader *r, struct reader_entry *ret_entry)
{
    struct wal_frame frame;

    do {
        TRY(next_frame(r, &frame));
    } while (frame.index < r->from);
    *ret_entry = (struct reader_entry){frame.index, frame.entry};
    return AIU_OK;
}

enum aiu_status reader_end(const char *folder, uint64_t *ret_end)
{
    CLEANUP(reader_done) struct reader *r = NULL;
    struct reader_entry entry;
    enum aiu_status st = AIU_OK;

    TRY(reader_open(folder, UINT64_MAX, &r));
    do {
        st = reader_next(r, &entry);
    } while (st == AIU_OK);
    if (st != AIU_NOT_FOUND) {
        return st;
    }
    *ret_end = r->fd < 0 ? 0 : r->index;
    return AIU_OK;
}

// Good frames behind one that is not: read again, because the writer may have been writing just
// there.
enum aiu_status reader_check_end(struct reader *r)
{
    struct scan_rest rest = {0};
    struct wal_frame frame;
    enum wal_found found = WAL_END;
    uint64_t end = r->scan.offset;

    if (r->fd < 0) {
        return AIU_OK;
    }
    TRY(scan_rest(&r->scan, r->index, &rest));
    scan_seek(&r->scan, end);
    if (rest.has_frame) {
        TRY(scan_next(&r->scan, &frame, &found));
        scan_seek(&r->scan, end);
    }
    return rest.has_frame && found != WAL_FRAME ? AIU_AUDIT_CORRUPT : AIU_OK;
}

enum aiu_status reader_each(struct reader *r, const struct reader_sink *sink)
{
    struct reader_entry entry;
    bool checked = false;

    for (;;) {
        enum aiu_status st = reader_next(r, &entry);
        if (st == AIU_OK) {
            TRY(sink->on_entry(sink->ctx, &entry));
            continue;
        }
        if (st != AIU_NOT_FOUND) {
            return st;
        }
        TRY(checked ? AIU_OK : reader_check_end(r));
        checked = true;
        if (sink->wait == NULL || !sink->wait(sink->ctx)) {
            return AIU_OK;
        }
    }
}
