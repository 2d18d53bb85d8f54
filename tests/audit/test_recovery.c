// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a start finds after a crash, a bad disk or a visitor (failure matrix rows 14 and 35).
#include "audit_test.h"

enum { ENTRIES = 20 };

static struct fsck_report check(const char *folder)
{
    struct fsck_report report;

    assert_ok(fsck_run(folder, &report));
    return report;
}

static enum aiu_status open_at(const char *folder, struct audit_log **ret_log)
{
    struct audit_options options = small_options(folder);

    options.unsafe_no_sync = true;
    return audit_open(&options, ret_log);
}

// One folder for the thousands of logs of this file, without the files of the log before.
static char g_folder[PATH_SIZE];

static const char *fresh_folder(char out[PATH_SIZE])
{
    static const char *const files[] = {"frontier", "reserve", "wal/next"};
    char path[PATH_SIZE + 32];

    if (g_folder[0] == '\0') {
        (void)new_log_folder(g_folder);
    }
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        (void)snprintf(path, sizeof(path), "%.200s/%s", g_folder, files[i]);
        (void)unlink(path);
    }
    memcpy(out, g_folder, PATH_SIZE);
    return out;
}

static void no_folder_is_left(void **state)
{
    (void)state;
    remove_log_folder(g_folder);
}

// The log of `segment` opens with its first `n` entries, takes another one, and is whole then.
static void assert_recovers(struct span segment, uint64_t n)
{
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;

    make_log_of(fresh_folder(folder), segment);
    assert_ok(open_at(folder, &log));
    assert_int_equal(audit_durable(log), n);
    append_numbered(log, n, n + 1);
    assert_ok(audit_close(log));

    struct fsck_report report = check(folder);
    struct tree_hash root = root_of_numbered(n + 1);
    assert_int_equal(report.fault, FSCK_NONE);
    assert_int_equal(report.torn_bytes, 0);
    assert_int_equal(report.entries, n + 1);
    assert_true(tree_hash_equal(&report.root, &root));
}

static void assert_refused(struct span segment, enum fsck_fault fault, uint64_t bad_index)
{
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;

    make_log_of(fresh_folder(folder), segment);
    assert_status(open_at(folder, &log), AIU_AUDIT_CORRUPT);
    struct fsck_report report = check(folder);
    assert_int_equal(report.fault, fault);
    assert_int_equal(report.bad_index, bad_index);
    assert_true(fsck_text(report.fault)[0] != '\0');
}

static uint64_t frames_before(struct span segment, size_t end)
{
    uint64_t n = 0;

    while (n < ENTRIES && frame_at(segment, n + 1) <= end) {
        n++;
    }
    return n;
}

static void a_log_cut_at_any_byte_is_its_whole_entries(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    size_t end = frame_at(segment, ENTRIES);

    for (size_t at = frame_at(segment, ENTRIES - 3); at <= end; at++) {
        assert_recovers(span_first(segment, at), frames_before(segment, at));
    }
    mem_free((void *)segment.p);
}

static void a_log_zeroed_from_any_byte_on_is_its_whole_entries(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    uint8_t *bytes = (uint8_t *)segment.p;
    size_t first = frame_at(segment, ENTRIES - 3);
    size_t ends[] = {frame_at(segment, ENTRIES - 2), frame_at(segment, ENTRIES - 1),
                     frame_at(segment, ENTRIES)};

    for (size_t at = ends[2]; at > first; at--) {
        // Padding is zero already: nothing is lost there.
        bool changes = bytes[at - 1] != 0;
        bytes[at - 1] = 0;
        uint64_t n = ENTRIES - 3;
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
            struct wal_frame frame;
            size_t begin = i == 0 ? first : ends[i - 1];
            n += wal_frame_read(span_drop_first(segment, begin), &frame) == WAL_FRAME;
        }
        if (changes) {
            assert_recovers(segment, n);
        }
    }
    mem_free(bytes);
}

