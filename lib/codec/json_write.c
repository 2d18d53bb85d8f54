// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs that need no escape are found wide and copied whole. A writer needs no stack: one bit a
// level says whether a comma is due.
#include "codec/json_write.h"

#include "base/utf8.h"
#include "codec/json_string.h"
#include "codec/scan.h"

static enum aiu_status append_unit(struct buf *b, uint32_t unit)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t escape[6] = {'\\', 'u'};

    for (size_t i = 0; i < 4; i++) {
        escape[2 + i] = (uint8_t)digits[unit >> (12 - 4 * i) & 0xF];
    }
    return buf_append(b, span_of(escape, sizeof(escape)));
}

static enum aiu_status append_ascii(struct buf *b, uint8_t c)
{
    switch (c) {
    case '"':
        return buf_append(b, SPAN_OF("\\\""));
    case '\\':
        return buf_append(b, SPAN_OF("\\\\"));
    case '\n':
        return buf_append(b, SPAN_OF("\\n"));
    case '\r':
        return buf_append(b, SPAN_OF("\\r"));
    case '\t':
        return buf_append(b, SPAN_OF("\\t"));
    default:
        return append_unit(b, c);
    }
}

// U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
static bool ends_line(struct span character)
{
    return character.n == 3 && character.p[0] == 0xE2 && character.p[1] == 0x80 &&
           (character.p[2] | 1) == 0xA9;
}

// One character outside ASCII; `*rest` moves past it.
static enum aiu_status append_wide(struct buf *b, struct span *rest)
{
    int width = json_utf8_width(*rest);

    if (width <= 0) {
        *rest = span_drop_first(*rest, 1);
        return buf_append(b, SPAN_OF("\xEF\xBF\xBD"));
    }
    struct span character = span_first(*rest, (size_t)width);
    *rest = span_drop_first(*rest, (size_t)width);
    return ends_line(character) ? append_unit(b, 0x2000U + (character.p[2] & 0x3FU))
                                : buf_append(b, character);
}

enum aiu_status json_append_escaped(struct buf *b, struct span text)
{
    while (text.n > 0) {
        size_t plain = scan_plain(text.p, text.n);
        TRY(buf_append(b, span_first(text, plain)));
        text = span_drop_first(text, plain);
        if (text.n == 0) {
            break;
        }
        if (text.p[0] >= 0x80) {
            TRY(append_wide(b, &text));
        } else {
            TRY(append_ascii(b, text.p[0]));
            text = span_drop_first(text, 1);
        }
    }
    return AIU_OK;
}

enum aiu_status json_append_string(struct buf *b, struct span text)
{
    TRY(buf_append_byte(b, '"'));
    TRY(json_append_escaped(b, text));
    return buf_append_byte(b, '"');
}

void json_writer_init(struct json_writer *w, struct buf *out)
{
    *w = (struct json_writer){.out = out};
}

enum aiu_status json_writer_finish(const struct json_writer *w)
{
    CHECK(w->status != AIU_OK || (w->depth == 0 && !w->after_key));
    return w->status;
}

static void keep(struct json_writer *w, enum aiu_status st)
{
    if (w->status == AIU_OK) {
        w->status = st;
    }
}

static void put(struct json_writer *w, struct span bytes)
{
    if (w->status == AIU_OK) {
        w->status = buf_append(w->out, bytes);
    }
}

// Before each value and key: the comma, where one is due.
static void separate(struct json_writer *w)
{
    if (w->after_key) {
        w->after_key = false;
        return;
    }
    uint64_t level = (uint64_t)1 << w->depth;
    if ((w->some & level) != 0) {
        put(w, SPAN_OF(","));
    }
    w->some |= level;
}

static void open_with(struct json_writer *w, struct span bracket)
{
    separate(w);
    put(w, bracket);
    CHECK(w->depth < JSON_WRITER_DEPTH);
    w->depth++;
    w->some &= ~((uint64_t)1 << w->depth);
}

static void close_with(struct json_writer *w, struct span bracket)
{
    CHECK(w->depth > 0 && !w->after_key);
    w->depth--;
    put(w, bracket);
}

void json_write_object(struct json_writer *w)
{
    open_with(w, SPAN_OF("{"));
}

void json_write_object_end(struct json_writer *w)
{
    close_with(w, SPAN_OF("}"));
}

void json_write_array(struct json_writer *w)
{
    open_with(w, SPAN_OF("["));
}

void json_write_array_end(struct json_writer *w)
{
    close_with(w, SPAN_OF("]"));
}

void json_write_key_span(struct json_writer *w, struct span key)
{
    json_write_string(w, key);
    put(w, SPAN_OF(":"));
    w->after_key = true;
}

void json_write_key(struct json_writer *w, const char *key)
{
    json_write_key_span(w, span_str(key));
}

void json_write_string(struct json_writer *w, struct span text)
{
    separate(w);
    if (w->status == AIU_OK) {
        keep(w, json_append_string(w->out, text));
    }
}

void json_write_u64(struct json_writer *w, uint64_t value)
{
    separate(w);
    if (w->status == AIU_OK) {
        keep(w, buf_append_u64(w->out, value));
    }
}

void json_write_i64(struct json_writer *w, int64_t value)
{
    separate(w);
    if (value < 0) {
        put(w, SPAN_OF("-"));
    }
    if (w->status == AIU_OK) {
        keep(w, buf_append_u64(w->out, value < 0 ? 0 - (uint64_t)value : (uint64_t)value));
    }
}

void json_write_raw(struct json_writer *w, struct span json)
{
    separate(w);
    put(w, json);
}

void json_write_bool(struct json_writer *w, bool value)
{
    json_write_raw(w, value ? SPAN_OF("true") : SPAN_OF("false"));
}

void json_write_null(struct json_writer *w)
{
    json_write_raw(w, SPAN_OF("null"));
}

void json_write_member_string(struct json_writer *w, const char *key, struct span text)
{
    json_write_key(w, key);
    json_write_string(w, text);
}

void json_write_member_u64(struct json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_u64(w, value);
}

void json_write_member_i64(struct json_writer *w, const char *key, int64_t value)
{
    json_write_key(w, key);
    json_write_i64(w, value);
}

void json_write_member_bool(struct json_writer *w, const char *key, bool value)
{
    json_write_key(w, key);
    json_write_bool(w, value);
}
