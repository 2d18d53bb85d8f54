// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A file of rows is bound to its segment by the segment's own header, and believed only where the
// last entry that it knows still lies where it says, with the same bytes: a crash of the machine
// may have taken entries that were seen here, and others were written in their place. Everything
// else makes it again. The header is
// written behind the rows: what a crash leaves half written is not counted by it.
#include "audit/index.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/folder.h"
#include "audit/scan.h"
#include "base/alloc.h"
#include "base/crc32c.h"

enum {
    ROWS_FIRST = 4096,
    ARENA_MOST = 4 << 20,
    NAME_SIZE = 32,
    WINDOW_LEAST = 2048,
    WINDOW_MOST = 65536
};

static const uint8_t magic[4] = {'A', 'I', 'X', '2'};

struct file_header {
    uint8_t magic[4];
    uint32_t last; // crc32c of the last entry that has a row
    uint64_t first_index;
    uint64_t begun_us;   // of the segment
    uint64_t end_offset; // behind the last entry that has a row
    uint64_t count;
    uint64_t least_us, most_us; // of entries with a stamp
    uint32_t complete;          // the segment gets no more entries
    uint32_t crc;               // of what stands before
};

_Static_assert(sizeof(struct file_header) == 64, "the header is written to files");

struct audit_index {
    struct folder folder;
    int rows_dir; // LOG/index; -1 where it cannot be used
    struct segment_list segments;
    size_t at;
    struct scan scan;
    struct arena arena;
    int segment; // file of the last index_next
    // What was read of it last.
    uint8_t window[WINDOW_MOST];
    uint64_t window_at;
    size_t window_n;
    struct file_header header;
    struct row *rows;
    size_t capacity;
    uint64_t first_index;
};

