// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 against Kuhn's stress test, utf8tests, and an oracle over all short sequences (guide S10).
#include "base/utf8.h"

#include "base/num.h"
#include "test.h"

// The oracle decodes by arithmetic and then asks whether the number may be written that way.
static size_t oracle_width(uint8_t lead)
{
    return lead < 0x80 ? 1 : lead >> 5 == 6 ? 2 : lead >> 4 == 14 ? 3 : lead >> 3 == 30 ? 4 : 0;
}

static bool oracle_character(struct span *s)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t width = oracle_width(s->p[0]);

    if (width == 0 || width > s->n) {
        return false;
    }
    uint32_t code = width == 1 ? s->p[0] : s->p[0] & (0x7FU >> width);
    for (size_t i = 1; i < width; i++) {
        if (s->p[i] >> 6 != 2) {
            return false;
        }
        code = code * 64 + s->p[i] % 64;
    }
    *s = span_drop_first(*s, width);
    return code >= least[width] && code <= 0x10FFFF && code / 0x800 != 0xD800 / 0x800;
}

static bool oracle(struct span s)
{
    while (s.n > 0) {
        if (!oracle_character(&s)) {
            return false;
        }
    }
    return true;
}

static void check_every_cut(struct span s)
{
    bool wanted = oracle(s);
    struct utf8 whole = {0};
    size_t bad = SIZE_MAX;
    enum aiu_status st = utf8_feed(&whole, s, &bad);

    assert_int_equal(utf8_valid(s), wanted);
    assert_int_equal(st == AIU_OK && utf8_complete(&whole), wanted);
    for (size_t cut = 1; cut < s.n; cut++) {
        struct utf8 u = {0};
        size_t at = SIZE_MAX;
        enum aiu_status parts = utf8_feed(&u, span_first(s, cut), &at);
        if (parts == AIU_OK) {
            parts = utf8_feed(&u, span_drop_first(s, cut), &at);
            at = parts == AIU_OK ? at : at + cut;
        }
        assert_int_equal(parts, st);
        assert_int_equal(at, bad);
        assert_true(st != AIU_OK || utf8_complete(&u) == utf8_complete(&whole));
    }
}

static void every_sequence_of_one_to_three_bytes_is_decided_right(void **state)
{
    (void)state;
    uint8_t bytes[3];

    for (uint32_t i = 0; i < 1U << 24; i++) {
        bytes[0] = (uint8_t)(i >> 16);
        bytes[1] = (uint8_t)(i >> 8);
        bytes[2] = (uint8_t)i;
        if ((i & 0xFFFF) == 0) {
            check_every_cut(span_of(bytes, 1));
        }
        if ((i & 0xFF) == 0) {
            check_every_cut(span_of(bytes, 2));
        }
        // A cut inside three bytes is a matter of what has a tail; the others are seen above.
        if (bytes[0] >= 0xC0 || bytes[1] >= 0xC0) {
            check_every_cut(span_of(bytes, 3));
        } else {
            assert_int_equal(utf8_valid(span_of(bytes, 3)), oracle(span_of(bytes, 3)));
        }
    }
}

static void sequences_of_four_bytes_are_decided_right(void **state)
{
    (void)state;
    static const uint8_t edges[] = {0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0xBF, 0xC0, 0xE0, 0xFF};

    for (unsigned i = 0xE000; i <= 0xFFFF; i++) {
        for (size_t k = 0; k < ARRAY_SIZE(edges) * ARRAY_SIZE(edges); k++) {
            uint8_t bytes[] = {(uint8_t)(i >> 8), (uint8_t)i, edges[k / ARRAY_SIZE(edges)],
                               edges[k % ARRAY_SIZE(edges)]};
            check_every_cut(span_of(bytes, sizeof(bytes)));
        }
    }
}

static void every_scalar_value_is_written_and_read(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        uint8_t bytes[8] = "aaaa";
        bool scalar = code < 0xD800 || code > 0xDFFF;
        size_t n = utf8_write(code, bytes + 1);
        struct span s = span_of(bytes + 1, n);
        struct span lossy = s;
        assert_int_equal(utf8_valid(s), scalar);
        if (scalar) {
            assert_int_equal(utf8_count(s), 1);
            assert_int_equal(utf8_previous(span_of(bytes, n + 1), n + 1), 1);
            assert_int_equal(utf8_next_lossy(&lossy), code);
            assert_int_equal(utf8_next(&s), code);
            assert_int_equal(s.n + lossy.n, 0);
        }
    }
}

