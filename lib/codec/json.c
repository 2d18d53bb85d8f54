// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A loop over what may come next. Open objects and arrays need no stack of their own: while one is
// open, its token's `next` holds the one around it, so depth costs no memory and no recursion.
//
// An escape, a UTF-8 character or a literal that the end of the bytes cuts in two is not taken
// until the rest is there; the text so far is always whole, so it is simply read again. Numbers are
// taken byte by byte, because a number has no bound that is small.
//
// Deliberately not here: values as numbers (they stay text, however large) and any change to the
// text.
#include "codec/json.h"

#include "codec/json_keys.h"
#include "codec/json_string.h"
#include "codec/scan.h"

const struct json_limits json_default_limits = {.depth = 128,
                                                .values = 1000000,
                                                .string = 64U << 20,
                                                .number = 1000};

enum state {
    VALUE,         // a value
    FIRST_ELEMENT, // a value or ]
    FIRST_KEY,     // a key or }
    KEY,           // a key
    COLON,
    COMMA, // a comma, or the end of what is open
    DONE,  // nothing but blanks
    IN_STRING,
    IN_NUMBER,
};

// Places in a number (RFC 8259 section 6), named by what was read last.
enum number { MINUS, ZERO, INTEGER, POINT, FRACTION, EXPONENT, EXPONENT_SIGN, POWER, NO_MORE };

// ON: something was taken. MORE: the bytes end here. FAILED: j->status says why.
enum step { ON, MORE, FAILED };

enum { FIRST_CAPACITY = 32 };

void json_init(struct json *j, struct arena *a, const struct json_limits *limits)
{
    *j = (struct json){.arena = a, .limits = *limits, .open = JSON_NONE};
}

static enum step fail(struct json *j, enum aiu_status status, size_t at)
{
    j->status = status;
    j->error_at = at;
    return FAILED;
}

static enum aiu_status grow(struct json *j)
{
    uint32_t capacity = j->capacity == 0 ? FIRST_CAPACITY : j->capacity * 2;

    if (j->capacity > UINT32_MAX / 2) {
        return AIU_JSON_TOO_LARGE;
    }
    struct json_token *tokens = arena_array(j->arena, capacity, sizeof(*tokens));
    if (tokens == NULL) {
        return AIU_NO_MEMORY;
    }
    if (j->count > 0) {
        memcpy(tokens, j->tokens, j->count * sizeof(*tokens));
    }
    j->tokens = tokens;
    j->capacity = capacity;
    return AIU_OK;
}

static enum step add_token(struct json *j, enum json_type type, size_t start)
{
    if (j->count >= j->limits.values) {
        return fail(j, AIU_JSON_TOO_LARGE, j->at);
    }
    if (j->count == j->capacity) {
        enum aiu_status st = grow(j);
        if (st != AIU_OK) {
            return fail(j, st, j->at);
        }
    }
    j->tokens[j->count] = (struct json_token){
        .start = (uint32_t)start,
        // For a key: it and its value. Corrected where the value turns out to be larger.
        .next = j->count + (type == JSON_KEY ? 2 : 1),
        .type = (uint8_t)type,
    };
    j->count++;
    return ON;
}

static void after_value(struct json *j)
{
    j->state = j->open == JSON_NONE ? DONE : COMMA;
}

static enum step open_container(struct json *j, enum json_type type)
{
    if (j->depth >= j->limits.depth) {
        return fail(j, AIU_JSON_TOO_DEEP, j->at);
    }
    if (add_token(j, type, j->at) != ON) {
        return FAILED;
    }
    uint32_t token = j->count - 1;
    j->tokens[token].next = j->open;
    j->open = token;
    j->depth++;
    j->at++;
    j->state = type == JSON_OBJECT ? FIRST_KEY : FIRST_ELEMENT;
    return ON;
}

static enum step close_container(struct json *j, struct span text, enum json_type type)
{
    uint32_t token = j->open;
    uint32_t twice = 0;

    if (token == JSON_NONE || j->tokens[token].type != type) {
        return fail(j, AIU_JSON_INVALID, j->at);
    }
    if (type == JSON_OBJECT && j->count - token > 3) {
        enum aiu_status st = json_keys_unique(j, text, token, &twice);
        if (st != AIU_OK) {
            return fail(j, st, st == AIU_JSON_DUPLICATE_KEY ? j->tokens[twice].start : j->at);
        }
    }
    uint32_t parent = j->tokens[token].next;
    j->at++;
    j->tokens[token].end = (uint32_t)j->at;
    j->tokens[token].next = j->count;
    if (parent != JSON_NONE && j->tokens[parent].type == JSON_OBJECT) {
        j->tokens[token - 1].next = j->count;
    }
    j->open = parent;
    j->depth--;
    after_value(j);
    return ON;
}

// At a backslash or a byte outside ASCII: how many bytes are one character.
static enum step character_width(struct json *j, struct span rest, size_t *ret_width)
{
    uint32_t code = 0;

