// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "net/client.h"

#include <sys/un.h>

#include "caller.h"

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static void open_to(struct caller *c, uint16_t port)
{
    struct client_pool_options o = client_default_options();

    o.host = "127.0.0.1";
    o.port = port;
    caller_open(c, &o);
}

// One call answered by hand on `fd`.
static void answer(struct caller *c, int fd, const char *text)
{
    CLEANUP(got_done) struct got g = {0};

    take_until(c->loop, fd, &g, "\r\n\r\n");
    put_str(fd, text);
}

static void calls_share_one_connection(void **state)
{
    (void)state;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    caller_start(&c, &patient);
    assert_int_equal(c.ready, 0); // nothing runs inside client_call_start
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 1);
    assert_false(c.facts.reused);
    assert_true(c.facts.connect_us > 0);
    for (size_t i = 2; i < 10; i++) {
        assert_int_equal(client_pool_idle(c.pool), 1);
        caller_start(&c, &patient);
        answer(&c, fd,
               i % 2 == 0
                   ? ok_answer
                   : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n");
        wait_until(c.loop, c.ends == i);
        assert_true(c.facts.reused && c.facts.sent && c.facts.received);
        assert_span("body", buf_span(&c.body), SPAN_OF("ok"));
    }
    assert_int_equal(accept4(listener, NULL, NULL, SOCK_NONBLOCK), -1);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

static void answers_are_the_same_however_they_are_cut(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nX: y\r\nContent-Length: 5\r\n\r\nhello",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\nT: t\r\n\r\n",
    };
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port), fd = -1;
    size_t calls = 0;

    open_to(&c, port);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct span all = span_str(answers[i]);
        for (size_t cut = 0; cut <= all.n; cut++) {
            caller_start(&c, &patient);
            fd = fd < 0 ? accept_raw(c.loop, listener) : fd;
            answer(&c, fd, "");
            put(fd, span_first(all, cut));
            loop_run_once(c.loop, false);
            put(fd, span_drop_first(all, cut));
            calls++;
            wait_until(c.loop, c.ends == calls);
            assert_span("body", buf_span(&c.body), SPAN_OF("hello"));
        }
    }
    assert_int_equal(c.heads, calls);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

// SECURITY-TESTS 6, row 25: a byte too many, or a request not sent whole, and the connection goes.
static void a_connection_with_anything_left_over_is_not_used_again(void **state)
{
    (void)state;
    static const char *const answers[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokX",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n0\r\n\r\n",
    };
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        CLEANUP(got_done) struct got g = {0};
        caller_start(&c, &patient);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd, answers[i]);
        wait_until(c.loop, c.ends == i + 1);
        assert_span("body", buf_span(&c.body), SPAN_OF("ok"));
        assert_int_equal(client_pool_idle(c.pool), 0);
        take_to_end(c.loop, fd, &g);
        (void)close(fd);
    }
    // Answered before the request was whole.
    c.request = NULL;
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    wait_until(c.loop, c.ready == ARRAY_SIZE(answers) + 1);
    caller_send(&c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n");
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == ARRAY_SIZE(answers) + 1);
    assert_int_equal(client_pool_idle(c.pool), 0);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

// The stray byte comes while nobody watches, right before the next call begins.
static void what_an_idle_connection_brings_is_never_an_answer(void **state)
{
    (void)state;
    static const char *const strays[] = {
        "X", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
        "HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", ""};
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);
    size_t calls = 0;

    open_to(&c, port);
    for (size_t i = 0; i < 2 * ARRAY_SIZE(strays); i++) {
        const char *stray = strays[i / 2];
        caller_start(&c, &patient);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd, ok_answer);
        calls++;
        wait_until(c.loop, c.ends == calls);
        assert_int_equal(client_pool_idle(c.pool), 1);
        put_str(fd, stray);
        if (stray[0] == '\0') {
            (void)shutdown(fd, SHUT_WR);
        }
        if (i % 2 == 0) {
            wait_until(c.loop, client_pool_idle(c.pool) == 0);
        }
        // Else the loop has not seen it: only the look before use can.
        caller_start(&c, &patient);
        int second = accept_raw(c.loop, listener);
        answer(&c, second, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\ngood");
        calls++;
        wait_until(c.loop, c.ends == calls);
        assert_span("body", buf_span(&c.body), SPAN_OF("good"));
        (void)close(fd);
        (void)close(second);
    }
    assert_int_equal(c.fails, 0);
    caller_close(&c);
    (void)close(listener);
}

