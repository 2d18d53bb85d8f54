// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"

enum aiu_status num_parse_u64(struct span text, uint64_t most, uint64_t *ret_value)
{
    uint64_t value = 0;

    if (text.n == 0) {
        return AIU_USAGE;
    }
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (c < '0' || c > '9' || __builtin_mul_overflow(value, 10U, &value) ||
            __builtin_add_overflow(value, (uint64_t)(c - '0'), &value)) {
            return AIU_USAGE;
        }
    }
    if (value > most) {
        return AIU_USAGE;
    }
    *ret_value = value;
    return AIU_OK;
}

struct unit {
    struct span name;
    uint64_t factor;
};

static enum aiu_status parse_with_unit(struct span text, const struct unit *units, size_t count,
                                       uint64_t *ret_value)
{
    for (size_t i = 0; i < count; i++) {
        struct span digits = span_drop_last(text, units[i].name.n);
        uint64_t value = 0;
        if (!span_ends_with(text, units[i].name) ||
            num_parse_u64(digits, UINT64_MAX, &value) != AIU_OK) {
            continue;
        }
        if (units[i].factor == 0 && value != 0) {
            return AIU_USAGE; // a bare number where a unit is required
        }
        if (__builtin_mul_overflow(value, units[i].factor, &value)) {
            return AIU_USAGE;
        }
        *ret_value = value;
        return AIU_OK;
    }
    return AIU_USAGE;
}

enum aiu_status num_parse_duration_ms(struct span text, uint64_t *ret_ms)
{
    static const struct unit units[] = {
        {SPAN("ms"), 1},       {SPAN("s"), 1000},      {SPAN("m"), 60000},
        {SPAN("h"), 3600000U}, {SPAN("d"), 86400000U}, {SPAN(""), 0},
    };
    return parse_with_unit(text, units, ARRAY_SIZE(units), ret_ms);
}

enum aiu_status num_parse_size(struct span text, uint64_t *ret_bytes)
{
    static const struct unit units[] = {
        {SPAN("KiB"), 1024},
        {SPAN("MiB"), 1U << 20},
        {SPAN("GiB"), 1U << 30},
        {SPAN(""), 1},
    };
    return parse_with_unit(text, units, ARRAY_SIZE(units), ret_bytes);
}

int num_hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void write_hex(struct span bytes, uint8_t *p)
{
    static const char digits[] = "0123456789abcdef";

    for (size_t i = 0; i < bytes.n; i++) {
        p[2 * i] = (uint8_t)digits[bytes.p[i] >> 4];
        p[2 * i + 1] = (uint8_t)digits[bytes.p[i] & 15];
    }
}

enum aiu_status num_append_hex(struct buf *b, struct span bytes)
{
    uint8_t *p = NULL;

    TRY(buf_reserve(b, bytes.n * 2, &p));
    write_hex(bytes, p);
    buf_grow(b, bytes.n * 2);
    return AIU_OK;
}

void num_write_hex(struct span bytes, char *text)
{
    write_hex(bytes, (uint8_t *)text);
    text[bytes.n * 2] = '\0';
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char alphabet_url[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

// Three bytes (fewer at the end) become `1 + n` digits.
static enum aiu_status append_group(struct buf *b, struct span group, const char *digits)
{
    uint32_t bits = (uint32_t)group.p[0] << 16;

    bits |= group.n > 1 ? (uint32_t)group.p[1] << 8 : 0;
    bits |= group.n > 2 ? group.p[2] : 0;
    for (size_t i = 0; i <= group.n; i++) {
        TRY(buf_append_byte(b, (uint8_t)digits[bits >> (18 - 6 * i) & 63]));
    }
    return AIU_OK;
}

enum aiu_status num_append_base64(struct buf *b, struct span bytes)
{
    for (; bytes.n > 0; bytes = span_drop_first(bytes, 3)) {
        TRY(append_group(b, span_first(bytes, 3), alphabet));
        if (bytes.n < 3) {
            TRY(buf_append(b, span_first(SPAN_OF("=="), 3 - bytes.n)));
        }
    }
    return AIU_OK;
}

enum aiu_status num_append_base64url(struct buf *b, struct span bytes)
{
    for (; bytes.n > 0; bytes = span_drop_first(bytes, 3)) {
        TRY(append_group(b, span_first(bytes, 3), alphabet_url));
    }
    return AIU_OK;
}

static enum aiu_status decode_group(struct span group, struct buf *b)
{
    uint32_t bits = 0;

    for (size_t i = 0; i < 4; i++) {
        size_t digit = 0;
        if (i < group.n) {
            digit = span_find_byte(SPAN_OF("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                           "0123456789+/"),
                                   group.p[i]);
            if (digit == 64) {
                return AIU_USAGE;
            }
        }
        bits = bits << 6 | (uint32_t)digit;
    }
    if (group.n < 2 || (group.n == 2 && (bits & 0xFFFF) != 0) ||
        (group.n == 3 && (bits & 0xFF) != 0)) {
        return AIU_USAGE;
    }
    uint8_t bytes[3] = {(uint8_t)(bits >> 16), (uint8_t)(bits >> 8), (uint8_t)bits};
    return buf_append(b, (struct span){bytes, group.n - 1});
}

enum aiu_status num_decode_base64(struct span text, struct buf *b)
{
    if (text.n % 4 != 0) {
        return AIU_USAGE;
    }
    size_t padding = span_ends_with(text, SPAN_OF("==")) ? 2 : span_ends_with(text, SPAN_OF("="));
    struct span digits = span_drop_last(text, padding);

    for (; digits.n > 0; digits = span_drop_first(digits, 4)) {
        TRY(decode_group(span_first(digits, 4), b));
    }
    return AIU_OK;
}

void num_base64_write(struct span bytes, uint8_t *out)
{
    for (; bytes.n > 0; bytes = span_drop_first(bytes, 3)) {
        uint32_t bits = (uint32_t)bytes.p[0] << 16;
        bits |= bytes.n > 1 ? (uint32_t)bytes.p[1] << 8 : 0;
        bits |= bytes.n > 2 ? bytes.p[2] : 0;
        for (size_t i = 0; i < 4; i++) {
            *out++ = (uint8_t)(i <= bytes.n ? alphabet[bits >> (18 - 6 * i) & 63] : '=');
        }
    }
}

static int base64_digit(uint8_t c)
{
    if (c >= 'A' && c <= 'Z') {
        return c - 'A';
    }
    if (c >= 'a' && c <= 'z') {
        return c - 'a' + 26;
    }
    if (c >= '0' && c <= '9') {
        return c - '0' + 52;
    }
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool num_base64_read(struct span text, uint8_t *out, size_t n)
{
    if (text.n != NUM_BASE64_SIZE(n)) {
        return false;
    }
    for (; n > 0; text = span_drop_first(text, 4)) {
        size_t take = n < 3 ? n : 3;
        uint32_t bits = 0;
        for (size_t i = 0; i < 4; i++) {
            int digit = i <= take ? base64_digit(text.p[i]) : text.p[i] == '=' ? 0 : -1;
            if (digit < 0) {
                return false;
            }
            bits = bits << 6 | (uint32_t)digit;
        }
        if ((bits & ((1U << (24 - 8 * take)) - 1)) != 0) {
            return false;
        }
        for (size_t i = 0; i < take; i++) {
            *out++ = (uint8_t)(bits >> (16 - 8 * i));
        }
        n -= take;
    }
    return true;
}
