// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs the HTTP/1.1 parser over an input cut in pieces and writes down what it said, so that a case
// is one line of a table and two ways of cutting can be compared as texts:
//
//   POST /v1 HTTP/1.1 keep chunked
//   host|a
//   {body bytes}.                       the dot is on_end
//   AIU_HTTP_INVALID                    the status at the end, unless AIU_OK
//
// Each piece lies in a block of its own that is freed after the feed: a span that outlives its
// bytes, or a read past them, is seen by the sanitizer.
#pragma once

#include "codec/http1.h"

#include "test.h"

enum record_kind { RECORD_REQUESTS, RECORD_RESPONSES, RECORD_RESPONSE_TO_HEAD };

struct record {
    enum record_kind kind;
    const struct http1_limits *limits;
    bool finish; // call http1_finish at the end
};

static inline const char *record_framing(enum http_framing framing)
{
    static const char *const names[] = {"none", "length", "chunked", "until-close"};

    return names[framing];
}

static inline enum aiu_status record_head(void *ctx, const struct http_head *h)
{
    struct buf *out = ctx;

    if (h->status != 0) {
        TRY(buf_printf(out, "%d ", h->status));
        TRY(buf_append(out, h->reason));
    } else {
        TRY(buf_append(out, h->method));
        TRY(buf_append(out, SPAN_OF(" ")));
        TRY(buf_append(out, h->target));
    }
    TRY(buf_printf(out, " HTTP/1.%u %s %s", h->minor, h->keep_alive ? "keep" : "close",
                   record_framing(h->framing)));
    if (h->framing == HTTP_LENGTH) {
        TRY(buf_printf(out, " %llu", (unsigned long long)h->length));
    }
    TRY(buf_append(out, h->expect_continue ? SPAN_OF(" expect\n") : SPAN_OF("\n")));
    for (size_t i = 0; i < h->count; i++) {
        TRY(buf_append(out, h->fields[i].name));
        TRY(buf_append(out, SPAN_OF("|")));
        TRY(buf_append(out, h->fields[i].value));
        TRY(buf_append(out, SPAN_OF("\n")));
    }
    return AIU_OK;
}

static inline enum aiu_status record_body(void *ctx, struct span bytes)
{
    assert_true(bytes.n > 0);
    return buf_append(ctx, bytes);
}

static inline enum aiu_status record_end(void *ctx)
{
    return buf_append(ctx, SPAN_OF(".\n"));
}

static const struct http1_events record_events = {record_head, record_body, record_end};

static inline void record_expect(struct http1 *p, const struct record *r)
{
    if (r->kind == RECORD_REQUESTS) {
        http1_next(p);
    } else {
        http1_expect(p, r->kind == RECORD_RESPONSE_TO_HEAD);
    }
}

// Feed one piece to the end, message after message.
static inline enum aiu_status record_piece(struct http1 *p, const struct record *r,
                                           struct span piece)
{
    enum aiu_status st = AIU_OK;

    while (st == AIU_OK && piece.n > 0) {
        uint8_t *copy = mem_new(piece.n, 1);
        size_t used = 0;

        assert_non_null(copy);
        memcpy(copy, piece.p, piece.n);
        if (http1_ended(p)) {
            record_expect(p, r);
        }
        st = http1_feed(p, span_of(copy, piece.n), &used);
        mem_wipe_free(copy, piece.n);
        if (st == AIU_OK) {
            assert_true(used == piece.n || http1_ended(p));
            piece = span_drop_first(piece, used);
        }
    }
    return st;
}

// Two pieces cut at `cut`; or, with SIZE_MAX, byte by byte.
static inline enum aiu_status record_run(const struct record *r, struct span input, size_t cut,
                                         struct buf *out)
{
    CLEANUP(http1_done) struct http1 p;
    enum aiu_status st = AIU_OK;

    if (r->kind == RECORD_REQUESTS) {
        http1_init_request(&p, r->limits, &record_events, out);
    } else {
        http1_init_response(&p, r->limits, &record_events, out);
        record_expect(&p, r);
    }
    if (cut == SIZE_MAX) {
        for (size_t i = 0; st == AIU_OK && i < input.n; i++) {
            st = record_piece(&p, r, span_of(input.p + i, 1));
        }
    } else {
        st = record_piece(&p, r, span_first(input, cut));
        st = st == AIU_OK ? record_piece(&p, r, span_drop_first(input, cut)) : st;
    }
    if (st == AIU_OK && r->finish) {
        st = http1_finish(&p);
    }
    if (st != AIU_OK) {
        assert_ok(buf_append(out, span_str(aiu_status_info(st)->name)));
    }
    return st;
}

// The verdict on the whole input; every cut must give the same text.
static inline enum aiu_status record_every_cut(const char *why, const struct record *r,
                                               struct span input, struct buf *out)
{
    enum aiu_status st = record_run(r, input, input.n, out);

    for (size_t cut = 0; cut <= input.n; cut++) {
        CLEANUP(buf_wipe) struct buf other = BUF_OF(1U << 20);
        // The last round goes byte by byte.
        (void)record_run(r, input, cut < input.n ? cut : SIZE_MAX, &other);
        assert_span(why, buf_span(&other), buf_span(out));
    }
    return st;
}
