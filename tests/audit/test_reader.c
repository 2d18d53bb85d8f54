// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit_test.h"

static struct audit_log *open_log(const char *folder)
{
    struct audit_options options = small_options(folder);
    struct audit_log *log = NULL;

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &log));
    return log;
}

static void reading_may_begin_anywhere(void **state)
{
    (void)state;
    static const uint64_t from[] = {0, 1, 1023, 2500, 4999, 5000, 6000};
    char folder[PATH_SIZE];
    struct audit_log *log = open_log(new_log_folder(folder));

    append_numbered(log, 0, 5000);
    for (size_t i = 0; i < ARRAY_SIZE(from); i++) {
        struct reader *r = NULL;
        struct reader_entry entry;
        assert_ok(reader_open(folder, from[i], &r));
        assert_int_equal(reader_position(r), from[i]);
        if (from[i] < 5000) {
            assert_ok(reader_next(r, &entry));
            assert_int_equal(entry.index, from[i]);
        } else {
            assert_status(reader_next(r, &entry), AIU_NOT_FOUND);
        }
        reader_free(r);
    }
    uint64_t end = 0;
    assert_ok(reader_end(folder, &end));
    assert_int_equal(end, 5000);
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

struct follower {
    struct audit_log *log;
    uint64_t seen, written, most;
};

static enum aiu_status see(void *ctx, const struct reader_entry *entry)
{
    struct follower *f = ctx;

    assert_int_equal(entry->index, f->seen);
    f->seen++;
    return AIU_OK;
}

// Instead of waiting: write more, over several segments.
static bool write_more(void *ctx)
{
    struct follower *f = ctx;

    assert_int_equal(f->seen, f->written);
    if (f->written == f->most) {
        return false;
    }
    append_numbered(f->log, f->written, f->written + 500);
    f->written += 500;
    return true;
}

static void a_follower_sees_all_that_comes_later(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct reader *r = NULL;
    struct follower f = {.log = open_log(new_log_folder(folder)), .most = 10000};
    const struct reader_sink sink = {see, write_more, &f};

    assert_ok(reader_open(folder, 0, &r));
    assert_ok(reader_each(r, &sink));
    assert_int_equal(f.seen, 10000);
    reader_free(r);
    assert_ok(audit_close(f.log));
    remove_log_folder(folder);
}

static void half_a_frame_at_the_end_is_waited_for(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE];
    struct span segment = segment_of_numbered(10);
    uint8_t *bytes = (uint8_t *)segment.p;
    size_t at = frame_at(segment, 9) + 30;
    uint8_t kept[32];
    struct reader *r = NULL;
    struct reader_entry entry;

    memcpy(kept, bytes + at, sizeof(kept));
    memset(bytes + at, 0, sizeof(kept));
    make_log_of(new_log_folder(folder), segment);
    assert_ok(reader_open(folder, 0, &r));
    for (uint64_t i = 0; i < 9; i++) {
        assert_ok(reader_next(r, &entry));
    }
    assert_status(reader_next(r, &entry), AIU_NOT_FOUND);
    assert_status(reader_next(r, &entry), AIU_NOT_FOUND);
    memcpy(bytes + at, kept, sizeof(kept));
    write_file(segment_path(folder, 0, path), segment);
    assert_ok(reader_next(r, &entry));
    assert_int_equal(entry.index, 9);
    reader_free(r);
    mem_free(bytes);
    remove_log_folder(folder);
}

static enum aiu_status take_any(void *ctx, const struct reader_entry *entry)
{
    *(uint64_t *)ctx = entry->index + 1;
    return AIU_OK;
}

// In the last segment a bad frame could be the end: an export must not take damage for it.
static void damage_in_the_last_segment_is_not_taken_for_the_end(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(10);
    uint8_t *bytes = (uint8_t *)segment.p;
    size_t at = frame_at(segment, 5), n = frame_at(segment, 6) - at;

    for (int zeroed = 0; zeroed < 2; zeroed++) {
        char folder[PATH_SIZE];
        uint64_t seen = 0;
        struct reader *r = NULL;
        const struct reader_sink sink = {take_any, NULL, &seen};
        memset(bytes + at + 20, zeroed ? 0 : 'x', n - 20);
        memset(bytes + at, zeroed ? 0 : bytes[at], 20);
        make_log_of(new_log_folder(folder), segment);
        assert_ok(reader_open(folder, 0, &r));
        assert_status(reader_each(r, &sink), AIU_AUDIT_CORRUPT);
        assert_int_equal(seen, 5);
        reader_free(r);
        remove_log_folder(folder);
    }
    mem_free(bytes);
}

static void damage_in_the_middle_ends_the_reading(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE];
    struct reader *r = NULL;
    struct reader_entry entry;
    enum aiu_status st = AIU_OK;
    struct audit_log *log = open_log(new_log_folder(folder));

    append_numbered(log, 0, 3000);
    assert_ok(audit_close(log));
    // The second place is the first frame of the segment.
    static const off_t places[] = {5000, WAL_HEADER_SIZE};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        int fd = open(segment_path(folder, 0, path), O_WRONLY | O_CLOEXEC);
        assert_int_equal(pwrite(fd, "~", 1, places[i]), 1);
        assert_int_equal(close(fd), 0);
        assert_ok(reader_open(folder, 0, &r));
        do {
            st = reader_next(r, &entry);
        } while (st == AIU_OK);
        assert_status(st, AIU_AUDIT_CORRUPT);
        reader_free(r);
    }
    remove_log_folder(folder);
}

static void a_missing_segment_ends_the_reading(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE];
    struct reader *r = NULL;
    struct reader_entry entry;
    enum aiu_status st = AIU_OK;
    uint64_t second = 1;
    struct audit_log *log = open_log(new_log_folder(folder));

    append_numbered(log, 0, 5000);
    assert_ok(audit_close(log));
    while (access(segment_path(folder, second, path), F_OK) != 0) {
        second++;
    }
    assert_int_equal(unlink(path), 0);
    assert_ok(reader_open(folder, 0, &r));
    while (st == AIU_OK) {
        st = reader_next(r, &entry);
    }
    assert_status(st, AIU_AUDIT_CORRUPT);
    assert_int_equal(entry.index, second - 1);
    reader_free(r);
    remove_log_folder(folder);
}

static void no_log_is_told(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct reader *r = NULL;
    struct fsck_report report;
    uint64_t end = 0;

    assert_status(reader_open(new_log_folder(folder), 0, &r), AIU_FILE_NOT_FOUND);
    assert_status(reader_end(folder, &end), AIU_FILE_NOT_FOUND);
    assert_status(fsck_run(folder, &report), AIU_FILE_NOT_FOUND);
    make_log_of(folder, SPAN_OF(""));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.fault, FSCK_HEADER);
    remove_log_folder(folder);
}

TEST_MAIN(reading_may_begin_anywhere, a_follower_sees_all_that_comes_later,
          half_a_frame_at_the_end_is_waited_for,
          damage_in_the_last_segment_is_not_taken_for_the_end,
          damage_in_the_middle_ends_the_reading, a_missing_segment_ends_the_reading, no_log_is_told)
