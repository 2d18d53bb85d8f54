// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gzip.h"

enum { BLOCK_MAX = 65535 };

static uint32_t crc32_of(struct span text)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < text.n; i++) {
        crc ^= text.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
        }
    }
    return ~crc;
}

static enum aiu_status append_little(struct buf *out, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++) {
        TRY(buf_append_byte(out, (uint8_t)(value >> (8 * i))));
    }
    return AIU_OK;
}

static enum aiu_status append_block(struct buf *out, struct span block, bool last)
{
    TRY(buf_append_byte(out, last));
    TRY(append_little(out, (uint32_t)block.n, 2));
    TRY(append_little(out, ~(uint32_t)block.n, 2));
    return buf_append(out, block);
}

enum aiu_status gzip_append(struct buf *out, struct span text)
{
    uint32_t crc = crc32_of(text);
    uint32_t size = (uint32_t)text.n;
    bool last = false;

    TRY(buf_append(out, SPAN_OF("\x1f\x8b\x08\0\0\0\0\0\0\xff")));
    while (!last) {
        struct span block = span_first(text, BLOCK_MAX);
        text = span_drop_first(text, block.n);
        last = text.n == 0;
        TRY(append_block(out, block, last));
    }
    TRY(append_little(out, crc, 4));
    return append_little(out, size, 4);
}
