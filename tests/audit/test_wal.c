// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/wal.h"

#include "audit_test.h"
#include "base/crc32c.h"

// The bytes of docs/audit-format.md, put together by hand: "abc" as entry 258.
static void a_frame_is_what_the_format_says(void **state)
{
    (void)state;
    uint8_t frame[24];
    static const uint8_t wanted[] = {'A', 'U', 'W', '1', 3, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0};
    static const uint8_t summed[] = {3, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 'a', 'b', 'c'};

    wal_frame_write(frame, 258, SPAN_OF("abc"));
    assert_int_equal(wal_frame_seal(frame), sizeof(frame));
    assert_span("head", span_of(frame, 16), span_of(wanted, sizeof(wanted)));
    uint32_t crc = crc32c(0, span_of(summed, sizeof(summed)));
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(frame[16 + i], crc >> 8 * i & 255);
    }
    assert_span("entry and padding", span_of(frame + 20, 4), SPAN_OF("abc\0"));
}

static void a_header_is_what_the_format_says(void **state)
{
    (void)state;
    struct wal_header h = {.first_index = 0x0102030405060708, .unix_us = 9};
    struct wal_header back;
    uint8_t bytes[WAL_HEADER_SIZE];

    memset(h.root.bytes, 0xAB, sizeof(h.root.bytes));
    wal_header_write(&h, bytes);
    assert_span("magic and version", span_of(bytes, 12), SPAN_OF("AUWSEG01\1\0\0\0"));
    assert_span("index", span_of(bytes + 16, 8), SPAN_OF("\x08\x07\x06\x05\x04\x03\x02\x01"));
    assert_int_equal(bytes[24], 0xAB);
    assert_int_equal(bytes[55], 0xAB);
    assert_int_equal(bytes[56], 9);
    assert_true(wal_header_read(bytes, &back));
    assert_int_equal(back.first_index, h.first_index);
    assert_int_equal(back.unix_us, 9);
}

static void no_bit_of_a_header_can_change(void **state)
{
    (void)state;
    const struct wal_header h = {.first_index = 77, .unix_us = 1};
    struct wal_header back;
    uint8_t bytes[WAL_HEADER_SIZE];

    wal_header_write(&h, bytes);
    for (size_t bit = 0; bit < sizeof(bytes) * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(wal_header_read(bytes, &back));
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_true(wal_header_read(bytes, &back));
}

static void no_bit_of_a_frame_can_change(void **state)
{
    (void)state;
    struct wal_frame back;
    uint8_t bytes[40];

    wal_frame_write(bytes, 5, SPAN_OF("{\"v\":1,\"t\":\"x\"}"));
    size_t n = wal_frame_seal(bytes);
    assert_int_equal(n, 40);
    for (size_t bit = 0; bit < n * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(wal_frame_read(span_of(bytes, n), &back), WAL_FRAME);
        bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    assert_int_equal(wal_frame_read(span_of(bytes, n), &back), WAL_FRAME);
    assert_int_equal(back.index, 5);
    assert_int_equal(back.size, n);
}

static void a_frame_of_every_length_comes_back(void **state)
{
    (void)state;
    static uint8_t entry[WAL_ENTRY_MOST];
    static uint8_t bytes[WAL_FRAME_MOST];
    struct wal_frame back;

    memset(entry, 'x', sizeof(entry));
    for (size_t n = 1; n <= sizeof(entry); n += n < 40 || n > 65500 ? 1 : 997) {
        wal_frame_write(bytes, n, span_of(entry, n));
        size_t size = wal_frame_seal(bytes);
        assert_int_equal(size, wal_frame_size(n));
        assert_int_equal(size % 8, 0);
        assert_int_equal(wal_frame_read(span_of(bytes, size - 1), &back), WAL_SHORT);
        assert_int_equal(wal_frame_read(span_of(bytes, size), &back), WAL_FRAME);
        assert_int_equal(back.entry.n, n);
    }
}

static void zeros_are_the_end_and_a_length_of_zero_is_not(void **state)
{
    (void)state;
    uint8_t bytes[64] = {0};
    struct wal_frame back;

    assert_int_equal(wal_frame_read(span_of(bytes, 64), &back), WAL_END);
    assert_int_equal(wal_frame_read(span_of(bytes, 19), &back), WAL_SHORT);
    bytes[19] = 1;
    assert_int_equal(wal_frame_read(span_of(bytes, 64), &back), WAL_BAD);
    wal_frame_write(bytes, 0, SPAN_OF("x"));
    bytes[4] = 0;
    assert_int_equal(wal_frame_read(span_of(bytes, 64), &back), WAL_BAD);
}

static void names_are_twenty_digits(void **state)
{
    (void)state;
    char name[WAL_NAME_SIZE];
    uint64_t first = 0;
    static const char *const wrong[] = {
        "next",
        "0000000000000000001.wal",
        "000000000000000000001.wal",
        "00000000000000000001.wal~",
        "0000000000000000000x.wal",
        "18446744073709551616.wal",
        "",
    };

    wal_name(1234, name);
    assert_string_equal(name, "00000000000000001234.wal");
    assert_true(wal_name_read(name, &first));
    assert_int_equal(first, 1234);
    assert_true(wal_name_read("18446744073709551615.wal", &first));
    assert_true(first == UINT64_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_false(wal_name_read(wrong[i], &first));
    }
}

TEST_MAIN(a_frame_is_what_the_format_says, a_header_is_what_the_format_says,
          no_bit_of_a_header_can_change, no_bit_of_a_frame_can_change,
          a_frame_of_every_length_comes_back, zeros_are_the_end_and_a_length_of_zero_is_not,
          names_are_twenty_digits)
