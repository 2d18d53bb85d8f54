// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/state_dir.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/num.h"
#include "config/config.h"

extern char **environ; // NOLINT(readability-redundant-declaration): as POSIX has it

static enum aiu_status load(const struct state_dir_options *o, struct config **ret_config)
{
    const struct config_options options = {.env = (const char *const *)environ,
                                           .mock_base_url = SPAN("http://127.0.0.1:9/v1")};
    CLEANUP(buf_wipe) struct buf found = BUF_OF(4096);
    struct config_report report = {.count = 0};
    const char *path = o->config;

    if (path == NULL && config_find_file(options.env, &found) == AIU_OK) {
        TRY(buf_append_byte(&found, 0));
        path = (const char *)found.p;
    }
    enum aiu_status st = path == NULL ? config_embedded(&options, &report, ret_config)
                                      : config_load(path, &options, &report, ret_config);
    if (st != AIU_OK) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
        if (config_report_text(&report, span_str(path == NULL ? "" : path), &text) == AIU_OK) {
            (void)fwrite(text.p, 1, text.n, stderr);
        }
    }
    return st;
}

enum aiu_status state_dir_path(const struct state_dir_options *o, char ret_path[4096])
{
    CLEANUP(config_unrefp) struct config *c = NULL;

    if (o->state_dir != NULL) {
        (void)snprintf(ret_path, 4096, "%s", o->state_dir);
        return AIU_OK;
    }
    TRY(load(o, &c));
    (void)snprintf(ret_path, 4096, "%.*s", (int)c->state_dir.n, (const char *)c->state_dir.p);
    return AIU_OK;
}

enum aiu_status state_dir_open(const struct state_dir_options *o, int *ret_folder)
{
    char path[4096];

    TRY(state_dir_path(o, path));
    *ret_folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*ret_folder < 0) {
        (void)fprintf(stderr,
                      "aiu: the state folder %s cannot be opened; has a gateway run here?\n", path);
        return AIU_FILE_NOT_FOUND;
    }
    return AIU_OK;
}

// The process that holds the lock; 0 where nobody does.
static pid_t holder_of(int fd)
{
    char text[32];
    uint64_t pid = 0;

    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        return 0; // closing the file gives it back
    }
    ssize_t n = read(fd, text, sizeof(text));
    if (n <= 1 || num_parse_u64(span_of(text, (size_t)n - 1), INT32_MAX, &pid) != AIU_OK) {
        return 0;
    }
    return (pid_t)pid;
}

// The gateway that uses the folder; 0 where there is none.
static pid_t gateway_of(int folder)
{
    int fd = openat(folder, "lock", O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    pid_t pid = fd < 0 ? 0 : holder_of(fd);

    if (fd >= 0) {
        (void)close(fd);
    }
    return pid;
}

bool state_dir_is_used(int folder)
{
    return gateway_of(folder) > 1;
}

bool state_dir_reload(int folder)
{
    pid_t pid = gateway_of(folder);

    return pid > 1 && kill(pid, SIGHUP) == 0;
}
