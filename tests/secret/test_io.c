// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/io.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "test.h"

enum { MANY = 1 << 20 };

static void *drain(void *arg)
{
    const int *fd = arg;
    static uint8_t bytes[4096];
    size_t *total = mem_new(1, sizeof(*total));
    ssize_t n = 0;

    while ((n = read(*fd, bytes, sizeof(bytes))) > 0) {
        *total += (size_t)n;
    }
    return total;
}

static void what_a_pipe_takes_in_parts_is_written_whole(void **state)
{
    (void)state;
    uint8_t *bytes = mem_new(MANY, 1);
    pthread_t thread;
    void *total = NULL;
    int ends[2];

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(pthread_create(&thread, NULL, drain, &ends[0]), 0);
    assert_true(io_write_all(ends[1], span_of(bytes, MANY)));
    (void)close(ends[1]);
    assert_int_equal(pthread_join(thread, &total), 0);
    assert_int_equal(*(size_t *)total, MANY);
    (void)close(ends[0]);
    mem_free(total);
    mem_free(bytes);
}

static void the_clocks_go_forward_and_are_of_today(void **state)
{
    (void)state;
    const struct clock c = io_clock();
    uint64_t before = clock_monotonic_ns(&c);
    uint64_t seconds = (uint64_t)time(NULL);

    assert_true(clock_monotonic_ns(&c) >= before);
    assert_in_range(clock_unix_us(&c) / 1000000, seconds, seconds + 60);
}

static void what_cannot_be_written_is_said(void **state)
{
    (void)state;
    int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    assert_false(io_write_all(fd, SPAN_OF("x")));
    assert_int_equal(errno, ENOSPC);
    (void)close(fd);
}

static void folders_are_made_with_those_above_for_the_owner_alone(void **state)
{
    (void)state;
    const char *top = test_new_folder();
    char path[512], file[512], large[PATH_MAX + 1];
    struct stat st;

    (void)snprintf(path, sizeof(path), "%.200s/a/b/c", top);
    assert_true(io_make_folders(path));
    assert_true(io_make_folders(path)); // there already
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0700);
    (void)snprintf(file, sizeof(file), "%.200s/file", top);
    (void)close(open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    (void)snprintf(path, sizeof(path), "%.300s/x", file);
    assert_false(io_make_folders(path));
    assert_int_equal(errno, ENOTDIR);
    memset(large, 'x', PATH_MAX);
    large[PATH_MAX] = '\0';
    assert_false(io_make_folders(large));
    assert_int_equal(errno, ENAMETOOLONG);
    test_remove_folder(top);
}

static void a_folder_goes_with_all_in_it_but_not_what_a_link_points_at(void **state)
{
    (void)state;
    const char *top = test_new_folder();
    char kept[512], gone[512], path[512];

    (void)snprintf(kept, sizeof(kept), "%.200s/kept", top);
    (void)snprintf(gone, sizeof(gone), "%.200s/gone", top);
    (void)snprintf(path, sizeof(path), "%.300s/a/b", gone);
    assert_true(io_make_folders(kept));
    assert_true(io_make_folders(path));
    (void)snprintf(path, sizeof(path), "%.300s/a/link", gone);
    assert_int_equal(symlink(kept, path), 0);
    assert_true(io_remove_folder(gone));
    assert_int_not_equal(access(gone, F_OK), 0);
    assert_int_equal(access(kept, F_OK), 0);
    assert_true(io_remove_folder(gone)); // not there any more
    (void)snprintf(path, sizeof(path), "%.300s/file", kept);
    (void)close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    (void)snprintf(path, sizeof(path), "%.300s/file/x", kept);
    assert_false(io_remove_folder(path));
    assert_int_equal(errno, ENOTDIR);
    test_remove_folder(top);
}

TEST_MAIN(the_clocks_go_forward_and_are_of_today, what_a_pipe_takes_in_parts_is_written_whole,
          what_cannot_be_written_is_said, folders_are_made_with_those_above_for_the_owner_alone,
          a_folder_goes_with_all_in_it_but_not_what_a_link_points_at)
