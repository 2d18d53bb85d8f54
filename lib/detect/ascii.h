// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Classes of ASCII bytes, without locale.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static inline bool is_digit(uint8_t c)
{
    return (uint8_t)(c - '0') < 10;
}

static inline bool is_upper(uint8_t c)
{
    return (uint8_t)(c - 'A') < 26;
}

static inline uint8_t to_lower(uint8_t c)
{
    return is_upper(c) ? (uint8_t)(c | 0x20) : c;
}

static inline bool is_alpha(uint8_t c)
{
    return (uint8_t)((c | 0x20) - 'a') < 26;
}

// Whether `text` is `lower` in either case. `lower` has no capital letter.
static inline bool equal_lowered(const uint8_t *text, const uint8_t *lower, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (to_lower(text[i]) != lower[i]) {
            return false;
        }
    }
    return true;
}

static inline bool is_alnum(uint8_t c)
{
    return is_digit(c) || is_alpha(c);
}

static inline bool is_hex(uint8_t c)
{
    return is_digit(c) || (uint8_t)((c | 0x20) - 'a') < 6;
}

static inline bool is_base64url(uint8_t c)
{
    return is_alnum(c) || c == '-' || c == '_';
}

// Of a digit of base64 or base64url; any other byte is as the last one.
static inline uint32_t base64_value(uint8_t c)
{
    if (is_upper(c)) {
        return c - 'A';
    }
    if (is_digit(c)) {
        return c - '0' + 52U;
    }
    if (is_alpha(c)) {
        return c - 'a' + 26U;
    }
    return c == '+' || c == '-' ? 62 : 63;
}

static inline bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\v' || c == '\f';
}
