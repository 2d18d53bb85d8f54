// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines first, then what they say. A line is looked at only when it is whole, and its size is
// checked before its content; so the same bytes give the same verdict however they are cut. A head
// that lies whole in the fed bytes is parsed where it lies. Of a cut one, all bytes go to `held`,
// and what was parsed already moves along.
//
// Deliberately not here: what methods, targets and fields mean to the product, content codings, and
// timeouts (a head that never ends is the caller's clock to notice).
#include "codec/http1.h"

#include <string.h>

#include "base/alloc.h"
#include "codec/http1_chunk.h"
#include "codec/http1_head.h"

enum {
    START,       // before or in a start line
    FIELDS,      // in the field lines of a head
    LENGTH,      // in a body of known length
    UNTIL_CLOSE, // in a body that the connection's end ends
    CHUNK_LINE,  // in the line before a chunk
    CHUNK_DATA,  // in a chunk
    CHUNK_END,   // in the CR LF behind a chunk
    TRAILERS,    // in the field lines behind the last chunk
    ENDED,       // after a message
};

enum { MOST_INTERIM = 8 }; // responses of 1xx before one final response

const struct http1_limits http1_default_limits = {
    .line = 8192,
    .field = 8192,
    .total = 32768,
    .count = 100,
    .body = 10U << 20,
    .chunk_line = 256,
};

static size_t plus(size_t a, size_t b)
{
    return a > SIZE_MAX - b ? SIZE_MAX : a + b;
}

static void init(struct http1 *p, const struct http1_limits *limits,
                 const struct http1_events *events, void *ctx)
{
    *p = (struct http1){.limits = limits, .events = events, .ctx = ctx};
    // A start line, the fields, and a line that waits for its LF; or the line before a chunk.
    size_t head = plus(plus(limits->line, limits->total), 8);
    size_t chunk = plus(limits->chunk_line, 2);
    buf_init(&p->held, head > chunk ? head : chunk);
}

void http1_init_request(struct http1 *p, const struct http1_limits *limits,
                        const struct http1_events *events, void *ctx)
{
    init(p, limits, events, ctx);
    p->state = START;
}

void http1_init_response(struct http1 *p, const struct http1_limits *limits,
                         const struct http1_events *events, void *ctx)
{
    init(p, limits, events, ctx);
    p->response = true;
    p->state = ENDED;
}

static void release(struct http1 *p)
{
    buf_wipe(&p->held);
    mem_free(p->fields);
    p->fields = NULL;
    p->room = 0;
}

void http1_done(struct http1 *p)
{
    release(p);
}

void http1_idle_release(struct http1 *p)
{
    CHECK(http1_idle(p) || http1_ended(p));
    release(p);
}

bool http1_idle(const struct http1 *p)
{
    return p->state == START && p->held.n == 0 && p->interim == 0;
}

bool http1_ended(const struct http1 *p)
{
    return p->state == ENDED;
}

// Forget one head; its memory stays.
static void restart(struct http1 *p)
{
    buf_reset(&p->held);
    p->line_at = 0;
    p->count = 0;
    p->section = 0;
    p->head = (struct http_head){.status = 0};
    p->state = START;
}

static void begin_message(struct http1 *p)
{
    restart(p);
    p->body = 0;
    p->extensions = 0;
    p->interim = 0;
    p->blank_line = false;
}

void http1_next(struct http1 *p)
{
    CHECK(!p->response && http1_ended(p));
    begin_message(p);
}

void http1_expect(struct http1 *p, bool head_request)
{
    CHECK(p->response && http1_ended(p));
    begin_message(p);
    p->head_request = head_request;
}

static void move_span(struct span *s, uintptr_t from, const uint8_t *to)
{
    if (s->p != NULL) {
        s->p = to + ((uintptr_t)s->p - from);
    }
}

// Append to `held`. What was parsed of the head so far points into the bytes at `from`, which are
// now at the front of `held`.
static enum aiu_status keep(struct http1 *p, struct span bytes)
{
    uintptr_t from = p->held.n > 0 ? (uintptr_t)p->held.p : (uintptr_t)bytes.p;

    TRY(buf_append(&p->held, bytes));
    if (p->state != FIELDS || from == (uintptr_t)p->held.p) {
        return AIU_OK;
    }
    move_span(&p->head.method, from, p->held.p);
    move_span(&p->head.target, from, p->held.p);
    move_span(&p->head.reason, from, p->held.p);
    for (uint32_t i = 0; i < p->count; i++) {
        move_span(&p->fields[i].name, from, p->held.p);
        move_span(&p->fields[i].value, from, p->held.p);
    }
    return AIU_OK;
}

struct line {
    struct span text; // without CR LF
    bool whole;
};

// The next line of `in` where nothing is held. One that is not whole stays in `in`.
static enum aiu_status next_line_in_place(struct span *in, size_t limit, enum aiu_status too_long,
                                          struct line *ret_line)
{
    size_t most = plus(limit, 2);
    size_t near = in->n < most ? in->n : most;
    const uint8_t *end = near == 0 ? NULL : memchr(in->p, '\n', near);
    size_t n = end == NULL ? near : (size_t)(end - in->p);
    bool cr = n > 0 && in->p[n - 1] == '\r';

