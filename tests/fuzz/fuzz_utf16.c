// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as UTF-16 behind a byte order mark: valid UTF-8 comes of them, the same however they
// are read.
#include <string.h>

#include "base/buf.h"
#include "base/utf8.h"
#include "scan/utf16.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static ssize_t read_part(void *ctx, uint8_t *to, size_t most)
{
    struct span *left = ctx;
    struct span part = span_first(*left, most < 7 ? most : 7);

    memcpy(to, part.p, part.n);
    *left = span_drop_first(*left, part.n);
    return (ssize_t)part.n;
}

static void decode(struct span file, size_t head, size_t step, struct buf *out)
{
    static struct utf16_reader r;
    enum utf16_order order = file.p[0] == 0xFF ? UTF16_LITTLE : UTF16_BIG;
    struct span left = span_drop_first(file, head);
    uint8_t piece[16];

    utf16_init(&r, order, span_first(file, head), read_part, &left);
    for (ssize_t n = utf16_read(&r, piece, step); n > 0; n = utf16_read(&r, piece, step)) {
        CHECK(buf_append(out, span_of(piece, (size_t)n)) == AIU_OK);
    }
    CHECK(utf8_valid(buf_span(out)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span file = span_of(data, size);

    if (size < 2) {
        return 0;
    }
    (void)utf16_order_of(file);
    CLEANUP(buf_wipe) struct buf one = BUF_OF(1 << 24);
    CLEANUP(buf_wipe) struct buf two = BUF_OF(1 << 24);
    decode(file, 2, 1, &one);
    decode(file, size < UTF16_BUFFER ? size : UTF16_BUFFER, 16, &two);
    CHECK(span_equal(buf_span(&one), buf_span(&two)));
    return 0;
}
