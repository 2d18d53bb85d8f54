// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The processor has an instruction for it nearly everywhere; bit by bit where it has not (tests
// compare the two).
#include "base/crc32c.h"

#if defined(__x86_64__)
#include <nmmintrin.h>

__attribute__((target("sse4.2"))) static uint32_t crc_sse42(uint32_t crc, struct span s)
{
    uint64_t c = crc;
    uint64_t word = 0;

    for (; s.n >= sizeof(word); s = span_drop_first(s, sizeof(word))) {
        memcpy(&word, s.p, sizeof(word));
        c = _mm_crc32_u64(c, word);
    }
    for (size_t i = 0; i < s.n; i++) {
        c = _mm_crc32_u8((uint32_t)c, s.p[i]);
    }
    return (uint32_t)c;
}
#endif

static uint32_t crc_bytes(uint32_t crc, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        crc ^= s.p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ (0x82F63B78U & (0U - (crc & 1U)));
        }
    }
    return crc;
}

uint32_t crc32c(uint32_t crc, struct span bytes)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        return ~crc_sse42(~crc, bytes);
    }
#endif
    return ~crc_bytes(~crc, bytes);
}
