// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/span.h"

#include "test.h"

static void cuts_take_at_most_what_is_there(void **state)
{
    static const struct {
        size_t n;
        struct span first, drop_first, drop_last;
    } cases[] = {
        {0, SPAN(""), SPAN("abc"), SPAN("abc")},     {1, SPAN("a"), SPAN("bc"), SPAN("ab")},
        {3, SPAN("abc"), SPAN(""), SPAN("")},        {4, SPAN("abc"), SPAN(""), SPAN("")},
        {SIZE_MAX, SPAN("abc"), SPAN(""), SPAN("")},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_span("first", span_first(SPAN_OF("abc"), cases[i].n), cases[i].first);
        assert_span("drop first", span_drop_first(SPAN_OF("abc"), cases[i].n), cases[i].drop_first);
        assert_span("drop last", span_drop_last(SPAN_OF("abc"), cases[i].n), cases[i].drop_last);
    }
    struct span none = {NULL, 0};
    assert_int_equal(span_drop_first(none, 5).n, 0);
    assert_int_equal(span_first(none, 5).n, 0);
}

static void an_empty_span_needs_no_bytes(void **state)
{
    struct span none = {NULL, 0};
    struct span before, after;

    (void)state;
    assert_int_equal(span_str(NULL).n, 0);
    assert_true(span_equal(none, SPAN_OF("")));
    assert_true(span_equal_nocase(none, SPAN_OF("")));
    assert_int_equal(span_compare(none, SPAN_OF("")), 0);
    assert_true(span_compare(none, SPAN_OF("a")) < 0);
    assert_int_equal(span_find_byte(none, 'a'), 0);
    assert_int_equal(span_find_span(none, SPAN_OF("a")), 0);
    assert_true(span_starts_with(none, none));
    assert_true(span_ends_with(none, none));
    assert_false(span_cut(none, ',', &before, &after));
    assert_int_equal(span_trim_ows(none).n, 0);
}

static void equal_means_all_bytes(void **state)
{
    static const struct {
        struct span a, b;
        bool equal, nocase;
    } cases[] = {
        {SPAN("Host"), SPAN("Host"), true, true},   {SPAN("Host"), SPAN("hOST"), false, true},
        {SPAN("Host"), SPAN("Hos"), false, false},  {SPAN("a\0b"), SPAN("a\0b"), true, true},
        {SPAN("a\0b"), SPAN("a\0c"), false, false}, {SPAN("[a"), SPAN("{a"), false, false},
        {SPAN("@"), SPAN("`"), false, false},       {SPAN("\304"), SPAN("\344"), false, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(span_equal(cases[i].a, cases[i].b), cases[i].equal);
        assert_int_equal(span_equal_nocase(cases[i].a, cases[i].b), cases[i].nocase);
        assert_int_equal(span_equal_nocase(cases[i].b, cases[i].a), cases[i].nocase);
    }
}

static void prefixes_and_suffixes(void **state)
{
    (void)state;
    assert_true(span_starts_with(SPAN_OF("data: x"), SPAN_OF("data:")));
    assert_false(span_starts_with(SPAN_OF("dat"), SPAN_OF("data:")));
    assert_true(span_ends_with(SPAN_OF("10KiB"), SPAN_OF("KiB")));
    assert_false(span_ends_with(SPAN_OF("iB"), SPAN_OF("KiB")));
    assert_span("skipped", span_skip_prefix(SPAN_OF("data: x"), SPAN_OF("data:")), SPAN_OF(" x"));
    assert_span("not there", span_skip_prefix(SPAN_OF("event"), SPAN_OF("data:")),
                SPAN_OF("event"));
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static void the_first_of_many_is_found(void **state)
{
    (void)state;
    assert_int_equal(span_find(SPAN_OF("ab12"), is_digit), 2);
    assert_int_equal(span_find(SPAN_OF("abc"), is_digit), 3);
    assert_int_equal(span_find_byte(SPAN_OF("a,b,c"), ','), 1);
    assert_int_equal(span_find_byte(SPAN_OF("abc"), ','), 3);
    assert_int_equal(span_find_span(SPAN_OF("a--b--c"), SPAN_OF("--")), 1);
    assert_int_equal(span_find_span(SPAN_OF("abc"), SPAN_OF("bd")), 3);
    assert_int_equal(span_find_span(SPAN_OF("abc"), SPAN_OF("")), 0);
    assert_int_equal(span_find_span(SPAN_OF("ab"), SPAN_OF("abc")), 2);
}

static void a_cut_is_at_the_first_separator(void **state)
{
    static const struct {
        struct span text, before, after;
        bool found;
    } cases[] = {
        {SPAN("a: b: c"), SPAN("a"), SPAN(" b: c"), true},
        {SPAN(":b"), SPAN(""), SPAN("b"), true},
        {SPAN("a:"), SPAN("a"), SPAN(""), true},
        {SPAN("a"), SPAN("a"), SPAN(""), false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct span before, after;
        assert_int_equal(span_cut(cases[i].text, ':', &before, &after), cases[i].found);
        assert_span("before", before, cases[i].before);
        assert_span("after", after, cases[i].after);
    }
}

static void only_blanks_and_tabs_are_trimmed(void **state)
{
    (void)state;
    assert_span("both ends", span_trim_ows(SPAN_OF(" \ta b\t ")), SPAN_OF("a b"));
    assert_span("nothing else", span_trim_ows(SPAN_OF("\r\na\n")), SPAN_OF("\r\na\n"));
    assert_span("all", span_trim_ows(SPAN_OF(" \t ")), SPAN_OF(""));
}

static void order_is_by_bytes_then_length(void **state)
{
    static const char *const ordered[] = {"", "A", "AA", "B", "a", "aa", "b", "\177", "\200"};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ordered); i++) {
        for (size_t k = 0; k < ARRAY_SIZE(ordered); k++) {
            int order = span_compare(span_str(ordered[i]), span_str(ordered[k]));
            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
        }
    }
}

TEST_MAIN(cuts_take_at_most_what_is_there, an_empty_span_needs_no_bytes, equal_means_all_bytes,
          prefixes_and_suffixes, the_first_of_many_is_found, a_cut_is_at_the_first_separator,
          only_blanks_and_tabs_are_trimmed, order_is_by_bytes_then_length)
