// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A borrowed run of bytes: all text inside the product. By value, never owned, not terminated.
//
// Ownership: whoever made the bytes. Threads: as the bytes. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const uint8_t *p;
    size_t n;
};

// A span over a string literal, also in static initialisers.
#define SPAN(literal)                                                                              \
    {                                                                                              \
        (const uint8_t *)("" literal), sizeof(literal) - 1                                         \
    }
// The same as an expression.
#define SPAN_OF(literal) ((struct span)SPAN(literal))

static inline struct span span_of(const void *p, size_t n)
{
    return (struct span){p, n};
}

// NULL gives an empty span.
static inline struct span span_str(const char *s)
{
    return (struct span){(const uint8_t *)s, s == NULL ? 0 : strlen(s)};
}

static inline bool span_equal(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

// `n` more than the length means all of it, here and below.
static inline struct span span_first(struct span s, size_t n)
{
    return (struct span){s.p, n < s.n ? n : s.n};
}

static inline struct span span_drop_first(struct span s, size_t n)
{
    size_t k = n < s.n ? n : s.n;
    return (struct span){k == 0 ? s.p : s.p + k, s.n - k};
}

static inline struct span span_drop_last(struct span s, size_t n)
{
    return (struct span){s.p, n < s.n ? s.n - n : 0};
}

static inline bool span_starts_with(struct span s, struct span prefix)
{
    return s.n >= prefix.n && span_equal(span_first(s, prefix.n), prefix);
}

static inline bool span_ends_with(struct span s, struct span suffix)
{
    return s.n >= suffix.n && span_equal(span_drop_first(s, s.n - suffix.n), suffix);
}

static inline struct span span_skip_prefix(struct span s, struct span prefix)
{
    return span_starts_with(s, prefix) ? span_drop_first(s, prefix.n) : s;
}

// ASCII case only (RFC 9110 5.1: field names).
bool span_equal_nocase(struct span a, struct span b);

// Index of the first byte for which `is` holds; s.n where there is none.
size_t span_find(struct span s, bool (*is)(uint8_t));

// Index of the first `c`; s.n where there is none.
size_t span_find_byte(struct span s, uint8_t c);

// Index of the first `needle`; hay.n where there is none. An empty needle is at 0.
size_t span_find_span(struct span hay, struct span needle);

// Split at the first `c` into what is before and after it; without a `c`, `*ret_after` is empty.
// Returns whether there was one.
bool span_cut(struct span s, uint8_t c, struct span *ret_before, struct span *ret_after);

// Without leading and trailing SP and HTAB (RFC 9110 5.6.3: OWS).
struct span span_trim_ows(struct span s);

// Order of bytes, then of length: <0, 0, >0.
int span_compare(struct span a, struct span b);
