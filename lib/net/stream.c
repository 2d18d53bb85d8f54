// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Output goes out by one sendmsg at the end of the round; only what the socket did not take is
// left to uv_write, at most 16 chunks at a time, and only then a deadline watches the peer. With
// TLS the plain bytes are collected and encrypted when they are written, so that a head and its
// body make one record.
//
// A write error is not told at once: the peer may have answered before it closed, and that answer
// may still be unread. The read side will bring it, and the end after it.
#include "net/stream.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "base/alloc.h"

enum {
    FLIGHT_MAX = 16,       // chunks handed to libuv at once
    BROKEN_WAIT_MS = 1000, // after a write error: how long the read side may take to tell why
};

static struct outq *wire_of(struct stream *s)
{
    return s->tls == NULL ? &s->out : &s->tls->wire;
}

static void on_stall(struct deadline *d);
static void flush_task(struct loop_task *t);

// --- errors -----------------------------------------------------------------------------------

static void report(struct loop_task *t)
{
    struct stream *s = CONTAINER_OF(t, struct stream, task);

    if (!s->closing) {
        s->handler->on_error(s, s->failed);
    }
}

// Remember the first error and tell it at the end of the round.
static void fail(struct stream *s, enum aiu_status why)
{
    if (s->failed == AIU_OK && !s->closing) {
        s->failed = why;
        stream_pause(s);
        loop_defer(s->loop, &s->task, report);
    }
}

static int raw_fd(const struct stream *s)
{
    uv_os_fd_t fd = -1;

    return uv_fileno(&s->uv.handle, &fd) == 0 ? fd : -1;
}

static void write_failed(struct stream *s)
{
    s->write_broken = true;
    outq_clear(s->loop, wire_of(s));
    outq_clear(s->loop, &s->out);
    if (!s->reading) {
        fail(s, AIU_NETWORK);
        return;
    }
    deadline_set(s->loop, &s->stall, BROKEN_WAIT_MS, on_stall);
}

static void on_stall(struct deadline *d)
{
    struct stream *s = CONTAINER_OF(d, struct stream, stall);
    size_t left = uv_stream_get_write_queue_size(&s->uv.stream);

    if (s->write_broken) {
        fail(s, AIU_NETWORK);
    } else if (left < s->stall_left) {
        s->stall_left = left;
        deadline_set(s->loop, d, s->write_timeout_ms, on_stall);
    } else {
        fail(s, AIU_TIMEOUT);
    }
}

// --- writing ----------------------------------------------------------------------------------

// The wire's front; returns the bytes in it.
static size_t gather(const struct outq *q, struct iovec pieces[FLIGHT_MAX], unsigned *ret_count)
{
    unsigned count = 0;
    size_t n = 0;

    for (struct chunk *c = q->first; c != NULL && count < FLIGHT_MAX; c = c->next) {
        pieces[count++] = (struct iovec){c->bytes + c->start, c->end - c->start};
        n += c->end - c->start;
    }
    *ret_count = count;
    return n;
}

