// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/offline.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_TIMEOUT_MS = 5000 };

static pid_t g_pid = -1;

// The program in the same folder as this one.
static enum aiu_status find_program(char path[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 16);

    if (n <= 0) {
        return AIU_FILE_NOT_FOUND;
    }
    path[n] = '\0';
    char *slash = strrchr(path, '/');
    if (slash == NULL) {
        return AIU_FILE_NOT_FOUND;
    }
    (void)snprintf(slash + 1, 16, "aiu-mock");
    return access(path, X_OK) == 0 ? AIU_OK : AIU_FILE_NOT_FOUND;
}

__attribute__((noreturn)) static void become_mock(const char *program, const char *record, int err)
{
    sigset_t none;

    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    (void)setpgid(0, 0); // Ctrl-C is the gateway's, which drains first
    (void)dup2(err, STDERR_FILENO);
    (void)execl(program, program, "--listen", "127.0.0.1:0", "--record", record, "--quiet",
                (char *)NULL);
    _exit(127);
}

// "ready http://127.0.0.1:PORT" on its stderr.
static enum aiu_status read_ready(int fd, char base_url[128])
{
    char text[512] = "";
    size_t n = 0;

    while (n < sizeof(text) - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, START_TIMEOUT_MS) <= 0) {
            return AIU_TIMEOUT;
        }
        ssize_t got = read(fd, text + n, sizeof(text) - 1 - n);
        if (got <= 0) {
            return AIU_IO;
        }
        n += (size_t)got;
        text[n] = '\0';
        const char *at = strstr(text, "ready http://");
        const char *end = at == NULL ? NULL : strchr(at, '\n');
        if (end != NULL) {
            (void)snprintf(base_url, 128, "%.*s/v1", (int)(end - at - 6), at + 6);
            return AIU_OK;
        }
    }
    return AIU_IO;
}

enum aiu_status offline_start(const char *record, char base_url[128])
{
    char program[PATH_MAX];
    int err[2];

    TRY(find_program(program));
    if (pipe2(err, O_CLOEXEC) != 0) {
        return AIU_IO;
    }
    g_pid = fork();
    if (g_pid == 0) {
        become_mock(program, record, err[1]);
    }
    (void)close(err[1]);
    enum aiu_status st = g_pid < 0 ? AIU_IO : read_ready(err[0], base_url);
    // The read end stays open: what the mock says later must not end it by SIGPIPE.
    return st;
}

void offline_stop(void)
{
    if (g_pid > 0) {
        (void)kill(g_pid, SIGTERM);
        (void)waitpid(g_pid, NULL, 0);
        g_pid = -1;
    }
}

bool offline_is(int pid)
{
    return pid == g_pid;
}
