// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// First the end of a block is looked for, a blank line; then its lines are read at once. So a block
// that came whole is read where it lies, and only one that was cut is copied. `id` and `retry`
// steer reconnection, which no provider's stream uses: they pass in `raw` and are not read.
//
// Deliberately not here: UTF-8 (the stream is checked where it is decoded) and reconnection.
#include "codec/sse.h"

#include "codec/scan.h"

static const uint8_t byte_order_mark[] = {0xEF, 0xBB, 0xBF};

void sse_init(struct sse *s, const struct sse_limits *limits, sse_handler on_event, void *ctx)
{
    *s = (struct sse){.limits = *limits, .on_event = on_event, .ctx = ctx};
    // One more than the limit: the LF of a blank line's CR LF does not count, so that the limit is
    // the same where the stream is cut between them.
    buf_init(&s->held, limits->event < SIZE_MAX ? limits->event + 1 : SIZE_MAX);
    buf_init(&s->joined, limits->event);
}

void sse_done(struct sse *s)
{
    buf_wipe(&s->held);
    buf_wipe(&s->joined);
}

struct span sse_rest(const struct sse *s)
{
    return buf_span(&s->held);
}

// The source of one block while its lines are read.
struct block {
    struct sse_event event;
    size_t data_lines;
};

static enum aiu_status join(struct sse *s, struct span more)
{
    TRY(buf_append_byte(&s->joined, '\n'));
    return buf_append(&s->joined, more);
}

static enum aiu_status add_data(struct sse *s, struct block *b, struct span value)
{
    struct sse_event *event = &b->event;

    b->data_lines++;
    if (b->data_lines == 1) {
        event->has_data = true;
        event->data = value;
        event->data_at = (size_t)(value.p - event->raw.p);
        return AIU_OK;
    }
    if (b->data_lines == 2) {
        buf_reset(&s->joined);
        TRY(buf_append(&s->joined, event->data));
        event->data_at = SIZE_MAX;
    }
    TRY(join(s, value));
    event->data = buf_span(&s->joined);
    return AIU_OK;
}

// "name: value", "name:value", "name" and ": comment" (a comment has an empty name).
static enum aiu_status take_line(struct sse *s, struct block *b, struct span line)
{
    struct span name;
    struct span value;

    span_cut(line, ':', &name, &value);
    value = span_skip_prefix(value, SPAN_OF(" "));
    if (span_equal(name, SPAN_OF("data"))) {
        return add_data(s, b, value);
    }
    if (span_equal(name, SPAN_OF("event"))) {
        b->event.type = value;
    }
    return AIU_OK;
}

static enum aiu_status read_block(struct sse *s, struct span raw)
{
    struct block b = {.event = {.raw = raw, .data_at = SIZE_MAX}};
    struct span rest = span_drop_first(raw, s->marked ? sizeof(byte_order_mark) : 0);

    while (rest.n > 0) {
        size_t n = scan_line_end(rest.p, rest.n);
        if (n > 0) {
            TRY(take_line(s, &b, span_first(rest, n)));
        }
        // The LF of a CR LF stays in front as an empty line, which is passed over.
        rest = span_drop_first(rest, n + 1);
    }
    return s->on_event(s->ctx, &b.event);
}

// The block ends with `bytes`; what came before of it is held.
static enum aiu_status end_block(struct sse *s, struct span bytes)
{
    struct span raw = bytes;

    if (s->held.n > 0) {
        TRY(buf_append(&s->held, bytes));
        raw = buf_span(&s->held);
    }
    TRY(read_block(s, raw));
    buf_reset(&s->held);
    s->line_at = 0;
    s->marked = false;
    return AIU_OK;
}

// Pass over a byte order mark at the head of the stream, whichever way it was cut. A prefix of a
// mark that turns out to be none is text.
static size_t skip_mark(struct sse *s, struct span bytes)
{
    size_t i = 0;

    while (!s->begun && i < bytes.n) {
        if (bytes.p[i] != byte_order_mark[s->bom_seen]) {
            s->begun = true;
            break;
        }
        i++;
        s->bom_seen++;
        if (s->bom_seen == sizeof(byte_order_mark)) {
            s->begun = true;
            s->marked = true;
            s->line_at = sizeof(byte_order_mark);
        }
    }
    return i;
}

static bool over(const struct sse *s, size_t length, size_t at)
{
    return length > s->limits.line || at > s->limits.event;
}

// Take the line end at bytes.p[i]; returns the index behind it.
static size_t take_line_end(struct sse *s, struct span bytes, size_t i)
{
    bool cr = bytes.p[i] == '\r';

    i++;
    s->after_cr = cr && i == bytes.n;
    return cr && i < bytes.n && bytes.p[i] == '\n' ? i + 1 : i;
}

// Look for the blank line that ends the block: `*ret_n` is the index behind it in `bytes`, 0 where
// it has not come.
static enum aiu_status find_end(struct sse *s, struct span bytes, size_t *ret_n)
{
    size_t base = s->held.n;
    size_t i = skip_mark(s, bytes);

    *ret_n = 0;
    if (s->after_cr && bytes.p[0] == '\n') {
        i = 1;
        s->line_at = base + 1;
    }
    if (s->after_cr && i == 1 && base == 0) {
        *ret_n = 1; // the rest of the blank line of the block before
    }
    s->after_cr = false;
    while (i < bytes.n && *ret_n == 0) {
        i += scan_line_end(bytes.p + i, bytes.n - i);
        size_t length = base + i - s->line_at;
        if (over(s, length, base + i + (i < bytes.n ? 1 : 0))) {
            return AIU_TOO_LONG;
        }
        if (i < bytes.n) {
            i = take_line_end(s, bytes, i);
            s->line_at = base + i;
            *ret_n = length == 0 ? i : 0;
        }
    }
    return *ret_n == 0 && base + bytes.n > s->limits.event ? AIU_TOO_LONG : AIU_OK;
}

enum aiu_status sse_feed(struct sse *s, struct span bytes)
{
    size_t n = 0;

    while (bytes.n > 0) {
        TRY(find_end(s, bytes, &n));
        if (n == 0) {
            return buf_append(&s->held, bytes);
        }
        TRY(end_block(s, span_first(bytes, n)));
        bytes = span_drop_first(bytes, n);
    }
    return AIU_OK;
}
