// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/utf16.h"

#include "base/utf8.h"
#include "test.h"

struct source {
    struct span left;
    size_t step; // most bytes a call
    bool fails;  // at its end
};

static ssize_t read_source(void *ctx, uint8_t *to, size_t most)
{
    struct source *s = ctx;
    struct span part = span_first(s->left, most < s->step ? most : s->step);

    if (part.n == 0) {
        return s->fails ? -1 : 0;
    }
    memcpy(to, part.p, part.n);
    s->left = span_drop_first(s->left, part.n);
    return (ssize_t)part.n;
}

// All of it, with `head` bytes taken before and `step` bytes asked for and given at a time; returns
// what the last read said.
static ssize_t decode(struct span file, enum utf16_order order, size_t head, size_t step,
                      struct source *s, struct buf *out)
{
    static struct utf16_reader r;
    uint8_t piece[64];
    ssize_t n = 0;

    s->left = span_drop_first(file, head);
    s->step = step;
    utf16_init(&r, order, span_first(file, head), read_source, s);
    buf_reset(out);
    while ((n = utf16_read(&r, piece, step < sizeof(piece) ? step : sizeof(piece))) > 0) {
        assert_ok(buf_append(out, span_of(piece, (size_t)n)));
    }
    return n;
}

static void assert_decodes(struct span file, enum utf16_order order, const char *wanted)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1 << 16);
    struct source s = {.fails = false};

    for (size_t step = 1; step < 10; step++) {
        for (size_t head = 2; head <= file.n; head++) {
            assert_int_equal(decode(file, order, head, step, &s, &out), 0);
            assert_span("decoded", buf_span(&out), span_str(wanted));
        }
    }
}

static void both_orders_become_utf8_however_they_are_read(void **state)
{
    (void)state;
    assert_decodes(SPAN_OF("\xFF\xFE\x41\0\n\0\xE9\0\xAC\x20\x3D\xD8\x00\xDE"), UTF16_LITTLE,
                   "A\n\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_decodes(SPAN_OF("\xFE\xFF\0\x41\0\n\0\xE9\x20\xAC\xD8\x3D\xDE\x00"), UTF16_BIG,
                   "A\n\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
}

static void what_is_no_utf16_becomes_the_replacement_character(void **state)
{
    (void)state;
    assert_decodes(SPAN_OF("\xFE\xFF\xD8\x3D\0\x41"), UTF16_BIG,
                   "\xEF\xBF\xBD"
                   "A");
    assert_decodes(SPAN_OF("\xFE\xFF\xDE\x00\0\x41"), UTF16_BIG,
                   "\xEF\xBF\xBD"
                   "A");
    assert_decodes(SPAN_OF("\xFE\xFF\xD8\x3D\xD8\x3D\xDE\x00"), UTF16_BIG,
                   "\xEF\xBF\xBD\xF0\x9F\x98\x80");
    assert_decodes(SPAN_OF("\xFE\xFF\0\x41\xD8\x3D"), UTF16_BIG, "A\xEF\xBF\xBD");
    assert_decodes(SPAN_OF("\xFF\xFE\x41\0\x42"), UTF16_LITTLE, "A\xEF\xBF\xBD");
}

static void a_read_that_fails_is_no_end(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1 << 16);
    struct source s = {.fails = true};

    assert_int_equal(decode(SPAN_OF("\xFF\xFE\x41\0\x42"), UTF16_LITTLE, 2, 3, &s, &out), -1);
    assert_span("decoded", buf_span(&out), SPAN_OF("A"));
}

static void a_mark_alone_does_not_make_it_utf16(void **state)
{
    (void)state;
    static const struct {
        struct span head;
        enum utf16_order wanted;
    } cases[] = {
        {SPAN("\xFF\xFE\x41\0"), UTF16_LITTLE},
        {SPAN("\xFE\xFF\0\x41"), UTF16_BIG},
        {SPAN("\xFF\xFE\x80 latin"), UTF16_NONE},
        {SPAN("\xFE\xFFtext of bytes"), UTF16_NONE},
        {SPAN("A\0B\0"), UTF16_NONE},
        {SPAN("\xFF\xFE"), UTF16_NONE},
        {SPAN(""), UTF16_NONE},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(utf16_order_of(cases[i].head), cases[i].wanted);
    }
}

TEST_MAIN(both_orders_become_utf8_however_they_are_read,
          what_is_no_utf16_becomes_the_replacement_character, a_read_that_fails_is_no_end,
          a_mark_alone_does_not_make_it_utf16)
