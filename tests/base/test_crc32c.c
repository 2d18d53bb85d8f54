// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/crc32c.h"

#include "test.h"

// RFC 3720 B.4, and the usual check value.
static void checksums_are_those_of_the_standard(void **state)
{
    uint8_t bytes[32];

    (void)state;
    assert_int_equal(crc32c(0, SPAN_OF("123456789")), 0xE3069283);
    assert_int_equal(crc32c(0, SPAN_OF("")), 0);
    memset(bytes, 0, sizeof(bytes));
    assert_int_equal(crc32c(0, span_of(bytes, 32)), 0x8A9136AA);
    memset(bytes, 0xFF, sizeof(bytes));
    assert_int_equal(crc32c(0, span_of(bytes, 32)), 0x62A8AB43);
    for (uint8_t i = 0; i < 32; i++) {
        bytes[i] = i;
    }
    assert_int_equal(crc32c(0, span_of(bytes, 32)), 0x46DD794E);
}

static uint32_t bit_by_bit(struct span s)
{
    uint32_t crc = 0xFFFFFFFF;

    for (size_t i = 0; i < s.n * 8; i++) {
        uint32_t bit = (uint32_t)s.p[i / 8] >> (i % 8) & 1U;
        crc = crc >> 1 ^ ((crc ^ bit) & 1U ? 0x82F63B78U : 0);
    }
    return ~crc;
}

// The processor's instruction against the definition, for every length, start and cut.
static void the_fast_way_gives_the_same(void **state)
{
    uint8_t bytes[64];
    uint64_t random = 9;

    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)test_random(&random);
    }
    for (size_t from = 0; from < 9; from++) {
        for (size_t n = 0; from + n <= sizeof(bytes); n++) {
            struct span s = span_of(bytes + from, n);
            uint32_t wanted = bit_by_bit(s);
            assert_int_equal(crc32c(0, s), wanted);
            assert_int_equal(crc32c(crc32c(0, span_first(s, n / 3)), span_drop_first(s, n / 3)),
                             wanted);
        }
    }
}

TEST_MAIN(checksums_are_those_of_the_standard, the_fast_way_gives_the_same)
