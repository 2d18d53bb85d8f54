// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Push scanner for JSON (RFC 8259, strict) that keeps the position of every value, so that a text
// can be examined and edited in place while every other byte stays as it came.
//
// Refused: anything outside the grammar, a byte order mark, bytes after the value, invalid UTF-8,
// escapes of half a surrogate pair, the same key twice in an object after unescaping (guide S7,
// S10), and whatever passes a limit. The result is the same for every way of cutting the input.
//
// Ownership: the text belongs to the caller and is never copied; tokens live in the caller's arena.
// Threads:   one per scanner; a finished document may be read by any.
// Memory:    16 bytes a token, at most four times that over all while the array grows.
// Time:      linear in the text; n log n in the keys of one object, whatever the keys are.
// Errors:    AIU_JSON_INVALID, AIU_JSON_TOO_DEEP, AIU_JSON_DUPLICATE_KEY, AIU_UTF8_INVALID,
//            AIU_JSON_TOO_LARGE (values, string or number over the limit), AIU_NO_MEMORY.
#pragma once

#include "base/arena.h"
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

struct json_limits {
    uint32_t depth;       // nested objects and arrays
    uint32_t values;      // tokens: values and keys
    size_t string;        // source bytes of one string or key, quotes not counted
    size_t number;        // bytes of one number
    bool lone_surrogates; // accept "\ud83d" alone: some providers cut a pair in two events
};

// Depth 128, 1,000,000 tokens, strings of 64 MiB, numbers of 1,000 bytes, no lone surrogates.
extern const struct json_limits json_default_limits;

enum json_type {
    JSON_OBJECT,
    JSON_ARRAY,
    JSON_STRING,
    JSON_KEY,
    JSON_NUMBER,
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
};

// No such token.
#define JSON_NONE UINT32_MAX

struct json_token {
    uint32_t start; // string and key: first byte inside the quotes; others: first byte
    uint32_t end;   // string and key: the closing quote; others: the byte after the value
    uint32_t next;  // token after this subtree; a key's subtree is the key and its value
    uint8_t type;   // enum json_type
    bool escaped;   // string and key: the source has a backslash
};

// A whole document: token 0 is the value. After an object come key, value, key, value …; after an
// array its elements.
struct json_doc {
    struct span text;
    const struct json_token *tokens;
    uint32_t count;
};

// Scanner state; fields are its own.
struct json {
    struct arena *arena;
    struct json_limits limits;
    struct json_token *tokens;
    uint32_t count;
    uint32_t capacity;
    uint32_t open;    // innermost open object or array; JSON_NONE outside
    uint32_t depth;   // open objects and arrays
    uint64_t *sorted; // scratch for the keys of a large object
    uint32_t sorted_capacity;
    size_t at;       // bytes taken
    size_t error_at; // where it stopped
    enum aiu_status status;
    uint8_t state;
    uint8_t number; // place in the grammar of a number
};

// Prepare `j`. Nothing is allocated until a token comes. `limits` is copied.
void json_init(struct json *j, struct arena *a, const struct json_limits *limits);

// Continue over `text_so_far`: the same text at each call, longer each time; it may have moved.
// The first error stays, and each later call returns it.
MUST_CHECK enum aiu_status json_feed(struct json *j, struct span text_so_far);

// The text is complete. Feeding before is optional. `*ret_doc` borrows `text` and the arena.
MUST_CHECK enum aiu_status json_finish(struct json *j, struct span text, struct json_doc *ret_doc);

// After an error: byte offset in the text at which it was found, for messages ("where, never
// what").
size_t json_error_offset(const struct json *j);

// json_init and json_finish in one. `*ret_offset` (may be NULL) is json_error_offset on error.
MUST_CHECK enum aiu_status json_parse(struct span text, struct arena *a,
                                      const struct json_limits *limits, struct json_doc *ret_doc,
                                      size_t *ret_offset);

// First child of an object (a key) or array (a value), and the one after `child`; JSON_NONE at the
// end, and for any other type. The value of key `k` is token `k + 1`.
uint32_t json_first(const struct json_doc *d, uint32_t parent);
uint32_t json_next(const struct json_doc *d, uint32_t parent, uint32_t child);

static inline enum json_type json_type(const struct json_doc *d, uint32_t token)
{
    return (enum json_type)d->tokens[token].type;
}

// Source bytes from start to end: of a string what stands between the quotes, still escaped.
static inline struct span json_raw(const struct json_doc *d, uint32_t token)
{
    const struct json_token *t = &d->tokens[token];
    return (struct span){d->text.p + t->start, t->end - t->start};
}

// Value of the member with exactly this key (case matters, compared unescaped); JSON_NONE where
// there is none or `object` (which may be JSON_NONE) is no object.
uint32_t json_member(const struct json_doc *d, uint32_t object, struct span key);

// Element `index` of an array; JSON_NONE as above.
uint32_t json_element(const struct json_doc *d, uint32_t array, uint32_t index);

// Whether `token` (may be JSON_NONE) is a string or key whose unescaped text is `text`.
bool json_equal(const struct json_doc *d, uint32_t token, struct span text);

// Whether `token` (may be JSON_NONE) has this type.
bool json_is(const struct json_doc *d, uint32_t token, enum json_type type);

// Append the unescaped text of a string or key. Half a surrogate pair becomes U+FFFD.
MUST_CHECK enum aiu_status json_unescape(const struct json_doc *d, uint32_t token, struct buf *out);

// The unescaped text of a string or key: the source itself, or a copy in `a` where it is escaped.
MUST_CHECK enum aiu_status json_string(const struct json_doc *d, uint32_t token, struct arena *a,
                                       struct span *ret_text);

// AIU_USAGE where the token (may be JSON_NONE) is not a whole number without sign, fraction and
// exponent that fits; not `true` or `false`.
MUST_CHECK enum aiu_status json_u64(const struct json_doc *d, uint32_t token, uint64_t *ret_value);
MUST_CHECK enum aiu_status json_bool(const struct json_doc *d, uint32_t token, bool *ret_value);

// Append where `token` stands, as "messages[0].content" ("" for the whole document). Keys are
// content: one that is not 1 to 64 of [A-Za-z0-9_-] is written "?". Costs the siblings before it.
MUST_CHECK enum aiu_status json_path(const struct json_doc *d, uint32_t token, struct buf *out);
