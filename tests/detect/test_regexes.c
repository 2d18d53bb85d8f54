// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/regexes.h"

#include "test.h"

static void any_of_the_expressions_may_match_anywhere(void **state)
{
    (void)state;
    static const char *const two[] = {"a+b$", "(?i)HELLO"};
    struct regexes *set = NULL;
    struct regexes_error error;
    bool any = false;

    assert_ok(regexes_new(two, 2, &set, &error));
    assert_ok(regexes_match(set, SPAN_OF("xx hello yy"), &any));
    assert_true(any);
    assert_ok(regexes_match(set, SPAN_OF("xaab"), &any));
    assert_true(any);
    assert_ok(regexes_match(set, SPAN_OF("aabx"), &any));
    assert_false(any);
    assert_ok(regexes_match(set, SPAN_OF(""), &any));
    assert_false(any);
    regexes_free(set);
}

static void what_needs_backtracking_or_matches_nothing_is_refused_with_its_index(void **state)
{
    (void)state;
    static const char *const wrong[] = {"(?=a)b", "(a)\\1", "[a", "x*"};

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        const char *const list[] = {"fine", wrong[i]};
        struct regexes *set = NULL;
        struct regexes_error error;
        assert_status(regexes_new(list, 2, &set, &error), AIU_CONFIG_INVALID);
        assert_null(set);
        assert_int_equal(error.index, 1);
        assert_true(error.reason[0] != '\0');
    }
}

TEST_MAIN(any_of_the_expressions_may_match_anywhere,
          what_needs_backtracking_or_matches_nothing_is_refused_with_its_index)
