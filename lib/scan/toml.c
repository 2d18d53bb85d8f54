// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One pass over the text; strings with escapes are copied into the arena, all others are spans.
#include "scan/toml.h"

#include "base/buf.h"
#include "base/num.h"
#include "base/utf8.h"

struct parser {
    struct span rest;
    struct arena *arena;
    struct toml_error *error;
    struct toml *root;
    unsigned line;
    unsigned depth;
};

static enum aiu_status fail(struct parser *p, const char *reason)
{
    *p->error = (struct toml_error){.line = p->line, .reason = reason};
    return AIU_FILE_INVALID;
}

static uint8_t peek(const struct parser *p, size_t ahead)
{
    return ahead < p->rest.n ? p->rest.p[ahead] : 0;
}

static void skip(struct parser *p, size_t n)
{
    p->rest = span_drop_first(p->rest, n);
}

static bool take(struct parser *p, uint8_t byte)
{
    if (p->rest.n == 0 || p->rest.p[0] != byte) {
        return false;
    }
    skip(p, 1);
    return true;
}

static void skip_blanks(struct parser *p)
{
    while (peek(p, 0) == ' ' || peek(p, 0) == '\t') {
        skip(p, 1);
    }
}

static void skip_comment(struct parser *p)
{
    if (peek(p, 0) == '#') {
        skip(p, span_find_byte(p->rest, '\n'));
    }
}

static bool take_newline(struct parser *p)
{
    size_t n = peek(p, 0) == '\r' && peek(p, 1) == '\n' ? 2 : peek(p, 0) == '\n' ? 1 : 0;

    skip(p, n);
    p->line += n > 0;
    return n > 0;
}

// Blanks, comments and ends of lines.
static void skip_space(struct parser *p)
{
    do {
        skip_blanks(p);
        skip_comment(p);
    } while (take_newline(p));
}

static enum aiu_status end_of_line(struct parser *p)
{
    skip_blanks(p);
    skip_comment(p);
    return p->rest.n == 0 || take_newline(p) ? AIU_OK : fail(p, "the end of the line is expected");
}

static struct toml *new_value(struct parser *p, enum toml_kind kind)
{
    struct toml *t = arena_new(p->arena, sizeof(*t));

    if (t != NULL) {
        t->kind = kind;
        t->line = p->line;
    }
    return t;
}

static void append(struct toml *to, struct toml *item)
{
    if (to->last == NULL) {
        to->first = item;
    } else {
        to->last->next = item;
    }
    to->last = item;
}

const struct toml *toml_member(const struct toml *table, struct span key)
{
    if (table == NULL || table->kind != TOML_TABLE) {
        return NULL;
    }
    for (const struct toml *t = table->first; t != NULL; t = t->next) {
        if (span_equal(t->key, key)) {
            return t;
        }
    }
    return NULL;
}

static struct toml *member_of(struct toml *table, struct span key)
{
    for (struct toml *t = table->first; t != NULL; t = t->next) {
        if (span_equal(t->key, key)) {
            return t;
        }
    }
    return NULL;
}

// "\u" and "\U": so many hexadecimal digits of a scalar value.
static enum aiu_status read_code(struct parser *p, size_t digits, struct buf *out)
{
    uint32_t code = 0;
    uint8_t bytes[4];

    for (size_t i = 0; i < digits; i++) {
        int digit = num_hex_digit(peek(p, i));
        if (digit < 0) {
            return fail(p, "an escape has too few digits");
        }
        code = code << 4 | (uint32_t)digit;
    }
    if (code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
        return fail(p, "an escape is no character");
    }
    skip(p, digits);
    return buf_append(out, span_of(bytes, utf8_write(code, bytes)));
}

// A backslash at the end of a line: all blanks and line ends behind it go.
static bool take_joined_lines(struct parser *p)
{
    const struct parser before = *p;

    skip_blanks(p);
    if (!take_newline(p)) {
        *p = before;
        return false;
    }
    do {
        skip_blanks(p);
    } while (take_newline(p));
    return true;
}

static enum aiu_status read_escape(struct parser *p, bool lines, struct buf *out)
{
    static const char from[] = "btnfr\"\\";
    static const char to[] = "\b\t\n\f\r\"\\";

    if (lines && take_joined_lines(p)) {
        return AIU_OK;
    }
    uint8_t byte = peek(p, 0);
    const char *at = byte == 0 ? NULL : strchr(from, byte);
    skip(p, 1);
    if (at != NULL) {
        return buf_append_byte(out, (uint8_t)to[at - from]);
    }
    if (byte == 'u' || byte == 'U') {
        return read_code(p, byte == 'u' ? 4 : 8, out);
    }
    return fail(p, "there is no such escape");
}