// The connection goes stale after on_ready, while the caller waits for something before it sends.
static void a_connection_that_goes_stale_before_the_request_fails_unsent(void **state)
{
    (void)state;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    for (int watched = 0; watched < 2; watched++) {
        c.request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
        caller_start(&c, &patient);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd, ok_answer);
        wait_until(c.loop, c.call == NULL);
        c.request = NULL;
        size_t ready = c.ready;
        caller_start(&c, &patient);
        wait_until(c.loop, c.ready == ready + 1);
        put_str(fd, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
        if (watched == 0) {
            caller_send(&c, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
            client_sent_all(c.call);
        }
        wait_until(c.loop, c.call == NULL);
        assert_int_equal(c.fails, watched + 1);
        assert_int_equal(c.why, AIU_NETWORK);
        assert_true(c.facts.reused);
        assert_false(c.facts.sent);
        (void)close(fd);
    }
    assert_int_equal(c.heads, 2);
    caller_close(&c);
    (void)close(listener);
}

static void a_reused_connection_that_dies_at_once_tells_that_a_retry_is_safe(void **state)
{
    (void)state;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 1);
    caller_start(&c, &patient);
    answer(&c, fd, "");
    (void)close(fd);
    wait_until(c.loop, c.fails == 1);
    assert_int_equal(c.why, AIU_NETWORK);
    assert_true(c.facts.reused && c.facts.sent);
    assert_false(c.facts.received);
    caller_close(&c);
    (void)close(listener);
}

// At each byte of an answer: an end, or a reset. Never an end of the call, never a crash.
static void an_answer_cut_off_at_any_byte_is_an_error(void **state)
{
    (void)state;
    static const char whole[] =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);
    size_t calls = 0;

    open_to(&c, port);
    for (size_t cut = 0; cut < sizeof(whole) - 1; cut++) {
        for (int reset = 0; reset < 2; reset++) {
            caller_start(&c, &patient);
            int fd = accept_raw(c.loop, listener);
            answer(&c, fd, "");
            put(fd, span_of(whole, cut));
            if (reset == 1) {
                close_with_reset(fd);
            } else {
                (void)close(fd);
            }
            calls++;
            wait_until(c.loop, c.fails == calls);
            assert_int_equal(c.why, AIU_NETWORK);
        }
    }
    assert_int_equal(c.ends, 0);
    assert_int_equal(client_pool_idle(c.pool), 0);
    caller_close(&c);
    (void)close(listener);
}

static void a_body_may_last_until_the_connection_ends(void **state)
{
    (void)state;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, "HTTP/1.1 200 OK\r\n\r\nall of this");
    (void)close(fd);
    wait_until(c.loop, c.ends == 1);
    assert_span("body", buf_span(&c.body), SPAN_OF("all of this"));
    caller_start(&c, &patient);
    fd = accept_raw(c.loop, listener);
    answer(&c, fd, "HTTP/1.1 200 OK\r\n\r\nall of");
    settle(c.loop);
    close_with_reset(fd);
    wait_until(c.loop, c.fails == 1);
    assert_int_equal(c.why, AIU_NETWORK);
    caller_close(&c);
    (void)close(listener);
}

static void what_is_no_answer_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *answer;
        enum aiu_status why;
    } cases[] = {
        {"SSH-2.0-OpenSSH_9.2\r\n", AIU_PROVIDER_BAD_REPLY},
        {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
         AIU_PROVIDER_BAD_REPLY},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", AIU_PROVIDER_BAD_REPLY},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", AIU_PROVIDER_BAD_REPLY},
        {"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n", AIU_PROVIDER_TOO_LARGE},
    };
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        caller_start(&c, &patient);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd, cases[i].answer);
        wait_until(c.loop, c.fails == i + 1);
        assert_status(c.why, cases[i].why);
        (void)close(fd);
    }
    caller_close(&c);
    (void)close(listener);
}

