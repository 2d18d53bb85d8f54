// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a caller may do in the middle of a call, and what a pool keeps.
#include <sys/un.h>

#include "caller.h"
#include "site.h"

static const char ok_answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

static struct client_pool_options options_to(uint16_t port)
{
    struct client_pool_options o = client_default_options();

    o.host = "127.0.0.1";
    o.port = port;
    return o;
}

static void answer(struct caller *c, int fd, const char *text)
{
    CLEANUP(got_done) struct got g = {0};

    take_until(c->loop, fd, &g, "\r\n\r\n");
    put_str(fd, text);
}

static void a_paused_call_stops_its_upstream_and_goes_on_where_it_was(void **state)
{
    (void)state;
    enum { TOTAL = 16 << 20 };
    static const uint8_t block[65536];
    struct client_pool_options o;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);
    size_t sent = 0;

    o = options_to(port);
    o.limits.body = TOTAL;
    caller_open(&c, &o);
    c.pause_at_head = true;
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, "HTTP/1.1 200 OK\r\nContent-Length: 16777216\r\n\r\n");
    wait_until(c.loop, c.heads == 1);
    for (int i = 0; i < 500; i++) {
        ssize_t n = send(fd, block, sizeof(block), MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        loop_run_once(c.loop, false);
    }
    assert_true(sent < TOTAL);
    assert_true(c.body_bytes <= 65536); // the read in which the head came
    client_resume(c.call);
    while (sent < TOTAL) {
        size_t rest = TOTAL - sent < sizeof(block) ? TOTAL - sent : sizeof(block);
        ssize_t n = send(fd, block, rest, MSG_NOSIGNAL);
        sent += n > 0 ? (size_t)n : 0;
        loop_run_once(c.loop, false);
    }
    wait_until(c.loop, c.ends == 1);
    assert_int_equal(c.body_bytes, TOTAL);
    assert_int_equal(client_pool_idle(c.pool), 1);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

static void a_slow_upstream_is_told_by_full_and_drained(void **state)
{
    (void)state;
    enum { TOTAL = 32 << 20 };
    static const uint8_t block[65536];
    CLEANUP(got_done) struct got g = {0};
    struct client_pool_options o;
    struct span piece = {block, sizeof(block)};
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);
    size_t sent = 0, drained = 0;

    o = options_to(port);
    caller_open(&c, &o);
    c.request = NULL;
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    wait_until(c.loop, c.ready == 1);
    caller_send(&c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n");
    while (!client_send(c.call, &piece, 1)) {
        sent += piece.n;
    }
    sent += piece.n;
    settle(c.loop);
    while (sent < TOTAL) {
        wait_until(c.loop, (take(fd, &g), c.drained > drained));
        drained = c.drained;
        bool full = false;
        while (!full && sent < TOTAL) {
            full = client_send(c.call, &piece, 1);
            sent += piece.n;
        }
    }
    client_sent_all(c.call);
    wait_until(c.loop, (take(fd, &g), g.bytes.n > TOTAL));
    assert_true(drained > 10);
    put_str(fd, ok_answer);
    wait_until(c.loop, c.ends == 1);
    assert_int_equal(client_pool_idle(c.pool), 1);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

// The upstream refuses a large request and closes: its answer must not be lost to the write error.
static void an_answer_before_the_request_was_sent_is_read(void **state)
{
    (void)state;
    static const uint8_t block[65536];
    CLEANUP(got_done) struct got g = {0};
    struct client_pool_options o;
    struct span piece = {block, sizeof(block)};
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    o = options_to(port);
    caller_open(&c, &o);
    c.request = NULL;
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    wait_until(c.loop, c.ready == 1);
    caller_send(&c, "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 33554432\r\n\r\n");
    take_until(c.loop, fd, &g, "\r\n\r\n");
    (void)client_send(c.call, &piece, 1);
    settle(c.loop);
    put_str(fd, "HTTP/1.1 413 Content Too Large\r\nContent-Length: 3\r\n\r\nbig");
    (void)close(fd); // with bytes unread: a reset, and the next write fails before we read again
    while (c.call != NULL) {
        (void)client_send(c.call, &piece, 1);
        loop_run_once(c.loop, false);
    }
    assert_int_equal(c.ends, 1);
    assert_int_equal(c.status, 413);
    assert_span("body", buf_span(&c.body), SPAN_OF("big"));
    assert_int_equal(client_pool_idle(c.pool), 0);
    caller_close(&c);
    (void)close(listener);
}

static void a_cancelled_call_is_silent_and_its_upstream_notices_at_once(void **state)
{
    (void)state;
    struct client_pool_options o;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    o = options_to(port);
    caller_open(&c, &o);
    // Before it began, while it connects, after on_ready, and inside on_head.
    for (int when = 0; when < 4; when++) {
        CLEANUP(got_done) struct got g = {0};
        c.cancel_at_head = when == 3;
        size_t ready = c.ready;
        caller_start(&c, &patient);
        if (when == 1) {
            loop_run_once(c.loop, false);
        } else if (when > 1) {
            wait_until(c.loop, c.ready == ready + 1);
        }
        if (when < 3) {
            client_cancel(c.call);
            c.call = NULL;
        }
        if (when == 0) {
            settle(c.loop);
            assert_int_equal(accept4(listener, NULL, NULL, SOCK_NONBLOCK), -1);
            continue;
        }
        int fd = accept_raw(c.loop, listener);
        if (when == 3) {
            answer(&c, fd, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab");
        }
        uint64_t start_ms = now_ms();
        take_to_end(c.loop, fd, &g);
        assert_true(now_ms() - start_ms < 1000);
        (void)close(fd);
    }
    assert_int_equal(c.fails + c.ends, 0);
    assert_int_equal(client_pool_idle(c.pool), 0);
    caller_close(&c);
    (void)close(listener);
}

static void a_call_may_be_followed_by_the_next_inside_its_end(void **state)
{
    (void)state;
    struct client_pool_options o;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    o = options_to(port);
    caller_open(&c, &o);
    c.start_at_end = true;
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, ok_answer);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 2);
    assert_true(c.facts.reused);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

static void idle_connections_are_limited_in_number_and_in_time(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got g = {0};
    struct client_pool_options o;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    o = options_to(port);
    o.max_idle = 0;
    caller_open(&c, &o);
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 1);
    assert_int_equal(client_pool_idle(c.pool), 0);
    caller_close(&c);
    (void)close(fd);

    o.max_idle = 4;
    o.idle_ms = 300;
    caller_open(&c, &o);
    caller_start(&c, &patient);
    fd = accept_raw(c.loop, listener);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 1);
    assert_int_equal(client_pool_idle(c.pool), 1);
    take_to_end(c.loop, fd, &g);
    assert_false(g.reset);
    assert_int_equal(client_pool_idle(c.pool), 0);
    caller_close(&c);
    (void)close(fd);
    (void)close(listener);
}

