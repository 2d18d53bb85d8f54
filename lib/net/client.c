// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A call: it finds a connection (an idle one, or a new one to each address in turn), watches its
// five clocks, and ends once. Everything starts from a task of the loop, so that no callback runs
// inside client_call_start.
//
// Deliberately not here: retries, a limit of connections, waiting for a connection to become idle.
#include "net/client.h"

#include "base/alloc.h"
#include "net/client_private.h"

enum { SPARE_CALLS = 64 };

static void on_stage(struct deadline *d);
static void try_address(struct client_call *call);

static struct loop *loop_of(const struct client_call *call)
{
    return call->pool->loop;
}

// --- life -------------------------------------------------------------------------------------

static struct client_call *new_call(struct client_pool *p)
{
    struct client_call *call = p->spare;

    if (call == NULL) {
        return mem_new(1, sizeof(*call));
    }
    p->spare = call->next;
    p->spare_count--;
    *call = (struct client_call){.pool = NULL};
    return call;
}

// Nothing of the loop points to the call any more.
static void detach(struct client_call *call)
{
    deadline_clear(loop_of(call), &call->stage_timer);
    deadline_clear(loop_of(call), &call->total_timer);
    loop_defer_cancel(loop_of(call), &call->task);
    resolver_cancel(&call->pool->resolver, &call->wait);
    if (call->conn != NULL) {
        struct client_conn *c = TAKE_PTR(call->conn);
        if (c->call == call) {
            client_conn_close(c);
        }
    }
}

static void release(struct client_call *call)
{
    struct client_pool *p = call->pool;

    p->call_count--;
    if (p->spare_count < SPARE_CALLS) {
        call->next = p->spare;
        p->spare = call;
        p->spare_count++;
    } else {
        mem_free(call);
    }
    client_pool_forget(p);
}

static void fail(struct client_call *call, enum aiu_status why)
{
    detach(call);
    call->handler->on_fail(call, why);
    release(call);
}

void client_call_done(struct client_call *call)
{
    detach(call);
    call->handler->on_end(call);
    release(call);
}

void client_cancel(struct client_call *call)
{
    detach(call);
    release(call);
}

// --- clocks -----------------------------------------------------------------------------------

static void enter(struct client_call *call, enum call_stage stage, uint32_t limit_ms)
{
    call->stage = stage;
    if (limit_ms > 0) {
        deadline_set(loop_of(call), &call->stage_timer, limit_ms, on_stage);
    } else {
        deadline_clear(loop_of(call), &call->stage_timer);
    }
}

static void on_total(struct deadline *d)
{
    fail(CONTAINER_OF(d, struct client_call, total_timer), AIU_PROVIDER_TIMEOUT);
}

// This address, or all that are left, took too long.
static void connect_timed_out(struct client_call *call)
{
    struct client_conn *c = TAKE_PTR(call->conn);

    call->last_error = AIU_PROVIDER_TIMEOUT;
    if (c == NULL) {
        fail(call, AIU_PROVIDER_TIMEOUT); // the name was not resolved
        return;
    }
    client_conn_close(c);
    call->attempt++;
    try_address(call);
}

static void on_stage(struct deadline *d)
{
    struct client_call *call = CONTAINER_OF(d, struct client_call, stage_timer);

    switch (call->stage) {
    case CALL_CONNECT:
        connect_timed_out(call);
        return;
    case CALL_FIRST_BYTE:
        if (stream_waiting(&call->conn->stream) > 0) {
            // Still sending: the write clock watches that, this one begins afterwards.
            enter(call, CALL_FIRST_BYTE, call->timeouts.first_byte);
            return;
        }
        break;
    case CALL_START:
    case CALL_SEND:
        return; // waiting for our own side
    case CALL_TLS:
    case CALL_ANSWER:
        break;
    }
    fail(call, AIU_PROVIDER_TIMEOUT);
}

// --- connecting -------------------------------------------------------------------------------

static void try_address(struct client_call *call)
{
    struct client_pool *p = call->pool;
    uint32_t count = p->options.unix_path != NULL ? 1 : p->resolver.count;
    uint64_t now_ms = loop_now_ms(p->loop);
    enum aiu_status st = AIU_OK;

    for (; call->attempt < count; call->attempt++) {
        if (call->timeouts.connect > 0 && now_ms >= call->connect_until_ms) {
            fail(call, AIU_PROVIDER_TIMEOUT);
            return;
        }
        st = client_conn_open(call);
        if (st == AIU_OK) {
            // Each address gets its share of what is left, so that a dead first one is not all.
            uint64_t share = (call->connect_until_ms - now_ms) / (count - call->attempt);
            enter(call, CALL_CONNECT, call->timeouts.connect > 0 ? (uint32_t)share + 1 : 0);
            return;
        }
        call->last_error = st;
    }
    fail(call, call->last_error);
}

static void on_resolved(struct resolve_wait *w, enum aiu_status st)
{
    struct client_call *call = CONTAINER_OF(w, struct client_call, wait);

    if (st == AIU_OK) {
        try_address(call);
    } else {
        fail(call, st);
    }
}

