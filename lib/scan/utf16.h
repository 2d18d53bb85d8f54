// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A file in UTF-16 read as UTF-8, so that lines and rules are those of any text. What is no UTF-16
// (half a pair, half a unit at the end) becomes U+FFFD; the byte order mark is no part of the text.
//
// Ownership: borrows its source. Threads: one. Memory: fixed. Errors: those of the source.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/span.h"

enum utf16_order { UTF16_NONE, UTF16_LITTLE, UTF16_BIG };

// What a file that begins with `head` is. A byte order mark alone does not make it UTF-16: a zero
// byte must be there too, which no text of bytes has; so nobody hides a text behind two bytes.
enum utf16_order utf16_order_of(struct span head);

enum { UTF16_BUFFER = 8192 };

// The next bytes of a file: how many, 0 at the end, -1 on an error.
typedef ssize_t (*utf16_source)(void *ctx, uint8_t *to, size_t most);

struct utf16_reader {
    utf16_source source;
    void *ctx;
    enum utf16_order order;
    uint8_t bytes[UTF16_BUFFER]; // that were read and not decoded
    size_t at, n;
    bool ended, failed;
    uint16_t pending; // a unit that was read and not used
    bool has_pending;
    uint8_t out[4]; // of a character that did not fit
    size_t out_at, out_n;
};

// `head`, of at most UTF16_BUFFER bytes, was read from the source already, mark included.
void utf16_init(struct utf16_reader *r, enum utf16_order order, struct span head,
                utf16_source source, void *ctx);

// A source again: the text as UTF-8.
ssize_t utf16_read(void *reader, uint8_t *to, size_t most);
