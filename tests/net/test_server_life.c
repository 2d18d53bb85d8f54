// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Addresses, stopping, and what happens when descriptors or memory are used up.
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "site.h"

static void addresses_are_bound_or_refused_with_a_reason(void **state)
{
    (void)state;
    static const char *const bad[] = {"",          "127.0.0.1",  ":80",     "localhost:80",
                                      "1.2.3:4",   "127.0.0.1:", "[::1]",   "127.0.0.1:65536",
                                      "::1:80",    "unix:",      "[::1:80", "127.0.0.1:-1",
                                      "127.1:8080"};
    char path[300] = "unix:";
    int fd = -1, second = -1;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_status(server_bind(span_str(bad[i]), &fd), AIU_URL_INVALID);
    }
    memset(path + 5, 'a', 200);
    assert_status(server_bind(span_str(path), &fd), AIU_URL_INVALID);
    assert_status(server_bind(SPAN_OF("192.0.2.1:0"), &fd), AIU_IO);
    assert_ok(server_bind(SPAN_OF("127.0.0.1:0"), &fd));
    assert_true(server_port(fd) != 0);

    // SO_REUSEPORT: each loop its own socket on one port.
    char again[32];
    (void)snprintf(again, sizeof(again), "127.0.0.1:%u", server_port(fd));
    assert_ok(server_bind(span_str(again), &second));
    assert_int_equal(server_port(second), server_port(fd));
    (void)close(second);
    (void)close(fd);
}

static int connect_unix(const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(strlen(path) < sizeof(a.sun_path));
    memcpy(a.sun_path, path, strlen(path));
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    return fd;
}

static void a_unix_socket_serves_and_a_dead_one_is_replaced(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    const char *folder = test_new_folder();
    char address[128];
    int fd = -1, other = -1;
    struct site s;

    (void)snprintf(address, sizeof(address), "unix:%s/socket", folder);
    assert_ok(server_bind(span_str(address), &fd));
    (void)close(fd); // its owner died: the file stays
    assert_ok(server_bind(span_str(address), &fd));
    site_open(&s, site_options(), NULL);
    assert_ok(server_listen(s.server, fd));
    assert_int_equal(server_port(fd), 0);
    // One that is alive is not taken away.
    assert_status(server_bind(span_str(address), &other), AIU_ADDRESS_IN_USE);
    int c = connect_unix(address + 5);
    put_str(c, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi");
    wait_until(s.loop, s.ended == 1);
    assert_span("peer", server_peer(s.held), SPAN_OF("unix"));
    site_reply(s.held, 200, SPAN_OF("held"));
    site_finish(s.held);
    take_until(s.loop, c, &g, "\r\n\r\nheld");
    (void)close(c);
    site_close(&s);
    test_remove_folder(folder);
}

static void ipv6_serves_where_there_is_any(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = -1;
    struct site s;

    if (server_bind(SPAN_OF("[::1]:0"), &fd) != AIU_OK) {
        skip();
    }
    a.sin6_port = htons(server_port(fd));
    site_open(&s, site_options(), NULL);
    assert_ok(server_listen(s.server, fd));
    int c = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(c, (struct sockaddr *)&a, sizeof(a)), 0);
    put_str(c, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.ended == 1);
    assert_span("peer", server_peer(s.held), SPAN_OF("::1"));
    site_reply(s.held, 200, SPAN_OF("held"));
    site_finish(s.held);
    take_until(s.loop, c, &g, "held");
    (void)close(c);
    site_close(&s);
}

static void on_idle(void *ctx)
{
    struct site *s = ctx;

    assert_false(s->stopped);
    s->stopped = true;
}

static void stopping_closes_idle_connections_and_finishes_the_others(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got idle = {0}, busy = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int a = connect_port(s.port), b = connect_port(s.port);
    put_str(b, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.held != NULL && server_connections(s.server) == 2);
    server_stop(s.server, on_idle, &s);
    take_to_end(s.loop, a, &idle);
    assert_int_equal(idle.bytes.n, 0);
    settle(s.loop);
    assert_false(s.stopped);
    site_reply(s.held, 200, SPAN_OF("held"));
    site_finish(s.held);
    take_to_end(s.loop, b, &busy);
    assert_true(has(&busy, "Connection: close\r\n\r\nheld"));
    wait_until(s.loop, s.stopped);
    assert_int_equal(s.aborts, 0);
    (void)close(a);
    (void)close(b);
    site_close(&s);
}