// Whether the closing quotes stand here. Up to two more may stand before the last three.
static size_t closing(const struct parser *p, uint8_t quote, bool lines)
{
    size_t n = 0;

    while (n < 5 && peek(p, n) == quote && n < p->rest.n) {
        n++;
    }
    if (!lines) {
        return n > 0 ? 1 : 0;
    }
    return n >= 3 ? n : 0;
}

static enum aiu_status read_piece(struct parser *p, uint8_t quote, bool lines, struct buf *out)
{
    uint8_t byte = peek(p, 0);

    if (byte == '\\' && quote == '"') {
        skip(p, 1);
        return read_escape(p, lines, out);
    }
    if (byte == '\n' || (byte < 0x20 && byte != '\t' && !(lines && byte == '\r'))) {
        if (byte != '\n' || !lines) {
            return fail(p, "a string has a control byte or no end");
        }
        p->line++;
    }
    skip(p, 1);
    return buf_append_byte(out, byte);
}

static enum aiu_status read_string(struct parser *p, struct span *ret_text)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(TOML_MOST);
    uint8_t quote = peek(p, 0);
    bool lines = peek(p, 1) == quote && peek(p, 2) == quote;

    skip(p, lines ? 3 : 1);
    if (lines) {
        (void)take_newline(p);
    }
    size_t end = closing(p, quote, lines);
    while (end == 0) {
        if (p->rest.n == 0) {
            return fail(p, "a string has no end");
        }
        TRY(read_piece(p, quote, lines, &out));
        end = closing(p, quote, lines);
    }
    for (size_t i = 3; lines && i < end; i++) {
        TRY(buf_append_byte(&out, quote));
    }
    skip(p, end);
    return arena_copy(p->arena, buf_span(&out), ret_text);
}

static bool is_bare(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
}

static enum aiu_status read_key_part(struct parser *p, struct span *ret_key)
{
    size_t n = 0;

    skip_blanks(p);
    uint8_t first = peek(p, 0);
    if (first == '"' || first == '\'') {
        if (peek(p, 1) == first && peek(p, 2) == first) {
            return fail(p, "a key has no three quotes");
        }
        return read_string(p, ret_key);
    }
    while (n < p->rest.n && is_bare(p->rest.p[n])) {
        n++;
    }
    if (n == 0) {
        return fail(p, "a key is expected");
    }
    *ret_key = span_first(p->rest, n);
    skip(p, n);
    return AIU_OK;
}

// The table of one part of a header or dotted key: made where there is none; of an array of tables
// its last.
static enum aiu_status descend(struct parser *p, struct toml **table, struct span key)
{
    struct toml *t = member_of(*table, key);

    if (t == NULL) {
        t = new_value(p, TOML_TABLE);
        if (t == NULL) {
            return AIU_NO_MEMORY;
        }
        t->key = key;
        append(*table, t);
    }
    if (t->kind == TOML_ARRAY && !t->closed && t->last != NULL) {
        t = t->last;
    }
    if (t->kind != TOML_TABLE || t->closed) {
        return fail(p, "a key is used for two things");
    }
    *table = t;
    return AIU_OK;
}

// All parts of a key but the last, which is `*ret_key`.
static enum aiu_status read_key(struct parser *p, struct toml **table, struct span *ret_key)
{
    unsigned parts = 0;

    TRY(read_key_part(p, ret_key));
    skip_blanks(p);
    while (take(p, '.')) {
        if (++parts > TOML_DEPTH) {
            return fail(p, "a key has too many parts");
        }
        TRY(descend(p, table, *ret_key));
        TRY(read_key_part(p, ret_key));
        skip_blanks(p);
    }
    return AIU_OK;
}

static enum aiu_status read_value(struct parser *p, struct toml **ret_value);
static enum aiu_status read_pair(struct parser *p, struct toml *table);

static enum aiu_status read_array(struct parser *p, struct toml *array)
{
    array->closed = true;
    skip_space(p);
    while (!take(p, ']')) {
        struct toml *item = NULL;
        TRY(read_value(p, &item));
        append(array, item);
        skip_space(p);
        if (!take(p, ',') && peek(p, 0) != ']') {
            return fail(p, "a comma or ] is expected");
        }
        skip_space(p);
    }
    return AIU_OK;
}

static enum aiu_status read_inline_table(struct parser *p, struct toml *table)
{
    skip_blanks(p);
    if (take(p, '}')) {
        table->closed = true;
        return AIU_OK;
    }
    do {
        TRY(read_pair(p, table));
        skip_blanks(p);
    } while (take(p, ','));
    table->closed = true;
    return take(p, '}') ? AIU_OK : fail(p, "a comma or } is expected");
}