static void any_bit_flipped_in_the_last_entry_loses_only_that(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    uint8_t *bytes = (uint8_t *)segment.p;
    size_t from = frame_at(segment, ENTRIES - 1);
    size_t to = frame_at(segment, ENTRIES);

    for (size_t bit = from * 8; bit < to * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_recovers(segment, ENTRIES - 1);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    mem_free(bytes);
}

static void any_bit_flipped_in_an_entry_before_is_refused(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    uint8_t *bytes = (uint8_t *)segment.p;
    size_t from = frame_at(segment, 7);
    size_t to = frame_at(segment, 8);

    for (size_t bit = from * 8; bit < to * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_refused(segment, FSCK_FRAME, 7);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    mem_free(bytes);
}

// More than the next entry will cover: what is left of it must not come back later.
static void a_long_torn_write_is_cleared(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    uint8_t *bytes = (uint8_t *)segment.p;

    memset(bytes + frame_at(segment, ENTRIES), 'x', 3000);
    assert_recovers(segment, ENTRIES);
    mem_free(bytes);
}

static void an_entry_in_the_wrong_place_is_refused(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    uint8_t *bytes = (uint8_t *)segment.p;
    size_t a = frame_at(segment, 3), b = frame_at(segment, 4), end = frame_at(segment, 5);
    uint8_t moved[128];

    assert_int_equal(b - a, end - b);
    memcpy(moved, bytes + a, b - a);
    memmove(bytes + a, bytes + b, end - b);
    memcpy(bytes + b, moved, b - a);
    assert_refused(segment, FSCK_ORDER, 3);
    mem_free(bytes);
}

static void a_damaged_header_is_refused(void **state)
{
    (void)state;
    struct span segment = segment_of_numbered(ENTRIES);
    uint8_t *bytes = (uint8_t *)segment.p;

    for (size_t i = 0; i < WAL_HEADER_SIZE; i++) {
        bytes[i] ^= 0x10;
        assert_refused(segment, FSCK_HEADER, 0);
        bytes[i] ^= 0x10;
    }
    assert_refused(span_first(segment, WAL_HEADER_SIZE - 1), FSCK_HEADER, 0);
    mem_free(bytes);
}

// A log of several segments, as it lies on the disk.
static uint64_t make_long_log(const char *folder, uint64_t *first, size_t most)
{
    struct audit_log *log = NULL;
    char path[PATH_SIZE];
    uint64_t n = 0;
    size_t found = 0;

    assert_ok(open_at(folder, &log));
    for (; found < most; n += 100) {
        append_numbered(log, n, n + 100);
        for (uint64_t i = n; i < n + 100 && found < most; i++) {
            if (access(segment_path(folder, i, path), F_OK) == 0) {
                first[found++] = i;
            }
        }
    }
    assert_ok(audit_close(log));
    return n;
}

static void segments_are_linked_by_their_roots(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE];
    uint64_t first[4];
    uint64_t n = make_long_log(new_log_folder(folder), first, ARRAY_SIZE(first));

    for (size_t i = 0; i < ARRAY_SIZE(first); i++) {
        struct span bytes = test_read_file(segment_path(folder, first[i], path));
        struct wal_header header;
        struct tree_hash root = root_of_numbered(first[i]);
        assert_true(wal_header_read(bytes.p, &header));
        assert_int_equal(header.first_index, first[i]);
        assert_true(tree_hash_equal(&header.root, &root));
        mem_free((void *)bytes.p);
    }
    struct fsck_report report = check(folder);
    assert_int_equal(report.fault, FSCK_NONE);
    assert_int_equal(report.entries, n);
    assert_true(report.segments >= ARRAY_SIZE(first));
    remove_log_folder(folder);
}

static void assert_log_refused(const char *folder, enum fsck_fault fault, uint64_t bad_index)
{
    struct audit_log *log = NULL;

    struct fsck_report report = check(folder);
    assert_int_equal(report.fault, fault);
    assert_int_equal(report.bad_index, bad_index);
    assert_status(open_at(folder, &log), AIU_AUDIT_CORRUPT);
}

static void a_missing_segment_is_found(void **state)
{
    (void)state;
    static const struct {
        size_t gone;
        size_t bad; // which segment's first entry is the first that is not there
    } cases[] = {{0, 0}, {1, 1}, {3, 3}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char folder[PATH_SIZE], path[PATH_SIZE];
        uint64_t first[4];
        (void)make_long_log(new_log_folder(folder), first, ARRAY_SIZE(first));
        assert_int_equal(unlink(segment_path(folder, first[cases[i].gone], path)), 0);
        assert_log_refused(folder, FSCK_MISSING, first[cases[i].bad]);
        remove_log_folder(folder);
    }
}

// The checksums are right: only the root in the next header can tell.
static void an_entry_rewritten_with_its_checksum_is_found_by_the_next_root(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE];
    uint64_t first[4];

    (void)make_long_log(new_log_folder(folder), first, ARRAY_SIZE(first));
    struct span bytes = test_read_file(segment_path(folder, 0, path));
    uint8_t *frame = (uint8_t *)bytes.p + frame_at(bytes, 5);
    frame[WAL_FRAME_HEAD + 5] ^= 1;
    (void)wal_frame_seal(frame);
    write_file(path, bytes);
    mem_free((void *)bytes.p);

    struct fsck_report report = check(folder);
    assert_int_equal(report.fault, FSCK_ROOT);
    assert_int_equal(report.bad_index, first[1]);
    remove_log_folder(folder);
}

static void garbage_behind_a_full_segment_is_refused(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE];
    uint64_t first[3];

    (void)make_long_log(new_log_folder(folder), first, ARRAY_SIZE(first));
    int fd = open(segment_path(folder, 0, path), O_WRONLY | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, SMALL_SEGMENT - 1), 1);
    assert_int_equal(close(fd), 0);
    assert_log_refused(folder, FSCK_FRAME, first[1]);
    remove_log_folder(folder);
}

