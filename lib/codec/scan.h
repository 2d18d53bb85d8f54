// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Wide searches that the codecs of this layer share: 16 bytes at a time with SSE2, else 8 in a
// word, the rest one by one. They read no byte outside the span.
//
// Ownership: nothing is kept. Threads: any. Errors: none; the length where nothing is found.
#pragma once

#include "base/span.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define SCAN_ONES 0x0101010101010101U
#define SCAN_TOPS 0x8080808080808080U

// Non-zero when a byte of `word` is `c`; its lowest set bit may be wrong, that it is set is not.
static inline uint64_t scan_word_has(uint64_t word, uint8_t c)
{
    uint64_t x = word ^ (SCAN_ONES * c);

    return (x - SCAN_ONES) & ~x & SCAN_TOPS;
}

static inline uint64_t scan_word(const uint8_t *p)
{
    uint64_t word = 0;

    memcpy(&word, p, sizeof(word));
    return word;
}

static inline bool scan_is_plain(uint8_t c)
{
    return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

// Index of the first byte that is not a plain character of a JSON string: a quote, a backslash, a
// control byte or one outside ASCII.
static inline size_t scan_plain(const uint8_t *p, size_t n)
{
    size_t i = 0;

#if defined(__SSE2__)
    const __m128i quote = _mm_set1_epi8('"');
    const __m128i backslash = _mm_set1_epi8('\\');
    const __m128i blank = _mm_set1_epi8(0x20);
    for (; n - i >= sizeof(__m128i); i += sizeof(__m128i)) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        // Signed: bytes from 0x80 on are negative, so one comparison finds them too.
        __m128i stop = _mm_or_si128(_mm_cmplt_epi8(v, blank), _mm_cmpeq_epi8(v, quote));
        stop = _mm_or_si128(stop, _mm_cmpeq_epi8(v, backslash));
        unsigned mask = (unsigned)_mm_movemask_epi8(stop);
        if (mask != 0) {
            return i + (size_t)__builtin_ctz(mask);
        }
    }
#endif
    for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word = scan_word(p + i);
        uint64_t low = (word - SCAN_ONES * 0x20) & ~word;
        if ((((low | word) & SCAN_TOPS) | scan_word_has(word, '"') | scan_word_has(word, '\\')) !=
            0) {
            break;
        }
    }
    while (i < n && scan_is_plain(p[i])) {
        i++;
    }
    return i;
}

// Index of the first CR or LF.
static inline size_t scan_line_end(const uint8_t *p, size_t n)
{
    size_t i = 0;

#if defined(__SSE2__)
    const __m128i cr = _mm_set1_epi8('\r');
    const __m128i lf = _mm_set1_epi8('\n');
    for (; n - i >= sizeof(__m128i); i += sizeof(__m128i)) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(p + i));
        unsigned mask =
            (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_cmpeq_epi8(v, cr), _mm_cmpeq_epi8(v, lf)));
        if (mask != 0) {
            return i + (size_t)__builtin_ctz(mask);
        }
    }
#endif
    for (; n - i >= sizeof(uint64_t); i += sizeof(uint64_t)) {
        uint64_t word = scan_word(p + i);
        if ((scan_word_has(word, '\r') | scan_word_has(word, '\n')) != 0) {
            break;
        }
    }
    while (i < n && p[i] != '\r' && p[i] != '\n') {
        i++;
    }
    return i;
}