static void a_unix_socket_is_an_origin_too(void **state)
{
    (void)state;
    struct client_pool_options o = client_default_options();
    const char *folder = test_new_folder();
    char address[128];
    struct caller c;
    int listener = -1;

    (void)snprintf(address, sizeof(address), "unix:%s/upstream", folder);
    assert_ok(server_bind(span_str(address), &listener));
    assert_int_equal(listen(listener, 4), 0);
    o.unix_path = address + 5;
    caller_open(&c, &o);
    caller_start(&c, &patient);
    int fd = accept_raw(c.loop, listener);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 1);
    caller_start(&c, &patient);
    answer(&c, fd, ok_answer);
    wait_until(c.loop, c.ends == 2);
    assert_true(c.facts.reused);
    (void)close(fd);
    (void)close(listener);
    wait_until(c.loop, client_pool_idle(c.pool) == 0);
    caller_start(&c, &patient);
    wait_until(c.loop, c.fails == 1);
    assert_int_equal(c.why, AIU_PROVIDER_UNREACHABLE);
    caller_close(&c);
    test_remove_folder(folder);
}

// SECURITY-TESTS 6, row 25: many callers, answers that carry their request's number, calls
// cancelled at random moments. No answer may ever reach another call.
enum { CHAOS_CALLERS = 16, CHAOS_CALLS = 6000 };

struct chaos {
    struct client_pool *pool;
    struct site *site;
    struct client_call *call;
    uint64_t *random;
    uint32_t nonce;
    char seen[64];
    size_t seen_n;
    uint32_t left; // rounds until it is cancelled
};

static size_t chaos_done, chaos_whole;

static void chaos_ready(struct client_call *call)
{
    struct chaos *c = client_context(call);
    char text[160];

    int n = snprintf(text, sizeof(text),
                     "POST /%s HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n%010u",
                     c->nonce % 7 == 0 ? "hold" : "echo", c->nonce);
    struct span whole = span_of(text, (size_t)n);
    (void)client_send(call, &whole, 1);
    client_sent_all(call);
}

static void chaos_head(struct client_call *call, const struct http_head *head)
{
    (void)call;
    assert_int_equal(head->status, 200);
}

static void chaos_body(struct client_call *call, struct span bytes)
{
    struct chaos *c = client_context(call);

    assert_true(c->seen_n + bytes.n < sizeof(c->seen));
    memcpy(c->seen + c->seen_n, bytes.p, bytes.n);
    c->seen_n += bytes.n;
}

static void chaos_end(struct client_call *call)
{
    struct chaos *c = client_context(call);
    char wanted[16];

    (void)snprintf(wanted, sizeof(wanted), "%010u", c->nonce);
    assert_span("nonce", span_of(c->seen, c->seen_n), span_of(wanted, 10));
    c->call = NULL;
    chaos_done++;
    chaos_whole++;
}

static void chaos_fail(struct client_call *call, enum aiu_status why)
{
    struct chaos *c = client_context(call);

    (void)why;
    c->call = NULL;
    chaos_done++;
}

