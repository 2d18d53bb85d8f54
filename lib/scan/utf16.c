// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/utf16.h"

#include <string.h>

#include "base/status.h"
#include "base/utf8.h"

enum { REPLACEMENT = 0xFFFD };

enum utf16_order utf16_order_of(struct span head)
{
    if (head.n < 4 || memchr(head.p, 0, head.n) == NULL) {
        return UTF16_NONE;
    }
    if (head.p[0] == 0xFF && head.p[1] == 0xFE) {
        return UTF16_LITTLE;
    }
    return head.p[0] == 0xFE && head.p[1] == 0xFF ? UTF16_BIG : UTF16_NONE;
}

void utf16_init(struct utf16_reader *r, enum utf16_order order, struct span head,
                utf16_source source, void *ctx)
{
    CHECK(head.n >= 2 && head.n <= UTF16_BUFFER);
    *r = (struct utf16_reader){.source = source, .ctx = ctx, .order = order, .at = 2, .n = head.n};
    memcpy(r->bytes, head.p, head.n);
}

static bool next_byte(struct utf16_reader *r, uint8_t *ret)
{
    if (r->at == r->n && !r->ended) {
        ssize_t n = r->source(r->ctx, r->bytes, sizeof(r->bytes));
        r->failed = n < 0;
        r->ended = n <= 0;
        r->at = 0;
        r->n = n > 0 ? (size_t)n : 0;
    }
    if (r->at == r->n) {
        return false;
    }
    *ret = r->bytes[r->at++];
    return true;
}

static bool next_unit(struct utf16_reader *r, uint16_t *ret)
{
    uint8_t first = 0, second = 0;

    if (r->has_pending) {
        r->has_pending = false;
        *ret = r->pending;
        return true;
    }
    if (!next_byte(r, &first)) {
        return false;
    }
    if (!next_byte(r, &second)) {
        *ret = REPLACEMENT; // half a unit
        return !r->failed;
    }
    *ret =
        r->order == UTF16_BIG ? (uint16_t)(first << 8 | second) : (uint16_t)(second << 8 | first);
    return true;
}

static bool next_character(struct utf16_reader *r, uint32_t *ret)
{
    uint16_t unit = 0, low = 0;

    if (!next_unit(r, &unit)) {
        return false;
    }
    *ret = unit < 0xD800 || unit > 0xDFFF ? unit : REPLACEMENT;
    if (unit < 0xD800 || unit > 0xDBFF || !next_unit(r, &low)) {
        return true;
    }
    if (low >= 0xDC00 && low <= 0xDFFF) {
        *ret = 0x10000 + ((uint32_t)(unit - 0xD800) << 10) + (low - 0xDC00U);
    } else {
        r->pending = low;
        r->has_pending = true;
    }
    return true;
}

ssize_t utf16_read(void *reader, uint8_t *to, size_t most)
{
    struct utf16_reader *r = reader;
    uint32_t code = 0;
    size_t n = 0;

    while (n < most) {
        if (r->out_at < r->out_n) {
            to[n++] = r->out[r->out_at++];
            continue;
        }
        if (r->failed || !next_character(r, &code)) {
            break;
        }
        r->out_at = 0;
        r->out_n = utf8_write(code, r->out);
    }
    return n == 0 && r->failed ? -1 : (ssize_t)n;
}
