// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/span.h"

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

bool span_equal_nocase(struct span a, struct span b)
{
    if (a.n != b.n) {
        return false;
    }
    for (size_t i = 0; i < a.n; i++) {
        if (lower(a.p[i]) != lower(b.p[i])) {
            return false;
        }
    }
    return true;
}

size_t span_find(struct span s, bool (*is)(uint8_t))
{
    size_t i = 0;

    while (i < s.n && !is(s.p[i])) {
        i++;
    }
    return i;
}

size_t span_find_byte(struct span s, uint8_t c)
{
    const uint8_t *at = s.n == 0 ? NULL : memchr(s.p, c, s.n);

    return at == NULL ? s.n : (size_t)(at - s.p);
}

size_t span_find_span(struct span hay, struct span needle)
{
    if (needle.n == 0) {
        return 0;
    }
    const uint8_t *at = hay.n == 0 ? NULL : memmem(hay.p, hay.n, needle.p, needle.n);
    return at == NULL ? hay.n : (size_t)(at - hay.p);
}

bool span_cut(struct span s, uint8_t c, struct span *ret_before, struct span *ret_after)
{
    size_t at = span_find_byte(s, c);

    *ret_before = span_first(s, at);
    *ret_after = span_drop_first(s, at + 1);
    return at < s.n;
}

static bool is_ows(uint8_t c)
{
    return c == ' ' || c == '\t';
}

struct span span_trim_ows(struct span s)
{
    while (s.n > 0 && is_ows(s.p[0])) {
        s = span_drop_first(s, 1);
    }
    while (s.n > 0 && is_ows(s.p[s.n - 1])) {
        s = span_drop_last(s, 1);
    }
    return s;
}

int span_compare(struct span a, struct span b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

    return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}