static const struct client_handler chaos_handler = {
    .on_ready = chaos_ready,
    .on_head = chaos_head,
    .on_body = chaos_body,
    .on_end = chaos_end,
    .on_fail = chaos_fail,
};

static void chaos_step(struct chaos *c, uint32_t *nonce)
{
    if (c->call == NULL) {
        c->nonce = ++*nonce;
        c->seen_n = 0;
        c->left = (uint32_t)(test_random(c->random) % 8);
        assert_ok(client_call_start(c->pool, &chaos_handler, c, &patient, &c->call));
    } else if (c->left == 0 && (c->nonce % 7 == 0 || test_random(c->random) % 4 == 0)) {
        client_cancel(TAKE_PTR(c->call));
        chaos_done++;
    } else if (c->left > 0) {
        c->left--;
    }
}

static void no_answer_ever_reaches_another_call(void **state)
{
    (void)state;
    static struct chaos callers[CHAOS_CALLERS];
    uint64_t random = 7;
    uint32_t nonce = 0;
    struct client_pool_options o;
    struct client_pool *pool = NULL;
    struct site s;

    site_open(&s, site_options(), NULL);
    o = options_to(s.port);
    assert_ok(client_pool_new(s.loop, &o, &pool));
    for (size_t i = 0; i < CHAOS_CALLERS; i++) {
        callers[i] = (struct chaos){.pool = pool, .random = &random};
    }
    while (chaos_done < CHAOS_CALLS) {
        for (size_t i = 0; i < CHAOS_CALLERS; i++) {
            chaos_step(&callers[i], &nonce);
        }
        loop_run_once(s.loop, false);
    }
    print_message("%zu calls, %zu of them whole\n", chaos_done, chaos_whole);
    assert_true(chaos_whole > CHAOS_CALLS / 10);
    for (size_t i = 0; i < CHAOS_CALLERS; i++) {
        if (callers[i].call != NULL) {
            client_cancel(callers[i].call);
        }
    }
    client_pool_free(pool);
    wait_until(s.loop, server_connections(s.server) == 0);
    site_close(&s);
}

static void memory_that_runs_out_anywhere_fails_only_that_call(void **state)
{
    (void)state;
    size_t whole = 0;

    for (size_t n = 0; n < 40; n++) {
        struct client_pool_options o;
        struct client_call *call = NULL;
        struct caller c;
        uint16_t port = 0;
        int listener = listen_raw(&port), fd = -1;

        o = options_to(port);
        caller_open(&c, &o);
        assert_ok(buf_append(&c.body, SPAN_OF("room for the answer")));
        buf_reset(&c.body);
        mem_fail_after(n);
        enum aiu_status st = client_call_start(c.pool, &caller_handler, &c, &patient, &call);
        c.call = call;
        for (int i = 0; st == AIU_OK && c.call != NULL && i < 200; i++) {
            loop_run_once(c.loop, false);
            if (fd < 0) {
                fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
            } else if (i % 20 == 0) {
                (void)send(fd, ok_answer, sizeof(ok_answer) - 1, MSG_NOSIGNAL);
            }
            (void)poll(NULL, 0, 1);
        }
        mem_fail_after(SIZE_MAX);
        assert_null(c.call);
        assert_true(st == AIU_NO_MEMORY || c.ends == 1 || c.fails == 1);
        whole += c.ends;
        caller_close(&c);
        (void)close(fd);
        (void)close(listener);
    }
    assert_true(whole > 20);
}

static void no_descriptor_and_no_memory_stays_behind(void **state)
{
    (void)state;
    int fds = count_fds();
    size_t memory = mem_in_use();
    struct client_pool_options o;
    struct caller c;
    uint16_t port = 0;
    int listener = listen_raw(&port);

    o = options_to(port);
    caller_open(&c, &o);
    for (size_t i = 1; i <= 50; i++) {
        caller_start(&c, &patient);
        int fd = accept_raw(c.loop, listener);
        answer(&c, fd,
               i % 2 == 0 ? "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokX" : "nonsense\r\n");
        wait_until(c.loop, c.ends + c.fails == i);
        (void)close(fd);
    }
    caller_start(&c, &patient);
    settle(c.loop);
    client_pool_free(c.pool); // with a call under way: it goes on
    client_cancel(c.call);
    loop_free(c.loop);
    buf_wipe(&c.body);
    (void)close(listener);
    assert_int_equal(count_fds(), fds);
    assert_int_equal(mem_in_use(), memory);
}

TEST_MAIN(a_paused_call_stops_its_upstream_and_goes_on_where_it_was,
          a_slow_upstream_is_told_by_full_and_drained,
          an_answer_before_the_request_was_sent_is_read,
          a_cancelled_call_is_silent_and_its_upstream_notices_at_once,
          a_call_may_be_followed_by_the_next_inside_its_end,
          idle_connections_are_limited_in_number_and_in_time, a_unix_socket_is_an_origin_too,
          no_answer_ever_reaches_another_call, memory_that_runs_out_anywhere_fails_only_that_call,
          no_descriptor_and_no_memory_stays_behind)
