// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The answering half of a server connection. It decides the framing and what becomes of the
// connection afterwards; both are fixed when the head is written, because the head says them.
#include <arpa/inet.h>

#include "codec/http1_write.h"
#include "net/server_private.h"

// A request's rest of up to this many bytes is read and thrown away, and the connection kept; above
// it closing is cheaper.
enum { DISCARD_MAX = 65536 };

void *server_context(const struct server_conn *c)
{
    return c->server->options.ctx;
}

void server_set_exchange(struct server_conn *c, void *exchange)
{
    c->exchange = exchange;
}

void *server_exchange(const struct server_conn *c)
{
    return c->exchange;
}

bool server_answerable(const struct server_conn *c)
{
    return (c->exchange_open || c->answering) && !c->responded && c->stream.failed == AIU_OK;
}

size_t server_waiting(const struct server_conn *c)
{
    return stream_waiting(&c->stream);
}

static bool may_answer(const struct server_conn *c)
{
    return c->exchange_open || c->answering;
}

static bool can_keep(const struct server_conn *c, const struct server_reply *r)
{
    if (c->answering || r->close || !c->request_keep || c->server->stopping) {
        return false;
    }
    if (c->phase == CONN_WHOLE) {
        return true;
    }
    // A client that waits for "100 Continue" may send its body after all, or not.
    return c->request_left <= DISCARD_MAX && (!c->expects || c->continued);
}

static enum http_framing choose_framing(const struct server_conn *c, const struct server_reply *r)
{
    if (r->status == 204 || r->status == 304) {
        return HTTP_NO_BODY;
    }
    if (!r->chunked) {
        return HTTP_LENGTH;
    }
    return c->http10 ? HTTP_UNTIL_CLOSE : HTTP_CHUNKED;
}

static enum aiu_status write_head(struct server_conn *c, const struct server_reply *r,
                                  struct buf *b)
{
    TRY(http1_write_status_line(b, r->status));
    for (size_t i = 0; i < r->count; i++) {
        TRY(http1_write_field(b, r->fields[i].name, r->fields[i].value));
    }
    TRY(http1_write_field(b, SPAN_OF("Date"), loop_date(c->server->loop)));
    TRY(http1_write_framing(b, c->reply_framing, r->length));
    if (!c->reply_keep || c->http10) {
        TRY(http1_write_connection(b, c->reply_keep));
    }
    return http1_write_head_end(b);
}

enum aiu_status server_respond(struct server_conn *c, const struct server_reply *r)
{
    struct buf *b = &c->server->loop->scratch;

    CHECK(may_answer(c) && !c->responded);
    c->reply_framing = choose_framing(c, r);
    c->reply_keep = c->reply_framing != HTTP_UNTIL_CLOSE && can_keep(c, r);
    c->reply_bodyless = c->reply_framing == HTTP_NO_BODY || c->head_method;
    c->reply_left = c->reply_framing == HTTP_LENGTH && !c->head_method ? r->length : 0;
    buf_reset(b);
    TRY(write_head(c, r, b));
    c->responded = true;
    stream_send(&c->stream, buf_span(b));
    return AIU_OK;
}

static size_t total_of(const struct span *pieces, size_t count)
{
    size_t n = 0;

    for (size_t i = 0; i < count; i++) {
        n += pieces[i].n;
    }
    return n;
}

static void send_pieces(struct server_conn *c, const struct span *pieces, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        stream_send(&c->stream, pieces[i]);
    }
}

static void send_chunk(struct server_conn *c, const struct span *pieces, size_t count, size_t n)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t line[sizeof(n) * 2 + 2];
    size_t at = sizeof(line);

    line[--at] = '\n';
    line[--at] = '\r';
    for (size_t left = n; left > 0; left >>= 4) {
        line[--at] = (uint8_t)digits[left & 15];
    }
    stream_send(&c->stream, span_of(line + at, sizeof(line) - at));
    send_pieces(c, pieces, count);
    stream_send(&c->stream, SPAN_OF("\r\n"));
}

bool server_body(struct server_conn *c, const struct span *pieces, size_t count)
{
    size_t n = total_of(pieces, count);

    CHECK(may_answer(c) && c->responded);
    if (n == 0 || c->reply_bodyless) {
        return stream_full(&c->stream);
    }
    if (c->reply_framing == HTTP_CHUNKED) {
        send_chunk(c, pieces, count, n);
    } else if (c->reply_framing == HTTP_UNTIL_CLOSE) {
        send_pieces(c, pieces, count);
    } else if (n > c->reply_left) {
        c->reply_broken = true; // a second answer would begin where the length ends
    } else {
        c->reply_left -= n;
        send_pieces(c, pieces, count);
    }
    return stream_full(&c->stream);
}

void server_end(struct server_conn *c)
{
    CHECK(may_answer(c));
    if (!c->responded || c->reply_left > 0 || c->reply_broken) {
        server_reset(c);
        return;
    }
    if (c->reply_framing == HTTP_CHUNKED && !c->reply_bodyless) {
        stream_send(&c->stream, SPAN_OF("0\r\n\r\n"));
    }
    c->reply_whole = true;
    if (c->answering) {
        return; // whoever called the handler closes
    }
    c->exchange_open = false;
    c->exchange = NULL;
    server_conn_next(c);
}

void server_reset(struct server_conn *c)
{
    CHECK(may_answer(c));
    if (c->answering) {
        c->reply_whole = false;
        return;
    }
    c->exchange_open = false;
    c->exchange = NULL;
    if (!c->responded) {
        server_conn_close(c, STREAM_CLOSE);
    } else {
        server_conn_cut(c);
    }
}

void server_pause(struct server_conn *c)
{
    if (!c->exchange_open || c->phase != CONN_BODY) {
        return;
    }
    c->paused = true;
    stream_pause(&c->stream);
    server_conn_watch(c);
}

void server_resume(struct server_conn *c)
{
    if (!c->exchange_open || !c->paused) {
        return;
    }
    c->paused = false;
    server_conn_clock_body(c); // the pause was ours
    if (c->in.n == 0) {
        stream_resume(&c->stream);
        server_conn_watch(c);
    }
}

void server_continue(struct server_conn *c)
{
    if (c->exchange_open && c->expects && !c->continued && !c->responded) {
        c->continued = true;
        stream_send(&c->stream, http1_continue);
    }
}

struct span server_peer(struct server_conn *c)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } a = {.any = {.sa_family = AF_UNSPEC}};
    int n = sizeof(a);

    if (c->peer[0] != '\0') {
        return span_str(c->peer);
    }
    if (c->stream.is_pipe) {
        memcpy(c->peer, "unix", sizeof("unix"));
    } else if (uv_tcp_getpeername(&c->stream.uv.tcp, &a.any, &n) != 0) {
        memcpy(c->peer, "unknown", sizeof("unknown"));
    } else if (a.any.sa_family == AF_INET) {
        (void)inet_ntop(AF_INET, &a.v4.sin_addr, c->peer, sizeof(c->peer));
    } else {
        (void)inet_ntop(AF_INET6, &a.v6.sin6_addr, c->peer, sizeof(c->peer));
    }
    return span_str(c->peer);
}
