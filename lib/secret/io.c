// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/io.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static uint64_t read_clock(clockid_t id, uint64_t per_second)
{
    struct timespec t;

    (void)clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * per_second +
           (uint64_t)t.tv_nsec / (UINT64_C(1000000000) / per_second);
}

static uint64_t monotonic_ns(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_MONOTONIC, UINT64_C(1000000000));
}

static uint64_t unix_us(void *ctx)
{
    (void)ctx;
    return read_clock(CLOCK_REALTIME, UINT64_C(1000000));
}

struct clock io_clock(void)
{
    return (struct clock){.monotonic_ns = monotonic_ns, .unix_us = unix_us};
}

bool io_write_all(int fd, struct span bytes)
{
    while (bytes.n > 0) {
        ssize_t n = write(fd, bytes.p, bytes.n);
        if (n < 0 && errno != EINTR) {
            return false;
        }
        bytes = span_drop_first(bytes, n > 0 ? (size_t)n : 0);
    }
    return true;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *where)
{
    (void)st;
    (void)kind;
    (void)where;
    return remove(path);
}

bool io_remove_folder(const char *path)
{
    enum { OPEN_MOST = 16 };

    // NOLINTNEXTLINE(concurrency-mt-unsafe): only with FTW_CHDIR
    return nftw(path, remove_one, OPEN_MOST, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT;
}

static bool make_folder(const char *path)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST;
}

bool io_make_folders(const char *path)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n >= sizeof(part)) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(part, path, n + 1);
    for (char *slash = strchr(part + (n > 0), '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (!make_folder(part)) {
            return false;
        }
        *slash = '/';
    }
    return make_folder(part);
}
