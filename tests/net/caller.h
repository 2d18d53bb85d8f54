// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A caller on net/client.h that notes what happens to one call after the other.
#pragma once

#include "net_test.h"

struct caller {
    struct loop *loop;
    struct client_pool *pool;
    struct client_call *call; // NULL when it ended
    const char *request;      // sent at on_ready; NULL: the test sends
    struct buf body;
    size_t ready, heads, ends, fails, drained, body_bytes;
    int status;
    enum aiu_status why;
    struct client_facts facts;
    char reason[80];
    bool pause_at_head, cancel_at_head, start_at_end;
};

static const struct client_timeouts patient = {5000, 5000, 5000, 5000, 20000};

static inline void caller_start(struct caller *c, const struct client_timeouts *t);

static inline void caller_send(struct caller *c, const char *text)
{
    struct span piece = span_str(text);

    (void)client_send(c->call, &piece, 1);
}

static inline void caller_on_ready(struct client_call *call)
{
    struct caller *c = client_context(call);

    assert_ptr_equal(call, c->call);
    c->ready++;
    if (c->request != NULL) {
        caller_send(c, c->request);
        client_sent_all(call);
    }
}

static inline void caller_on_head(struct client_call *call, const struct http_head *head)
{
    struct caller *c = client_context(call);

    c->heads++;
    c->status = head->status;
    if (c->pause_at_head) {
        client_pause(call);
    }
    if (c->cancel_at_head) {
        c->call = NULL;
        client_cancel(call);
    }
}

static inline void caller_on_body(struct client_call *call, struct span bytes)
{
    struct caller *c = client_context(call);

    c->body_bytes += bytes.n;
    if (c->body.n + bytes.n <= c->body.maximum) {
        assert_ok(buf_append(&c->body, bytes));
    }
}

static inline void caller_on_end(struct client_call *call)
{
    struct caller *c = client_context(call);

    c->ends++;
    c->facts = client_call_facts(call);
    c->call = NULL;
    if (c->start_at_end) {
        c->start_at_end = false;
        caller_start(c, &patient);
    }
}

static inline void caller_on_fail(struct client_call *call, enum aiu_status why)
{
    struct caller *c = client_context(call);

    c->fails++;
    c->why = why;
    c->facts = client_call_facts(call);
    (void)snprintf(c->reason, sizeof(c->reason), "%s", client_tls_reason(call));
    c->call = NULL;
}

static inline void caller_on_drained(struct client_call *call)
{
    struct caller *c = client_context(call);

    c->drained++;
}

static const struct client_handler caller_handler = {
    .on_ready = caller_on_ready,
    .on_head = caller_on_head,
    .on_body = caller_on_body,
    .on_end = caller_on_end,
    .on_fail = caller_on_fail,
    .on_drained = caller_on_drained,
};

static inline void caller_start(struct caller *c, const struct client_timeouts *t)
{
    assert_null(c->call);
    buf_reset(&c->body);
    assert_ok(client_call_start(c->pool, &caller_handler, c, t, &c->call));
    assert_int_equal(c->call == NULL, false);
}

static inline void caller_open(struct caller *c, const struct client_pool_options *o)
{
    *c = (struct caller){.request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"};
    buf_init(&c->body, 1U << 20);
    assert_ok(loop_new(NULL, &c->loop));
    assert_ok(client_pool_new(c->loop, o, &c->pool));
}

static inline void caller_close(struct caller *c)
{
    client_pool_free(c->pool);
    loop_free(c->loop);
    buf_wipe(&c->body);
}