// One attempt; how much was taken, or -1. Not by libuv: its writes may raise SIGPIPE, and a stream
// is closed outside loop_run too.
static ssize_t send_some(const struct stream *s, const struct outq *wire, size_t *ret_offered)
{
    struct iovec pieces[FLIGHT_MAX];
    unsigned count = 0;

    *ret_offered = gather(wire, pieces, &count);
    const struct msghdr message = {.msg_iov = pieces, .msg_iovlen = count};
    ssize_t n = 0;
    do {
        n = sendmsg(raw_fd(s), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    } while (n < 0 && errno == EINTR);
    return n < 0 && errno == EAGAIN ? 0 : n;
}

static bool seal_output(struct stream *s)
{
    while (s->tls != NULL && s->open && s->out.n > 0) {
        struct span front = outq_front(&s->out);
        if (!tls_session_write(s->tls, front)) {
            fail(s, s->tls->status != AIU_OK ? s->tls->status : AIU_NETWORK);
            return false;
        }
        outq_consume(s->loop, &s->out, front.n);
    }
    return true;
}

// Tell the owner what it waits for. Only from a task: it calls back.
static void settle(struct stream *s)
{
    if (s->was_full && stream_waiting(s) <= s->high / 4) {
        s->was_full = false;
        if (!s->finishing) {
            s->handler->on_drained(s);
        }
    }
    if (!s->finishing || s->finished || s->closing || stream_waiting(s) > 0) {
        return;
    }
    s->finished = true;
    if (s->finish != STREAM_KEEP) {
        (void)shutdown(raw_fd(s), SHUT_WR);
    }
    s->handler->on_finished(s);
}

static void on_written(uv_write_t *request, int status)
{
    struct stream *s = CONTAINER_OF(request, struct stream, request.write);

    deadline_clear(s->loop, &s->stall);
    outq_consume(s->loop, wire_of(s), s->in_flight);
    s->in_flight = 0;
    if (s->closing) {
        return;
    }
    if (status != 0) {
        write_failed(s);
        return;
    }
    loop_defer(s->loop, &s->task, flush_task);
}

static void write_rest(struct stream *s, struct outq *wire)
{
    struct iovec pieces[FLIGHT_MAX];
    uv_buf_t bufs[FLIGHT_MAX];
    unsigned count = 0;

    s->in_flight = gather(wire, pieces, &count);
    for (unsigned i = 0; i < count; i++) {
        bufs[i] = uv_buf_init(pieces[i].iov_base, (unsigned)pieces[i].iov_len);
    }
    if (uv_write(&s->request.write, &s->uv.stream, bufs, count, on_written) != 0) {
        s->in_flight = 0;
        write_failed(s);
        return;
    }
    s->stall_left = uv_stream_get_write_queue_size(&s->uv.stream);
    deadline_set(s->loop, &s->stall, s->write_timeout_ms, on_stall);
}

static void write_wire(struct stream *s)
{
    struct outq *wire = wire_of(s);

    while (wire->n > 0 && s->in_flight == 0) {
        size_t offered = 0;
        ssize_t taken = send_some(s, wire, &offered);
        if (taken < 0) {
            write_failed(s);
            return;
        }
        outq_consume(s->loop, wire, (size_t)taken);
        if ((size_t)taken < offered) {
            write_rest(s, wire);
        }
    }
}

static void flush_task(struct loop_task *t)
{
    struct stream *s = CONTAINER_OF(t, struct stream, task);

    if (s->closing || s->failed != AIU_OK || s->write_broken || !seal_output(s)) {
        return;
    }
    if (s->finishing && s->finish == STREAM_END && s->tls != NULL && s->open) {
        tls_session_shutdown(s->tls);
    }
    write_wire(s);
    settle(s);
}

static void want_flush(struct stream *s)
{
    if (s->failed == AIU_OK) {
        loop_defer(s->loop, &s->task, flush_task);
    }
}

void stream_send(struct stream *s, struct span bytes)
{
    if (s->closing || s->failed != AIU_OK || s->write_broken || s->finishing) {
        return;
    }
    enum aiu_status st = outq_append(s->loop, &s->out, bytes);
    if (st != AIU_OK) {
        fail(s, st);
        return;
    }
    if (s->open && s->in_flight == 0) {
        want_flush(s);
    }
}

bool stream_full(struct stream *s)
{
    if (stream_waiting(s) >= s->high) {
        s->was_full = true;
    }
    return s->was_full;
}

size_t stream_waiting(const struct stream *s)
{
    return s->out.n + (s->tls == NULL ? 0 : s->tls->wire.n);
}

void stream_finish(struct stream *s, enum stream_finish how)
{
    s->finishing = true;
    s->finish = how;
    want_flush(s);
}

// --- reading ----------------------------------------------------------------------------------

static void lend_buffer(uv_handle_t *handle, size_t suggested, uv_buf_t *ret_buf)
{
    struct stream *s = handle->data;

    (void)suggested;
    *ret_buf = uv_buf_init((char *)s->loop->read_buffer, LOOP_READ_SIZE);
}

static void opened(struct stream *s)
{
    s->open = true;
    s->handler->on_open(s);
    if (s->out.n > 0) {
        want_flush(s);
    }
}

static bool shake_hands(struct stream *s)
{
    enum tls_step step = tls_session_handshake(s->tls);

    if (s->tls->wire.n > 0) {
        want_flush(s); // also after a failure: the alert tells the peer why
    }
    switch (step) {
    case TLS_DONE:
        opened(s);
        return !s->closing && s->failed == AIU_OK;
    case TLS_WANT:
        return false;
    case TLS_CLOSED:
    case TLS_FAILED:
        write_wire(s);
        fail(s, s->tls->status != AIU_OK ? s->tls->status : AIU_PROVIDER_TLS);
        return false;
    }
    return false;
}

static void decrypt(struct stream *s, struct span wire)
{
    struct loop *l = s->loop;

    s->tls->in = wire;
    if (!s->open && !shake_hands(s)) {
        return;
    }
    while (!s->closing && s->failed == AIU_OK && !s->ended) {
        size_t n = 0;
        enum tls_step step = tls_session_read(s->tls, l->plain_buffer, LOOP_PLAIN_SIZE, &n);
        if (step == TLS_WANT) {
            break;
        }
        if (step == TLS_FAILED) {
            fail(s, AIU_NETWORK);
            return;
        }
        if (step == TLS_CLOSED) {
            s->ended = true;
            s->handler->on_end(s, true);
            return;
        }
        s->handler->on_bytes(s, span_of(l->plain_buffer, n));
        mem_wipe(l->plain_buffer, n);
    }
    if (!s->closing && s->tls->wire.n > 0) {
        want_flush(s); // answers of TLS itself
    }
}

static void take_bytes(struct stream *s, struct span bytes)
{
    if (s->ended || s->closing || s->failed != AIU_OK) {
        return;
    }
    if (s->tls != NULL) {
        decrypt(s, bytes);
    } else {
        s->handler->on_bytes(s, bytes);
    }
}

static void on_read(uv_stream_t *handle, ssize_t n, const uv_buf_t *buf)
{
    struct stream *s = handle->data;

    (void)buf;
    if (n > 0) {
        take_bytes(s, span_of(s->loop->read_buffer, (size_t)n));
        mem_wipe(s->loop->read_buffer, (size_t)n);
        return;
    }
    if (n == 0 || s->closing || s->failed != AIU_OK) {
        return;
    }
    s->reading = false; // libuv has stopped
    if (n != UV_EOF) {
        fail(s, AIU_NETWORK);
    } else if (!s->open) {
        fail(s, AIU_PROVIDER_TLS);
    } else if (!s->ended) {
        s->ended = true;
        s->handler->on_end(s, s->tls == NULL || tls_session_closed(s->tls));
    }
}

void stream_pause(struct stream *s)
{
    if (s->reading) {
        s->reading = false;
        (void)uv_read_stop(&s->uv.stream);
    }
}

void stream_resume(struct stream *s)
{
    if (s->reading || s->ended || s->closing || s->failed != AIU_OK) {
        return;
    }
    if (uv_read_start(&s->uv.stream, lend_buffer, on_read) != 0) {
        fail(s, AIU_NETWORK);
        return;
    }
    s->reading = true;
}

bool stream_peer_gone(const struct stream *s)
{
    struct pollfd p = {.fd = raw_fd(s), .events = POLLRDHUP};

    return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

// --- opening and closing ----------------------------------------------------------------------

void stream_init(struct stream *s, struct loop *l, const struct stream_options *o)
{
    *s = (struct stream){
        .loop = l,
        .handler = o->handler,
        .high = o->high,
        .write_timeout_ms = o->write_timeout_ms,
        .is_pipe = o->is_pipe,
    };
    // Neither makes a system call, so neither can fail.
    if (o->is_pipe) {
        (void)uv_pipe_init(&l->uv, &s->uv.pipe, 0);
    } else {
        (void)uv_tcp_init(&l->uv, &s->uv.tcp);
    }
    s->uv.handle.data = s;
}

enum aiu_status stream_set_tls(struct stream *s, struct tls *t, const char *name,
                               struct tls_resume *resume)
{
    return tls_session_new(t, s->loop, name, resume, &s->tls);
}

static void connected(struct stream *s)
{
    stream_resume(s);
    if (s->failed != AIU_OK) {
        return;
    }
    if (s->tls == NULL) {
        opened(s);
    } else {
        (void)shake_hands(s);
    }
}

enum aiu_status stream_accept(struct stream *s, uv_stream_t *listener)
{
    if (uv_accept(listener, &s->uv.stream) != 0) {
        return AIU_IO;
    }
    connected(s);
    return AIU_OK;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct stream *s = CONTAINER_OF(request, struct stream, request.connect);

    if (s->closing) {
        return;
    }
    if (status != 0) {
        fail(s, AIU_PROVIDER_UNREACHABLE);
        return;
    }
    if (!s->is_pipe) {
        (void)uv_tcp_nodelay(&s->uv.tcp, 1);
    }
    if (s->tls != NULL) {
        s->handler->on_connected(s);
    }
    connected(s);
}

enum aiu_status stream_connect_tcp(struct stream *s, const struct sockaddr *address)
{
    int r = uv_tcp_connect(&s->request.connect, &s->uv.tcp, address, on_connected);

    return r == 0 ? AIU_OK : AIU_PROVIDER_UNREACHABLE;
}

enum aiu_status stream_connect_unix(struct stream *s, const char *path)
{
    uv_pipe_connect(&s->request.connect, &s->uv.pipe, path, on_connected);
    return AIU_OK;
}

static void on_uv_closed(uv_handle_t *handle)
{
    struct stream *s = handle->data;

    outq_clear(s->loop, &s->out);
    tls_session_free(s->tls);
    s->tls = NULL;
    s->handler->on_closed(s);
}

// The closing alert, where the socket takes it at once: nobody waits for it.
static void say_goodbye(struct stream *s)
{
    if (s->tls == NULL || !s->open || s->failed != AIU_OK || s->write_broken ||
        stream_waiting(s) > 0) {
        return;
    }
    size_t offered = 0;
    tls_session_shutdown(s->tls);
    (void)send_some(s, wire_of(s), &offered);
}

void stream_close(struct stream *s, enum stream_close how)
{
    if (s->closing) {
        return;
    }
    if (how == STREAM_CLOSE) {
        say_goodbye(s);
    }
    s->closing = true;
    stream_pause(s);
    deadline_clear(s->loop, &s->stall);
    loop_defer_cancel(s->loop, &s->task);
    if (how == STREAM_RESET && !s->is_pipe && uv_tcp_close_reset(&s->uv.tcp, on_uv_closed) == 0) {
        return;
    }
    uv_close(&s->uv.handle, on_uv_closed);
}
