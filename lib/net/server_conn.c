// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The reading half of a server connection: bytes to requests, and the clock that watches them.
//
// Reading goes on while an answer is awaited, because that is how a client that left is noticed. A
// byte of the next request that comes then is kept, and reading stops: from there on, and whenever
// the handler paused, the kernel is asked twice a second whether the client is still there.
#include "net/server_private.h"

#include "base/alloc.h"
#include "codec/http1_write.h"

enum {
    GONE_CHECK_MS = 500,    // how often a connection that does not read asks after its client
    LINGER_MS = 2000,       // how long the rest of an unwanted request is thrown away
    IDLE_RELEASE_MS = 1000, // an idle connection gives its parser's memory back after this
    REFUSED_MAX = 64,       // connections above the limit that are told so at the same time
};

static const struct span overloaded = SPAN("HTTP/1.1 503 Service Unavailable\r\n"
                                           "Content-Length: 0\r\n"
                                           "Retry-After: 1\r\n"
                                           "Connection: close\r\n\r\n");

static void on_timer(struct deadline *d);
static void feed(struct server_conn *c, struct span bytes);

static struct loop *loop_of(const struct server_conn *c)
{
    return c->server->loop;
}

static const struct server_handler *handler_of(const struct server_conn *c)
{
    return c->server->options.handler;
}

static void set_timer(struct server_conn *c, uint64_t ms)
{
    deadline_set(loop_of(c), &c->timer, ms, on_timer);
}

// --- the end ----------------------------------------------------------------------------------

static void drop_in(struct server_conn *c)
{
    if (c->in_charged > 0 && loop_of(c)->budget != NULL) {
        budget_give(loop_of(c)->budget, c->in_charged);
    }
    c->in_charged = 0;
    buf_wipe(&c->in);
}

void server_conn_close(struct server_conn *c, enum stream_close how)
{
    c->phase = CONN_CLOSED;
    deadline_clear(loop_of(c), &c->timer);
    loop_defer_cancel(loop_of(c), &c->task);
    stream_close(&c->stream, how);
}

void server_conn_finish(struct server_conn *c, bool linger, bool abrupt)
{
    c->phase = CONN_FINISHING;
    c->linger = linger;
    c->abrupt = abrupt;
    deadline_clear(loop_of(c), &c->timer);
    loop_defer_cancel(loop_of(c), &c->task);
    drop_in(c);
    enum stream_finish open_end = linger ? STREAM_END : STREAM_KEEP;
    stream_finish(&c->stream, abrupt ? STREAM_BREAK : open_end);
    stream_resume(&c->stream);
}

static void on_finished(struct stream *stream)
{
    struct server_conn *c = CONTAINER_OF(stream, struct server_conn, stream);

    if (!c->linger || c->stream.ended) {
        server_conn_close(c, STREAM_CLOSE);
    } else {
        set_timer(c, LINGER_MS);
    }
}

void server_conn_cut(struct server_conn *c)
{
    if (c->reply_framing == HTTP_UNTIL_CLOSE) {
        server_conn_close(c, STREAM_RESET); // an orderly end would look like the body's
    } else {
        server_conn_finish(c, true, true);
    }
}

// End the exchange from our side. `reachable`: an answer could still arrive.
static void abort_exchange(struct server_conn *c, enum aiu_status why, bool reachable)
{
    bool was_responded = c->responded;

    c->exchange_open = false;
    c->answering = reachable && !was_responded;
    handler_of(c)->on_abort(c, why);
    c->answering = false;
    c->exchange = NULL;
    if (!reachable) {
        server_conn_close(c, STREAM_RESET);
    } else if (was_responded) {
        server_conn_cut(c);
    } else if (c->reply_whole) {
        server_conn_finish(c, true, false);
    } else {
        server_conn_close(c, STREAM_CLOSE);
    }
}

// What came is no request.
static void refuse(struct server_conn *c, enum aiu_status why)
{
    c->answering = true;
    handler_of(c)->on_bad_request(c, why);
    c->answering = false;
    if (c->reply_whole) {
        server_conn_finish(c, true, false);
    } else {
        server_conn_close(c, STREAM_CLOSE);
    }
}

static void break_off(struct server_conn *c, enum aiu_status why)
{
    if (c->exchange_open) {
        abort_exchange(c, why, true);
    } else if (c->phase == CONN_DISCARD) {
        server_conn_close(c, STREAM_CLOSE);
    } else {
        refuse(c, why);
    }
}

