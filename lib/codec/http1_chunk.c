// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Extensions mean nothing to us and are dropped, yet read by their grammar: a peer that puts other
// bytes there wants two servers to disagree about where the line ends. The blanks that RFC 9112
// 7.1.1 calls bad are refused too.
#include "codec/http1_chunk.h"

#include "base/num.h"
#include "codec/header.h"

enum { MOST_DIGITS = 16 }; // of a 64-bit number

// RFC 9110 5.6.4. On success `text` begins behind the closing quote.
static bool take_quoted(struct span *text)
{
    struct span rest = span_drop_first(*text, 1);

    while (rest.n > 0 && rest.p[0] != '"') {
        size_t n = rest.p[0] == '\\' ? 2 : 1;
        if (n > rest.n || !http_is_value(span_of(rest.p + n - 1, 1))) {
            return false;
        }
        rest = span_drop_first(rest, n);
    }
    *text = span_drop_first(rest, 1);
    return rest.n > 0;
}

static bool take_token(struct span *text)
{
    size_t n = http_token_length(*text);

    *text = span_drop_first(*text, n);
    return n > 0;
}

// ";name", ";name=token" or ";name="quoted"".
static bool take_extension(struct span *text)
{
    if (text->p[0] != ';') {
        return false;
    }
    *text = span_drop_first(*text, 1);
    if (!take_token(text)) {
        return false;
    }
    if (text->n == 0 || text->p[0] != '=') {
        return true;
    }
    *text = span_drop_first(*text, 1);
    return text->n > 0 && text->p[0] == '"' ? take_quoted(text) : take_token(text);
}

enum aiu_status http1_chunk_line(struct span line, uint64_t *ret_size, size_t *ret_extensions)
{
    uint64_t size = 0;
    size_t n = 0;

    for (; n < line.n && num_hex_digit(line.p[n]) >= 0; n++) {
        size = size << 4 | (unsigned)num_hex_digit(line.p[n]);
    }
    if (n == 0 || n > MOST_DIGITS) {
        return AIU_HTTP_INVALID;
    }
    struct span rest = span_drop_first(line, n);
    while (rest.n > 0) {
        if (!take_extension(&rest)) {
            return AIU_HTTP_INVALID;
        }
    }
    *ret_size = size;
    *ret_extensions = line.n - n;
    return AIU_OK;
}
