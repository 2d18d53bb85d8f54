// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The program gets no input, no descriptor of ours, default signals, and of the environment only
// what password managers need to find their user: the other variables may hold keys. Its error
// output is dropped, since nobody knows what it prints there. It leads a process group, so that a
// timeout ends its children too.
#include "secret/command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "secret/keyfile.h"

static const struct span passed_on[] = {
    SPAN("PATH="),
    SPAN("HOME="),
    SPAN("USER="),
    SPAN("LOGNAME="),
    SPAN("LANG="),
    SPAN("LC_ALL="),
    SPAN("XDG_RUNTIME_DIR="),
    SPAN("XDG_CONFIG_HOME="),
    SPAN("DBUS_SESSION_BUS_ADDRESS="),
    SPAN("GNUPGHOME="),
};

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static int remaining_ms(uint64_t deadline_ms)
{
    uint64_t now = now_ms();

    return now >= deadline_ms ? 0 : (int)(deadline_ms - now);
}

static void pick_environment(char *out[static ARRAY_SIZE(passed_on) + 1])
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_SIZE(passed_on); i++) {
        for (char **e = environ; e != NULL && *e != NULL; e++) {
            if (span_starts_with(span_str(*e), passed_on[i])) {
                out[n++] = *e;
                break;
            }
        }
    }
    out[n] = NULL;
}

// Everything that can be set before the program runs; 0 or an errno.
static int prepare(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, int output)
{
    sigset_t all, none;
    int error = 0;

    (void)sigfillset(&all);
    (void)sigemptyset(&none);
    error |= posix_spawn_file_actions_addopen(files, 0, "/dev/null", O_RDONLY, 0);
    error |= posix_spawn_file_actions_adddup2(files, output, 1);
    error |= posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0);
    error |= posix_spawn_file_actions_addclosefrom_np(files, 3);
    error |= posix_spawnattr_setsigdefault(attributes, &all);
    error |= posix_spawnattr_setsigmask(attributes, &none);
    error |= posix_spawnattr_setpgroup(attributes, 0);
    error |= posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK |
                                                      POSIX_SPAWN_SETPGROUP);
    return error;
}

static enum aiu_status spawn(const char *const *argv, int output, pid_t *ret_pid)
{
    char *environment[ARRAY_SIZE(passed_on) + 1];
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;

    if (posix_spawn_file_actions_init(&files) != 0) {
        return AIU_NO_MEMORY;
    }
    (void)posix_spawnattr_init(&attributes);
    pick_environment(environment);
    int error = prepare(&files, &attributes, output);
    if (error == 0) {
        error =
            posix_spawnp(ret_pid, argv[0], &files, &attributes, (char *const *)argv, environment);
    }
    (void)posix_spawnattr_destroy(&attributes);
    (void)posix_spawn_file_actions_destroy(&files);
    return error == 0 ? AIU_OK : keyfile_status(error);
}

static enum aiu_status read_output(int fd, uint64_t deadline_ms, struct pad *pad)
{
    bool ended = false;

    while (!ended) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int ready = poll(&p, 1, remaining_ms(deadline_ms));
        if (ready == 0) {
            return AIU_TIMEOUT;
        }
        if (ready < 0 && errno != EINTR) {
            return AIU_IO;
        }
        if (ready > 0) {
            TRY(pad_read(pad, fd, &ended));
        }
    }
    return AIU_OK;
}

// It has closed its output; mostly it is gone within the first millisecond.
static enum aiu_status await_exit(pid_t pid, uint64_t deadline_ms, int *ret_exit)
{
    enum { STEP_MS = 2 };
    pid_t done = 0;

    while ((done = waitpid(pid, ret_exit, WNOHANG)) == 0) {
        if (remaining_ms(deadline_ms) == 0) {
            return AIU_TIMEOUT;
        }
        (void)poll(NULL, 0, STEP_MS);
    }
    return done == pid ? AIU_OK : AIU_IO;
}

static void kill_group(pid_t pid)
{
    (void)kill(-pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

static enum aiu_status run(const char *const *argv, uint64_t deadline_ms, const int ends[2],
                           struct pad *pad)
{
    pid_t pid = 0;
    int exited = 0;
    enum aiu_status st = spawn(argv, ends[1], &pid);

    (void)close(ends[1]); // before reading: the end of the output is when nobody can write any more
    TRY(st);
    st = read_output(ends[0], deadline_ms, pad);
    if (st == AIU_OK) {
        st = await_exit(pid, deadline_ms, &exited);
    }
    if (st != AIU_OK) {
        kill_group(pid);
        return st;
    }
    return WIFEXITED(exited) && WEXITSTATUS(exited) == 0 ? AIU_OK : AIU_CONFIG_BAD_KEY;
}

enum aiu_status command_read(const char *const *argv, uint32_t timeout_ms, struct pad *pad)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) != 0) {
        return AIU_IO;
    }
    enum aiu_status st = run(argv, now_ms() + timeout_ms, ends, pad);
    (void)close(ends[0]);
    return st;
}