// Numbers, truth values and dates: their bytes.
static enum aiu_status read_other(struct parser *p, struct toml *value)
{
    size_t n = 0;

    while (n < p->rest.n && (is_bare(p->rest.p[n]) || strchr("+.:", p->rest.p[n]) != NULL) &&
           p->rest.p[n] != 0) {
        n++;
    }
    if (n == 0) {
        return fail(p, "a value is expected");
    }
    value->text = span_first(p->rest, n);
    skip(p, n);
    return AIU_OK;
}

static enum aiu_status read_of_kind(struct parser *p, struct toml *value)
{
    switch (value->kind) {
    case TOML_STRING:
        return read_string(p, &value->text);
    case TOML_ARRAY:
        skip(p, 1);
        return read_array(p, value);
    case TOML_TABLE:
        skip(p, 1);
        return read_inline_table(p, value);
    case TOML_OTHER:
        break;
    }
    return read_other(p, value);
}

static enum aiu_status read_value(struct parser *p, struct toml **ret_value)
{
    uint8_t first = peek(p, 0);
    enum toml_kind kind = first == '"' || first == '\'' ? TOML_STRING
                          : first == '['                ? TOML_ARRAY
                          : first == '{'                ? TOML_TABLE
                                                        : TOML_OTHER;
    struct toml *value = new_value(p, kind);

    if (value == NULL) {
        return AIU_NO_MEMORY;
    }
    if (++p->depth > TOML_DEPTH) {
        return fail(p, "values are nested too deeply");
    }
    TRY(read_of_kind(p, value));
    p->depth--;
    *ret_value = value;
    return AIU_OK;
}

static enum aiu_status read_pair(struct parser *p, struct toml *table)
{
    struct span key;
    struct toml *value = NULL;

    TRY(read_key(p, &table, &key));
    if (!take(p, '=')) {
        return fail(p, "= is expected behind a key");
    }
    skip_blanks(p);
    if (member_of(table, key) != NULL) {
        return fail(p, "a key stands twice");
    }
    TRY(read_value(p, &value));
    value->key = key;
    append(table, value);
    return AIU_OK;
}

// "[[a.b]]": one more element of the array a.b.
static enum aiu_status add_element(struct parser *p, struct toml *in, struct span key,
                                   struct toml **ret_table)
{
    struct toml *array = member_of(in, key);

    if (array == NULL) {
        array = new_value(p, TOML_ARRAY);
        if (array == NULL) {
            return AIU_NO_MEMORY;
        }
        array->key = key;
        append(in, array);
    }
    if (array->kind != TOML_ARRAY || array->closed) {
        return fail(p, "a key is used for two things");
    }
    *ret_table = new_value(p, TOML_TABLE);
    if (*ret_table == NULL) {
        return AIU_NO_MEMORY;
    }
    append(array, *ret_table);
    return AIU_OK;
}

static enum aiu_status read_header(struct parser *p, struct toml **ret_table)
{
    struct toml *table = p->root;
    struct span key;
    bool element = take(p, '[');

    TRY(read_key(p, &table, &key));
    if (!take(p, ']') || (element && !take(p, ']'))) {
        return fail(p, "] is expected");
    }
    if (element) {
        return add_element(p, table, key, ret_table);
    }
    const struct toml *there = member_of(table, key);
    if (there != NULL && there->kind == TOML_ARRAY) {
        return fail(p, "a key is used for two things");
    }
    TRY(descend(p, &table, key));
    if (table->defined) {
        return fail(p, "a table stands twice");
    }
    table->defined = true;
    *ret_table = table;
    return AIU_OK;
}

static enum aiu_status read_lines(struct parser *p)
{
    struct toml *table = p->root;

    skip_space(p);
    while (p->rest.n > 0) {
        TRY(take(p, '[') ? read_header(p, &table) : read_pair(p, table));
        TRY(end_of_line(p));
        skip_space(p);
    }
    return AIU_OK;
}

enum aiu_status toml_parse(struct span text, struct arena *a, struct toml **ret_root,
                           struct toml_error *ret_error)
{
    struct parser p = {.rest = span_skip_prefix(text, SPAN_OF("\xEF\xBB\xBF")),
                       .arena = a,
                       .error = ret_error,
                       .line = 1};

    if (text.n > TOML_MOST) {
        return AIU_TOO_LONG;
    }
    if (!utf8_valid(text)) {
        return fail(&p, "the file is not UTF-8");
    }
    p.root = new_value(&p, TOML_TABLE);
    if (p.root == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(read_lines(&p));
    *ret_root = p.root;
    return AIU_OK;
}
