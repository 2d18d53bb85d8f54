// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A connection is either reading (idle) or playing an answer (busy); bytes that come meanwhile wait
// in `in`. Each step of a script is one write: tried at once, and queued only where the socket is
// full, because for short answers the queue costs more than the answer.
#include "connection.h"

#include <stdio.h>

#include "base/alloc.h"

enum { INPUT_MAX = REQUEST_HEAD_MAX + 2 * REQUEST_BODY_MAX, HANDLES = 2 };

struct connection {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    uv_timer_t timer;
    uv_write_t write;
    struct mock *mock;
    struct connection *next, *previous;
    struct buf in;
    struct buf chunks;
    struct script script;
    size_t step;   // the next one to play
    size_t sent;   // bytes of the script already written
    int handles;   // not yet closed
    bool waited;   // the pause before `step` is over
    bool busy;     // an answer is being played
    bool last;     // closes after this answer
    bool promised; // "100 Continue" was sent for the request that is coming
    bool closing;
};

static void play(struct connection *c);
static void serve(struct connection *c);

static void on_closed(uv_handle_t *handle)
{
    struct connection *c = handle->data;

    if (--c->handles > 0) {
        return;
    }
    buf_wipe(&c->in);
    buf_wipe(&c->chunks);
    script_done(&c->script);
    mem_free(c);
}

static void leave_list(struct connection *c)
{
    if (c->previous != NULL) {
        c->previous->next = c->next;
    } else {
        c->mock->open = c->next;
    }
    if (c->next != NULL) {
        c->next->previous = c->previous;
    }
    c->mock->answers.stats.open--;
}

static void close_connection(struct connection *c, bool reset)
{
    if (c->closing) {
        return;
    }
    c->closing = true;
    c->mock->answers.stats.aborted += c->busy ? 1 : 0;
    leave_list(c);
    uv_close((uv_handle_t *)&c->timer, on_closed);
    if (!reset || c->handle.type != UV_TCP || uv_tcp_close_reset(&c->tcp, on_closed) != 0) {
        uv_close(&c->handle, on_closed);
    }
}

static void end_answer(struct connection *c)
{
    enum script_end end = c->script.end;

    if (end == SCRIPT_SILENCE) {
        return;
    }
    script_reset(&c->script);
    c->busy = false;
    if (end != SCRIPT_KEEP || c->last) {
        close_connection(c, end == SCRIPT_RESET);
    }
}

static void on_written(uv_write_t *write, int status)
{
    struct connection *c = write->data;

    if (c->closing) {
        return;
    }
    if (status < 0) {
        close_connection(c, false);
        return;
    }
    play(c);
    if (!c->busy && !c->closing) {
        serve(c);
    }
}

// Whether all of `bytes` went out at once; if not, on_written comes back later.
static bool write_now(struct connection *c, uint8_t *p, size_t n)
{
    uv_buf_t piece = uv_buf_init((char *)p, (unsigned)n);
    int written = uv_try_write(&c->stream, &piece, 1);

    if (written == (int)n) {
        return true;
    }
    if (written > 0) {
        piece.base += written;
        piece.len -= (size_t)written;
    }
    c->write.data = c;
    if ((written < 0 && written != UV_EAGAIN) ||
        uv_write(&c->write, &c->stream, &piece, 1, on_written) != 0) {
        close_connection(c, false);
    }
    return false;
}

static void on_timer(uv_timer_t *timer)
{
    struct connection *c = timer->data;

    c->waited = true;
    play(c);
    if (!c->busy && !c->closing) {
        serve(c);
    }
}

static bool play_step(struct connection *c)
{
    struct script_step step = script_step_at(&c->script, c->step);

    if (step.delay_ms > 0 && !c->waited) {
        (void)uv_timer_start(&c->timer, on_timer, step.delay_ms, 0);
        return false;
    }
    uint8_t *from = c->script.bytes.p + c->sent;
    size_t n = step.end - c->sent;
    c->step++;
    c->sent = step.end;
    c->waited = false;
    return write_now(c, from, n);
}

static bool play_flood(struct connection *c)
{
    static uint8_t flood[65536];
    size_t n = c->script.flood < sizeof(flood) ? (size_t)c->script.flood : sizeof(flood);

    memset(flood, 'x', sizeof(flood));
    c->script.flood -= n;
    return write_now(c, flood, n);
}

static void play(struct connection *c)
{
    while (c->step < script_steps(&c->script)) {
        if (!play_step(c)) {
            return;
        }
    }
    while (c->script.flood > 0) {
        if (!play_flood(c)) {
            return;
        }
    }
    end_answer(c);
}

