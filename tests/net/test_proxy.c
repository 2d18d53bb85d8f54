// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Server and client together: what stops on one side stops the other.
#include "proxy.h"

static const char get[] = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
static const char post[] = "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello";

static void requests_and_answers_pass_through(void **state)
{
    (void)state;
    struct proxy p;
    uint16_t port = 0;
    int listener = listen_raw(&port), up = -1;

    proxy_open(&p, 0, port, NULL);
    int fd = connect_port(p.port);
    for (int i = 0; i < 3; i++) {
        CLEANUP(got_done) struct got g = {0}, asked = {0};
        put_str(fd, post);
        up = up < 0 ? accept_raw(p.loop, listener) : up;
        take_until(p.loop, up, &asked, "\r\n\r\nhello");
        assert_true(has(&asked, "POST /x HTTP/1.1\r\nHost: a\r\n"));
        put_str(up, "HTTP/1.1 404 Not Found\r\nX-Up: yes\r\nTransfer-Encoding: chunked\r\n\r\n"
                    "2\r\nno\r\n0\r\n\r\n");
        take_until(p.loop, fd, &g, "0\r\n\r\n");
        assert_true(has(&g, "HTTP/1.1 404 Not Found\r\nX-Up: yes\r\n"));
    }
    assert_int_equal(p.open, 0);
    (void)close(fd);
    (void)close(up);
    (void)close(listener);
    proxy_close(&p);
}

// 64 MiB for a client that does not read: the upstream is stopped and nothing piles up.
static void a_slow_client_stops_the_upstream(void **state)
{
    (void)state;
    enum { TOTAL = 64 << 20 };
    static const uint8_t block[65536];
    CLEANUP(got_done) struct got g = {0}, asked = {0};
    struct budget b;
    struct proxy p;
    uint16_t port = 0;
    int listener = listen_raw(&port);
    size_t sent = 0, idle = 0;

    budget_init(&b, 1U << 20);
    proxy_open(&p, 0, port, &b);
    int fd = connect_port(p.port);
    put_str(fd, get);
    int up = accept_raw(p.loop, listener);
    take_until(p.loop, up, &asked, "\r\n\r\n");
    put_str(up, "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
    while (sent < TOTAL && idle < 200) { // until nothing moves any more
        ssize_t n = send(up, block, sizeof(block), MSG_NOSIGNAL);
        idle = n > 0 ? 0 : idle + 1;
        sent += n > 0 ? (size_t)n : 0;
        loop_run_once(p.loop, false);
    }
    assert_true(sent < TOTAL);
    assert_true(p.most_to_client <= 3 * 65536);
    assert_true(budget_used(&b) <= 4 * 65536);
    while (sent < TOTAL) {
        size_t rest = TOTAL - sent < sizeof(block) ? TOTAL - sent : sizeof(block);
        ssize_t n = send(up, block, rest, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        loop_run_once(p.loop, false);
        take(fd, &g);
    }
    wait_until(p.loop, (take(fd, &g), g.bytes.n > TOTAL));
    wait_until(p.loop, p.open == 0);
    assert_true(p.most_to_client <= 3 * 65536);
    (void)close(fd);
    (void)close(up);
    (void)close(listener);
    proxy_close(&p);
    assert_int_equal(budget_used(&b), 0);
}

static void a_client_that_leaves_aborts_its_upstream_within_a_second(void **state)
{
    (void)state;
    struct proxy p;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    proxy_open(&p, 0, port, NULL);
    // Before the answer, in its middle, and with an answer that nobody takes (reading is paused).
    for (int when = 0; when < 3; when++) {
        CLEANUP(got_done) struct got asked = {0};
        static const uint8_t block[65536];
        int fd = connect_port(p.port);
        put_str(fd, get);
        int up = accept_raw(p.loop, listener);
        take_until(p.loop, up, &asked, "\r\n\r\n");
        if (when > 0) {
            put_str(up, "HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\nabc");
        }
        for (int i = 0; when == 2 && i < 1000; i++) {
            (void)send(up, block, sizeof(block), MSG_NOSIGNAL);
            loop_run_once(p.loop, false);
        }
        settle(p.loop);
        uint64_t left_ms = now_ms();
        (void)close(fd);
        take_to_end(p.loop, up, &asked);
        assert_true(now_ms() - left_ms < 1000);
        (void)close(up);
    }
    wait_until(p.loop, p.open == 0 && server_connections(p.server) == 0);
    (void)close(listener);
    proxy_close(&p);
}

// SECURITY-TESTS 7, row 1: after each byte of the answer, an end or a reset.
static void an_upstream_that_breaks_off_is_never_a_whole_answer(void **state)
{
    (void)state;
    static const char answer[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    struct proxy p;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    proxy_open(&p, 0, port, NULL);
    for (size_t cut = 0; cut < 2 * (sizeof(answer) - 1); cut++) {
        CLEANUP(got_done) struct got g = {0}, asked = {0};
        int fd = connect_port(p.port);
        put_str(fd, get);
        int up = accept_raw(p.loop, listener);
        take_until(p.loop, up, &asked, "\r\n\r\n");
        put(up, span_of(answer, cut / 2));
        settle(p.loop);
        if (cut % 2 == 0) {
            (void)close(up);
        } else {
            close_with_reset(up);
        }
        wait_until(p.loop, (take(fd, &g), g.ended || has(&g, "502 Bad Gateway")));
        assert_false(has(&g, "\r\n0\r\n\r\n"));
        assert_int_equal(has(&g, "HTTP/1.1 200"), !has(&g, "502 Bad Gateway"));
        (void)close(fd);
    }
    (void)close(listener);
    proxy_close(&p);
}

TEST_MAIN(requests_and_answers_pass_through, a_slow_client_stops_the_upstream,
          a_client_that_leaves_aborts_its_upstream_within_a_second,
          an_upstream_that_breaks_off_is_never_a_whole_answer)