// What is left when each byte that is not valid is left out.
static void append_valid(struct buf *out, struct span text)
{
    while (text.n > 0) {
        struct span before = text;
        uint32_t code = utf8_next_lossy(&text);
        struct span taken = span_first(before, before.n - text.n);
        if (code != 0xFFFD || utf8_valid(taken)) {
            assert_ok(buf_append(out, taken));
        } else {
            assert_int_equal(taken.n, 1);
        }
    }
}

static void append_hex(struct buf *out, struct span hex)
{
    int high = -1;

    for (size_t i = 0; i < hex.n; i++) {
        int digit = num_hex_digit(hex.p[i]);
        if (digit >= 0 && high < 0) {
            high = digit;
        } else if (digit >= 0) {
            assert_ok(buf_append_byte(out, (uint8_t)(high << 4 | digit)));
            high = -1;
        }
    }
    assert_int_equal(high, -1);
}

// "num:valid:ASCII", "num:valid hex:HEX", "num:invalid hex:HEX:SKIPPED:REPLACED"
static void check_line(struct span line)
{
    CLEANUP(buf_wipe) struct buf bytes = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf left = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf wanted = BUF_OF(4096);
    struct span number;
    struct span kind;
    struct span source;
    struct span skipped;
    struct span replaced;

    assert_true(span_cut(line, ':', &number, &line));
    assert_true(span_cut(line, ':', &kind, &line));
    kind = span_trim_ows(kind);
    if (span_equal(kind, SPAN_OF("valid"))) {
        assert_ok(buf_append(&bytes, line));
    } else {
        span_cut(line, ':', &source, &line);
        span_cut(line, ':', &skipped, &replaced);
        append_hex(&bytes, source);
        if (!span_equal(skipped, SPAN_OF("nothing"))) {
            append_hex(&wanted, skipped);
        }
    }
    bool valid = !span_starts_with(kind, SPAN_OF("invalid"));
    if (utf8_valid(buf_span(&bytes)) != valid) {
        fail_msg("line %.*s", (int)number.n, (const char *)number.p);
    }
    check_every_cut(buf_span(&bytes));
    append_valid(&left, buf_span(&bytes));
    assert_span("left out", buf_span(&left), valid ? buf_span(&bytes) : buf_span(&wanted));
}

static void utf8tests_are_decided_right(void **state)
{
    (void)state;
    struct span text = test_read_file(test_shared("conformance/utf8/utf8tests.txt"));
    struct span rest = text;
    struct span line;
    int checked = 0;

    while (rest.n > 0) {
        (void)span_cut(rest, '\n', &line, &rest);
        line = span_ends_with(line, SPAN_OF("\r")) ? span_drop_last(line, 1) : line;
        if (line.n > 0 && line.p[0] != '#') {
            check_line(line);
            checked++;
        }
    }
    assert_true(checked > 100);
    mem_free((void *)text.p);
}

// Each line of Kuhn's file by itself (in the copy at hand an editor put U+FFFD for what was broken;
// the sequences themselves are among those that the oracle goes through above): the verdict is the
// oracle's, and after a broken sequence the text goes on in step (every ASCII byte of the line is
// still there).
static void kuhns_stress_test_is_decided_right(void **state)
{
    (void)state;
    struct span text = test_read_file(test_shared("conformance/utf8/UTF-8-test.txt"));
    struct span rest = text;
    struct span line;
    int lines = 0;

    while (rest.n > 0) {
        CLEANUP(buf_wipe) struct buf left = BUF_OF(4096);
        size_t ascii = 0;
        size_t kept = 0;
        (void)span_cut(rest, '\n', &line, &rest);
        check_every_cut(line);
        append_valid(&left, line);
        assert_true(utf8_valid(buf_span(&left)));
        for (size_t i = 0; i < line.n; i++) {
            ascii += line.p[i] < 0x80;
        }
        for (size_t i = 0; i < left.n; i++) {
            kept += left.p[i] < 0x80;
        }
        assert_int_equal(kept, ascii);
        lines++;
    }
    assert_true(lines > 270);
    mem_free((void *)text.p);
}

static void the_place_of_the_first_bad_byte_is_told(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(256);

    for (size_t at = 0; at < 40; at++) {
        size_t bad = 0;
        struct utf8 u = {0};
        buf_reset(&text);
        for (size_t i = 0; i < 60; i++) {
            assert_ok(buf_append_byte(&text, i == at ? 0xFF : 'a'));
        }
        assert_status(utf8_feed(&u, buf_span(&text), &bad), AIU_UTF8_INVALID);
        assert_int_equal(bad, at);
    }
}

TEST_MAIN(every_sequence_of_one_to_three_bytes_is_decided_right,
          sequences_of_four_bytes_are_decided_right, every_scalar_value_is_written_and_read,
          utf8tests_are_decided_right, kuhns_stress_test_is_decided_right,
          the_place_of_the_first_bad_byte_is_told)