    if (n - cr > limit) {
        return too_long;
    }
    ret_line->whole = end != NULL;
    if (end == NULL) {
        return AIU_OK;
    }
    if (!cr) {
        return AIU_HTTP_INVALID;
    }
    ret_line->text = span_of(in->p, n - 1);
    *in = span_of(end + 1, in->n - n - 1);
    return AIU_OK;
}

// The next line, of which a part is held already: the rest, or all that there is, is held too.
static enum aiu_status next_line_held(struct http1 *p, struct span *in, size_t limit,
                                      enum aiu_status too_long, struct line *ret_line)
{
    size_t waiting = p->held.n - p->line_at; // at most limit + 1: a CR may be the last
    struct span near = span_first(*in, plus(limit, 2) - waiting);
    size_t n = span_find_byte(near, '\n');
    bool whole = n < near.n;
    const uint8_t *last = n > 0 ? near.p + n - 1 : p->held.p + p->held.n - 1;
    bool cr = waiting + n > 0 && *last == '\r';

    if (waiting + n - cr > limit) {
        return too_long;
    }
    if (whole && !cr) {
        return AIU_HTTP_INVALID;
    }
    TRY(keep(p, span_first(near, n + 1)));
    *in = span_drop_first(*in, n + 1);
    ret_line->whole = whole;
    if (whole) {
        ret_line->text = span_of(p->held.p + p->line_at, p->held.n - p->line_at - 2);
    }
    return AIU_OK;
}

static enum aiu_status next_line(struct http1 *p, struct span *in, size_t limit,
                                 enum aiu_status too_long, struct line *ret_line)
{
    return p->held.n == 0 ? next_line_in_place(in, limit, too_long, ret_line)
                          : next_line_held(p, in, limit, too_long, ret_line);
}

static size_t field_limit(const struct http1 *p)
{
    size_t left = p->limits->total - p->section; // `section` never passes it
    size_t fits = left < 2 ? 0 : left - 2;

    return p->limits->field < fits ? p->limits->field : fits;
}

static enum aiu_status next_head_line(struct http1 *p, struct span *in, struct line *ret_line)
{
    if (p->state == FIELDS) {
        return next_line(p, in, field_limit(p), AIU_HEADERS_TOO_LARGE, ret_line);
    }
    enum aiu_status too_long = p->response ? AIU_HEADERS_TOO_LARGE : AIU_URI_TOO_LONG;
    return next_line(p, in, p->limits->line, too_long, ret_line);
}

static enum aiu_status end_message(struct http1 *p)
{
    p->state = ENDED;
    return p->events->on_end(p->ctx);
}

static enum aiu_status end_head(struct http1 *p)
{
    TRY(http1_settle_head(p));
    if (p->response && p->head.status < 200) {
        p->interim++;
        restart(p);
        return p->interim > MOST_INTERIM ? AIU_HTTP_INVALID : AIU_OK;
    }
    struct http_head head = p->head;
    p->closing = !head.keep_alive;
    TRY(p->events->on_head(p->ctx, &head));
    restart(p); // no span of the head outlives on_head
    switch (head.framing) {
    case HTTP_NO_BODY:
        return end_message(p);
    case HTTP_LENGTH:
        p->state = LENGTH;
        p->left = head.length;
        return p->left == 0 ? end_message(p) : AIU_OK;
    case HTTP_CHUNKED:
        p->state = CHUNK_LINE;
        return AIU_OK;
    case HTTP_UNTIL_CLOSE:
        p->state = UNTIL_CLOSE;
        return AIU_OK;
    }
    return AIU_INTERNAL;
}

// RFC 9112 2.2: one empty line before a request is left over from a sloppy client; more are none of
// HTTP.
static enum aiu_status skip_blank_line(struct http1 *p)
{
    if (p->response || p->blank_line) {
        return AIU_HTTP_INVALID;
    }
    p->blank_line = true;
    buf_reset(&p->held);
    p->line_at = 0;
    return AIU_OK;
}

static enum aiu_status take_head_line(struct http1 *p, struct span text)
{
    if (p->state == START && text.n == 0) {
        return skip_blank_line(p);
    }
    if (p->state == START) {
        TRY(http1_take_start_line(p, text));
        p->state = FIELDS;
        return AIU_OK;
    }
    return text.n == 0 ? end_head(p) : http1_take_field(p, text);
}

// What cannot begin a message is refused at its first byte: a TLS client on a plain port should not
// wait for the end of a line that never comes. After `Connection: close` nothing can (RFC
// 9112 9.6).
static bool can_begin(const struct http1 *p, uint8_t c)
{
    if (p->closing) {
        return false;
    }
    return p->response ? c == 'H' : c == '\r' || http_is_token(span_of(&c, 1));
}

static enum aiu_status feed_head(struct http1 *p, struct span *in)
{
    const uint8_t *head_at = in->p; // where the head begins, if nothing of it is held