static void open_rows_dir(struct audit_index *x)
{
    if (mkdirat(x->folder.top, "index", 0700) != 0 && errno != EEXIST) {
        x->rows_dir = -1;
        return;
    }
    x->rows_dir = openat(x->folder.top, "index", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

enum aiu_status index_open(const char *folder, struct audit_index **ret_index)
{
    struct audit_index *x = mem_new(1, sizeof(*x));

    if (x == NULL) {
        return AIU_NO_MEMORY;
    }
    x->folder = (struct folder)FOLDER_CLOSED;
    x->rows_dir = -1;
    x->segment = -1;
    arena_init(&x->arena, ARENA_MOST);
    enum aiu_status st = folder_open_reader(folder, &x->folder);
    if (st == AIU_OK) {
        st = scan_init(&x->scan);
    }
    if (st == AIU_OK) {
        st = folder_segments(&x->folder, &x->segments);
    }
    if (st != AIU_OK) {
        index_free(x);
        return st;
    }
    open_rows_dir(x);
    *ret_index = x;
    return AIU_OK;
}

void index_free(struct audit_index *x)
{
    if (x == NULL) {
        return;
    }
    folder_close_fd(&x->segment);
    folder_close_fd(&x->rows_dir);
    folder_done(&x->folder);
    segment_list_done(&x->segments);
    if (x->scan.window != NULL) {
        scan_done(&x->scan);
    }
    arena_done(&x->arena);
    mem_free(x->rows);
    mem_free(x);
}

void index_rewind(struct audit_index *x)
{
    x->at = 0;
}

// --- rows in memory ---------------------------------------------------------------------------

static enum aiu_status reserve_rows(struct audit_index *x, size_t count)
{
    size_t larger = x->capacity == 0 ? ROWS_FIRST : x->capacity;

    if (count <= x->capacity) {
        return AIU_OK;
    }
    while (larger < count) {
        larger *= 2;
    }
    struct row *moved =
        mem_resize_wiped(x->rows, x->capacity * sizeof(*moved), larger * sizeof(*moved));
    if (moved == NULL) {
        return AIU_NO_MEMORY;
    }
    x->rows = moved;
    x->capacity = larger;
    return AIU_OK;
}

static enum aiu_status add_row(struct audit_index *x, struct span entry, uint64_t offset)
{
    struct file_header *h = &x->header;
    struct row_values v;

    TRY(reserve_rows(x, h->count + 1));
    arena_reset(&x->arena);
    row_read(entry, &x->arena, &v);
    v.row.offset_8 = (uint32_t)(offset / 8);
    x->rows[h->count++] = v.row;
    if (v.row.unix_us != 0) {
        h->least_us = v.row.unix_us < h->least_us ? v.row.unix_us : h->least_us;
        h->most_us = v.row.unix_us > h->most_us ? v.row.unix_us : h->most_us;
    }
    return AIU_OK;
}

// Rows of the entries behind those that have one.
static enum aiu_status add_rows(struct audit_index *x)
{
    enum wal_found found = WAL_FRAME;
    struct wal_frame frame;

    scan_seek(&x->scan, x->header.end_offset);
    while (found == WAL_FRAME) {
        uint64_t offset = x->scan.offset;
        TRY(scan_next(&x->scan, &frame, &found));
        if (found != WAL_FRAME) {
            break;
        }
        if (frame.index != x->header.first_index + x->header.count) {
            return AIU_AUDIT_CORRUPT;
        }
        TRY(add_row(x, frame.entry, offset));
        x->header.last = crc32c(0, frame.entry);
        x->header.end_offset = x->scan.offset;
    }
    // Of a live log half an entry may be seen at the end; fsck is who looks behind it.
    return found == WAL_BAD && x->at + 1 < x->segments.count ? AIU_AUDIT_CORRUPT : AIU_OK;
}

// --- files ------------------------------------------------------------------------------------

static uint32_t header_crc(const struct file_header *h)
{
    return crc32c(0, span_of((const uint8_t *)h, offsetof(struct file_header, crc)));
}

// -1 where there is none and none can be made.
static int open_file(const struct audit_index *x)
{
    char name[NAME_SIZE];

    if (x->rows_dir < 0) {
        return -1;
    }
    (void)snprintf(name, sizeof(name), "%020llu.idx", (unsigned long long)x->segments.first[x->at]);
    int fd = openat(x->rows_dir, name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    return fd >= 0 ? fd : openat(x->rows_dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

static bool read_whole(int fd, void *into, size_t n, uint64_t offset)
{
    uint8_t *p = into;

    while (n > 0) {
        ssize_t got = pread(fd, p, n, (off_t)offset);
        if (got <= 0) {
            return false;
        }
        p += got;
        n -= (size_t)got;
        offset += (uint64_t)got;
    }
    return true;
}

static bool write_whole(int fd, const void *from, size_t n, uint64_t offset)
{
    const uint8_t *p = from;

    while (n > 0) {
        ssize_t put = pwrite(fd, p, n, (off_t)offset);
        if (put <= 0) {
            return false;
        }
        p += put;
        n -= (size_t)put;
        offset += (uint64_t)put;
    }
    return true;
}

static uint64_t row_place(uint64_t i)
{
    return sizeof(struct file_header) + i * sizeof(struct row);
}

// The header of the file of rows, where it belongs to this segment and the file has its rows.
static bool read_header(int fd, const struct wal_header *segment, struct file_header *ret_header)
{
    struct file_header h;
    struct stat st;

    if (fstat(fd, &st) != 0 || (size_t)st.st_size < sizeof(h) ||
        !read_whole(fd, &h, sizeof(h), 0) || memcmp(h.magic, magic, sizeof(magic)) != 0 ||
        h.crc != header_crc(&h) || h.first_index != segment->first_index ||
        h.begun_us != segment->unix_us || h.end_offset < WAL_HEADER_SIZE ||
        h.count > ((size_t)st.st_size - sizeof(h)) / sizeof(struct row)) {
        return false;
    }
    *ret_header = h;
    return true;
}

// Whether the last entry that has a row lies where the row says.
static bool is_true(struct audit_index *x)
{
    const struct file_header *h = &x->header;
    enum wal_found found = WAL_BAD;
    struct wal_frame frame;

    if (h->count == 0) {
        return h->end_offset == WAL_HEADER_SIZE;
    }
    scan_seek(&x->scan, (uint64_t)x->rows[h->count - 1].offset_8 * 8);
    return scan_next(&x->scan, &frame, &found) == AIU_OK && found == WAL_FRAME &&
           frame.index == h->first_index + h->count - 1 && x->scan.offset == h->end_offset &&
           crc32c(0, frame.entry) == h->last;
}

static bool read_rows(struct audit_index *x, int fd)
{
    return reserve_rows(x, x->header.count) == AIU_OK &&
           read_whole(fd, x->rows, x->header.count * sizeof(struct row), row_place(0)) &&
           is_true(x);
}

// What is new since `had` rows. A cache: where it cannot be written, the next query makes it again.
static void write_rows(struct audit_index *x, int fd, uint64_t had)
{
    x->header.crc = header_crc(&x->header);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        return; // somebody else brings it up to date
    }
    if (write_whole(fd, x->rows + had, (x->header.count - had) * sizeof(struct row),
                    row_place(had)) &&
        fdatasync(fd) == 0) {
        (void)write_whole(fd, &x->header, sizeof(x->header), 0);
    }
}

static struct file_header new_header(const struct wal_header *segment)
{
    struct file_header h = {.first_index = segment->first_index,
                            .begun_us = segment->unix_us,
                            .end_offset = WAL_HEADER_SIZE,
                            .least_us = UINT64_MAX};

    memcpy(h.magic, magic, sizeof(magic));
    return h;
}

static bool is_outside(const struct file_header *h, const struct index_window *w)
{
    return h->complete != 0 &&
           (h->count == 0 || h->least_us >= w->to_us || h->most_us < w->from_us);
}

static enum aiu_status open_segment(struct audit_index *x, struct wal_header *ret_header)
{
    char name[WAL_NAME_SIZE];
    bool good = false;

    folder_close_fd(&x->segment);
    x->window_n = 0;
    wal_name(x->segments.first[x->at], name);
    TRY(folder_open_file(x->folder.wal, name, O_RDONLY, &x->segment));
    TRY(scan_begin(&x->scan, x->segment, ret_header, &good));
    return good && ret_header->first_index == x->segments.first[x->at] ? AIU_OK : AIU_AUDIT_CORRUPT;
}

static enum aiu_status load(struct audit_index *x, const struct index_window *w, int fd,
                            bool *ret_skip)
{
    struct wal_header segment;
    bool last = x->at + 1 == x->segments.count;

    TRY(open_segment(x, &segment));
    bool known = fd >= 0 && read_header(fd, &segment, &x->header);
    if (known && is_outside(&x->header, w)) {
        *ret_skip = true;
        return AIU_OK;
    }
    if (!known || !read_rows(x, fd)) {
        x->header = new_header(&segment);
    }
    uint64_t had = x->header.count;
    uint32_t was_complete = x->header.complete;
    TRY(was_complete == 0 ? add_rows(x) : AIU_OK);
    x->header.complete = !last;
    if (fd >= 0 && (x->header.count != had || x->header.complete != was_complete || !known)) {
        write_rows(x, fd, had);
    }
    *ret_skip = is_outside(&x->header, w);
    return AIU_OK;
}

enum aiu_status index_next(struct audit_index *x, const struct index_window *w,
                           struct index_rows *ret_rows)
{
    bool skip = true;

    for (; x->at < x->segments.count && skip; x->at++) {
        int fd = open_file(x);
        enum aiu_status st = load(x, w, fd, &skip);
        folder_close_fd(&fd);
        TRY(st);
    }
    if (skip) {
        return AIU_NOT_FOUND;
    }
    *ret_rows = (struct index_rows){x->header.first_index, x->rows, x->header.count};
    return AIU_OK;
}

// Read what lies at `offset`: much where the caller goes from entry to entry, else a little.
static void read_window(struct audit_index *x, uint64_t offset)
{
    uint64_t end = x->window_at + x->window_n;
    bool near = x->window_n > 0 && offset >= x->window_at && offset < end + WINDOW_MOST;
    ssize_t n = pread(x->segment, x->window, near ? WINDOW_MOST : WINDOW_LEAST, (off_t)offset);

    x->window_at = offset;
    x->window_n = n > 0 ? (size_t)n : 0;
}

// The frame at `offset`, where the window has all of it.
static bool frame_in_window(const struct audit_index *x, uint64_t offset, struct wal_frame *frame)
{
    struct span bytes = {NULL, 0};

    if (offset >= x->window_at && offset - x->window_at < x->window_n) {
        bytes = span_drop_first(span_of(x->window, x->window_n), (size_t)(offset - x->window_at));
    }
    return wal_frame_read(bytes, frame) == WAL_FRAME;
}

// A frame that is longer than a window.
static enum aiu_status read_frame(const struct audit_index *x, uint64_t offset, struct buf *entry,
                                  struct wal_frame *frame)
{
    uint8_t *p = NULL;

    TRY(buf_reserve(entry, WAL_FRAME_MOST, &p));
    ssize_t n = pread(x->segment, p, WAL_FRAME_MOST, (off_t)offset);
    return n > 0 && wal_frame_read(span_of(p, (size_t)n), frame) == WAL_FRAME ? AIU_OK
                                                                              : AIU_AUDIT_CORRUPT;
}

enum aiu_status index_entry(struct audit_index *x, const struct row *row, struct buf *entry)
{
    uint64_t offset = (uint64_t)row->offset_8 * 8;
    struct wal_frame frame;

    buf_reset(entry);
    if (frame_in_window(x, offset, &frame)) {
        return buf_append(entry, frame.entry);
    }
    read_window(x, offset); // also what was written only after the window was read
    if (frame_in_window(x, offset, &frame)) {
        return buf_append(entry, frame.entry);
    }
    TRY(read_frame(x, offset, entry, &frame));
    memmove(entry->p + entry->n, frame.entry.p, frame.entry.n);
    buf_grow(entry, frame.entry.n);
    return AIU_OK;
}
