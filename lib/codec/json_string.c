// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// RFC 8259 section 7. Decisions are made on the shortest prefix that allows them and never change
// with more bytes, so that cutting the input changes nothing.
#include "codec/json_string.h"

#include "base/num.h"
#include "base/utf8.h"

enum { UNIT_WIDTH = 6, REPLACEMENT = 0xFFFD };

static uint32_t short_escape(uint8_t c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/':
        return c;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

// "\uXXXX" at s.p[0], where "\u" is known to stand as far as there are bytes.
static enum json_escape read_unit(struct span s, uint32_t *ret_unit)
{
    uint32_t unit = 0;

    for (size_t i = 2; i < UNIT_WIDTH; i++) {
        if (i >= s.n) {
            return ESCAPE_MORE;
        }
        int digit = num_hex_digit(s.p[i]);
        if (digit < 0) {
            return ESCAPE_BROKEN;
        }
        unit = unit << 4 | (uint32_t)digit;
    }
    *ret_unit = unit;
    return ESCAPE_WHOLE;
}

static bool is_high(uint32_t unit)
{
    return unit >= 0xD800 && unit <= 0xDBFF;
}

static bool is_low(uint32_t unit)
{
    return unit >= 0xDC00 && unit <= 0xDFFF;
}

// What follows a high surrogate: only a whole "\uDC00" to "\uDFFF" makes a pair.
static enum json_escape read_low(struct span s, uint32_t *ret_unit)
{
    if (s.n > 0 && s.p[0] != '\\') {
        return ESCAPE_LONE;
    }
    if (s.n > 1 && s.p[1] != 'u') {
        return ESCAPE_LONE;
    }
    enum json_escape e = read_unit(s, ret_unit);
    if (e == ESCAPE_MORE) {
        return e;
    }
    return e == ESCAPE_WHOLE && is_low(*ret_unit) ? ESCAPE_WHOLE : ESCAPE_LONE;
}

static enum json_escape read_unicode(struct span s, uint32_t *ret_code, size_t *ret_width)
{
    uint32_t unit = 0;
    uint32_t low = 0;
    enum json_escape e = read_unit(s, &unit);

    if (e == ESCAPE_WHOLE && is_high(unit)) {
        e = read_low(span_drop_first(s, UNIT_WIDTH), &low);
        *ret_width = e == ESCAPE_WHOLE ? ESCAPE_MAX : UNIT_WIDTH;
        *ret_code =
            e == ESCAPE_WHOLE ? 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00) : REPLACEMENT;
        return e;
    }
    if (e == ESCAPE_WHOLE && is_low(unit)) {
        *ret_code = REPLACEMENT;
        *ret_width = UNIT_WIDTH;
        return ESCAPE_LONE;
    }
    if (e == ESCAPE_WHOLE) {
        *ret_code = unit;
        *ret_width = UNIT_WIDTH;
    }
    return e;
}

enum json_escape json_escape_read(struct span s, uint32_t *ret_code, size_t *ret_width)
{
    enum json_escape e = ESCAPE_BROKEN;

    if (s.n < 2) {
        return ESCAPE_MORE;
    }
    if (s.p[1] == 'u') {
        e = read_unicode(s, ret_code, ret_width);
    } else {
        *ret_code = short_escape(s.p[1]);
        *ret_width = 2;
        e = *ret_code == 0 ? ESCAPE_BROKEN : ESCAPE_WHOLE;
    }
    if (e == ESCAPE_BROKEN) {
        *ret_code = '\\';
        *ret_width = 1;
    }
    return e;
}

static bool in(uint8_t c, uint8_t low, uint8_t high)
{
    return c >= low && c <= high;
}

// Second bytes that the lead allows (RFC 3629 section 4); the others are always 80..BF.
static bool second_fits(uint8_t lead, uint8_t c)
{
    switch (lead) {
    case 0xE0:
        return in(c, 0xA0, 0xBF);
    case 0xED:
        return in(c, 0x80, 0x9F);
    case 0xF0:
        return in(c, 0x90, 0xBF);
    case 0xF4:
        return in(c, 0x80, 0x8F);
    default:
        return in(c, 0x80, 0xBF);
    }
}

static int lead_width(uint8_t lead)
{
    if (in(lead, 0xE0, 0xEF)) {
        return 3;
    }
    if (in(lead, 0xC2, 0xDF)) {
        return 2;
    }
    return in(lead, 0xF0, 0xF4) ? 4 : -1;
}

int json_utf8_width(struct span s)
{
    int width = lead_width(s.p[0]);

    for (int i = 1; i < width; i++) {
        if ((size_t)i >= s.n) {
            return 0;
        }
        if (i == 1 ? !second_fits(s.p[0], s.p[1]) : !in(s.p[i], 0x80, 0xBF)) {
            return -1;
        }
    }
    return width;
}

int json_unescaped_next(struct json_unescaped *u)
{
    uint32_t code = 0;
    size_t width = 0;

    if (u->at < u->n) {
        return u->bytes[u->at++];
    }
    if (u->rest.n == 0) {
        return -1;
    }
    uint8_t c = u->rest.p[0];
    if (c != '\\' || json_escape_read(u->rest, &code, &width) == ESCAPE_MORE) {
        u->rest = span_drop_first(u->rest, 1);
        return c;
    }
    u->n = (uint8_t)utf8_write(code, u->bytes);
    u->at = 1;
    u->rest = span_drop_first(u->rest, width);
    return u->bytes[0];
}