static void start_playing(struct connection *c)
{
    c->busy = true;
    c->step = 0;
    c->sent = 0;
    c->waited = false;
    play(c);
}

static void refuse(struct connection *c)
{
    c->mock->answers.stats.malformed++;
    record_malformed(&c->mock->record, buf_span(&c->in));
    buf_reset(&c->in);
    c->last = true;
    if (answer_malformed(&c->mock->answers, &c->script) != AIU_OK) {
        close_connection(c, true);
        return;
    }
    start_playing(c);
}

static void log_request(const struct mock *m, const struct request *r)
{
    if (!m->quiet) {
        (void)fprintf(stderr, "%.*s %.*s\n", (int)r->method.n, (const char *)r->method.p,
                      (int)r->path.n, (const char *)r->path.p);
    }
}

static void answer_request(struct connection *c, size_t used)
{
    struct mock *m = c->mock;

    c->promised = false;
    c->last = !m->request.keep_alive;
    m->answers.stats.requests++;
    log_request(m, &m->request);
    record_request(&m->record, &m->request);
    enum aiu_status st = answer_request_with(&m->answers, &m->request, &c->script);
    buf_consume(&c->in, used);
    if (st != AIU_OK) {
        close_connection(c, true);
        return;
    }
    start_playing(c);
}

static void promise_to_continue(struct connection *c)
{
    static uint8_t promise[] = "HTTP/1.1 100 Continue\r\n\r\n";

    if (c->mock->request.count > 0 && c->mock->request.expects_continue && !c->promised) {
        c->promised = true;
        (void)write_now(c, promise, sizeof(promise) - 1);
    }
}

static void serve(struct connection *c)
{
    while (!c->busy && !c->closing && c->in.n > 0) {
        size_t used = 0;
        switch (request_read(&c->mock->request, buf_span(&c->in), &c->chunks, &used)) {
        case REQUEST_PARTIAL:
            promise_to_continue(c);
            return;
        case REQUEST_MALFORMED:
            refuse(c);
            return;
        case REQUEST_WHOLE:
            answer_request(c, used);
            break;
        }
    }
}

static void on_input(uv_handle_t *handle, size_t wanted, uv_buf_t *ret_buf)
{
    struct connection *c = handle->data;

    (void)wanted;
    *ret_buf = uv_buf_init((char *)c->mock->input, sizeof(c->mock->input));
}

static void on_end(struct connection *c)
{
    if (!c->busy && c->in.n > 0) {
        c->mock->answers.stats.malformed++;
        record_malformed(&c->mock->record, buf_span(&c->in));
    }
    close_connection(c, false);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *input)
{
    struct connection *c = stream->data;

    if (n == 0 || c->closing) {
        return;
    }
    if (n < 0 || buf_append(&c->in, span_of(input->base, (size_t)n)) != AIU_OK) {
        on_end(c);
        return;
    }
    serve(c);
}

static struct connection *new_connection(struct mock *m, bool is_tcp)
{
    struct connection *c = mem_new(1, sizeof(*c));

    if (c == NULL) {
        return NULL;
    }
    int failed = is_tcp ? uv_tcp_init(&m->loop, &c->tcp) : uv_pipe_init(&m->loop, &c->pipe, 0);
    if (failed != 0) {
        mem_free(c);
        return NULL;
    }
    (void)uv_timer_init(&m->loop, &c->timer);
    c->mock = m;
    c->handles = HANDLES;
    c->handle.data = c;
    c->timer.data = c;
    buf_init(&c->in, INPUT_MAX);
    buf_init(&c->chunks, REQUEST_BODY_MAX);
    script_init(&c->script);
    c->next = m->open;
    if (m->open != NULL) {
        m->open->previous = c;
    }
    m->open = c;
    m->answers.stats.open++;
    m->answers.stats.connections++;
    return c;
}

void connection_accept(struct mock *m, uv_stream_t *listener)
{
    bool is_tcp = ((uv_handle_t *)listener)->type == UV_TCP;
    struct connection *c = new_connection(m, is_tcp);

    if (c == NULL) {
        return;
    }
    if (uv_accept(listener, &c->stream) != 0 || uv_read_start(&c->stream, on_input, on_read) != 0) {
        close_connection(c, false);
        return;
    }
    if (is_tcp) {
        (void)uv_tcp_nodelay(&c->tcp, 1);
    }
}

void connection_close_all(struct mock *m)
{
    while (m->open != NULL) {
        close_connection(m->open, false);
    }
}
