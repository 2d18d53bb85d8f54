// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What folding makes of a text, and the way back.
#include "detect/fold.h"

#include "test.h"

static void blanks_are_single_and_letters_small(void **state)
{
    (void)state;
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"", ""},
        {" ", ""},
        {"A", "a"},
        {" A \t\r\n B ", "a b"},
        {"One two  Three\n\nFOUR five six seven eight nine  TEN eleven twelve ",
         "one two three four five six seven eight nine ten eleven twelve"},
        {"the blank at the end of a strid  e of thirty-two bytes is one of  the  cases here  ",
         "the blank at the end of a strid e of thirty-two bytes is one of the cases here"},
    };
    struct folder folder = {0};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct folded f;
        assert_ok(fold_text(&folder, span_str(cases[i].text), &f));
        assert_span(cases[i].text, f.text, span_str(cases[i].folded));
    }
    fold_done(&folder);
}

// Each folded letter comes from the same letter of the source, wherever blanks were dropped.
static void the_way_back_finds_each_byte(void **state)
{
    (void)state;
    struct folder folder = {0};
    uint64_t seed = 1;

    for (int round = 0; round < 300; round++) {
        uint8_t text[300];
        size_t n = test_random(&seed) % sizeof(text);
        for (size_t i = 0; i < n; i++) {
            uint64_t r = test_random(&seed);
            text[i] = r % 8 == 0 ? ' ' : r % 11 == 0 ? '\n' : (uint8_t)('A' + r % 26);
        }
        struct folded f;
        assert_ok(fold_text(&folder, span_of(text, n), &f));
        for (size_t i = 0; i < f.text.n; i++) {
            size_t start = 0, end = 0;
            folded_source(&f, i, i + 1, &start, &end);
            assert_true(end == start + 1 && end <= n);
            assert_true(f.text.p[i] == ' ' ? text[start] <= ' '
                                           : f.text.p[i] == (text[start] | 32));
        }
    }
    fold_done(&folder);
}

TEST_MAIN(blanks_are_single_and_letters_small, the_way_back_finds_each_byte)