static void client_gone(struct server_conn *c)
{
    if (c->phase == CONN_FINISHING && stream_waiting(&c->stream) > 0) {
        return; // on_finished closes
    }
    if (c->exchange_open) {
        abort_exchange(c, AIU_CANCELLED, false);
    } else {
        server_conn_close(c, STREAM_CLOSE);
    }
}

// --- requests ---------------------------------------------------------------------------------

static bool is_over(const struct server_conn *c)
{
    return c->phase == CONN_FINISHING || c->phase == CONN_CLOSED;
}

static enum aiu_status on_head(void *ctx, const struct http_head *head)
{
    struct server_conn *c = ctx;
    struct server *s = c->server;

    c->requests++;
    c->request_keep = head->keep_alive && !s->stopping &&
                      (s->options.max_requests == 0 || c->requests < s->options.max_requests);
    c->http10 = head->minor == 0;
    c->head_method = span_equal(head->method, SPAN_OF("HEAD"));
    c->expects = head->expect_continue;
    c->request_left = head->framing == HTTP_LENGTH ? head->length : UINT64_MAX;
    if (head->framing == HTTP_NO_BODY) {
        c->request_left = 0;
    }
    if (loop_of(c)->budget != NULL && budget_pressed(loop_of(c)->budget)) {
        return AIU_OVERLOADED;
    }
    c->phase = CONN_BODY;
    c->exchange_open = true;
    server_conn_clock_body(c);
    handler_of(c)->on_request(c, head);
    return is_over(c) ? AIU_CANCELLED : AIU_OK;
}

static enum aiu_status on_body(void *ctx, struct span bytes)
{
    struct server_conn *c = ctx;

    c->body_bytes += bytes.n;
    if (c->request_left != UINT64_MAX) {
        c->request_left -= bytes.n;
    }
    if (c->exchange_open) {
        handler_of(c)->on_body(c, bytes);
    }
    return is_over(c) ? AIU_CANCELLED : AIU_OK;
}

static enum aiu_status on_end(void *ctx)
{
    struct server_conn *c = ctx;
    bool discarded = c->phase == CONN_DISCARD;

    c->phase = CONN_WHOLE;
    if (c->paused) {
        c->paused = false;
        stream_resume(&c->stream);
    }
    if (discarded) {
        server_conn_next(c);
    } else if (c->exchange_open) {
        handler_of(c)->on_end(c);
    }
    return is_over(c) ? AIU_CANCELLED : AIU_OK;
}

static const struct http1_events request_events = {on_head, on_body, on_end};

static void wait_for_request(struct server_conn *c)
{
    uint32_t keep_alive_ms = c->server->options.keep_alive_ms;

    c->phase = CONN_WAIT;
    c->idle_released = false;
    set_timer(c, keep_alive_ms < IDLE_RELEASE_MS ? keep_alive_ms : IDLE_RELEASE_MS);
}

static void next_request(struct loop_task *t)
{
    struct server_conn *c = CONTAINER_OF(t, struct server_conn, task);

    http1_next(&c->parser);
    c->responded = false;
    c->reply_whole = false;
    c->reply_broken = false;
    c->continued = false;
    c->head_method = false;
    c->http10 = false;
    c->expects = false;
    if (c->server->stopping && c->in.n == 0) {
        server_conn_close(c, STREAM_CLOSE);
        return;
    }
    wait_for_request(c);
    if (c->in.n == 0) {
        return;
    }
    struct buf in = c->in; // `feed` may keep its end again
    buf_init(&c->in, in.maximum);
    size_t charged = c->in_charged;
    c->in_charged = 0;
    if (loop_of(c)->budget != NULL) {
        budget_give(loop_of(c)->budget, charged);
    }
    stream_resume(&c->stream);
    feed(c, buf_span(&in));
    buf_wipe(&in);
}

void server_conn_next(struct server_conn *c)
{
    if (!c->reply_keep || c->stream.failed != AIU_OK || c->stream.ended) {
        bool unread = (c->phase != CONN_WHOLE && c->request_left > 0) || c->in.n > 0;
        server_conn_finish(c, unread, false);
    } else if (c->phase == CONN_WHOLE) {
        loop_defer(loop_of(c), &c->task, next_request);
    } else {
        c->phase = CONN_DISCARD;
        set_timer(c, LINGER_MS);
        stream_resume(&c->stream);
    }
}