static void freeing_a_server_tells_its_open_exchanges(void **state)
{
    (void)state;
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.held != NULL);
    site_close(&s);
    assert_int_equal(s.aborts, 1);
    assert_int_equal(s.why, AIU_SHUTTING_DOWN);
    (void)close(fd);
}

// With no descriptor left, clients see an end, and the server goes on when some are free again.
static void used_up_descriptors_end_new_connections_and_no_old_one(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got old = {0}, refused = {0}, later = {0};
    struct rlimit before, low;
    struct site s;

    site_open(&s, site_options(), NULL);
    int a = connect_port(s.port);
    put_str(a, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_until(s.loop, a, &old, "now");
    int b = connect_port(s.port);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
    low = before;
    low.rlim_cur = (rlim_t)b + 1; // nothing above the newest
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
    take_to_end(s.loop, b, &refused);
    put_str(a, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, (take(a, &old), count_of(&old, "now") == 2));
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
    (void)close(b);
    b = connect_port(s.port);
    put_str(b, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_until(s.loop, b, &later, "now");
    (void)close(a);
    (void)close(b);
    site_close(&s);
}

// Every allocation fails in turn: the answer is whole, or an error, or an end; nothing leaks.
static void memory_that_runs_out_anywhere_breaks_only_that_connection(void **state)
{
    (void)state;
    size_t whole = 0;

    for (size_t n = 0; n < 60; n++) {
        CLEANUP(got_done) struct got g = {0};
        struct site s;

        site_open(&s, site_options(), NULL);
        int fd = connect_port(s.port);
        put_str(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
        mem_fail_after(n);
        for (int i = 0; i < 5; i++) {
            loop_run_once(s.loop, false);
        }
        mem_fail_after(SIZE_MAX);
        put_str(fd, "3\r\nabc\r\n0\r\n\r\n");
        while (!g.ended && !has(&g, "\r\n\r\nabc")) {
            settle(s.loop);
            take(fd, &g);
        }
        whole += has(&g, "\r\n\r\nabc");
        (void)close(fd);
        site_close(&s);
    }
    assert_true(whole > 0);
}

static void no_descriptor_and_no_memory_stays_behind(void **state)
{
    (void)state;
    struct site s;
    int fds = count_fds();
    size_t memory = mem_in_use();

    site_open(&s, site_options(), NULL);
    for (int i = 0; i < 300; i++) {
        CLEANUP(got_done) struct got g = {0};
        int fd = connect_port(s.port);
        put_str(fd, i % 3 == 0 ? "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET"
                               : "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
        if (i % 3 != 0) {
            take_until(s.loop, fd, &g, "now");
        } else {
            loop_run_once(s.loop, false);
        }
        if (i % 2 == 0) {
            close_with_reset(fd);
        } else {
            (void)close(fd);
        }
    }
    wait_until(s.loop, server_connections(s.server) == 0);
    site_close(&s);
    assert_int_equal(count_fds(), fds);
    assert_int_equal(mem_in_use(), memory);
}

// Ten thousand idle connections may cost 4 KiB each; ours cost less once they have rested.
static void an_idle_connection_is_small(void **state)
{
    (void)state;
    enum { COUNT = 200 };
    int fds[COUNT];
    struct site s;

    site_open(&s, site_options(), NULL);
    size_t before = mem_in_use();
    for (int i = 0; i < COUNT; i++) {
        CLEANUP(got_done) struct got g = {0};
        fds[i] = connect_port(s.port);
        put_str(fds[i], "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n");
        loop_run_once(s.loop, false);
        put_str(fds[i], "abc");
        take_until(s.loop, fds[i], &g, "abc");
    }
    uint64_t end_ms = now_ms() + 1500;
    wait_until(s.loop, now_ms() > end_ms);
    size_t each = (mem_in_use() - before) / COUNT;
    print_message("%zu bytes for an idle connection\n", each);
    assert_true(each < 2048);
    for (int i = 0; i < COUNT; i++) {
        (void)close(fds[i]);
    }
    site_close(&s);
}

TEST_MAIN(addresses_are_bound_or_refused_with_a_reason,
          a_unix_socket_serves_and_a_dead_one_is_replaced, ipv6_serves_where_there_is_any,
          stopping_closes_idle_connections_and_finishes_the_others,
          freeing_a_server_tells_its_open_exchanges,
          used_up_descriptors_end_new_connections_and_no_old_one,
          memory_that_runs_out_anywhere_breaks_only_that_connection,
          no_descriptor_and_no_memory_stays_behind, an_idle_connection_is_small)
