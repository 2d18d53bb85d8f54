// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Failure matrix rows 10 and 11: what a disk that fails or is full does to the log. The system
// calls are this program's own (the linker prefers them to the C library's), so that they can be
// told to fail.
#include <errno.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "audit_test.h"

static atomic_int g_fail_write, g_fail_sync, g_fail_allocate; // an errno, or 0
static atomic_int g_write_limit; // bytes that one pwrite takes; 0 for no limit
static atomic_uint g_syncs;

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    if (atomic_load(&g_fail_write) != 0) {
        errno = atomic_load(&g_fail_write);
        return -1;
    }
    size_t limit = (size_t)atomic_load(&g_write_limit);
    return syscall(SYS_pwrite64, fd, buf, limit != 0 && limit < n ? limit : n, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off_t offset)
{
    return pwrite(fd, buf, n, offset);
}

static int sync_or_fail(long number, int fd)
{
    atomic_fetch_add(&g_syncs, 1);
    if (atomic_load(&g_fail_sync) != 0) {
        errno = atomic_load(&g_fail_sync);
        return -1;
    }
    return (int)syscall(number, fd);
}

int fdatasync(int fildes)
{
    return sync_or_fail(SYS_fdatasync, fildes);
}

int fsync(int fd)
{
    return sync_or_fail(SYS_fsync, fd);
}

int posix_fallocate(int fd, off_t offset, off_t n)
{
    int error = atomic_load(&g_fail_allocate);

    // Negative: only for files of the full size.
    if (error < 0) {
        error = n >= SMALL_SEGMENT ? -error : 0;
    }
    if (error == 0 && syscall(SYS_fallocate, fd, 0, offset, n) != 0) {
        error = errno;
    }
    return error;
}

int posix_fallocate64(int fd, off_t offset, off_t n)
{
    return posix_fallocate(fd, offset, n);
}

static void mend(void)
{
    atomic_store(&g_fail_write, 0);
    atomic_store(&g_fail_sync, 0);
    atomic_store(&g_fail_allocate, 0);
    atomic_store(&g_write_limit, 0);
}

static struct audit_log *open_log(const char *folder)
{
    const struct audit_options options = small_options(folder);
    struct audit_log *log = NULL;

    mend();
    assert_ok(audit_open(&options, &log));
    append_numbered(log, audit_durable(log), audit_durable(log) + 10);
    return log;
}

static void count_wake(void *ctx)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

static enum audit_state state_of(struct audit_log *log)
{
    struct audit_stats stats;

    audit_stats(log, &stats);
    return stats.state;
}

static void wait_for_state(struct audit_log *log, enum audit_state wanted)
{
    for (int i = 0; i < 1000 && state_of(log) != wanted; i++) {
        (void)usleep(10000);
    }
    assert_int_equal(state_of(log), wanted);
}

static void assert_fails_for_good(atomic_int *which, unsigned more_syncs)
{
    char folder[PATH_SIZE], text[128];
    uint64_t index = 0;
    atomic_uint wakes = 0;
    struct fsck_report report;
    struct audit_log *log = open_log(new_log_folder(folder));

    wait_for_state(log, AUDIT_WELL);
    assert_ok(audit_subscribe(log, count_wake, &wakes));
    unsigned syncs = atomic_load(&g_syncs);
    atomic_store(which, EIO);
    assert_ok(audit_append(log, numbered_entry(10, text), &index));
    assert_status(audit_wait(log, index, 60000), AIU_AUDIT_UNAVAILABLE);
    assert_status(audit_health(log), AIU_AUDIT_UNAVAILABLE);
    assert_int_equal(state_of(log), AUDIT_FAILED);
    // The disk is well again; the log must not believe it.
    mend();
    assert_status(audit_append(log, numbered_entry(11, text), &index), AIU_AUDIT_UNAVAILABLE);
    assert_status(audit_settled(log, 10), AIU_AUDIT_UNAVAILABLE);
    assert_ok(audit_settled(log, 9));
    assert_status(audit_close(log), AIU_AUDIT_UNAVAILABLE);
    assert_true(atomic_load(&wakes) > 0);
    assert_int_equal(atomic_load(&g_syncs), syncs + more_syncs);

    // A restart decides what is on the disk.
    assert_ok(audit_close(open_log(folder)));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.fault, FSCK_NONE);
    remove_log_folder(folder);
}

static void a_failed_sync_is_for_good_and_not_tried_again(void **state)
{
    (void)state;
    assert_fails_for_good(&g_fail_sync, 1);
}

static void a_failed_write_is_for_good(void **state)
{
    (void)state;
    assert_fails_for_good(&g_fail_write, 0);
}

static void a_write_in_small_pieces_is_whole(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct fsck_report report;
    struct audit_log *log = open_log(new_log_folder(folder));

    atomic_store(&g_write_limit, 7);
    append_numbered(log, 10, 300);
    mend();
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    struct tree_hash root = root_of_numbered(300);
    assert_true(tree_hash_equal(&report.root, &root));
    remove_log_folder(folder);
}

