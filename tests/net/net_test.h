// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the tests of this layer share: one loop, raw sockets as the other side, and waiting for a
// condition instead of for a time.
#pragma once

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/num.h"
#include "net/client.h"
#include "net/loop.h"
#include "net/server.h"
#include "test.h"

enum { WAIT_MS = 10000 };

static inline uint64_t now_ms(void)
{
    return loop_now_ns() / 1000000;
}

// Let the loop run until `condition` holds; the test fails after ten seconds.
#define wait_until(l, condition)                                                                   \
    do {                                                                                           \
        uint64_t wait_end_ = now_ms() + WAIT_MS;                                                   \
        while (!(condition)) {                                                                     \
            loop_run_once((l), false);                                                             \
            (void)poll(NULL, 0, 1);                                                                \
            if (now_ms() > wait_end_) {                                                            \
                fail_msg("waited in vain for: %s", #condition);                                    \
            }                                                                                      \
        }                                                                                          \
    } while (0)

// Let the loop do what it can do now.
static inline void settle(struct loop *l)
{
    for (int i = 0; i < 20; i++) {
        loop_run_once(l, false);
        (void)poll(NULL, 0, 1);
    }
}

static inline int count_fds(void)
{
    DIR *d = opendir("/proc/self/fd");
    int n = 0;

    assert_non_null(d);
    while (readdir(d) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        n++;
    }
    (void)closedir(d);
    return n;
}

static inline int connect_port(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;

    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

// A raw listening socket on 127.0.0.1: an upstream that the test plays by hand.
static inline int listen_raw(uint16_t *ret_port)
{
    int fd = -1;

    assert_ok(server_bind(SPAN_OF("127.0.0.1:0"), &fd));
    assert_int_equal(listen(fd, 16), 0);
    *ret_port = server_port(fd);
    return fd;
}

static inline int accept_raw(struct loop *l, int listener)
{
    uint64_t end_ms = now_ms() + WAIT_MS;
    int fd = -1;

    do {
        loop_run_once(l, false);
        fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        (void)poll(NULL, 0, fd < 0 ? 1 : 0);
    } while (fd < 0 && now_ms() < end_ms);
    assert_true(fd >= 0);
    return fd;
}

static inline void close_with_reset(int fd)
{
    struct linger hard = {.l_onoff = 1, .l_linger = 0};

    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
    (void)close(fd);
}

static inline void put(int fd, struct span s)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);
        assert_true(n > 0 || errno == EAGAIN);
        s = span_drop_first(s, n > 0 ? (size_t)n : 0);
    }
}

static inline void put_str(int fd, const char *text)
{
    put(fd, span_str(text));
}

// What a peer has sent so far, and whether it ended.
struct got {
    struct buf bytes;
    bool ended, reset;
};

static inline void got_done(struct got *g)
{
    buf_wipe(&g->bytes);
}

static inline void take(int fd, struct got *g)
{
    uint8_t *p = NULL;

    g->bytes.maximum = 256U << 20;
    while (!g->ended) {
        assert_ok(buf_reserve(&g->bytes, 65536, &p));
        ssize_t n = recv(fd, p, 65536, MSG_DONTWAIT);
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        g->ended = n <= 0;
        g->reset = n < 0;
        buf_grow(&g->bytes, n > 0 ? (size_t)n : 0);
    }
}

static inline bool has(const struct got *g, const char *text)
{
    return span_find_span(buf_span(&g->bytes), span_str(text)) < g->bytes.n;
}

static inline size_t count_of(const struct got *g, const char *text)
{
    struct span rest = buf_span(&g->bytes);
    struct span needle = span_str(text);
    size_t n = 0;

    for (size_t at = span_find_span(rest, needle); at < rest.n; n++) {
        rest = span_drop_first(rest, at + needle.n);
        at = span_find_span(rest, needle);
    }
    return n;
}

// Read from `fd` until `text` came, or until the end.
static inline void take_until(struct loop *l, int fd, struct got *g, const char *text)
{
    wait_until(l, (take(fd, g), has(g, text) || g->ended));
    if (!has(g, text)) {
        fail_msg("the peer ended without: %s", text);
    }
}

static inline void take_to_end(struct loop *l, int fd, struct got *g)
{
    wait_until(l, (take(fd, g), g->ended));
}
