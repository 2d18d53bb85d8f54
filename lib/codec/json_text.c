// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs between backslashes pass as they are; only what the end of the bytes leaves undecided is
// held, and then completed byte by byte.
#include "codec/json_text.h"

#include "base/utf8.h"
#include "codec/json_string.h"

void json_text_init(struct json_text *t, text_sink sink, void *ctx)
{
    *t = (struct json_text){.sink = sink, .ctx = ctx};
}

// How much of a run may go on: an unfinished UTF-8 character at its end stays.
static size_t whole_characters(struct span run)
{
    for (size_t back = 1; back <= 3 && back <= run.n; back++) {
        struct span tail = span_drop_first(run, run.n - back);
        if ((tail.p[0] & 0xC0) != 0x80) {
            return tail.p[0] >= 0xC0 && json_utf8_width(tail) == 0 ? run.n - back : run.n;
        }
    }
    return run.n;
}

// The escape at the end of a string, where nothing comes behind it any more.
static void read_last_escape(struct span s, uint32_t *ret_code, size_t *ret_width)
{
    uint8_t ended[JSON_TEXT_HELD] = {0}; // a NUL continues no escape

    memcpy(ended, s.p, s.n < sizeof(ended) - 1 ? s.n : sizeof(ended) - 1);
    (void)json_escape_read(span_of(ended, s.n + 1), ret_code, ret_width);
}

static bool read_escape(struct span s, bool last, uint32_t *ret_code, size_t *ret_width)
{
    if (json_escape_read(s, ret_code, ret_width) != ESCAPE_MORE) {
        return true;
    }
    if (last) {
        read_last_escape(s, ret_code, ret_width);
    }
    return last;
}

static enum aiu_status emit_character(text_sink sink, void *ctx, uint32_t code, size_t source_n)
{
    uint8_t bytes[4];

    return sink(ctx, span_of(bytes, utf8_write(code, bytes)), source_n, TEXT_PLAIN);
}

// Decode as far as it is decided; with `last`, all of it.
static enum aiu_status decode(struct json_text *t, struct span raw, bool last, size_t *ret_used)
{
    struct span rest = raw;

    while (rest.n > 0) {
        size_t plain = span_find_byte(rest, '\\');
        size_t n = plain == rest.n && !last ? whole_characters(rest) : plain;
        if (n > 0) {
            TRY(t->sink(t->ctx, span_first(rest, n), n, TEXT_PLAIN));
            rest = span_drop_first(rest, n);
        }
        if (n < plain || rest.n == 0) {
            break;
        }
        uint32_t code = 0;
        size_t width = 0;
        if (!read_escape(rest, last, &code, &width)) {
            break;
        }
        TRY(emit_character(t->sink, t->ctx, code, width));
        rest = span_drop_first(rest, width);
    }
    *ret_used = raw.n - rest.n;
    return AIU_OK;
}

static enum aiu_status decode_held(struct json_text *t, bool last)
{
    size_t used = 0;

    TRY(decode(t, span_of(t->held, t->held_n), last, &used));
    memmove(t->held, t->held + used, t->held_n - used);
    t->held_n = (uint8_t)(t->held_n - used);
    return AIU_OK;
}

enum aiu_status json_text_feed(struct json_text *t, struct span raw)
{
    size_t used = 0;

    while (t->held_n > 0 && raw.n > 0) {
        CHECK(t->held_n < JSON_TEXT_HELD);
        t->held[t->held_n++] = raw.p[0];
        raw = span_drop_first(raw, 1);
        TRY(decode_held(t, false));
    }
    if (raw.n == 0) {
        return AIU_OK;
    }
    TRY(decode(t, raw, false, &used));
    CHECK(raw.n - used < JSON_TEXT_HELD);
    memcpy(t->held, raw.p + used, raw.n - used);
    t->held_n = (uint8_t)(raw.n - used);
    return AIU_OK;
}

enum aiu_status json_text_finish(struct json_text *t)
{
    return decode_held(t, true);
}

enum inner_state {
    VALUE_PLACE, // a number may begin here
    ELSEWHERE,   // outside strings, after anything else
    STRING,
    NUMBER,
};

void json_inner_init(struct json_inner *i, text_sink sink, void *ctx)
{
    *i = (struct json_inner){.sink = sink, .ctx = ctx, .state = VALUE_PLACE};
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static bool continues_number(uint8_t c)
{
    return is_digit(c) || c == '.' || c == '-' || c == '+' || c == 'e' || c == 'E';
}

static enum inner_state place_after(enum inner_state place, uint8_t c)
{
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
        return place == NUMBER ? ELSEWHERE : place;
    }
    return c == ':' || c == ',' || c == '[' ? VALUE_PLACE : ELSEWHERE;
}