static void a_failed_sync_while_opening_is_told(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    const struct audit_options options = small_options(new_log_folder(folder));
    struct audit_log *log = NULL;

    mend();
    atomic_store(&g_fail_sync, EIO);
    assert_status(audit_open(&options, &log), AIU_IO);
    mend();
    assert_ok(audit_open(&options, &log));
    assert_ok(audit_close(log));
    atomic_store(&g_fail_sync, EIO);
    assert_status(audit_open(&options, &log), AIU_IO);
    mend();
    remove_log_folder(folder);
}

// Append until the log takes no more; returns how many it took.
static uint64_t fill(struct audit_log *log)
{
    char text[128];
    uint64_t index = 0, last = 0;
    enum aiu_status st = AIU_OK;

    for (uint64_t i = 0; st == AIU_OK || st == AIU_OVERLOADED; i++) {
        assert_true(i < 10000000);
        st = audit_append(log, numbered_entry(i % 100000, text), &index);
        last = st == AIU_OK ? index : last;
    }
    assert_status(st, AIU_AUDIT_UNAVAILABLE);
    return last + 1;
}

static bool log_says(const char *folder, const char *what)
{
    struct reader *r = NULL;
    struct reader_entry entry;
    bool found = false;

    assert_ok(reader_open(folder, 0, &r));
    while (reader_next(r, &entry) == AIU_OK) {
        found = found || span_find_span(entry.bytes, span_str(what)) < entry.bytes.n;
    }
    reader_free(r);
    return found;
}

static void a_full_disk_is_drained_reported_and_recovered_from(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct fsck_report report;
    struct audit_log *log = open_log(new_log_folder(folder));

    wait_for_state(log, AUDIT_WELL);
    atomic_store(&g_fail_allocate, ENOSPC);
    uint64_t taken = fill(log);
    wait_for_state(log, AUDIT_FULL);
    assert_status(audit_health(log), AIU_AUDIT_UNAVAILABLE);
    assert_int_equal(audit_durable(log) < taken, true);
    assert_status(audit_settled(log, taken - 1), AIU_AUDIT_UNAVAILABLE);

    // Space returns: what waited is written, without a restart.
    mend();
    wait_for_state(log, AUDIT_WELL);
    assert_ok(audit_health(log));
    assert_ok(audit_wait(log, taken - 1, 60000));
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.fault, FSCK_NONE);
    assert_true(report.entries >= taken);
    assert_true(log_says(folder, "\"t\":\"audit_degraded\""));
    assert_true(log_says(folder, "\"state\":\"well\""));
    remove_log_folder(folder);
}

static void a_reserve_that_can_be_spent_drains_the_log(void **state)
{
    (void)state;
    char folder[PATH_SIZE], text[128];
    uint64_t index = 0;
    struct audit_log *log = open_log(new_log_folder(folder));

    wait_for_state(log, AUDIT_WELL);
    // Only files of the full size fail, as on a disk that has just the reserve's space left.
    atomic_store(&g_fail_allocate, -ENOSPC);
    while (audit_health(log) == AIU_OK) {
        assert_ok(audit_append(log, numbered_entry(1, text), &index));
        assert_ok(audit_wait(log, index, 60000));
    }
    // New requests are refused now; the records of those under way are not.
    assert_ok(audit_append(log, numbered_entry(2, text), &index));
    assert_ok(audit_wait(log, index, 60000));
    assert_int_equal(state_of(log), AUDIT_DRAINING);
    mend();
    wait_for_state(log, AUDIT_WELL);
    assert_ok(audit_close(log));
    assert_true(log_says(folder, "\"state\":\"low\""));
    assert_true(log_says(folder, "\"state\":\"draining\""));
    remove_log_folder(folder);
}

static void no_space_for_the_first_segment_is_told(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    const struct audit_options options = small_options(new_log_folder(folder));
    struct audit_log *log = NULL;

    atomic_store(&g_fail_allocate, ENOSPC);
    assert_status(audit_open(&options, &log), AIU_AUDIT_UNAVAILABLE);
    mend();
    assert_ok(audit_open(&options, &log));
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

static void a_log_on_a_full_disk_can_be_opened_and_closed(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    const struct audit_options options = small_options(new_log_folder(folder));
    struct audit_log *log = open_log(folder);

    assert_ok(audit_close(log));
    atomic_store(&g_fail_allocate, ENOSPC);
    assert_ok(audit_open(&options, &log));
    wait_for_state(log, AUDIT_LOW);
    assert_ok(audit_health(log));
    (void)fill(log);
    wait_for_state(log, AUDIT_FULL);
    assert_status(audit_close(log), AIU_AUDIT_UNAVAILABLE);
    mend();
    assert_ok(audit_close(open_log(folder)));
    remove_log_folder(folder);
}

TEST_MAIN(a_failed_sync_is_for_good_and_not_tried_again, a_failed_write_is_for_good,
          a_write_in_small_pieces_is_whole, a_failed_sync_while_opening_is_told,
          a_full_disk_is_drained_reported_and_recovered_from,
          a_reserve_that_can_be_spent_drains_the_log, no_space_for_the_first_segment_is_told,
          a_log_on_a_full_disk_can_be_opened_and_closed)
