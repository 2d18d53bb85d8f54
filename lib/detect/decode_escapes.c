// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Escapes inside text: each becomes the character that it stands for, all else stays, and marks
// keep the way back, so that what is found has its exact place. Bytes (%C3%A9, \xC3\xA9) stay bytes
// and make UTF-8 together.
#include <string.h>

#include "base/utf8.h"
#include "detect/ascii.h"
#include "detect/decode.h"
#include "detect/lanes.h"

enum {
    NAME_MOST = 14,
    AROUND = 256, // bytes without an escape that are shown before and behind one
};

// One escape: `n` bytes of the text, which say a character, or one byte of one.
struct escape {
    size_t n;
    uint32_t code;
    bool byte;
};

static unsigned digit_value(uint8_t c)
{
    return (uint8_t)(is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
}

// `least` to `most` digits of `base` at `at`; how many there were.
static size_t number_at(struct span text, size_t at, unsigned base, size_t least, size_t most,
                        uint32_t *ret)
{
    size_t n = 0;
    uint32_t value = 0;

    while (n < most && at + n < text.n && is_hex(text.p[at + n]) &&
           digit_value(text.p[at + n]) < base) {
        value = value * base + digit_value(text.p[at + n]);
        n++;
    }
    *ret = value;
    return n >= least ? n : 0;
}

static bool at_is(struct span text, size_t at, char c)
{
    return at < text.n && text.p[at] == (uint8_t)c;
}

// An escape of `head` bytes and then a number of `least` to `most` digits.
static struct escape number_escape(struct span text, size_t at, size_t head, unsigned base,
                                   size_t least, size_t most)
{
    struct escape e = {0};
    size_t n = number_at(text, at + head, base, least, most, &e.code);

    e.n = n == 0 ? 0 : head + n;
    return e;
}

// The same with a brace behind the number.
static struct escape braced_escape(struct span text, size_t at)
{
    struct escape e = number_escape(text, at, 3, 16, 1, 6);

    if (e.n > 0) {
        e.n = at_is(text, at + e.n, '}') ? e.n + 1 : 0;
    }
    return e;
}

static struct escape byte_escape(struct span text, size_t at, size_t head, unsigned base,
                                 size_t digits)
{
    struct escape e = number_escape(text, at, head, base, digits, digits);

    e.byte = true;
    return e;
}

// %69, %u0069
static struct escape percent_at(struct span text, size_t at)
{
    bool wide = at_is(text, at + 1, 'u') || at_is(text, at + 1, 'U');

    return wide ? number_escape(text, at, 2, 16, 4, 4) : byte_escape(text, at, 1, 16, 2);
}

// \u0069 with its second half of a pair, \u{69}
static struct escape unicode_at(struct span text, size_t at)
{
    if (at_is(text, at + 2, '{')) {
        return braced_escape(text, at);
    }
    struct escape e = number_escape(text, at, 2, 16, 4, 4);
    if (e.n > 0 && e.code >= 0xD800 && e.code < 0xDC00 && at_is(text, at + 6, '\\')) {
        struct escape low = number_escape(text, at + 6, 2, 16, 4, 4);
        if (low.n > 0 && low.code >= 0xDC00 && low.code < 0xE000) {
            e.code = 0x10000 + ((e.code - 0xD800) << 10) + (low.code - 0xDC00);
            e.n += low.n;
        }
    }
    return e;
}

static struct escape backslash_at(struct span text, size_t at)
{
    if (at + 1 >= text.n) {
        return (struct escape){0};
    }
    switch (text.p[at + 1]) {
    case 'u':
        return unicode_at(text, at);
    case 'U':
        return number_escape(text, at, 2, 16, 8, 8);
    case 'x':
        return at_is(text, at + 2, '{') ? braced_escape(text, at) : byte_escape(text, at, 2, 16, 2);
    default:
        return byte_escape(text, at, 1, 8, 3);
    }
}

// --- HTML -------------------------------------------------------------------------------------

static const struct {
    const char *name;
    char c;
} names[] = {
    {"amp", '&'},    {"lt", '<'},     {"gt", '>'},      {"quot", '"'},   {"apos", '\''},
    {"nbsp", ' '},   {"Tab", ' '},    {"NewLine", ' '}, {"excl", '!'},   {"num", '#'},
    {"dollar", '$'}, {"percnt", '%'}, {"lpar", '('},    {"rpar", ')'},   {"ast", '*'},
    {"plus", '+'},   {"comma", ','},  {"period", '.'},  {"sol", '/'},    {"colon", ':'},
    {"semi", ';'},   {"equals", '='}, {"quest", '?'},   {"commat", '@'}, {"lsqb", '['},
    {"bsol", '\\'},  {"rsqb", ']'},   {"lowbar", '_'},  {"lcub", '{'},   {"rcub", '}'},
    {"vert", '|'},   {"hyphen", '-'}, {"dash", '-'},    {"ndash", '-'},  {"mdash", '-'},
    {"ensp", ' '},   {"emsp", ' '},   {"thinsp", ' '},  {"rsquo", '\''}, {"lsquo", '\''},
    {"ldquo", '"'},  {"rdquo", '"'},  {"lbrack", '['},  {"rbrack", ']'}, {"lbrace", '{'},
    {"rbrace", '}'}, {"verbar", '|'}, {"Hat", '^'},     {"grave", '`'},
};

// "afr", "Bopf", "cscr": mathematical letters; "eacute", "uuml", "ccedil": letters with a sign.
static const char *const letter_ends[] = {"fr",    "opf", "scr",   "acute", "grave", "circ",
                                          "tilde", "uml", "cedil", "ring",  "slash", "caron"};
// What is not seen stands for nothing.
static const char *const unseen_names[] = {"shy", "zwj", "zwnj", "lrm", "rlm", "ZeroWidthSpace"};

static bool named(struct span name, uint32_t *ret_code)
{
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (span_equal(name, span_str(names[i].name))) {
            *ret_code = (uint8_t)names[i].c;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(letter_ends); i++) {
        if (name.n > 1 && is_alpha(name.p[0]) &&
            span_equal(span_drop_first(name, 1), span_str(letter_ends[i]))) {
            *ret_code = name.p[0];
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(unseen_names); i++) {
        if (span_equal(name, span_str(unseen_names[i]))) {
            *ret_code = 0;
            return true;
        }
    }
    return false;
}

// &#105; &#x69; with or without the semicolon; &amp;
static struct escape entity_at(struct span text, size_t at)
{
    struct escape e = {.n = 1};

    if (at_is(text, at + 1, '#')) {
        bool hex = at_is(text, at + 2, 'x') || at_is(text, at + 2, 'X');
        e = hex ? number_escape(text, at, 3, 16, 1, 7) : number_escape(text, at, 2, 10, 1, 8);
        e.n += e.n > 0 && at_is(text, at + e.n, ';');
        return e;
    }
    while (e.n <= NAME_MOST && at + e.n < text.n && is_alnum(text.p[at + e.n])) {
        e.n++;
    }
    bool known = at_is(text, at + e.n, ';') && named(span_of(text.p + at + 1, e.n - 1), &e.code);
    e.n = known ? e.n + 1 : 0;
    return e;
}

// U+0069, and the blank behind it where another follows.
static struct escape plus_at(struct span text, size_t at)
{
    struct escape e = number_escape(text, at, 2, 16, 4, 6);

    e.n += e.n > 0 && at_is(text, at + e.n, ' ') && at_is(text, at + e.n + 1, 'U') &&
           at_is(text, at + e.n + 2, '+');
    return e;
}

static struct escape escape_at(struct span text, size_t at)
{
    switch (text.p[at]) {
    case '%':
        return percent_at(text, at);
    case '&':
        return entity_at(text, at);
    case '\\':
        return backslash_at(text, at);
    case 'U':
        return at_is(text, at + 1, '+') ? plus_at(text, at) : (struct escape){0};
    default:
        return (struct escape){0};
    }
}

static bool may_escape(uint8_t c)
{
    return c == '%' || c == '&' || c == '\\' || c == 'U';
}

static enum aiu_status put_escape(struct folder *f, size_t at, const struct escape *e)
{
    uint8_t bytes[4] = {(uint8_t)e->code};
    size_t n = 1;

    if (!e->byte) {
        bool scalar = e->code <= 0x10FFFF && !(e->code >= 0xD800 && e->code < 0xE000);
        n = e->code == 0 ? 0 : utf8_write(scalar ? e->code : 0xFFFD, bytes);
    }
    return fold_put(f, span_of(bytes, n), at, e->n);
}

static bool any_may_escape(const uint8_t *p)
{
    lanes v = lanes_load(p);

    return lanes_any(lanes_in(v, '%', 2) | lanes_equal(v, '\\') | lanes_equal(v, 'U'));
}

// The next escape from `at` on; text.n where there is none.
static size_t next_escape(struct span text, size_t at, struct escape *ret_escape)
{
    while (at < text.n) {
        if (text.n - at >= LANES && !any_may_escape(text.p + at)) {
            at += LANES;
            continue;
        }
        size_t end = text.n - at < LANES ? text.n : at + LANES;
        for (; at < end; at++) {
            *ret_escape = may_escape(text.p[at]) ? escape_at(text, at) : (struct escape){0};
            if (ret_escape->n > 0) {
                return at;
            }
        }
    }
    return text.n;
}

enum aiu_status decode_escapes(struct folder *f, struct span text, size_t *at,
                               struct folded *ret_reading)
{
    struct escape e = {0};
    size_t next = next_escape(text, *at, &e);
    size_t copied = next - *at > AROUND ? next - AROUND : *at; // up to here

    fold_begin(f);
    while (next < text.n && next - copied <= AROUND) {
        TRY(fold_put(f, span_of(text.p + copied, next - copied), copied, next - copied));
        TRY(put_escape(f, next, &e));
        copied = next + e.n;
        next = next_escape(text, copied, &e);
    }
    if (f->text.n > 0) {
        size_t rest = text.n - copied > AROUND ? AROUND : text.n - copied;
        TRY(fold_put(f, span_of(text.p + copied, rest), copied, rest));
    }
    *at = next == text.n ? text.n : copied;
    *ret_reading = fold_reading(f, FOLD_DECODED);
    return AIU_OK;
}
