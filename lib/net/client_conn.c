// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One connection to an origin: it carries one call at a time and lies idle between two. Idle ones
// go on reading, so that an end or a stray byte closes them the moment it comes; the kernel is
// asked once more before a connection is used again.
#include <errno.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "net/client_private.h"

// --- the idle list ----------------------------------------------------------------------------

static void unpark(struct client_conn *c)
{
    if (c->link == NULL) {
        return;
    }
    *c->link = c->next;
    if (c->next != NULL) {
        c->next->link = c->link;
    }
    c->link = NULL;
    c->next = NULL;
    c->pool->idle_count--;
}

static void on_idle_timer(struct deadline *d)
{
    struct client_conn *c = CONTAINER_OF(d, struct client_conn, idle);

    if (c->link != NULL) {
        client_conn_close(c);
    }
}

static void park(struct client_conn *c)
{
    struct client_pool *p = c->pool;

    c->next = p->idle;
    c->link = &p->idle;
    if (p->idle != NULL) {
        p->idle->link = &c->next;
    }
    p->idle = c;
    p->idle_count++;
    // Left running while the connection works: setting it again is then only a store.
    deadline_set(p->loop, &c->idle, p->options.idle_ms, on_idle_timer);
}

void client_conn_close(struct client_conn *c)
{
    unpark(c);
    c->call = NULL;
    deadline_clear(c->pool->loop, &c->idle);
    // An end in order while idle; in the middle of a call the peer must notice at once.
    bool orderly = c->stream.open && !c->expecting;
    stream_close(&c->stream, orderly ? STREAM_CLOSE : STREAM_RESET);
}

// Not one byte may be left on either way (guide: the pooled reply that reached the next user).
static bool is_reusable(const struct client_conn *c, bool request_whole)
{
    const struct client_pool *p = c->pool;
    const struct stream *s = &c->stream;
    bool quiet = stream_waiting(s) == 0 && s->in_flight == 0 && !s->write_broken && !s->ended &&
                 s->failed == AIU_OK && s->reading;
    bool unread = s->tls != NULL && (s->tls->in.n > 0 || SSL_has_pending(s->tls->ssl) == 1);
    bool young =
        p->options.max_age_ms == 0 || loop_now_ms(p->loop) - c->born_ms < p->options.max_age_ms;

    return request_whole && c->keep && !c->until_close && quiet && !unread && young &&
           !p->freeing && p->idle_count < p->options.max_idle;
}

bool client_conn_is_stale(const struct client_conn *c)
{
    uv_os_fd_t fd = -1;
    char byte = 0;

    if (c->stream.failed != AIU_OK || c->stream.ended ||
        uv_fileno(&c->stream.uv.handle, &fd) != 0) {
        return true;
    }
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 || errno != EAGAIN;
}

bool client_conn_reuse(struct client_call *call)
{
    while (call->pool->idle != NULL) {
        struct client_conn *c = call->pool->idle;
        if (client_conn_is_stale(c)) {
            client_conn_close(c);
            continue;
        }
        unpark(c);
        c->call = call;
        call->conn = c;
        return true;
    }
    return false;
}

// --- the answer -------------------------------------------------------------------------------

static enum aiu_status still_there(const struct client_conn *c)
{
    return c->call == NULL ? AIU_CANCELLED : AIU_OK;
}

static enum aiu_status on_head(void *ctx, const struct http_head *head)
{
    struct client_conn *c = ctx;

    c->keep = head->keep_alive;
    c->until_close = head->framing == HTTP_UNTIL_CLOSE;
    c->call->handler->on_head(c->call, head);
    return still_there(c);
}

static enum aiu_status on_body(void *ctx, struct span bytes)
{
    struct client_conn *c = ctx;

    c->call->handler->on_body(c->call, bytes);
    return still_there(c);
}

static enum aiu_status on_end(void *ctx)
{
    struct client_conn *c = ctx;

    c->reply_whole = true;
    return AIU_OK;
}

static const struct http1_events answer_events = {on_head, on_body, on_end};

static enum aiu_status status_of_answer(enum aiu_status st)
{
    if (st == AIU_NO_MEMORY) {
        return st;
    }
    bool too_large = st == AIU_BODY_TOO_LARGE || st == AIU_HEADERS_TOO_LARGE;
    return too_large ? AIU_PROVIDER_TOO_LARGE : AIU_PROVIDER_BAD_REPLY;
}

