// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "net/server.h"

#include <sys/ioctl.h>

#include "site.h"

static void requests_follow_each_other_on_one_connection(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello");
    take_until(s.loop, fd, &g, "\r\n\r\nhello");
    put_str(fd, "GET /chunks HTTP/1.1\r\nHost: a\r\n\r\n");
    take_until(s.loop, fd, &g, "\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n");
    put_str(fd, "HEAD /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    take_until(s.loop, fd, &g, "Content-Length: 0");
    assert_int_equal(s.requests, 3);
    assert_int_equal(count_of(&g, "HTTP/1.1 200 OK\r\nX-Test: yes\r\nDate: "), 2);
    assert_false(has(&g, "Connection:"));
    assert_int_equal(server_connections(s.server), 1);
    (void)close(fd);
    wait_until(s.loop, server_connections(s.server) == 0);
    assert_int_equal(s.aborts, 0);
    site_close(&s);
}

// The answers are the same for every way of cutting the bytes, three requests in a row included.
static void answers_do_not_depend_on_how_the_requests_are_cut(void **state)
{
    (void)state;
    static const char requests[] =
        "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        "\r\n2\r\nde\r\n1\r\nf\r\n0\r\n\r\n"
        "GET /now HTTP/1.1\r\nHost: a\r\n\r\n";
    struct site s;

    site_open(&s, site_options(), NULL);
    for (size_t cut = 0; cut < sizeof(requests); cut++) {
        CLEANUP(got_done) struct got g = {0};
        int fd = connect_port(s.port);
        put(fd, span_of(requests, cut));
        for (int i = 0; i < 3; i++) {
            loop_run_once(s.loop, false);
        }
        put(fd, span_of(requests + cut, sizeof(requests) - 1 - cut));
        take_until(s.loop, fd, &g, "\r\n\r\nnow");
        assert_true(has(&g, "\r\n\r\nabcHTTP/1.1 200 OK"));
        assert_true(has(&g, "\r\n\r\ndefHTTP/1.1 200 OK"));
        assert_int_equal(count_of(&g, "HTTP/1.1 200 OK"), 3);
        (void)close(fd);
    }
    assert_int_equal(s.requests, 3 * sizeof(requests));
    wait_until(s.loop, server_connections(s.server) == 0);
    site_close(&s);
}

static void pipelined_requests_wait_for_the_answer_before_theirs(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.held != NULL && s.ended == 1);
    for (int i = 0; i < 2000; i++) {
        put_str(fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    }
    settle(s.loop);
    assert_int_equal(s.requests, 1);
    site_reply(s.held, 200, SPAN_OF("held"));
    site_finish(s.held);
    wait_until(s.loop, (take(fd, &g), count_of(&g, "now") == 2000));
    assert_true(has(&g, "\r\n\r\nheldHTTP/1.1 200 OK"));
    assert_int_equal(s.requests, 2001);
    (void)close(fd);
    site_close(&s);
}

static void http_1_0_gets_an_end_instead_of_chunks(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0}, kept = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "GET /chunks HTTP/1.0\r\n\r\n");
    take_to_end(s.loop, fd, &g);
    assert_true(has(&g, "Connection: close\r\n\r\nonetwo"));
    assert_false(g.reset);
    (void)close(fd);
    fd = connect_port(s.port);
    put_str(fd, "GET /now HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    take_until(s.loop, fd, &kept, "Connection: keep-alive\r\n\r\nnow");
    (void)close(fd);
    site_close(&s);
}

static void an_answer_that_cannot_be_finished_is_no_whole_answer(void **state)
{
    (void)state;
    static const struct {
        const char *request;
        bool reset;
    } cases[] = {
        {"GET /short HTTP/1.1\r\nHost: a\r\n\r\n", false}, // 3 of 10 bytes, then the end
        {"GET /break HTTP/1.1\r\nHost: a\r\n\r\n", false}, // no last chunk
        {"GET /break HTTP/1.0\r\n\r\n", true},             // only an error can say so
    };
    struct site s;

    site_open(&s, site_options(), NULL);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(got_done) struct got g = {0};
        int fd = connect_port(s.port);
        put_str(fd, cases[i].request);
        take_to_end(s.loop, fd, &g);
        assert_int_equal(g.reset, cases[i].reset);
        assert_false(has(&g, "\r\n0\r\n\r\n"));
        (void)close(fd);
    }
    site_close(&s);
}

