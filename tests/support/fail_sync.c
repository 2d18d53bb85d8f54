// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A disk that fails, for tests of whole programs (LD_PRELOAD): while the file that AIU_FAIL_SWITCH
// names says "sync" or "write", that fails with EIO for every file of the name *.wal.
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_log(int fd)
{
    char link[64], path[4096];

    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, sizeof(path));
    return n > 4 && memcmp(path + n - 4, ".wal", 4) == 0;
}

static bool must_fail(const char *what, int fd)
{
    char text[16] = "";
    const char *name = getenv("AIU_FAIL_SWITCH"); // NOLINT(concurrency-mt-unsafe): never changed
    int file = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);

    if (file < 0) {
        return false;
    }
    ssize_t n = read(file, text, sizeof(text) - 1);
    (void)close(file);
    if (n <= 0 || strncmp(text, what, strlen(what)) != 0 || !is_log(fd)) {
        return false;
    }
    errno = EIO;
    return true;
}

int fdatasync(int fildes)
{
    return must_fail("sync", fildes) ? -1 : (int)syscall(SYS_fdatasync, fildes);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t offset)
{
    return must_fail("write", fd) ? -1 : syscall(SYS_pwrite64, fd, buf, n, offset);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off_t offset)
{
    return pwrite(fd, buf, n, offset);
}