// S21: each of the clocks but that of TLS (test_tls.c), alone.
static void every_clock_stops_the_call(void **state)
{
    (void)state;
    static const struct {
        struct client_timeouts timeouts;
        const char *answer; // NULL: not even accepted
    } cases[] = {
        {{0, 0, 200, 0, 0}, ""},
        {{0, 0, 0, 200, 0}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"},
        {{0, 0, 0, 0, 200}, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"},
        {{0, 0, 0, 0, 200}, ""},
    };
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    open_to(&c, port);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(got_done) struct got g = {0};
        uint64_t start_ms = now_ms();
        caller_start(&c, &cases[i].timeouts);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd, cases[i].answer);
        wait_until(c.loop, c.fails == i + 1);
        assert_int_equal(c.why, AIU_PROVIDER_TIMEOUT);
        assert_true(now_ms() - start_ms >= 200 && now_ms() - start_ms < 1500);
        take_to_end(c.loop, fd, &g); // the upstream notices
        (void)close(fd);
    }
    caller_close(&c);
    (void)close(listener);
}

// S21: a listener whose queue is full answers no further connection.
static void a_connection_that_is_not_answered_times_out(void **state)
{
    (void)state;
    static const struct client_timeouts short_connect = {300, 0, 0, 0, 0};
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    struct caller c;
    int listener = -1, fillers[4];

    assert_ok(server_bind(SPAN_OF("127.0.0.1:0"), &listener));
    assert_int_equal(listen(listener, 0), 0);
    a.sin_port = htons(server_port(listener));
    for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
        fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        (void)connect(fillers[i], (struct sockaddr *)&a, sizeof(a));
    }
    open_to(&c, server_port(listener));
    uint64_t start_ms = now_ms();
    caller_start(&c, &short_connect);
    wait_until(c.loop, c.fails == 1);
    assert_int_equal(c.why, AIU_PROVIDER_TIMEOUT);
    assert_true(now_ms() - start_ms >= 300 && now_ms() - start_ms < 2000);
    assert_false(c.facts.sent);
    caller_close(&c);
    for (size_t i = 0; i < ARRAY_SIZE(fillers); i++) {
        (void)close(fillers[i]);
    }
    (void)close(listener);
}

static void nobody_there_is_unreachable(void **state)
{
    (void)state;
    struct client_pool_options o = client_default_options();
    struct caller c;
    uint16_t port = 0;

    (void)close(listen_raw(&port));
    open_to(&c, port);
    caller_start(&c, &patient);
    wait_until(c.loop, c.fails == 1);
    assert_int_equal(c.why, AIU_PROVIDER_UNREACHABLE);
    caller_close(&c);

    o.host = "name.invalid"; // RFC 6761: does not resolve
    o.port = 80;
    caller_open(&c, &o);
    for (size_t i = 1; i <= 3; i++) {
        caller_start(&c, &patient);
        wait_until(c.loop, c.fails == i);
        assert_int_equal(c.why, AIU_PROVIDER_UNREACHABLE);
    }
    caller_start(&c, &patient);
    loop_run_once(c.loop, false);
    caller_close(&c); // also with a call and perhaps a lookup under way
    o.host = "";
    assert_status(client_pool_new(NULL, &o, &c.pool), AIU_URL_INVALID);
}

// "localhost" has two addresses on most machines, and nobody listens on ::1.
static void every_address_of_a_name_is_tried(void **state)
{
    (void)state;
    struct client_pool_options o = client_default_options();
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    o.host = "localhost";
    o.port = port;
    caller_open(&c, &o);
    for (size_t i = 1; i <= 2; i++) {
        caller_start(&c, &patient);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        wait_until(c.loop, c.ends == i);
        (void)close(fd);
    }
    caller_close(&c);
    (void)close(listener);
}

TEST_MAIN(calls_share_one_connection, answers_are_the_same_however_they_are_cut,
          a_connection_with_anything_left_over_is_not_used_again,
          what_an_idle_connection_brings_is_never_an_answer,
          a_connection_that_goes_stale_before_the_request_fails_unsent,
          a_reused_connection_that_dies_at_once_tells_that_a_retry_is_safe,
          an_answer_cut_off_at_any_byte_is_an_error, a_body_may_last_until_the_connection_ends,
          what_is_no_answer_is_refused, every_clock_stops_the_call,
          a_connection_that_is_not_answered_times_out, nobody_there_is_unreachable,
          every_address_of_a_name_is_tried)
