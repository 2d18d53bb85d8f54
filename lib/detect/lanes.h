// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Sixteen bytes at a time, in the vector types of GCC and clang: what holds in a lane is 0xFF
// there, else 0. Every 64-bit processor has instructions for them.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { LANES = 16 };

typedef uint8_t lanes __attribute__((vector_size(LANES)));

static inline lanes lanes_load(const uint8_t *p)
{
    lanes v;

    memcpy(&v, p, sizeof(v));
    return v;
}

static inline void lanes_store(uint8_t *p, lanes v)
{
    memcpy(p, &v, sizeof(v));
}

static inline lanes lanes_equal(lanes v, uint8_t c)
{
    return (lanes)(v == c);
}

// `count` values from `first` on.
static inline lanes lanes_in(lanes v, uint8_t first, uint8_t count)
{
    return (lanes)((v - first) < count);
}

static inline lanes lanes_letters(lanes v)
{
    return lanes_in(v | 0x20, 'a', 26);
}

static inline lanes lanes_digits(lanes v)
{
    return lanes_in(v, '0', 10);
}

static inline bool lanes_any(lanes v)
{
    uint64_t half[2];

    memcpy(half, &v, sizeof(half));
    return (half[0] | half[1]) != 0;
}

// The first lane that holds; LANES where none does.
static inline size_t lanes_first(lanes v)
{
    uint64_t half[2];

    memcpy(half, &v, sizeof(half));
#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    half[0] = __builtin_bswap64(half[0]);
    half[1] = __builtin_bswap64(half[1]);
#endif
    if (half[0] != 0) {
        return (size_t)__builtin_ctzll(half[0]) / 8;
    }
    return half[1] != 0 ? 8 + (size_t)__builtin_ctzll(half[1]) / 8 : LANES;
}

// Sum of the lanes, which are at most 15 each.
static inline unsigned lanes_sum(lanes v)
{
    uint64_t half[2];

    memcpy(half, &v, sizeof(half));
    return (unsigned)((half[0] + half[1]) * UINT64_C(0x0101010101010101) >> 56);
}