    if (rest.p[0] != '\\') {
        int width = json_utf8_width(rest);
        *ret_width = width < 0 ? 0 : (size_t)width;
        return width > 0 ? ON : width == 0 ? MORE : fail(j, AIU_UTF8_INVALID, j->at);
    }
    switch (json_escape_read(rest, &code, ret_width)) {
    case ESCAPE_WHOLE:
        return ON;
    case ESCAPE_MORE:
        return MORE;
    case ESCAPE_LONE:
        return j->limits.lone_surrogates ? ON : fail(j, AIU_UTF8_INVALID, j->at);
    case ESCAPE_BROKEN:
        break;
    }
    return fail(j, AIU_JSON_INVALID, j->at);
}

static enum step end_string(struct json *j, struct json_token *t, struct span text, size_t at)
{
    t->end = (uint32_t)at;
    at++;
    if (t->type != JSON_KEY) {
        j->at = at;
        after_value(j);
        return ON;
    }
    // The colon is nearly always right there, and taking it here saves a turn of the loop.
    bool colon = at < text.n && text.p[at] == ':';
    j->at = colon ? at + 1 : at;
    j->state = colon ? VALUE : COLON;
    return ON;
}

static enum step take_string(struct json *j, struct span text)
{
    struct json_token *t = &j->tokens[j->count - 1];
    size_t at = j->at;
    size_t width = 0;

    for (;;) {
        at += scan_plain(text.p + at, text.n - at);
        // Before anything else: where a string is cut must not decide which error is found.
        if (at - t->start > j->limits.string) {
            return fail(j, AIU_JSON_TOO_LARGE, t->start + j->limits.string);
        }
        j->at = at;
        if (at == text.n) {
            return MORE;
        }
        uint8_t c = text.p[at];
        if (c == '"') {
            return end_string(j, t, text, at);
        }
        if (c < 0x20) {
            return fail(j, AIU_JSON_INVALID, at);
        }
        t->escaped |= c == '\\';
        width = json_utf8_run(text.p + at, text.n - at);
        if (width == 0) {
            enum step s = character_width(j, span_drop_first(text, at), &width);
            if (s != ON) {
                return s;
            }
        }
        at += width;
    }
}

static enum step begin_string(struct json *j, struct span text, enum json_type type)
{
    if (add_token(j, type, j->at + 1) != ON) {
        return FAILED;
    }
    j->at++;
    j->state = IN_STRING;
    return take_string(j, text);
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

enum { A_ZERO, A_DIGIT, A_POINT, AN_E, A_SIGN, OTHER, KINDS };

static size_t kind_of(uint8_t c)
{
    if (is_digit(c)) {
        return c == '0' ? A_ZERO : A_DIGIT;
    }
    if (c == '.') {
        return A_POINT;
    }
    if (c == 'e' || c == 'E') {
        return AN_E;
    }
    return c == '-' || c == '+' ? A_SIGN : OTHER;
}

static enum number next_in_number(enum number from, uint8_t c)
{
    static const uint8_t next[NO_MORE][KINDS] = {
        [MINUS] = {ZERO, INTEGER, NO_MORE, NO_MORE, NO_MORE, NO_MORE},
        [ZERO] = {NO_MORE, NO_MORE, POINT, EXPONENT, NO_MORE, NO_MORE},
        [INTEGER] = {INTEGER, INTEGER, POINT, EXPONENT, NO_MORE, NO_MORE},
        [POINT] = {FRACTION, FRACTION, NO_MORE, NO_MORE, NO_MORE, NO_MORE},
        [FRACTION] = {FRACTION, FRACTION, NO_MORE, EXPONENT, NO_MORE, NO_MORE},
        [EXPONENT] = {POWER, POWER, NO_MORE, NO_MORE, EXPONENT_SIGN, NO_MORE},
        [EXPONENT_SIGN] = {POWER, POWER, NO_MORE, NO_MORE, NO_MORE, NO_MORE},
        [POWER] = {POWER, POWER, NO_MORE, NO_MORE, NO_MORE, NO_MORE},
    };

    return (enum number)next[from][kind_of(c)];
}

static enum step end_number(struct json *j)
{
    enum number last = (enum number)j->number;

    if (last != ZERO && last != INTEGER && last != FRACTION && last != POWER) {
        return fail(j, AIU_JSON_INVALID, j->at);
    }
    j->tokens[j->count - 1].end = (uint32_t)j->at;
    after_value(j);
    return ON;
}

static size_t digits(struct span s)
{
    size_t n = 0;

    while (n < s.n && is_digit(s.p[n])) {
        n++;
    }
    return n;
}

static enum step take_number(struct json *j, struct span text)
{
    size_t start = j->tokens[j->count - 1].start;
    enum number place = (enum number)j->number;
    enum number next = place;

