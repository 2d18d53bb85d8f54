// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a gateway does with messages: parse, drop what ends at this connection, write anew. Whatever
// was accepted must come out as text that means one thing: read again, it gives as many messages
// and, rewritten again, the same bytes. Shared by tests and fuzz targets, so nothing of cmocka
// here.
#pragma once

#include "codec/http1_write.h"

struct rewrite {
    struct buf text, body; // `body`: of a chunked message, so that cuts make no other chunks
    size_t whole;          // bytes of `text` up to the last whole message
    size_t messages;       // whole ones
    enum http_framing framing;
    bool response;
    const struct http1_limits *limits;
    struct http_field fields[128];
};

// For the second reading: a rewritten head may have three fields more than the first one.
static const struct http1_limits rewrite_wide = {
    .line = 16384,
    .field = 16384,
    .total = 65536,
    .count = 120,
    .body = 16U << 20,
    .chunk_line = 256,
};

static inline enum aiu_status rewrite_head(void *ctx, const struct http_head *h)
{
    struct rewrite *w = ctx;
    struct http_head to = *h;

    to.fields = w->fields;
    to.count = 0;
    if (!w->response) {
        w->fields[to.count++] = (struct http_field){SPAN("Host"), SPAN("upstream"), HTTP_HOST};
    }
    for (size_t i = 0; i < h->count; i++) {
        const struct http_field *field = &h->fields[i];
        bool own = (http_name_flags(field->id) & HTTP_OWN) != 0;
        if (!own && !http_head_is_hop_by_hop(h, field)) {
            w->fields[to.count++] = *field;
        }
    }
    to.framing = h->framing == HTTP_UNTIL_CLOSE ? HTTP_CHUNKED : h->framing;
    w->framing = to.framing;
    return w->response ? http1_write_response_head(&w->text, &to)
                       : http1_write_request_head(&w->text, &to);
}

static inline enum aiu_status rewrite_body(void *ctx, struct span bytes)
{
    struct rewrite *w = ctx;

    return buf_append(w->framing == HTTP_CHUNKED ? &w->body : &w->text, bytes);
}

static inline enum aiu_status rewrite_end(void *ctx)
{
    struct rewrite *w = ctx;

    if (w->framing == HTTP_CHUNKED) {
        TRY(http1_write_chunk(&w->text, buf_span(&w->body)));
        TRY(http1_write_last_chunk(&w->text));
        buf_reset(&w->body);
    }
    w->whole = w->text.n;
    w->messages++;
    return AIU_OK;
}

static const struct http1_events rewrite_events = {rewrite_head, rewrite_body, rewrite_end};

static inline void rewrite_init(struct rewrite *w, bool response)
{
    *w = (struct rewrite){.text = BUF_OF(16U << 20),
                          .body = BUF_OF(16U << 20),
                          .response = response,
                          .limits = &http1_default_limits};
}

static inline void rewrite_done(struct rewrite *w)
{
    buf_wipe(&w->text);
    buf_wipe(&w->body);
}

static inline void rewrite_begin(struct rewrite *w, struct http1 *p)
{
    if (w->response) {
        http1_init_response(p, w->limits, &rewrite_events, w);
        http1_expect(p, false);
    } else {
        http1_init_request(p, w->limits, &rewrite_events, w);
    }
}

static inline enum aiu_status rewrite_feed(struct rewrite *w, struct http1 *p, struct span input)
{
    while (input.n > 0) {
        size_t used = 0;
        TRY(http1_feed(p, input, &used));
        input = span_drop_first(input, used);
        if (http1_ended(p) && w->response) {
            http1_expect(p, false);
        } else if (http1_ended(p)) {
            http1_next(p);
        }
    }
    return AIU_OK;
}

// Rewrite `input`, fed in pieces of `piece` bytes (0: in one), up to its end or its first error.
static inline enum aiu_status rewrite_run_cut(struct rewrite *w, struct span input, size_t piece)
{
    struct http1 p;
    enum aiu_status st = AIU_OK;

    rewrite_begin(w, &p);
    while (st == AIU_OK && input.n > 0) {
        struct span part = piece == 0 ? input : span_first(input, piece);
        st = rewrite_feed(w, &p, part);
        input = span_drop_first(input, part.n);
    }
    if (st == AIU_OK) {
        st = http1_finish(&p);
    }
    http1_done(&p);
    return st;
}

static inline enum aiu_status rewrite_run(struct rewrite *w, struct span input)
{
    return rewrite_run_cut(w, input, 0);
}

// Whether the whole messages of `w`, read again, are the same messages.
static inline bool rewrite_is_stable(const struct rewrite *w)
{
    struct rewrite again;
    struct span text = span_first(buf_span(&w->text), w->whole);

    rewrite_init(&again, w->response);
    again.limits = &rewrite_wide;
    (void)rewrite_run(&again, text); // of a response, the end is that none follows: not AIU_OK
    bool same = again.messages == w->messages && span_equal(buf_span(&again.text), text);
    rewrite_done(&again);
    return same;
}
