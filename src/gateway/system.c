// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/system.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret/io.h"

// --- log --------------------------------------------------------------------------------------

static atomic_int g_log_fd = STDERR_FILENO;
static char g_log_path[4096];

static void write_line(void *ctx, struct span line)
{
    (void)ctx;
    // One write a line: lines of threads and processes do not mix. A full disk loses log lines,
    // never requests.
    ssize_t ignored = write(atomic_load(&g_log_fd), line.p, line.n);
    (void)ignored;
}

static int open_log(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

enum aiu_status system_log_open(struct logger *l, const char *path)
{
    l->write = write_line;
    if (path == NULL) {
        return AIU_OK;
    }
    int fd = open_log(path);
    if (fd < 0) {
        return AIU_FILE_DENIED;
    }
    (void)snprintf(g_log_path, sizeof(g_log_path), "%s", path);
    atomic_store(&g_log_fd, fd);
    return AIU_OK;
}

void system_log_reopen(void)
{
    int fd = g_log_path[0] == '\0' ? -1 : open_log(g_log_path);

    if (fd >= 0) {
        // The number stays, so that a line under way in another thread goes to one file or the
        // other, and never to a closed one.
        (void)dup3(fd, atomic_load(&g_log_fd), O_CLOEXEC);
        (void)close(fd);
    }
}

void system_say(const char *format, ...)
{
    char line[1024];
    va_list args;

    va_start(args, format);
    int n = vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    for (int i = 0; i < n && i < (int)sizeof(line) - 1; i++) {
        if ((unsigned char)line[i] < 0x20 || line[i] == 0x7F) {
            line[i] = '?'; // a file name may hold terminal escapes
        }
    }
    (void)fprintf(stderr, "aiu: %s\n", line);
}

// --- state folder -----------------------------------------------------------------------------

static enum aiu_status check_folder(int fd)
{
    struct stat st;

    if (fstat(fd, &st) != 0) {
        return AIU_FILE_DENIED;
    }
    return st.st_uid == geteuid() && (st.st_mode & 077) == 0 ? AIU_OK : AIU_CONFIG_KEY_EXPOSED;
}

enum aiu_status state_open(const char *path, struct state *ret_state)
{
    if (strlen(path) >= PATH_MAX) {
        return AIU_TOO_LONG;
    }
    if (!io_make_folders(path)) {
        return AIU_FILE_DENIED;
    }
    if (realpath(path, ret_state->path) == NULL) {
        return AIU_FILE_DENIED;
    }
    ret_state->folder = open(ret_state->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (ret_state->folder < 0) {
        return AIU_FILE_DENIED;
    }
    TRY(check_folder(ret_state->folder));
    ret_state->lock =
        openat(ret_state->folder, "lock", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (ret_state->lock < 0) {
        return AIU_FILE_DENIED;
    }
    if (flock(ret_state->lock, LOCK_EX | LOCK_NB) != 0) {
        return AIU_BUSY;
    }
    // For commands that send it a signal (aiu/state_dir.h).
    bool fine =
        ftruncate(ret_state->lock, 0) == 0 && dprintf(ret_state->lock, "%d\n", getpid()) > 0;
    return fine ? AIU_OK : AIU_FILE_DENIED;
}

enum aiu_status state_read(const struct state *s, const char *name, struct buf *b)
{
    uint8_t *p = NULL;
    ssize_t n = 0;
    int fd = openat(s->folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        return errno == ENOENT ? AIU_OK : AIU_FILE_DENIED;
    }
    enum aiu_status st = AIU_OK;
    do {
        st = buf_reserve(b, 4096, &p);
        n = st == AIU_OK ? read(fd, p, 4096) : 0;
        if (n > 0) {
            buf_grow(b, (size_t)n);
        }
    } while (n > 0);
    (void)close(fd);
    return n < 0 ? AIU_IO : st;
}