static void what_is_no_http_is_answered_and_closed(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0}, silent = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"
                "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_to_end(s.loop, fd, &g);
    assert_true(has(&g, "HTTP/1.1 400 Bad Request"));
    assert_true(has(&g, "Connection: close\r\n\r\nbad"));
    assert_int_equal(count_of(&g, "HTTP/1.1"), 1);
    assert_int_equal(s.bad_why, AIU_HTTP_INVALID);
    (void)close(fd);
    s.silent_on_bad = true;
    fd = connect_port(s.port);
    put_str(fd, "\x16\x03\x01 a TLS hello\r\n\r\n");
    take_to_end(s.loop, fd, &silent);
    assert_int_equal(silent.bytes.n, 0);
    (void)close(fd);
    assert_int_equal(s.requests, 0);
    site_close(&s);
}

// A client that sends 20 MiB before it reads still gets its 413.
static void a_body_over_the_limit_is_refused_while_it_is_sent(void **state)
{
    (void)state;
    static const uint8_t block[65536];
    CLEANUP(got_done) struct got g = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 20971520\r\n\r\n");
    for (size_t sent = 0; sent < 20971520;) {
        ssize_t n = send(fd, block, sizeof(block), MSG_NOSIGNAL);
        assert_true(n > 0 || errno == EAGAIN);
        sent += n > 0 ? (size_t)n : 0;
        loop_run_once(s.loop, false);
    }
    take_to_end(s.loop, fd, &g);
    assert_true(has(&g, "HTTP/1.1 413 Content Too Large"));
    assert_true(has(&g, "bad"));
    assert_false(g.reset);
    assert_int_equal(s.bad_why, AIU_BODY_TOO_LARGE);
    assert_int_equal(s.body_bytes, 0);
    (void)close(fd);
    site_close(&s);
}

static void a_broken_body_ends_its_exchange_and_can_be_answered(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    s.answer_on_abort = true;
    int fd = connect_port(s.port);
    put_str(fd,
            "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n");
    take_to_end(s.loop, fd, &g);
    assert_true(has(&g, "HTTP/1.1 400 Bad Request"));
    assert_true(has(&g, "aborted"));
    assert_int_equal(s.aborts, 1);
    assert_int_equal(s.why, AIU_HTTP_INVALID);
    assert_int_equal(s.bad, 0);
    (void)close(fd);
    site_close(&s);
}

static void an_early_answer_keeps_the_connection_when_little_is_left(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0}, big = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    take_until(s.loop, fd, &g, "\r\n\r\nnow");
    put_str(fd, "lloPOST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nxy");
    take_until(s.loop, fd, &g, "\r\n\r\nxy");
    assert_int_equal(s.body_bytes, 2);
    (void)close(fd);
    fd = connect_port(s.port);
    put_str(fd, "POST /now HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
    take_to_end(s.loop, fd, &big);
    assert_true(has(&big, "Connection: close\r\n\r\nnow"));
    (void)close(fd);
    site_close(&s);
}

static void a_client_that_asks_first_is_told_to_continue(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd,
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    take_until(s.loop, fd, &g, "HTTP/1.1 100 Continue\r\n\r\n");
    put_str(fd, "ok");
    take_until(s.loop, fd, &g, "\r\n\r\nok");
    (void)close(fd);
    site_close(&s);
}