static void connect_new(struct client_call *call)
{
    struct client_pool *p = call->pool;
    enum aiu_status st = AIU_OK;

    call->connect_until_ms = loop_now_ms(p->loop) + call->timeouts.connect;
    enter(call, CALL_CONNECT, call->timeouts.connect);
    if (p->options.unix_path == NULL) {
        st = resolver_get(&p->resolver, &call->wait, on_resolved);
    }
    if (st == AIU_OK) {
        try_address(call);
    } else if (st != AIU_BUSY) {
        fail(call, st);
    }
}

static void ready(struct client_call *call)
{
    struct client_conn *c = call->conn;

    enter(call, CALL_SEND, 0);
    c->keep = false;
    c->until_close = false;
    c->reply_whole = false;
    c->stream.write_timeout_ms = call->timeouts.idle > 0 ? call->timeouts.idle : UINT32_MAX;
    call->facts.reused = c->used;
    // The check for unread bytes holds for this round of the loop only.
    call->unchecked = false;
    call->handler->on_ready(call);
    if (c->call == call && !c->expecting) {
        call->unchecked = true;
    }
}

static void start(struct loop_task *t)
{
    struct client_call *call = CONTAINER_OF(t, struct client_call, task);

    if (client_conn_reuse(call)) {
        ready(call);
    } else {
        connect_new(call);
    }
}

enum aiu_status client_call_start(struct client_pool *p, const struct client_handler *h, void *ctx,
                                  const struct client_timeouts *t, struct client_call **ret_call)
{
    struct client_call *call = new_call(p);

    if (call == NULL) {
        return AIU_NO_MEMORY;
    }
    call->pool = p;
    call->handler = h;
    call->ctx = ctx;
    call->timeouts = *t;
    call->tls_reason = "";
    call->last_error = AIU_PROVIDER_UNREACHABLE;
    call->start_ns = loop_now_ns();
    p->call_count++;
    if (t->total > 0) {
        deadline_set(p->loop, &call->total_timer, t->total, on_total);
    }
    loop_defer(p->loop, &call->task, start);
    *ret_call = call;
    return AIU_OK;
}

// --- what the connection tells ----------------------------------------------------------------

void client_call_connected(struct client_call *call)
{
    resolver_prefer(&call->pool->resolver, call->attempt);
    call->attempt = 0;
    enter(call, CALL_TLS, call->timeouts.tls);
}

void client_call_opened(struct client_call *call)
{
    resolver_prefer(&call->pool->resolver, call->attempt);
    call->facts.connect_us = (uint32_t)((loop_now_ns() - call->start_ns) / 1000);
    ready(call);
}

void client_call_lost(struct client_call *call, enum aiu_status why)
{
    call->conn = NULL;
    if (call->stage == CALL_CONNECT) {
        call->last_error = why;
        call->attempt++;
        try_address(call);
        return;
    }
    fail(call, why);
}

void client_call_progress(struct client_call *call)
{
    call->facts.received = true;
    if (!call->paused) {
        enter(call, CALL_ANSWER, call->timeouts.idle);
    }
}

// --- what the handler does --------------------------------------------------------------------

void *client_context(const struct client_call *call)
{
    return call->ctx;
}

void client_expect_head_only(struct client_call *call)
{
    call->head_only = true;
}

static void on_late_stale(struct loop_task *t)
{
    fail(CONTAINER_OF(t, struct client_call, task), AIU_NETWORK);
}

bool client_send(struct client_call *call, const struct span *pieces, size_t count)
{
    struct client_conn *c = call->conn;

    CHECK(c != NULL && !call->request_whole);
    if (!c->expecting) {
        if (call->unchecked && client_conn_is_stale(c)) {
            // It went stale while the handler waited. Nothing was sent: a retry is safe.
            loop_defer(loop_of(call), &call->task, on_late_stale);
            return false;
        }
        c->expecting = true;
        http1_expect(&c->parser, call->head_only);
    }
    call->facts.sent = true;
    for (size_t i = 0; i < count; i++) {
        stream_send(&c->stream, pieces[i]);
    }
    return stream_full(&c->stream);
}

void client_sent_all(struct client_call *call)
{
    call->request_whole = true;
    if (call->stage == CALL_SEND) {
        enter(call, CALL_FIRST_BYTE, call->timeouts.first_byte);
    }
}

void client_pause(struct client_call *call)
{
    if (!call->paused && call->conn != NULL) {
        call->paused = true;
        stream_pause(&call->conn->stream);
        deadline_clear(loop_of(call), &call->stage_timer);
    }
}

void client_resume(struct client_call *call)
{
    if (call->paused && call->conn != NULL) {
        call->paused = false;
        stream_resume(&call->conn->stream);
        if (call->stage == CALL_ANSWER) {
            enter(call, CALL_ANSWER, call->timeouts.idle);
        }
    }
}

struct client_facts client_call_facts(const struct client_call *call)
{
    return call->facts;
}

const char *client_tls_reason(const struct client_call *call)
{
    return call->tls_reason;
}
