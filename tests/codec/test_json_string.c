// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The character readers inside JSON strings against the UTF-8 of the base layer, and the wide
// searches against plain loops.
#include "codec/json_string.h"

#include "base/utf8.h"
#include "codec/scan.h"
#include "test.h"

static void a_character_is_what_the_base_layer_says(void **state)
{
    (void)state;
    for (uint32_t i = 0x800000; i < 1U << 24; i++) {
        const uint8_t bytes[] = {(uint8_t)(i >> 16), (uint8_t)(i >> 8), (uint8_t)i, 'a'};
        int width = json_utf8_width(span_of(bytes, 3));
        struct utf8 u = {0};
        enum aiu_status st = utf8_feed(&u, span_of(bytes, 3), NULL);
        if (width > 0) {
            assert_true(utf8_valid(span_of(bytes, (size_t)width)));
        } else {
            assert_true(width == 0 ? st == AIU_OK && !utf8_complete(&u) : st != AIU_OK);
        }
        size_t run = json_utf8_run(bytes, sizeof(bytes));
        assert_true(run == 0 || utf8_valid(span_of(bytes, run)));
        assert_true(run > 0 || width <= 0);
    }
}

static void characters_of_four_bytes_are_too(void **state)
{
    (void)state;
    static const uint8_t edges[] = {0x00, 0x7F, 0x80, 0xBF, 0xC0, 0xFF};

    for (unsigned i = 0xF000; i <= 0xFFFF; i++) {
        for (size_t k = 0; k < ARRAY_SIZE(edges) * ARRAY_SIZE(edges); k++) {
            const uint8_t bytes[] = {(uint8_t)(i >> 8), (uint8_t)i, edges[k / ARRAY_SIZE(edges)],
                                     edges[k % ARRAY_SIZE(edges)]};
            struct span s = span_of(bytes, sizeof(bytes));
            assert_int_equal(json_utf8_width(s) == 4, utf8_valid(s));
            assert_int_equal(json_utf8_run(bytes, sizeof(bytes)), 0);
        }
    }
}

static void short_reads_stay_inside(void **state)
{
    (void)state;
    for (size_t n = 1; n < 12; n++) {
        struct span s = span_first(SPAN_OF("\\ud83d\\ude00"), n);
        uint8_t *copy = mem_new(n, 1); // of its own, so that a sanitizer sees a step too far
        uint32_t code = 0;
        size_t width = 0;
        assert_non_null(copy);
        memcpy(copy, s.p, n);
        assert_int_equal(json_escape_read(span_of(copy, n), &code, &width), ESCAPE_MORE);
        mem_free(copy);
    }
    for (size_t n = 1; n < 4; n++) {
        uint8_t *copy = mem_new(n, 1);
        assert_non_null(copy);
        memcpy(copy, "\xF0\x9F\x98\x80", n);
        assert_int_equal(json_utf8_width(span_of(copy, n)), 0);
        assert_int_equal(json_utf8_run(copy, n), 0);
        mem_free(copy);
    }
}

static size_t plain_loop(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n && p[i] >= 0x20 && p[i] < 0x80 && p[i] != '"' && p[i] != '\\') {
        i++;
    }
    return i;
}

static size_t line_loop(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (i < n && p[i] != '\r' && p[i] != '\n') {
        i++;
    }
    return i;
}

// Each byte value at each place of each length, at every alignment.
static void wide_searches_find_what_loops_find(void **state)
{
    (void)state;
    for (size_t n = 0; n < 40; n++) {
        uint8_t *p = mem_new(n + 1, 1);
        assert_non_null(p);
        for (unsigned c = 0; c < 256; c++) {
            for (size_t at = 0; at < n; at++) {
                memset(p, 'a', n);
                p[at] = (uint8_t)c;
                p[n - 1] = at + 1 < n && c % 3 == 0 ? '"' : p[n - 1];
                for (size_t from = 0; from < n; from += 5) {
                    assert_int_equal(scan_plain(p + from, n - from),
                                     plain_loop(p + from, n - from));
                    assert_int_equal(scan_line_end(p + from, n - from),
                                     line_loop(p + from, n - from));
                }
            }
        }
        mem_free(p);
    }
}

TEST_MAIN(a_character_is_what_the_base_layer_says, characters_of_four_bytes_are_too,
          short_reads_stay_inside, wide_searches_find_what_loops_find)
