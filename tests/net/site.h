// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A small web site on net/server.h, whose paths are what the tests need.
//
//   /echo    answers with the body, when it is whole
//   /now     answers "now" inside on_request, without waiting for the body
//   /chunks  answers "one" and "two" as chunks
//   /hold    does nothing; the test goes on with site.held
//   /pour    sends site.pour_left bytes as fast as the client takes them
//   /short   promises 10 bytes and ends after 3
//   /break   sends a chunk and breaks off
#pragma once

#include "net_test.h"

struct site {
    struct loop *loop;
    struct server *server;
    struct server_conn *held; // the last open exchange of /hold and /pour
    uint16_t port;
    size_t requests, ended, aborts, bad, drained, body_bytes;
    enum aiu_status why;     // of the last on_abort
    enum aiu_status bad_why; // of the last on_bad_request
    uint64_t abort_ms;
    size_t pour_left, most_waiting;
    bool silent_on_bad, answer_on_abort, stopped;
};

enum site_path { PATH_ECHO, PATH_NOW, PATH_CHUNKS, PATH_HOLD, PATH_POUR, PATH_SHORT, PATH_BREAK };

struct visit {
    enum site_path path;
    struct buf body;
};

static inline void site_reply(struct server_conn *c, int status, struct span body)
{
    const struct http_field fields[] = {{SPAN("X-Test"), SPAN("yes"), HTTP_OTHER}};
    const struct server_reply r = {
        .status = status, .fields = fields, .count = 1, .length = body.n};

    // Only memory may be missing, in the test that takes it away.
    if (server_respond(c, &r) == AIU_OK) {
        (void)server_body(c, &body, 1);
    }
}

static inline void site_forget(struct server_conn *c)
{
    struct visit *v = server_exchange(c);

    if (v != NULL) {
        buf_wipe(&v->body);
        mem_free(v);
        server_set_exchange(c, NULL);
    }
}

static inline void site_finish(struct server_conn *c)
{
    site_forget(c);
    server_end(c);
}

static inline void site_pour(struct site *s, struct server_conn *c)
{
    static const uint8_t bytes[65536];
    bool full = false;

    while (s->pour_left > 0 && !full) {
        struct span piece = span_of(bytes, sizeof(bytes));
        piece = span_first(piece, s->pour_left);
        s->pour_left -= piece.n;
        full = server_body(c, &piece, 1);
        size_t waiting = server_waiting(c);
        s->most_waiting = waiting > s->most_waiting ? waiting : s->most_waiting;
    }
    if (s->pour_left == 0) {
        s->held = NULL;
        site_finish(c);
    }
}

static inline void site_on_request(struct server_conn *c, const struct http_head *head)
{
    static const char *const paths[] = {"/echo", "/now",   "/chunks", "/hold",
                                        "/pour", "/short", "/break"};
    struct site *s = server_context(c);
    struct visit *v = mem_new(1, sizeof(*v));

    s->requests++;
    if (v == NULL) {
        server_reset(c);
        return;
    }
    assert_null(server_exchange(c));
    assert_true(server_answerable(c));
    buf_init(&v->body, 1U << 24);
    server_set_exchange(c, v);
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        if (span_equal(head->target, span_str(paths[i]))) {
            v->path = (enum site_path)i;
        }
    }
    if (v->path == PATH_NOW) {
        site_reply(c, 200, SPAN_OF("now"));
        site_finish(c);
        return;
    }
    if (v->path == PATH_HOLD || v->path == PATH_POUR) {
        s->held = c;
    }
    if (head->expect_continue) {
        server_continue(c);
    }
}

static inline void site_on_body(struct server_conn *c, struct span bytes)
{
    struct site *s = server_context(c);
    struct visit *v = server_exchange(c);

    s->body_bytes += bytes.n;
    if (v->path == PATH_ECHO) {
        assert_ok(buf_append(&v->body, bytes));
    }
}

static inline void site_chunks(struct server_conn *c, bool whole)
{
    const struct server_reply r = {.status = 200, .chunked = true};
    const struct span one = SPAN("one");
    const struct span two[] = {SPAN("t"), SPAN("wo"), SPAN("")};

    assert_ok(server_respond(c, &r));
    (void)server_body(c, &one, 1);
    if (whole) {
        (void)server_body(c, two, 3);
        site_finish(c);
    } else {
        site_forget(c);
        server_reset(c);
    }
}

static inline void site_on_end(struct server_conn *c)
{
    struct site *s = server_context(c);
    struct visit *v = server_exchange(c);
    const struct server_reply pour = {.status = 200, .length = s->pour_left};
    const struct server_reply ten = {.status = 200, .length = 10};
    const struct span three = SPAN("abc");

    s->ended++;
    switch (v->path) {
    case PATH_ECHO:
        site_reply(c, 200, buf_span(&v->body));
        site_finish(c);
        break;
    case PATH_CHUNKS:
        site_chunks(c, true);
        break;
    case PATH_BREAK:
        site_chunks(c, false);
        break;
    case PATH_POUR:
        assert_ok(server_respond(c, &pour));
        site_pour(s, c);
        break;
    case PATH_SHORT:
        assert_ok(server_respond(c, &ten));
        (void)server_body(c, &three, 1);
        site_finish(c);
        break;
    case PATH_HOLD:
    case PATH_NOW:
        break;
    }
}

static inline void site_on_abort(struct server_conn *c, enum aiu_status why)
{
    struct site *s = server_context(c);

    s->aborts++;
    s->why = why;
    s->abort_ms = now_ms();
    s->held = NULL;
    site_forget(c);
    if (s->answer_on_abort && server_answerable(c)) {
        site_reply(c, aiu_status_info(why)->http, SPAN_OF("aborted"));
        server_end(c);
    }
}

static inline void site_on_bad_request(struct server_conn *c, enum aiu_status why)
{
    struct site *s = server_context(c);

    s->bad++;
    s->bad_why = why;
    assert_true(server_answerable(c));
    if (!s->silent_on_bad) {
        site_reply(c, aiu_status_info(why)->http, SPAN_OF("bad"));
        server_end(c);
    }
}

static inline void site_on_drained(struct server_conn *c)
{
    struct site *s = server_context(c);

    s->drained++;
    site_pour(s, c);
}

static const struct server_handler site_handler = {
    .on_request = site_on_request,
    .on_body = site_on_body,
    .on_end = site_on_end,
    .on_abort = site_on_abort,
    .on_bad_request = site_on_bad_request,
    .on_drained = site_on_drained,
};

static inline struct server_options site_options(void)
{
    struct server_options o = server_default_options();

    o.handler = &site_handler;
    return o;
}

static inline void site_open(struct site *s, struct server_options o, struct budget *b)
{
    int fd = -1;

    *s = (struct site){.loop = NULL};
    assert_ok(loop_new(b, &s->loop));
    o.ctx = s;
    assert_ok(server_new(s->loop, &o, &s->server));
    assert_ok(server_bind(SPAN_OF("127.0.0.1:0"), &fd));
    s->port = server_port(fd);
    assert_ok(server_listen(s->server, fd));
}

static inline void site_close(struct site *s)
{
    server_free(s->server);
    loop_free(s->loop);
}
