// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The event stream parser: any cut gives the same events and the same error, and no byte is lost.
// The first byte of the input says where to cut.
#include "codec/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size); // libFuzzer's name for it

static const struct sse_limits limits = {.line = 200, .event = 600};

struct seen {
    struct buf events;
    struct buf raw;
};

static enum aiu_status record(void *ctx, const struct sse_event *e)
{
    struct seen *s = ctx;

    CHECK(e->raw.n > 0 && e->raw.n <= limits.event + 1);
    TRY(buf_append(&s->raw, e->raw));
    if (!e->has_data) {
        return AIU_OK;
    }
    if (e->data_at != SIZE_MAX) {
        CHECK(e->data_at <= e->raw.n);
        CHECK(span_equal(span_first(span_drop_first(e->raw, e->data_at), e->data.n), e->data));
    }
    TRY(buf_append(&s->events, e->type));
    TRY(buf_append_byte(&s->events, 0xFF));
    TRY(buf_append(&s->events, e->data));
    return buf_append_byte(&s->events, 0xFE);
}

static enum aiu_status parse(struct span stream, size_t step, struct seen *seen)
{
    CLEANUP(sse_done) struct sse s;
    enum aiu_status st = AIU_OK;
    struct span rest = stream;

    buf_init(&seen->events, 1 << 20);
    buf_init(&seen->raw, 1 << 20);
    sse_init(&s, &limits, record, seen);
    while (rest.n > 0 && st == AIU_OK) {
        st = sse_feed(&s, span_first(rest, step));
        rest = span_drop_first(rest, step);
    }
    if (st == AIU_OK) {
        CHECK(buf_append(&seen->raw, sse_rest(&s)) == AIU_OK);
        CHECK(span_equal(buf_span(&seen->raw), stream));
    }
    return st;
}

static void seen_done(struct seen *s)
{
    buf_wipe(&s->events);
    buf_wipe(&s->raw);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span stream = span_drop_first(span_of(data, size < 8192 ? size : 8192), 1);
    size_t step = size > 0 ? 1 + data[0] % 40U : 1;
    CLEANUP(seen_done) struct seen whole;
    CLEANUP(seen_done) struct seen cut;
    CLEANUP(seen_done) struct seen bytes;

    enum aiu_status st = parse(stream, SIZE_MAX, &whole);
    CHECK(parse(stream, step, &cut) == st);
    CHECK(parse(stream, 1, &bytes) == st);
    CHECK(span_equal(buf_span(&whole.events), buf_span(&cut.events)));
    CHECK(span_equal(buf_span(&whole.events), buf_span(&bytes.events)));
    return 0;
}
