// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A state machine over RFC 3629's table of well-formed byte sequences. A state is named by what may
// come next; runs of ASCII are skipped eight bytes at a time.
#include "base/utf8.h"

enum {
    START = 0,
    TAIL_1, // one continuation byte is due
    TAIL_2,
    TAIL_3,
    AFTER_E0, // A0..BF, then one more
    AFTER_ED, // 80..9F, then one more
    AFTER_F0, // 90..BF, then two more
    AFTER_F4, // 80..8F, then two more
    INVALID,
};

static uint8_t after_lead(uint8_t c)
{
    if (c < 0x80) {
        return START;
    }
    if (c >= 0xC2 && c <= 0xDF) {
        return TAIL_1;
    }
    if (c == 0xE0) {
        return AFTER_E0;
    }
    if (c == 0xED) {
        return AFTER_ED;
    }
    if (c >= 0xE1 && c <= 0xEF) {
        return TAIL_2;
    }
    if (c == 0xF0) {
        return AFTER_F0;
    }
    if (c >= 0xF1 && c <= 0xF3) {
        return TAIL_3;
    }
    return c == 0xF4 ? AFTER_F4 : INVALID;
}

static uint8_t in_range(uint8_t c, uint8_t low, uint8_t high, uint8_t next)
{
    return c >= low && c <= high ? next : (uint8_t)INVALID;
}

static uint8_t step(uint8_t state, uint8_t c)
{
    switch (state) {
    case START:
        return after_lead(c);
    case TAIL_1:
        return in_range(c, 0x80, 0xBF, START);
    case TAIL_2:
        return in_range(c, 0x80, 0xBF, TAIL_1);
    case TAIL_3:
        return in_range(c, 0x80, 0xBF, TAIL_2);
    case AFTER_E0:
        return in_range(c, 0xA0, 0xBF, TAIL_1);
    case AFTER_ED:
        return in_range(c, 0x80, 0x9F, TAIL_1);
    case AFTER_F0:
        return in_range(c, 0x90, 0xBF, TAIL_2);
    case AFTER_F4:
        return in_range(c, 0x80, 0x8F, TAIL_2);
    default:
        return INVALID;
    }
}

static size_t ascii_run(struct span s)
{
    size_t i = 0;
    uint64_t word = 0;

    while (s.n - i >= sizeof(word)) {
        memcpy(&word, s.p + i, sizeof(word));
        if ((word & 0x8080808080808080U) != 0) {
            break;
        }
        i += sizeof(word);
    }
    return i;
}

enum aiu_status utf8_feed(struct utf8 *u, struct span bytes, size_t *ret_bad)
{
    uint8_t state = u->state;

    for (size_t i = 0; i < bytes.n; i++) {
        if (state == START && bytes.n - i >= sizeof(uint64_t)) {
            i += ascii_run(span_drop_first(bytes, i));
            if (i == bytes.n) {
                break;
            }
        }
        state = step(state, bytes.p[i]);
        if (state == INVALID) {
            if (ret_bad != NULL) {
                *ret_bad = i;
            }
            return AIU_UTF8_INVALID;
        }
    }
    u->state = state;
    return AIU_OK;
}

bool utf8_valid(struct span text)
{
    struct utf8 u = {0};

    return utf8_feed(&u, text, NULL) == AIU_OK && utf8_complete(&u);
}

static bool is_tail(uint8_t c)
{
    return (c & 0xC0) == 0x80;
}

size_t utf8_count(struct span valid)
{
    size_t count = 0;

    for (size_t i = 0; i < valid.n; i++) {
        count += !is_tail(valid.p[i]);
    }
    return count;
}

static size_t sequence_length(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xE0) {
        return 2;
    }
    return lead < 0xF0 ? 3 : 4;
}

static uint32_t decode(struct span s, size_t n)
{
    static const uint8_t lead_mask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    uint32_t code = s.p[0] & lead_mask[n];

    for (size_t i = 1; i < n; i++) {
        code = code << 6 | (s.p[i] & 0x3FU);
    }
    return code;
}

uint32_t utf8_next(struct span *valid)
{
    size_t n = sequence_length(valid->p[0]);
    uint32_t code = decode(*valid, n);

    *valid = span_drop_first(*valid, n);
    return code;
}

uint32_t utf8_next_lossy(struct span *text)
{
    size_t n = sequence_length(text->p[0]);

    if (n > text->n || !utf8_valid(span_first(*text, n))) {
        *text = span_drop_first(*text, 1);
        return 0xFFFD;
    }
    return utf8_next(text);
}

size_t utf8_write(uint32_t code, uint8_t out[4])
{
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xC0 | code >> 6);
        out[1] = (uint8_t)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xE0 | code >> 12);
        out[1] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
        out[2] = (uint8_t)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (uint8_t)(0xF0 | code >> 18);
    out[1] = (uint8_t)(0x80 | (code >> 12 & 0x3F));
    out[2] = (uint8_t)(0x80 | (code >> 6 & 0x3F));
    out[3] = (uint8_t)(0x80 | (code & 0x3F));
    return 4;
}

size_t utf8_previous(struct span valid, size_t at)
{
    while (at > 0 && is_tail(valid.p[--at])) {
    }
    return at;
}