    while (in->n > 0 && (p->state == START || p->state == FIELDS)) {
        struct line line;
        if (p->state == START && p->held.n == 0) {
            head_at = in->p;
            if (!can_begin(p, in->p[0])) {
                return AIU_HTTP_INVALID;
            }
        }
        TRY(next_head_line(p, in, &line));
        if (!line.whole) {
            break;
        }
        TRY(take_head_line(p, line.text));
        p->line_at = p->held.n;
    }
    if ((p->state == START && in->n > 0) || p->state == FIELDS) {
        if (p->held.n == 0) {
            size_t line_at = (size_t)(in->p - head_at);
            TRY(keep(p, span_of(head_at, line_at + in->n)));
            p->line_at = line_at;
        }
        *in = span_drop_first(*in, in->n);
    }
    return AIU_OK;
}

// A line that stands for itself: the one before a chunk, behind it, or of a trailer.
static enum aiu_status next_single_line(struct http1 *p, struct span *in, struct line *ret_line)
{
    if (p->state == TRAILERS) {
        TRY(next_line(p, in, field_limit(p), AIU_HEADERS_TOO_LARGE, ret_line));
    } else {
        size_t limit = p->state == CHUNK_END ? 0 : p->limits->chunk_line;
        TRY(next_line(p, in, limit, AIU_HTTP_INVALID, ret_line));
    }
    if (!ret_line->whole) {
        TRY(keep(p, *in));
        *in = span_drop_first(*in, in->n);
    }
    return AIU_OK;
}

static enum aiu_status take_chunk_line(struct http1 *p, struct span text)
{
    size_t extensions = 0;

    TRY(http1_chunk_line(text, &p->left, &extensions));
    p->extensions += extensions;
    if (p->left > p->limits->body - p->body || p->extensions > p->limits->total) {
        return AIU_BODY_TOO_LARGE;
    }
    p->state = p->left > 0 ? CHUNK_DATA : TRAILERS;
    return AIU_OK;
}

static enum aiu_status take_single_line(struct http1 *p, struct span text)
{
    if (p->state == CHUNK_LINE) {
        return take_chunk_line(p, text);
    }
    if (p->state == CHUNK_END) {
        p->state = CHUNK_LINE;
        return AIU_OK;
    }
    return text.n == 0 ? end_message(p) : http1_take_trailer(p, text);
}

static enum aiu_status feed_single_line(struct http1 *p, struct span *in)
{
    struct line line;

    TRY(next_single_line(p, in, &line));
    if (!line.whole) {
        return AIU_OK;
    }
    TRY(take_single_line(p, line.text));
    buf_reset(&p->held);
    return AIU_OK;
}

static enum aiu_status hand_over(struct http1 *p, struct span *in, uint64_t most)
{
    struct span piece = in->n < most ? *in : span_first(*in, (size_t)most);

    *in = span_drop_first(*in, piece.n);
    p->body += piece.n;
    return piece.n == 0 ? AIU_OK : p->events->on_body(p->ctx, piece);
}

// Of a body that the connection's end ends, what the limit allows is handed over before the error.
static enum aiu_status feed_until_close(struct http1 *p, struct span *in)
{
    TRY(hand_over(p, in, p->limits->body - p->body));
    return in->n > 0 ? AIU_BODY_TOO_LARGE : AIU_OK;
}

static enum aiu_status feed_counted(struct http1 *p, struct span *in)
{
    uint64_t before = p->body;

    TRY(hand_over(p, in, p->left));
    p->left -= p->body - before;
    if (p->left > 0) {
        return AIU_OK;
    }
    if (p->state == LENGTH) {
        return end_message(p);
    }
    p->state = CHUNK_END;
    return AIU_OK;
}

static enum aiu_status feed_some(struct http1 *p, struct span *in)
{
    switch (p->state) {
    case START:
    case FIELDS:
        return feed_head(p, in);
    case LENGTH:
    case CHUNK_DATA:
        return feed_counted(p, in);
    case UNTIL_CLOSE:
        return feed_until_close(p, in);
    case CHUNK_LINE:
    case CHUNK_END:
    case TRAILERS:
        return feed_single_line(p, in);
    default:
        return AIU_INTERNAL;
    }
}

enum aiu_status http1_feed(struct http1 *p, struct span bytes, size_t *ret_used)
{
    struct span in = bytes;

    if (p->failed == AIU_OK && p->response && p->state == ENDED && in.n > 0) {
        p->failed = AIU_HTTP_INVALID; // a response that nobody asked for
    }
    while (p->failed == AIU_OK && in.n > 0 && p->state != ENDED) {
        p->failed = feed_some(p, &in);
    }
    if (p->failed == AIU_OK) {
        *ret_used = bytes.n - in.n;
    }
    return p->failed;
}

enum aiu_status http1_finish(struct http1 *p)
{
    if (p->failed != AIU_OK || p->state == ENDED) {
        return p->failed;
    }
    if (p->state == UNTIL_CLOSE) {
        p->failed = end_message(p);
    } else if (p->response || !http1_idle(p)) {
        p->failed = AIU_HTTP_INVALID;
    }
    return p->failed;
}
