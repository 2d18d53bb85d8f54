// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A segment of any bytes is read without harm, and what is read as an entry is byte for byte what a
// writer would have written. First byte 'r': the rest is the segment. Any other: the rest is
// entries (length, bytes), written properly behind a good header, with one byte changed afterwards:
// no entry that was not written may come out.
#include <sys/mman.h>
#include <unistd.h>

#include "audit/record.h"
#include "audit/scan.h"
#include "base/alloc.h"

enum { SEGMENT_MOST = 1 << 18, ENTRIES_MOST = 64 };

struct written {
    struct span entries[ENTRIES_MOST];
    size_t count;
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

static void check_frame(const struct wal_frame *frame, const uint8_t *segment, uint64_t end)
{
    static uint8_t again[WAL_FRAME_MOST];
    struct span id;

    wal_frame_write(again, frame->index, frame->entry);
    CHECK(wal_frame_seal(again) == frame->size);
    CHECK(memcmp(again, segment + end - frame->size, frame->size) == 0);
    (void)record_read(frame->entry, &id);
}

static void read_segment(const uint8_t *segment, size_t n, const struct written *written)
{
    struct scan s;
    struct wal_header header;
    struct wal_frame frame;
    struct scan_rest rest;
    enum wal_found found = WAL_FRAME;
    bool good = false;
    int fd = memfd_create("segment", MFD_CLOEXEC);

    CHECK(fd >= 0 && write(fd, segment, n) == (ssize_t)n && scan_init(&s) == AIU_OK);
    CHECK(scan_begin(&s, fd, &header, &good) == AIU_OK);
    while (good && found == WAL_FRAME) {
        CHECK(scan_next(&s, &frame, &found) == AIU_OK);
        if (found == WAL_FRAME) {
            check_frame(&frame, segment, s.offset);
            CHECK(written == NULL || (frame.index < written->count &&
                                      span_equal(frame.entry, written->entries[frame.index])));
        }
    }
    uint64_t offset = s.offset;
    CHECK(scan_rest(&s, 0, &rest) == AIU_OK);
    CHECK(rest.dirty_end == 0 || (rest.dirty_end > offset && rest.dirty_end <= n));
    CHECK(!rest.has_frame || rest.dirty_end != 0);
    scan_done(&s);
    (void)close(fd);
}

static void write_and_change(struct span input)
{
    static uint8_t segment[SEGMENT_MOST];
    static struct written written;
    const struct wal_header header = {.first_index = 0};
    size_t n = WAL_HEADER_SIZE;
    size_t place = input.n < 2 ? 0 : (size_t)input.p[0] << 8 | input.p[1];

    written.count = 0;
    wal_header_write(&header, segment);
    input = span_drop_first(input, 2);
    while (input.n > 1 && written.count < ENTRIES_MOST) {
        struct span entry = span_first(span_drop_first(input, 1), 1U + input.p[0]);
        input = span_drop_first(input, 1 + entry.n);
        wal_frame_write(segment + n, written.count, entry);
        n += wal_frame_seal(segment + n);
        written.entries[written.count++] = entry;
    }
    read_segment(segment, n, &written);
    if (n > WAL_HEADER_SIZE) {
        segment[WAL_HEADER_SIZE + place % (n - WAL_HEADER_SIZE)] ^= (uint8_t)(1 + place % 255);
        read_segment(segment, n, &written);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && size < SEGMENT_MOST / 4) {
        if (data[0] == 'r') {
            read_segment(data + 1, size - 1, NULL);
        } else {
            write_and_change(span_of(data + 1, size - 1));
        }
    }
    return 0;
}