    while (j->at < text.n && next != NO_MORE) {
        if (place == INTEGER || place == FRACTION || place == POWER) {
            j->at += digits(span_drop_first(text, j->at));
        }
        next = j->at < text.n ? next_in_number(place, text.p[j->at]) : NO_MORE;
        if (next != NO_MORE) {
            place = next;
            j->at++;
        }
    }
    j->number = (uint8_t)place;
    if (j->at - start > j->limits.number) {
        return fail(j, AIU_JSON_TOO_LARGE, start + j->limits.number);
    }
    return j->at == text.n ? MORE : end_number(j);
}

static enum step begin_number(struct json *j, struct span text, uint8_t c)
{
    if (add_token(j, JSON_NUMBER, j->at) != ON) {
        return FAILED;
    }
    j->number = c == '-' ? MINUS : c == '0' ? ZERO : INTEGER;
    j->at++;
    j->state = IN_NUMBER;
    return take_number(j, text);
}

static enum step take_literal(struct json *j, struct span text, struct span word,
                              enum json_type type)
{
    struct span rest = span_first(span_drop_first(text, j->at), word.n);

    if (!span_starts_with(word, rest)) {
        return fail(j, AIU_JSON_INVALID, j->at);
    }
    if (rest.n < word.n) {
        return MORE;
    }
    if (add_token(j, type, j->at) != ON) {
        return FAILED;
    }
    j->at += word.n;
    j->tokens[j->count - 1].end = (uint32_t)j->at;
    after_value(j);
    return ON;
}

static enum step begin_value(struct json *j, struct span text, uint8_t c)
{
    switch (c) {
    case '"':
        return begin_string(j, text, JSON_STRING);
    case '{':
        return open_container(j, JSON_OBJECT);
    case '[':
        return open_container(j, JSON_ARRAY);
    case 't':
        return take_literal(j, text, SPAN_OF("true"), JSON_TRUE);
    case 'f':
        return take_literal(j, text, SPAN_OF("false"), JSON_FALSE);
    case 'n':
        return take_literal(j, text, SPAN_OF("null"), JSON_NULL);
    default:
        return c == '-' || is_digit(c) ? begin_number(j, text, c)
                                       : fail(j, AIU_JSON_INVALID, j->at);
    }
}

static enum step take_comma(struct json *j, struct span text, uint8_t c)
{
    if (c == ',') {
        j->at++;
        if (j->tokens[j->open].type != JSON_OBJECT) {
            j->state = VALUE;
            return ON;
        }
        j->state = KEY;
        return j->at < text.n && text.p[j->at] == '"' ? begin_string(j, text, JSON_KEY) : ON;
    }
    if (c == '}') {
        return close_container(j, text, JSON_OBJECT);
    }
    return c == ']' ? close_container(j, text, JSON_ARRAY) : fail(j, AIU_JSON_INVALID, j->at);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

static enum step take(struct json *j, struct span text)
{
    while (j->at < text.n && is_blank(text.p[j->at])) {
        j->at++;
    }
    if (j->at == text.n) {
        return MORE;
    }
    uint8_t c = text.p[j->at];
    switch ((enum state)j->state) {
    case FIRST_ELEMENT:
        return c == ']' ? close_container(j, text, JSON_ARRAY) : begin_value(j, text, c);
    case VALUE:
        return begin_value(j, text, c);
    case FIRST_KEY:
        if (c == '}') {
            return close_container(j, text, JSON_OBJECT);
        }
        break;
    case COLON:
        if (c == ':') {
            j->at++;
            j->state = VALUE;
            return ON;
        }
        return fail(j, AIU_JSON_INVALID, j->at);
    case COMMA:
        return take_comma(j, text, c);
    case KEY:
        break;
    case DONE:
    case IN_STRING:
    case IN_NUMBER:
        return fail(j, AIU_JSON_INVALID, j->at);
    }
    return c == '"' ? begin_string(j, text, JSON_KEY) : fail(j, AIU_JSON_INVALID, j->at);
}

enum aiu_status json_feed(struct json *j, struct span text_so_far)
{
    enum step s = ON;

    if (j->status == AIU_OK && text_so_far.n >= JSON_NONE) {
        s = fail(j, AIU_JSON_TOO_LARGE, j->at);
    }
    while (j->status == AIU_OK && s == ON) {
        if (j->state == IN_STRING) {
            s = take_string(j, text_so_far);
        } else if (j->state == IN_NUMBER) {
            s = take_number(j, text_so_far);
        } else {
            s = take(j, text_so_far);
        }
    }
    return j->status;
}

enum aiu_status json_finish(struct json *j, struct span text, struct json_doc *ret_doc)
{
    TRY(json_feed(j, text));
    if (j->state == IN_NUMBER && end_number(j) == FAILED) {
        return j->status;
    }
    if (j->state != DONE) {
        (void)fail(j, AIU_JSON_INVALID, text.n);
        return j->status;
    }
    *ret_doc = (struct json_doc){.text = text, .tokens = j->tokens, .count = j->count};
    return AIU_OK;
}

size_t json_error_offset(const struct json *j)
{
    return j->error_at;
}

enum aiu_status json_parse(struct span text, struct arena *a, const struct json_limits *limits,
                           struct json_doc *ret_doc, size_t *ret_offset)
{
    struct json j;

    json_init(&j, a, limits);
    enum aiu_status st = json_finish(&j, text, ret_doc);
    if (st != AIU_OK && ret_offset != NULL) {
        *ret_offset = j.error_at;
    }
    return st;
}