static enum aiu_status append_in(struct server_conn *c, struct span bytes)
{
    struct budget *b = loop_of(c)->budget;

    if (b != NULL && !budget_take(b, bytes.n)) {
        return AIU_OVERLOADED;
    }
    c->in_charged += bytes.n;
    return buf_append(&c->in, bytes);
}

// Bytes behind a request that is not answered yet.
static void keep(struct server_conn *c, struct span bytes)
{
    enum aiu_status st = append_in(c, bytes);

    stream_pause(&c->stream);
    if (st == AIU_OK) {
        set_timer(c, GONE_CHECK_MS);
    } else if (c->exchange_open) {
        abort_exchange(c, st, true);
    } else {
        server_conn_close(c, STREAM_CLOSE);
    }
}

void server_conn_clock_body(struct server_conn *c)
{
    c->body_since_ms = loop_now_ms(loop_of(c));
    c->body_bytes = 0;
}

// A body may pause for its timeout, and must be as fast as the rate over all: a byte now and then
// does not hold a connection.
static uint64_t body_patience(const struct server_conn *c)
{
    const struct server_options *o = &c->server->options;
    uint64_t now_ms = loop_now_ms(loop_of(c));

    if (o->body_rate == 0) {
        return o->body_timeout_ms;
    }
    uint64_t until_ms = c->body_since_ms + o->body_timeout_ms + c->body_bytes * 1000 / o->body_rate;
    uint64_t left_ms = until_ms > now_ms ? until_ms - now_ms : 0;
    return left_ms < o->body_timeout_ms ? left_ms : o->body_timeout_ms;
}

// Start the clock that fits what is awaited now.
void server_conn_watch(struct server_conn *c)
{
    if (c->exchange_open && !c->stream.reading) {
        set_timer(c, GONE_CHECK_MS);
    } else if (c->phase == CONN_WAIT && !http1_idle(&c->parser)) {
        c->phase = CONN_HEAD;
        if (c->requests > 0) {
            set_timer(c, c->server->options.header_timeout_ms); // the first head's began at accept
        }
    } else if (c->phase == CONN_BODY) {
        set_timer(c, body_patience(c));
    }
}

static void feed(struct server_conn *c, struct span bytes)
{
    while (bytes.n > 0 && c->phase != CONN_WHOLE) {
        size_t used = 0;
        enum aiu_status st = http1_feed(&c->parser, bytes, &used);
        if (is_over(c)) {
            return;
        }
        if (st != AIU_OK) {
            break_off(c, st);
            return;
        }
        bytes = span_drop_first(bytes, used);
    }
    if (bytes.n > 0) {
        keep(c, bytes);
    } else {
        server_conn_watch(c);
    }
}

// --- the stream -------------------------------------------------------------------------------

static void on_open(struct stream *stream)
{
    struct server_conn *c = CONTAINER_OF(stream, struct server_conn, stream);

    if (c->phase == CONN_OPENING) {
        c->phase = CONN_WAIT;
        c->idle_released = true; // nothing to give back yet: this timer is the head's
        set_timer(c, c->server->options.header_timeout_ms);
    }
}

static void on_bytes(struct stream *stream, struct span bytes)
{
    struct server_conn *c = CONTAINER_OF(stream, struct server_conn, stream);

    if (!is_over(c)) {
        feed(c, bytes);
    }
}

static void on_stream_end(struct stream *stream, bool whole)
{
    (void)whole;
    client_gone(CONTAINER_OF(stream, struct server_conn, stream));
}

static void on_stream_error(struct stream *stream, enum aiu_status why)
{
    struct server_conn *c = CONTAINER_OF(stream, struct server_conn, stream);

    if (c->exchange_open) {
        abort_exchange(c, why == AIU_NETWORK ? AIU_CANCELLED : why, false);
    } else {
        server_conn_close(c, STREAM_RESET);
    }
}

static void on_stream_drained(struct stream *stream)
{
    struct server_conn *c = CONTAINER_OF(stream, struct server_conn, stream);

    if (c->exchange_open) {
        handler_of(c)->on_drained(c);
    }
}

static void on_stream_closed(struct stream *stream)
{
    struct server_conn *c = CONTAINER_OF(stream, struct server_conn, stream);
    struct server *s = c->server;

    *c->link = c->next;
    if (c->next != NULL) {
        c->next->link = c->link;
    }
    drop_in(c);
    http1_done(&c->parser);
    mem_free(c);
    s->conn_count--;
    server_forget(s);
}

