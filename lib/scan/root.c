// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/root.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"

static bool has_git(const char *folder)
{
    char path[PATHS_MOST + 8];

    (void)snprintf(path, sizeof(path), "%s/.git", folder);
    return access(path, F_OK) == 0;
}

// Cut the last name off; "/" stays.
static bool go_up(char *folder)
{
    char *slash = strrchr(folder, '/');

    if (slash == NULL || folder[1] == '\0') {
        return false;
    }
    slash[slash == folder ? 1 : 0] = '\0';
    return true;
}

static bool find_repository(const char *real, bool is_folder, char *top)
{
    memcpy(top, real, strlen(real) + 1);
    if (!is_folder && !go_up(top)) {
        return false;
    }
    do {
        if (has_git(top)) {
            return true;
        }
    } while (go_up(top));
    return false;
}

// What is left of `path` under `folder`; NULL where it is not under it.
static const char *below(const char *path, const char *folder)
{
    size_t n = strlen(folder);

    if (strncmp(path, folder, n) != 0) {
        return NULL;
    }
    if (n > 0 && folder[n - 1] == '/') {
        return path + n;
    }
    return path[n] == '\0' ? path + n : path[n] == '/' ? path + n + 1 : NULL;
}

static char *copy(const char *text)
{
    return mem_dup(text, strlen(text));
}

static enum aiu_status name_it(struct root *r, const char *real)
{
    char top[PATHS_MOST];
    char here[PATHS_MOST];
    const char *name = NULL;

    r->repository = find_repository(real, S_ISDIR(r->stat.st_mode), top);
    if (!r->repository && getcwd(here, sizeof(here)) != NULL &&
        (name = below(real, here)) != NULL) {
        memcpy(top, here, strlen(here) + 1);
    } else if (!r->repository) {
        memcpy(top, real, strlen(real) + 1);
        name = r->path;
    } else {
        name = below(real, top);
        name = name == NULL ? r->path : name;
    }
    r->top = copy(top);
    r->name = copy(name);
    return r->top == NULL || r->name == NULL ? AIU_NO_MEMORY : AIU_OK;
}

enum aiu_status root_open(const char *path, struct root *ret_root)
{
    struct root r = {.path = path};
    char real[PATHS_MOST];

    if (strlen(path) >= sizeof(real)) {
        errno = ENAMETOOLONG;
        return AIU_IO;
    }
    if (stat(path, &r.stat) != 0 || realpath(path, real) == NULL) {
        return AIU_IO;
    }
    enum aiu_status st = name_it(&r, real);
    if (st != AIU_OK) {
        root_done(&r);
        return st;
    }
    *ret_root = r;
    return AIU_OK;
}

void root_done(struct root *r)
{
    mem_free(r->top);
    mem_free(r->name);
    *r = (struct root){0};
}

static enum aiu_status read_all(int fd, size_t most, struct buf *out)
{
    struct stat st;
    ssize_t n = 1;

    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode)) {
        return AIU_OK;
    }
    while (n > 0) {
        uint8_t *into = NULL;
        if (out->n >= most) {
            return AIU_FILE_TOO_LARGE;
        }
        TRY(buf_reserve(out, 4096, &into));
        n = read(fd, into, 4096);
        if (n < 0 && errno != EINTR) {
            return AIU_IO;
        }
        buf_grow(out, n > 0 ? (size_t)n : 0);
        n = n < 0 ? 1 : n;
    }
    return AIU_OK;
}

enum aiu_status root_read(const char *folder, const char *name, size_t most, struct buf *out)
{
    char path[2 * PATHS_MOST];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno == ENOENT || errno == ENOTDIR ? AIU_OK : AIU_IO;
    }
    enum aiu_status st = read_all(fd, most, out);
    (void)close(fd);
    return st;
}
