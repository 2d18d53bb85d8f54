// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Failure matrix row 10 on a real full disk: a tmpfs of 1 MiB. Skips where it may not be mounted.
#include <sched.h>
#include <sys/mount.h>

#include "audit_test.h"

static bool mount_small(const char *folder)
{
    // In a view of the file system of our own: it is gone with this process, however that ends.
    if (mkdir(folder, 0700) != 0 || unshare(CLONE_NEWNS) != 0 ||
        mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("aiu-test", folder, "tmpfs", MS_NOSUID, "size=1m") != 0) {
        print_message("skipped: a tmpfs cannot be mounted here\n");
        return false;
    }
    return true;
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

static void fill_and_free(const char *disk)
{
    char folder[PATH_SIZE + 32], other[PATH_SIZE + 32], text[128];
    struct audit_log *log = NULL;
    struct fsck_report report;
    uint64_t index = 0, taken = 0;
    enum aiu_status st = AIU_OK;

    // Somebody else's file has half of the disk.
    (void)snprintf(other, sizeof(other), "%s/other", disk);
    (void)snprintf(folder, sizeof(folder), "%s/log", disk);
    static uint8_t half[512 * 1024];
    write_file(other, span_of(half, sizeof(half)));

    const struct audit_options options = small_options(folder);
    assert_ok(audit_open(&options, &log));
    while (st == AIU_OK || st == AIU_OVERLOADED) {
        st = audit_append(log, numbered_entry(7, text), &index);
        taken = st == AIU_OK ? index + 1 : taken;
    }
    assert_status(st, AIU_AUDIT_UNAVAILABLE);
    wait_for_state(log, AUDIT_FULL);
    assert_status(audit_health(log), AIU_AUDIT_UNAVAILABLE);
    assert_int_equal(unlink(other), 0);
    // What waited is being written. The disk is small: it may be full again after that.
    uint64_t before = audit_durable(log);
    for (int i = 0; i < 1000 && audit_durable(log) == before; i++) {
        (void)usleep(10000);
    }
    assert_true(audit_durable(log) > before);
    (void)audit_close(log);
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.fault, FSCK_NONE);
    assert_true(report.entries > 1000 && taken > 1000);
}

static void a_real_full_disk_is_survived(void **state)
{
    (void)state;
    char disk[PATH_SIZE];

    if (!mount_small(new_log_folder(disk))) {
        remove_log_folder(disk);
        skip();
    }
    fill_and_free(disk);
    assert_int_equal(umount2(disk, MNT_DETACH), 0);
    remove_log_folder(disk);
}

TEST_MAIN(a_real_full_disk_is_survived)
