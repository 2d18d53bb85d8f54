// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Messages are structs: both ends are the same program, forked. What the worker sends is still
// taken for what a stranger sent: only its size is fixed, every value is judged (audit/signer.c).
// Each has a number, so that an answer to somebody who died meanwhile is not taken for another's.
#include "gateway/signing.h"
#include "secret/io.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { ANSWER_MS = 2000 };

struct question {
    uint64_t number;
    struct signer_request request;
};

struct answer {
    uint64_t number;
    struct signer_reply reply;
};

enum aiu_status signing_init(struct gateway *g)
{
    return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, g->signer) == 0 ? AIU_OK : AIU_IO;
}

static void close_end(int *fd)
{
    (void)close(*fd);
    *fd = -1;
}

void signing_leave(struct gateway *g)
{
    close_end(&g->signer[1]);
}

void signing_end(struct gateway *g)
{
    close_end(&g->signer[0]);
    close_end(&g->signer[1]);
}

// --- the process ------------------------------------------------------------------------------

// What a signer has no use for: sockets of the network, the lock of the state folder, the keys of
// providers.
static void give_up(struct gateway *g)
{
    close_end(&g->signer[0]);
    for (size_t i = 0; i < g->data_count; i++) {
        close_end(&g->data[i]);
    }
    close_end(&g->admin);
    close_end(&g->state.lock);
    secret_env_free(g->env);
    g->env = NULL;
}

static void serve(struct signer *s, int fd)
{
    static struct question q;
    static struct answer a;

    for (;;) {
        memset(&q, 0, sizeof(q));
        ssize_t n = recv(fd, &q, sizeof(q), MSG_TRUNC);
        if (n == 0 || (n < 0 && errno != EINTR)) {
            return; // worker and supervisor are gone
        }
        if (n != (ssize_t)sizeof(q)) {
            continue;
        }
        a.number = q.number;
        signer_sign(s, &q.request, &a.reply);
        // Whoever asked may have died; the next one has another number.
        (void)send(fd, &a, sizeof(a), MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

__attribute__((noreturn)) static void run(struct gateway *g)
{
    static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
    struct signer *s = NULL;
    sigset_t none;

    // It goes when there is nobody left to ask, and not before: the worker's last checkpoint is
    // signed after everything was told to stop.
    for (size_t i = 0; i < ARRAY_SIZE(ignored); i++) {
        (void)signal(ignored[i], SIG_IGN);
    }
    (void)sigemptyset(&none);
    (void)pthread_sigmask(SIG_SETMASK, &none, NULL);
    (void)prctl(PR_SET_NAME, "aiu-signer");
    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    give_up(g);
    const struct signer_options o = {g->state.folder, g->config->audit_origin, io_clock()};
    enum aiu_status st = signer_new(&o, &s);
    if (st != AIU_OK) {
        system_say("the signer of the audit log cannot start with the keys in %s: %s",
                   g->state.path, aiu_status_info(st)->text);
        _exit(aiu_status_info(st)->exit);
    }
    serve(s, g->signer[1]);
    signer_free(s);
    _exit(0);
}

pid_t signing_start(struct gateway *g)
{
    pid_t pid = fork();

    if (pid == 0) {
        run(g);
    }
    return pid;
}

// --- asking -----------------------------------------------------------------------------------

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static bool wait_for(int fd, short what, uint64_t until_ms)
{
    struct pollfd p = {.fd = fd, .events = what};
    uint64_t now = now_ms();

    return now < until_ms && poll(&p, 1, (int)(until_ms - now)) > 0;
}

enum aiu_status signing_ask(void *ctx, const struct signer_request *request,
                            struct signer_reply *ret_reply)
{
    static struct question q; // one at a time
    static struct answer a;
    const struct gateway *g = ctx;
    uint64_t until = now_ms() + ANSWER_MS;

    q.number = (uint64_t)getpid() << 32 | (uint32_t)(q.number + 1);
    q.request = *request;
    if (!wait_for(g->signer[0], POLLOUT, until)) {
        return AIU_TIMEOUT;
    }
    if (send(g->signer[0], &q, sizeof(q), MSG_NOSIGNAL | MSG_DONTWAIT) != (ssize_t)sizeof(q)) {
        return AIU_IO;
    }
    while (wait_for(g->signer[0], POLLIN, until)) {
        ssize_t n = recv(g->signer[0], &a, sizeof(a), MSG_DONTWAIT);
        if (n == (ssize_t)sizeof(a) && a.number == q.number) {
            *ret_reply = a.reply;
            return AIU_OK;
        }
    }
    return AIU_TIMEOUT;
}