static void lose(struct client_conn *c, enum aiu_status why)
{
    struct client_call *call = c->call;

    if (call != NULL && c->stream.tls != NULL) {
        call->tls_reason = why == AIU_PROVIDER_TLS ? c->stream.tls->reason : "";
    }
    client_conn_close(c);
    if (call != NULL) {
        client_call_lost(call, why);
    }
}

// The answer is whole. The connection is settled before the handler hears of it: it may start the
// next call at once.
static void settle(struct client_conn *c, bool stray)
{
    struct client_call *call = c->call;

    stream_resume(&c->stream); // the handler may have paused it
    bool reusable = !stray && is_reusable(c, call->request_whole);

    c->call = NULL;
    c->used = true;
    if (reusable) {
        c->expecting = false;
        park(c);
    } else {
        client_conn_close(c);
    }
    client_call_done(call);
}

static void on_bytes(struct stream *stream, struct span bytes)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);
    size_t used = 0;

    if (c->call == NULL || !c->expecting) {
        lose(c, AIU_NETWORK); // nobody asked for these
        return;
    }
    client_call_progress(c->call);
    enum aiu_status st = http1_feed(&c->parser, bytes, &used);
    if (c->call == NULL) {
        return; // cancelled by its handler
    }
    if (st != AIU_OK) {
        lose(c, status_of_answer(st));
    } else if (c->reply_whole) {
        settle(c, used < bytes.n);
    }
}

static void on_stream_end(struct stream *stream, bool whole)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);

    // A body that lasts until the end, and TLS cut off without its alert: anybody may have cut it.
    bool complete = c->call != NULL && c->expecting && (whole || !c->until_close) &&
                    http1_finish(&c->parser) == AIU_OK && c->call != NULL;
    if (complete && c->reply_whole) {
        settle(c, true);
    } else {
        lose(c, AIU_NETWORK);
    }
}

// --- the stream -------------------------------------------------------------------------------

static void on_connected(struct stream *stream)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);

    client_call_connected(c->call);
}

static void on_open(struct stream *stream)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);

    client_call_opened(c->call);
}

static void on_stream_error(struct stream *stream, enum aiu_status why)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);

    lose(c, why == AIU_TIMEOUT ? AIU_PROVIDER_TIMEOUT : why);
}

static void on_stream_drained(struct stream *stream)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);

    if (c->call != NULL) {
        c->call->handler->on_drained(c->call);
    }
}

static void on_stream_finished(struct stream *stream)
{
    (void)stream; // we never shut one side down: servers take that for a client that left
}

static void on_stream_closed(struct stream *stream)
{
    struct client_conn *c = CONTAINER_OF(stream, struct client_conn, stream);
    struct client_pool *p = c->pool;

    http1_done(&c->parser);
    mem_free(c);
    p->conn_count--;
    client_pool_forget(p);
}

static const struct stream_handler stream_events = {
    .on_connected = on_connected,
    .on_open = on_open,
    .on_bytes = on_bytes,
    .on_end = on_stream_end,
    .on_error = on_stream_error,
    .on_drained = on_stream_drained,
    .on_finished = on_stream_finished,
    .on_closed = on_stream_closed,
};

static enum aiu_status connect_stream(struct client_conn *c, uint32_t attempt)
{
    struct client_pool *p = c->pool;
    const struct client_pool_options *o = &p->options;

    if (o->tls != NULL) {
        const char *name = o->tls_name != NULL ? o->tls_name : o->host;
        TRY(stream_set_tls(&c->stream, o->tls, name, &p->resume));
    }
    if (o->unix_path != NULL) {
        return stream_connect_unix(&c->stream, o->unix_path);
    }
    return stream_connect_tcp(&c->stream, resolver_address(&p->resolver, attempt));
}

enum aiu_status client_conn_open(struct client_call *call)
{
    struct client_pool *p = call->pool;
    struct client_conn *c = mem_new(1, sizeof(*c));

    if (c == NULL) {
        return AIU_NO_MEMORY;
    }
    c->pool = p;
    c->born_ms = loop_now_ms(p->loop);
    http1_init_response(&c->parser, &p->options.limits, &answer_events, c);
    const struct stream_options o = {
        .handler = &stream_events,
        .high = p->options.output_high,
        .write_timeout_ms = call->timeouts.idle > 0 ? call->timeouts.idle : UINT32_MAX,
        .is_pipe = p->options.unix_path != NULL,
    };
    stream_init(&c->stream, p->loop, &o);
    p->conn_count++;
    enum aiu_status st = connect_stream(c, call->attempt);
    if (st != AIU_OK) {
        client_conn_close(c);
        return st;
    }
    c->call = call;
    call->conn = c;
    return AIU_OK;
}