static const struct stream_handler stream_events = {
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_end = on_stream_end,
    .on_error = on_stream_error,
    .on_drained = on_stream_drained,
    .on_finished = on_finished,
    .on_closed = on_stream_closed,
};

// A connection that does not read: the kernel knows whether its client is there.
static void check_client(struct server_conn *c)
{
    if (stream_peer_gone(&c->stream)) {
        abort_exchange(c, AIU_CANCELLED, false);
    } else {
        set_timer(c, GONE_CHECK_MS);
    }
}

static void release_idle(struct server_conn *c)
{
    uint32_t keep_alive_ms = c->server->options.keep_alive_ms;

    c->idle_released = true;
    http1_idle_release(&c->parser);
    set_timer(c, keep_alive_ms > IDLE_RELEASE_MS ? keep_alive_ms - IDLE_RELEASE_MS : 0);
}

static void on_timer(struct deadline *d)
{
    struct server_conn *c = CONTAINER_OF(d, struct server_conn, timer);

    if (c->exchange_open && !c->stream.reading) {
        check_client(c);
        return;
    }
    switch (c->phase) {
    case CONN_WAIT:
        if (!c->idle_released) {
            release_idle(c);
            return;
        }
        server_conn_close(c, STREAM_CLOSE);
        return;
    case CONN_HEAD:
        refuse(c, AIU_REQUEST_TIMEOUT);
        return;
    case CONN_BODY:
        if (c->exchange_open) {
            abort_exchange(c, AIU_REQUEST_TIMEOUT, true);
        }
        return;
    case CONN_WHOLE: // the handler has its own deadlines
        return;
    case CONN_OPENING:
    case CONN_DISCARD:
    case CONN_FINISHING:
    case CONN_CLOSED:
        server_conn_close(c, STREAM_CLOSE);
        return;
    }
}

// --- life -------------------------------------------------------------------------------------

static struct server_conn *new_conn(struct server *s, bool is_pipe)
{
    struct server_conn *c = mem_new(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    c->server = s;
    buf_init(&c->in, LOOP_READ_SIZE);
    http1_init_request(&c->parser, &s->options.limits, &request_events, c);
    const struct stream_options o = {
        .handler = &stream_events,
        .high = s->options.output_high,
        .write_timeout_ms = s->options.write_timeout_ms,
        .is_pipe = is_pipe,
    };
    stream_init(&c->stream, s->loop, &o);
    c->next = s->conns;
    c->link = &s->conns;
    if (s->conns != NULL) {
        s->conns->link = &c->next;
    }
    s->conns = c;
    s->conn_count++;
    return c;
}

// One more than the limit. With TLS there is no cheap way to say so.
static void turn_away(struct server_conn *c)
{
    if (c->server->options.tls != NULL ||
        c->server->conn_count > c->server->options.max_connections + REFUSED_MAX) {
        server_conn_close(c, STREAM_RESET);
        return;
    }
    stream_send(&c->stream, overloaded);
    server_conn_finish(c, true, false);
}

enum aiu_status server_conn_accept(struct server *s, struct server_listener *from)
{
    struct server_conn *c = new_conn(s, from->is_pipe);

    if (c == NULL) {
        return AIU_NO_MEMORY;
    }
    bool too_many = s->conn_count > s->options.max_connections;
    enum aiu_status st = AIU_OK;
    if (s->options.tls != NULL && !too_many) {
        st = stream_set_tls(&c->stream, s->options.tls, NULL, NULL);
        set_timer(c, s->options.tls_timeout_ms);
    }
    if (stream_accept(&c->stream, &from->uv.stream) != AIU_OK || st != AIU_OK) {
        server_conn_close(c, STREAM_RESET);
        return AIU_OK; // this connection is lost, the listener is fine
    }
    if (too_many) {
        turn_away(c);
    }
    return AIU_OK;
}

void server_conn_drain(struct server_conn *c)
{
    if (c->phase == CONN_WAIT || c->phase == CONN_OPENING) {
        server_conn_close(c, STREAM_CLOSE);
    }
    c->request_keep = false;
}

void server_conn_shut_down(struct server_conn *c)
{
    if (c->exchange_open) {
        abort_exchange(c, AIU_SHUTTING_DOWN, false);
    } else {
        server_conn_close(c, STREAM_CLOSE);
    }
}