static void set_frontier(const char *folder, struct span bytes)
{
    char path[PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%.200s/frontier", folder);
    if (bytes.p == NULL) {
        assert_int_equal(unlink(path), 0);
    } else {
        write_file(path, bytes);
    }
}

// The frontier only saves time: whatever is in it, the tree of the next segment is right.
static void a_wrong_frontier_changes_nothing(void **state)
{
    (void)state;
    static uint8_t wrong[16 + 64 * TREE_HASH_SIZE] = "AUFRONT1\x08";
    static const struct span cases[] = {
        {NULL, 0}, {wrong, 0}, {wrong, 10}, {wrong, 16}, {wrong, 48}, {wrong, sizeof(wrong)},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char folder[PATH_SIZE];
        struct audit_log *log = NULL;
        uint64_t first[3];
        uint64_t n = make_long_log(new_log_folder(folder), first, ARRAY_SIZE(first));
        set_frontier(folder, cases[i]);
        assert_ok(open_at(folder, &log));
        append_numbered(log, n, n + 3000);
        assert_ok(audit_close(log));
        struct fsck_report report = check(folder);
        struct tree_hash root = root_of_numbered(n + 3000);
        assert_int_equal(report.fault, FSCK_NONE);
        assert_true(tree_hash_equal(&report.root, &root));
        remove_log_folder(folder);
    }
}

static void a_second_writer_is_turned_away(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct audit_log *log = NULL, *second = NULL;

    assert_ok(open_at(new_log_folder(folder), &log));
    assert_status(open_at(folder, &second), AIU_AUDIT_LOCKED);
    assert_ok(audit_close(log));
    assert_ok(open_at(folder, &second));
    assert_ok(audit_close(second));
    remove_log_folder(folder);
}

static unsigned mode_of(const char *folder, const char *name)
{
    char path[PATH_SIZE + 32];
    struct stat s;

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    assert_int_equal(stat(path, &s), 0);
    return s.st_mode & 07777;
}

static void files_are_private_whatever_the_umask(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;
    mode_t before = umask(0);
    static const char *const files[] = {"lock", "reserve", "frontier", "wal/next",
                                        "wal/00000000000000000000.wal"};

    assert_ok(open_at(new_log_folder(folder), &log));
    (void)umask(before);
    append_numbered(log, 0, 1);
    assert_int_equal(mode_of(folder, ""), 0700);
    assert_int_equal(mode_of(folder, "wal"), 0700);
    while (audit_durable(log) == 0) {
    }
    assert_ok(audit_close(log));
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        assert_int_equal(mode_of(folder, files[i]), 0600);
    }
    remove_log_folder(folder);
}

static void a_folder_or_file_that_others_can_reach_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        mode_t mode;
    } cases[] = {{"", 0750},
                 {"", 0701},
                 {"wal", 0770},
                 {"lock", 0640},
                 {"wal/00000000000000000000.wal", 0604}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char folder[PATH_SIZE], path[PATH_SIZE + 32];
        struct audit_log *log = NULL;
        assert_ok(open_at(new_log_folder(folder), &log));
        assert_ok(audit_close(log));
        (void)snprintf(path, sizeof(path), "%s/%s", folder, cases[i].name);
        assert_int_equal(chmod(path, cases[i].mode), 0);
        assert_status(open_at(folder, &log), AIU_AUDIT_EXPOSED);
        if (geteuid() == 0) {
            assert_int_equal(chmod(path, cases[i].mode & 0700), 0);
            assert_int_equal(chown(path, 12345, 12345), 0);
            assert_status(open_at(folder, &log), AIU_AUDIT_EXPOSED);
        }
        remove_log_folder(folder);
    }
}

static void links_are_not_followed(void **state)
{
    (void)state;
    char folder[PATH_SIZE], path[PATH_SIZE + 32];
    struct audit_log *log = NULL;

    assert_ok(open_at(new_log_folder(folder), &log));
    assert_ok(audit_close(log));
    (void)snprintf(path, sizeof(path), "%s/lock", folder);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_status(open_at(folder, &log), AIU_FILE_DENIED);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof(path), "%s-link", folder);
    assert_int_equal(symlink(folder, path), 0);
    assert_status(open_at(path, &log), AIU_FILE_INVALID);
    remove_log_folder(folder);
}

TEST_MAIN(a_log_cut_at_any_byte_is_its_whole_entries,
          a_log_zeroed_from_any_byte_on_is_its_whole_entries,
          any_bit_flipped_in_the_last_entry_loses_only_that,
          any_bit_flipped_in_an_entry_before_is_refused, a_long_torn_write_is_cleared,
          an_entry_in_the_wrong_place_is_refused, a_damaged_header_is_refused,
          segments_are_linked_by_their_roots, a_missing_segment_is_found,
          an_entry_rewritten_with_its_checksum_is_found_by_the_next_root,
          garbage_behind_a_full_segment_is_refused, a_wrong_frontier_changes_nothing,
          a_second_writer_is_turned_away, files_are_private_whatever_the_umask,
          a_folder_or_file_that_others_can_reach_is_refused, links_are_not_followed,
          no_folder_is_left)
