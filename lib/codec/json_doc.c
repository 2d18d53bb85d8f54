// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Reading a scanned document. Nothing is decoded before it is asked for.
#include "base/num.h"
#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_keys.h"
#include "codec/json_string.h"

enum { PATH_KEY_MAX = 64 };

bool json_is(const struct json_doc *d, uint32_t token, enum json_type type)
{
    return token < d->count && d->tokens[token].type == type;
}

static bool has_text(const struct json_doc *d, uint32_t token)
{
    return json_is(d, token, JSON_STRING) || json_is(d, token, JSON_KEY);
}

uint32_t json_first(const struct json_doc *d, uint32_t parent)
{
    if (!json_is(d, parent, JSON_OBJECT) && !json_is(d, parent, JSON_ARRAY)) {
        return JSON_NONE;
    }
    return d->tokens[parent].next > parent + 1 ? parent + 1 : JSON_NONE;
}

uint32_t json_next(const struct json_doc *d, uint32_t parent, uint32_t child)
{
    uint32_t next = d->tokens[child].next;

    return next < d->tokens[parent].next ? next : JSON_NONE;
}

bool json_equal(const struct json_doc *d, uint32_t token, struct span text)
{
    if (!has_text(d, token)) {
        return false;
    }
    if (!d->tokens[token].escaped) {
        return span_equal(json_raw(d, token), text);
    }
    struct json_unescaped u = {.rest = json_raw(d, token)};
    for (size_t i = 0; i < text.n; i++) {
        if (json_unescaped_next(&u) != text.p[i]) {
            return false;
        }
    }
    return json_unescaped_next(&u) < 0;
}

uint32_t json_member(const struct json_doc *d, uint32_t object, struct span key)
{
    if (!json_is(d, object, JSON_OBJECT)) {
        return JSON_NONE;
    }
    for (uint32_t k = json_first(d, object); k != JSON_NONE; k = json_next(d, object, k)) {
        if (json_equal(d, k, key)) {
            return k + 1;
        }
    }
    return JSON_NONE;
}

uint32_t json_element(const struct json_doc *d, uint32_t array, uint32_t index)
{
    if (!json_is(d, array, JSON_ARRAY)) {
        return JSON_NONE;
    }
    uint32_t element = json_first(d, array);
    while (element != JSON_NONE && index-- > 0) {
        element = json_next(d, array, element);
    }
    return element;
}

enum aiu_status json_unescape(const struct json_doc *d, uint32_t token, struct buf *out)
{
    struct span rest = json_raw(d, token);
    uint8_t bytes[4];
    uint32_t code = 0;
    size_t width = 0;

    while (rest.n > 0) {
        size_t plain = span_find_byte(rest, '\\');
        TRY(buf_append(out, span_first(rest, plain)));
        rest = span_drop_first(rest, plain);
        if (rest.n == 0 || json_escape_read(rest, &code, &width) == ESCAPE_MORE) {
            break;
        }
        TRY(buf_append(out, span_of(bytes, utf8_write(code, bytes))));
        rest = span_drop_first(rest, width);
    }
    return AIU_OK;
}

enum aiu_status json_string(const struct json_doc *d, uint32_t token, struct arena *a,
                            struct span *ret_text)
{
    struct span raw = json_raw(d, token);
    struct json_unescaped u = {.rest = raw};
    size_t n = 0;

    if (!d->tokens[token].escaped) {
        *ret_text = raw;
        return AIU_OK;
    }
    uint8_t *p = arena_new(a, raw.n); // unescaping only shortens
    if (p == NULL) {
        return AIU_NO_MEMORY;
    }
    for (int c = 0; (c = json_unescaped_next(&u)) >= 0;) {
        p[n++] = (uint8_t)c;
    }
    *ret_text = span_of(p, n);
    return AIU_OK;
}

enum aiu_status json_u64(const struct json_doc *d, uint32_t token, uint64_t *ret_value)
{
    if (!json_is(d, token, JSON_NUMBER)) {
        return AIU_USAGE;
    }
    return num_parse_u64(json_raw(d, token), UINT64_MAX, ret_value);
}

enum aiu_status json_bool(const struct json_doc *d, uint32_t token, bool *ret_value)
{
    if (!json_is(d, token, JSON_TRUE) && !json_is(d, token, JSON_FALSE)) {
        return AIU_USAGE;
    }
    *ret_value = d->tokens[token].type == JSON_TRUE;
    return AIU_OK;
}

static bool is_harmless(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static enum aiu_status append_key(const struct json_doc *d, uint32_t key, struct buf *out)
{
    struct span name = json_raw(d, key);
    bool known = name.n > 0 && name.n <= PATH_KEY_MAX;

    for (size_t i = 0; known && i < name.n; i++) {
        known = is_harmless(name.p[i]);
    }
    if (out->n > 0) {
        TRY(buf_append_byte(out, '.'));
    }
    return buf_append(out, known ? name : SPAN_OF("?"));
}

static enum aiu_status append_index(uint32_t index, struct buf *out)
{
    TRY(buf_append_byte(out, '['));
    TRY(buf_append_u64(out, index));
    return buf_append_byte(out, ']');
}

enum aiu_status json_path(const struct json_doc *d, uint32_t token, struct buf *out)
{
    uint32_t at = 0;

    while (at != token) {
        uint32_t index = 0;
        uint32_t child = at + 1;
        for (; d->tokens[child].next <= token; index++) {
            child = d->tokens[child].next;
        }
        if (d->tokens[at].type == JSON_ARRAY) {
            TRY(append_index(index, out));
            at = child;
        } else {
            TRY(append_key(d, child, out));
            at = token == child ? child : child + 1;
        }
    }
    return AIU_OK;
}