// Bytes for a reader that does not read stay bounded, and come whole when it does.
static void a_slow_reader_stops_the_source_and_memory_stays_flat(void **state)
{
    (void)state;
    enum { TOTAL = 64 << 20 };
    CLEANUP(got_done) struct got g = {0};
    struct budget b;
    struct site s;

    budget_init(&b, 1U << 20);
    site_open(&s, site_options(), &b);
    int fd = connect_port(s.port);
    s.pour_left = TOTAL;
    put_str(fd, "GET /pour HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.held != NULL && s.pour_left < TOTAL);
    settle(s.loop);
    assert_true(s.pour_left > TOTAL / 2);
    assert_true(s.most_waiting <= 3 * 65536);
    assert_true(budget_used(&b) <= 4 * 65536);
    wait_until(s.loop, (take(fd, &g), g.bytes.n > TOTAL));
    assert_int_equal(s.pour_left, 0);
    assert_true(s.drained > 10);
    assert_true(s.most_waiting <= 3 * 65536);
    settle(s.loop);
    assert_int_equal(budget_used(&b), 0);
    assert_int_equal(s.aborts, 0);
    (void)close(fd);
    site_close(&s);
}

// S21
static void a_reader_that_never_reads_is_dropped(void **state)
{
    (void)state;
    struct server_options o = site_options();
    struct site s;

    o.write_timeout_ms = 300;
    site_open(&s, o, NULL);
    int fd = connect_port(s.port);
    s.pour_left = 64 << 20;
    put_str(fd, "GET /pour HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.aborts == 1);
    assert_int_equal(s.why, AIU_TIMEOUT);
    wait_until(s.loop, server_connections(s.server) == 0);
    (void)close(fd);
    site_close(&s);
}

static void a_client_that_leaves_is_noticed_within_a_second(void **state)
{
    (void)state;
    // How it leaves, and what it had sent behind its request: that stops reading.
    static const struct {
        bool reset;
        const char *more;
    } cases[] = {{false, ""}, {true, ""}, {false, "GET /now HTTP/1.1\r\n"}, {true, "GET /"}};
    struct site s;

    site_open(&s, site_options(), NULL);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        int fd = connect_port(s.port);
        put_str(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
        put_str(fd, cases[i].more);
        wait_until(s.loop, s.ended == i + 1);
        settle(s.loop);
        assert_int_equal(s.aborts, i);
        uint64_t left_ms = now_ms();
        if (cases[i].reset) {
            close_with_reset(fd);
        } else {
            (void)close(fd);
        }
        wait_until(s.loop, s.aborts == i + 1);
        assert_true(s.abort_ms - left_ms < 1000);
        assert_int_equal(s.why, AIU_CANCELLED);
    }
    wait_until(s.loop, server_connections(s.server) == 0);
    site_close(&s);
}

static void a_paused_body_stops_and_its_client_is_still_watched(void **state)
{
    (void)state;
    static const uint8_t block[65536];
    struct site s;

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
    wait_until(s.loop, s.held != NULL);
    server_pause(s.held);
    size_t sent = 0;
    for (int i = 0; i < 200; i++) {
        ssize_t n = send(fd, block, sizeof(block), MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        loop_run_once(s.loop, false);
    }
    assert_int_equal(s.body_bytes, 0);
    server_resume(s.held);
    wait_until(s.loop, s.body_bytes == sent);
    server_pause(s.held);
    put_str(fd, "unread");
    settle(s.loop);
    uint64_t left_ms = now_ms();
    (void)close(fd);
    wait_until(s.loop, s.aborts == 1);
    assert_true(s.abort_ms - left_ms < 1000);
    assert_int_equal(s.body_bytes, sent);
    site_close(&s);
}

// S21. The head has ten seconds in all here a fifth: a byte now and then does not help.
static void a_head_that_drips_is_cut_off_in_time(void **state)
{
    (void)state;
    struct server_options o = site_options();
    struct site s;

    o.header_timeout_ms = 400;
    site_open(&s, o, NULL);
    for (int kept = 0; kept < 2; kept++) {
        CLEANUP(got_done) struct got g = {0};
        int fd = connect_port(s.port);
        if (kept == 1) {
            put_str(fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
            take_until(s.loop, fd, &g, "now");
        }
        uint64_t start_ms = now_ms();
        put_str(fd, "GET /now HTTP/1.1\r\nX: ");
        while (!g.ended) {
            (void)send(fd, "x", 1, MSG_NOSIGNAL);
            settle(s.loop);
            take(fd, &g);
            assert_true(now_ms() - start_ms < 3000);
        }
        assert_true(now_ms() - start_ms >= 400);
        assert_true(has(&g, "HTTP/1.1 408 Request Timeout"));
        (void)close(fd);
    }
    assert_int_equal(s.bad_why, AIU_REQUEST_TIMEOUT);
    site_close(&s);
}

// SECURITY-TESTS 7, row 19: each byte comes in time, and all together too slowly.
static void a_body_that_drips_is_cut_off_and_a_slow_one_is_not(void **state)
{
    (void)state;
    struct server_options o = site_options();
    struct site s;

    o.body_timeout_ms = 300;
    o.body_rate = 2000;
    site_open(&s, o, NULL);
    for (int fast = 0; fast < 2; fast++) {
        CLEANUP(got_done) struct got g = {0};
        (void)g;
        int fd = connect_port(s.port);
        uint64_t start_ms = now_ms();
        put_str(fd, "POST /hold HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n");
        while (s.aborts == 0 && now_ms() - start_ms < 1000) {
            static const uint8_t block[1000];
            (void)send(fd, block, fast == 1 ? sizeof(block) : 1, MSG_NOSIGNAL);
            settle(s.loop);
        }
        assert_int_equal(s.aborts, fast == 1 ? 0 : 1);
        assert_true(fast == 1 || s.why == AIU_REQUEST_TIMEOUT);
        s.aborts = 0;
        (void)close(fd);
        settle(s.loop);
        s.aborts = 0;
    }
    site_close(&s);
}

// S21
static void silent_connections_and_stalled_bodies_are_closed(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got idle = {0}, fresh = {0}, body = {0};
    struct server_options o = site_options();
    struct site s;

    o.header_timeout_ms = 600;
    o.keep_alive_ms = 200;
    o.body_timeout_ms = 200;
    site_open(&s, o, NULL);
    s.answer_on_abort = true;
    int fd = connect_port(s.port);
    put_str(fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_to_end(s.loop, fd, &idle);
    assert_true(has(&idle, "now"));
    (void)close(fd);
    fd = connect_port(s.port);
    take_to_end(s.loop, fd, &fresh);
    assert_int_equal(fresh.bytes.n, 0);
    (void)close(fd);
    fd = connect_port(s.port);
    put_str(fd, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe");
    take_to_end(s.loop, fd, &body);
    assert_true(has(&body, "HTTP/1.1 408"));
    assert_int_equal(s.why, AIU_REQUEST_TIMEOUT);
    (void)close(fd);
    site_close(&s);
}

static void connections_over_the_limit_are_told_so(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0}, refused = {0};
    struct server_options o = site_options();
    struct site s;

    o.max_connections = 2;
    site_open(&s, o, NULL);
    int a = connect_port(s.port), b = connect_port(s.port);
    wait_until(s.loop, server_connections(s.server) == 2);
    int c = connect_port(s.port);
    take_to_end(s.loop, c, &refused);
    assert_true(has(&refused, "HTTP/1.1 503 Service Unavailable"));
    assert_true(has(&refused, "Retry-After: 1"));
    (void)close(c);
    (void)close(a);
    wait_until(s.loop, server_connections(s.server) == 1);
    a = connect_port(s.port);
    put_str(a, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_until(s.loop, a, &g, "now");
    (void)close(a);
    (void)close(b);
    site_close(&s);
}

static void a_used_up_byte_budget_is_answered_with_503(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0}, later = {0};
    struct budget b;
    struct site s;

    budget_init(&b, 1U << 20);
    site_open(&s, site_options(), &b);
    assert_true(budget_take(&b, 950000));
    int fd = connect_port(s.port);
    put_str(fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_to_end(s.loop, fd, &g);
    assert_true(has(&g, "HTTP/1.1 503 Service Unavailable"));
    assert_int_equal(s.bad_why, AIU_OVERLOADED);
    assert_int_equal(s.requests, 0);
    (void)close(fd);
    budget_give(&b, 950000);
    fd = connect_port(s.port);
    put_str(fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_until(s.loop, fd, &later, "now");
    (void)close(fd);
    site_close(&s);
    assert_int_equal(budget_used(&b), 0);
}

static void answers_go_out_without_delay(void **state)
{
    (void)state;
    struct site s;
    int on = 0;
    socklen_t n = sizeof(on);

    site_open(&s, site_options(), NULL);
    int fd = connect_port(s.port);
    put_str(fd, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    wait_until(s.loop, s.held != NULL);
    assert_string_equal((const char *)server_peer(s.held).p, "127.0.0.1");
    // The accepted socket is the one whose peer is ours.
    struct sockaddr_in ours, peer;
    socklen_t size = sizeof(ours);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&ours, &size), 0);
    for (int other = 3; other < 64; other++) {
        size = sizeof(peer);
        if (getpeername(other, (struct sockaddr *)&peer, &size) == 0 &&
            peer.sin_port == ours.sin_port) {
            assert_int_equal(getsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, &n), 0);
        }
    }
    assert_int_equal(on, 1);
    (void)close(fd);
    site_close(&s);
}

TEST_MAIN(requests_follow_each_other_on_one_connection,
          answers_do_not_depend_on_how_the_requests_are_cut,
          pipelined_requests_wait_for_the_answer_before_theirs,
          http_1_0_gets_an_end_instead_of_chunks,
          an_answer_that_cannot_be_finished_is_no_whole_answer,
          what_is_no_http_is_answered_and_closed, a_body_over_the_limit_is_refused_while_it_is_sent,
          a_broken_body_ends_its_exchange_and_can_be_answered,
          an_early_answer_keeps_the_connection_when_little_is_left,
          a_client_that_asks_first_is_told_to_continue,
          a_slow_reader_stops_the_source_and_memory_stays_flat,
          a_reader_that_never_reads_is_dropped, a_client_that_leaves_is_noticed_within_a_second,
          a_paused_body_stops_and_its_client_is_still_watched, a_head_that_drips_is_cut_off_in_time,
          a_body_that_drips_is_cut_off_and_a_slow_one_is_not,
          silent_connections_and_stalled_bodies_are_closed, connections_over_the_limit_are_told_so,
          a_used_up_byte_budget_is_answered_with_503, answers_go_out_without_delay)