// What the next character is part of, and the state after it. Not for escapes.
static enum text_origin advance(struct json_inner *i, uint8_t c)
{
    enum inner_state state = (enum inner_state)i->state;

    if (state == STRING) {
        i->state = c == '"' ? ELSEWHERE : STRING;
        return TEXT_PLAIN;
    }
    if ((state == NUMBER && continues_number(c)) ||
        (state == VALUE_PLACE && (is_digit(c) || c == '-'))) {
        i->state = NUMBER;
        return TEXT_NUMBER;
    }
    i->state = (uint8_t)(c == '"' ? STRING : place_after(state, c));
    return TEXT_PLAIN;
}

static size_t take_held(struct json_inner *i, size_t n)
{
    size_t source_n = 0;

    for (size_t k = 0; k < n; k++) {
        source_n += i->width[k];
    }
    i->held_n = (uint8_t)(i->held_n - n);
    memmove(i->held, i->held + n, i->held_n);
    memmove(i->width, i->width + n, i->held_n * sizeof(i->width[0]));
    return source_n;
}

// Hand on what is decided of the held characters: an escape, or what a broken one left behind.
static enum aiu_status settle(struct json_inner *i, bool last)
{
    while (i->held_n > 0) {
        uint32_t code = i->held[0];
        size_t width = 1;
        enum text_origin origin = TEXT_PLAIN;
        if (i->state != STRING || i->held[0] != '\\') {
            origin = advance(i, i->held[0]);
        } else if (!read_escape(span_of(i->held, i->held_n), last, &code, &width)) {
            break;
        }
        uint8_t bytes[4];
        size_t n = utf8_write(code, bytes);
        TRY(i->sink(i->ctx, span_of(bytes, n), take_held(i, width), origin));
    }
    return AIU_OK;
}

static enum aiu_status hold(struct json_inner *i, uint8_t c, size_t source_n)
{
    CHECK(i->held_n < JSON_TEXT_HELD);
    i->held[i->held_n] = c;
    i->width[i->held_n] = source_n;
    i->held_n++;
    return settle(i, false);
}

static bool begins_escape(const struct json_inner *i, uint8_t c)
{
    return i->state == STRING && c == '\\';
}

// The longest run from the front that is of one origin and holds no escape.
static size_t run_of_one_origin(struct json_inner *i, struct span run, enum text_origin *ret_origin)
{
    size_t n = 0;

    while (n < run.n && !begins_escape(i, run.p[n])) {
        uint8_t before = i->state;
        enum text_origin origin = advance(i, run.p[n]);
        if (n > 0 && origin != *ret_origin) {
            i->state = before;
            break;
        }
        *ret_origin = origin;
        n++;
    }
    return n;
}

// A character outside ASCII continues no escape: what is held is decided before it.
static enum aiu_status settle_before(struct json_inner *i, uint8_t c)
{
    return i->held_n > 0 && c >= 0x80 ? settle(i, true) : AIU_OK;
}

// Take the front of a run: one byte of an escape, or all up to the next one or to another origin.
static enum aiu_status feed_front(struct json_inner *i, struct span run, size_t *ret_used)
{
    enum text_origin origin = TEXT_PLAIN;

    TRY(settle_before(i, run.p[0]));
    *ret_used = 1;
    if (i->held_n > 0 || begins_escape(i, run.p[0])) {
        return hold(i, run.p[0], 1);
    }
    *ret_used = run_of_one_origin(i, run, &origin);
    return i->sink(i->ctx, span_first(run, *ret_used), *ret_used, origin);
}

static enum aiu_status feed_character(struct json_inner *i, struct span bytes, size_t source_n)
{
    TRY(settle_before(i, bytes.p[0]));
    if (i->held_n > 0 || begins_escape(i, bytes.p[0])) {
        return hold(i, bytes.p[0], source_n);
    }
    return i->sink(i->ctx, bytes, source_n, advance(i, bytes.p[0]));
}

enum aiu_status json_inner_feed(void *inner, struct span bytes, size_t source_n,
                                enum text_origin origin)
{
    size_t used = 0;

    (void)origin; // of the layer around: this one finds its own
    if (bytes.n != source_n) {
        return feed_character(inner, bytes, source_n);
    }
    while (bytes.n > 0) {
        TRY(feed_front(inner, bytes, &used));
        bytes = span_drop_first(bytes, used);
    }
    return AIU_OK;
}

enum aiu_status json_inner_finish(struct json_inner *i)
{
    TRY(settle(i, true));
    i->state = VALUE_PLACE;
    return AIU_OK;
}
