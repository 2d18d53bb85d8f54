// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes JSON into a buffer: strings in any text, and values with their commas in the right places.
//
// What is written is valid JSON and valid UTF-8 whatever comes in: control bytes, quotes and
// backslashes are escaped, U+2028 and U+2029 too (they end lines in JavaScript and in some log
// readers), and a byte that is not UTF-8 becomes U+FFFD.
//
// Ownership: the caller's buffer. Threads: one per writer.
// Errors:    those of struct buf; a writer keeps the first and json_writer_finish returns it.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// Append `text` escaped, without and with quotes around it.
MUST_CHECK enum aiu_status json_append_escaped(struct buf *b, struct span text);
MUST_CHECK enum aiu_status json_append_string(struct buf *b, struct span text);

enum { JSON_WRITER_DEPTH = 63 };

struct json_writer {
    struct buf *out;
    enum aiu_status status;
    uint64_t some;  // bit d: the container at depth d has a value already
    uint8_t depth;  // open objects and arrays, at most JSON_WRITER_DEPTH
    bool after_key; // the next value belongs to a key: no comma
};

void json_writer_init(struct json_writer *w, struct buf *out);

// AIU_OK, or the first error. Everything that was opened must be closed (CHECK).
MUST_CHECK enum aiu_status json_writer_finish(const struct json_writer *w);

void json_write_object(struct json_writer *w);
void json_write_object_end(struct json_writer *w);
void json_write_array(struct json_writer *w);
void json_write_array_end(struct json_writer *w);

// A key is a literal of ours or, with _span, any text.
void json_write_key(struct json_writer *w, const char *key);
void json_write_key_span(struct json_writer *w, struct span key);

void json_write_string(struct json_writer *w, struct span text);
void json_write_u64(struct json_writer *w, uint64_t value);
void json_write_i64(struct json_writer *w, int64_t value);
void json_write_bool(struct json_writer *w, bool value);
void json_write_null(struct json_writer *w);
// A value that is JSON already; it is not looked at.
void json_write_raw(struct json_writer *w, struct span json);

// Key and value in one.
void json_write_member_string(struct json_writer *w, const char *key, struct span text);
void json_write_member_u64(struct json_writer *w, const char *key, uint64_t value);
void json_write_member_i64(struct json_writer *w, const char *key, int64_t value);
void json_write_member_bool(struct json_writer *w, const char *key, bool value);
