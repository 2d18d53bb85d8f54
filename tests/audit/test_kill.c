// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Failure matrix row 14: SIGKILL at any moment. Whatever the writer was told to be durable, and has
// told us, is there afterwards, and the log opens at once.
#include <signal.h>
#include <sys/wait.h>

#include "audit_test.h"

enum { ROUNDS = 100, AT_ONCE = 16 };

// Write for ever; after each wait report how many entries are durable.
static void write_until_killed(const char *folder, int pipe_fd)
{
    const struct audit_options options = small_options(folder);
    struct audit_log *log = NULL;
    char text[128];
    uint64_t index = 0;

    if (audit_open(&options, &log) != AIU_OK) {
        _exit(1);
    }
    for (uint64_t i = audit_durable(log);; i++) {
        if (audit_append(log, numbered_entry(i, text), &index) != AIU_OK || index != i) {
            _exit(2);
        }
        if (i % AT_ONCE == 0) {
            uint64_t durable = i + 1;
            if (audit_wait(log, index, 60000) != AIU_OK ||
                write(pipe_fd, &durable, sizeof(durable)) != sizeof(durable)) {
                _exit(3);
            }
        }
    }
}

// Let a writer run for a while, kill it, and return the last count that it reported.
static uint64_t run_and_kill(const char *folder, unsigned delay_us)
{
    int ends[2];
    uint64_t durable = 0, reported = 0;
    int status = 0;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)close(ends[0]);
        write_until_killed(folder, ends[1]);
    }
    assert_int_equal(close(ends[1]), 0);
    assert_int_equal(read(ends[0], &durable, sizeof(durable)), sizeof(durable));
    (void)usleep(delay_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    while (read(ends[0], &reported, sizeof(reported)) == sizeof(reported)) {
        durable = reported;
    }
    assert_int_equal(close(ends[0]), 0);
    return durable;
}

static void nothing_acknowledged_is_lost_to_kill_9(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct fsck_report report = {0};
    uint64_t seed = 7;

    (void)new_log_folder(folder);
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t durable = run_and_kill(folder, (unsigned)(test_random(&seed) % 4000));
        assert_ok(fsck_run(folder, &report));
        assert_int_equal(report.fault, FSCK_NONE);
        assert_true(report.entries >= durable);
    }
    struct tree_hash root = root_of_numbered(report.entries);
    assert_true(tree_hash_equal(&report.root, &root));
    assert_true(report.segments > 1);
    remove_log_folder(folder);
}

TEST_MAIN(nothing_acknowledged_is_lost_to_kill_9)
