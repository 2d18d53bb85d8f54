// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/glob.h"

#include <time.h>

#include "test.h"

static bool matches(const char *pattern, const char *path)
{
    struct glob g;

    assert_ok(glob_compile(span_str(pattern), &g));
    bool yes = glob_match(&g, span_str(path));
    glob_done(&g);
    return yes;
}

static const struct {
    const char *pattern, *path;
    bool wanted;
} cases[] = {
    {"foo", "foo", true},
    {"foo", "foob", false},
    {"*.o", "a.o", true},
    {"*.o", "a.oo", false},
    {"*.o", "d/a.o", false},
    {"a?c", "abc", true},
    {"a?c", "a/c", false},
    {"[a-c]x", "bx", true},
    {"[!a-c]x", "bx", false},
    {"[^a-c]x", "dx", true},
    {"[]x]", "]", true},
    {"[]-a]", "^", true},
    {"[[:digit:]]?", "7z", true},
    {"[[:digit:]_]", "_", true},
    {"[!x]", "/", false},
    {"a[\\]]b", "a]b", true},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"**/foo", "foo", true},
    {"**/foo", "a/b/foo", true},
    {"**/foo", "afoo", false},
    {"a/**/b", "a/b", true},
    {"a/**/b", "a/x/y/b", true},
    {"a/**/b", "ab", false},
    {"a/**", "a/x/y", true},
    {"a/**", "a", false},
    {"**", "a/b", true},
    {"a**b", "axxb", true},
    {"a**b", "ax/xb", false},
    {"a/**b", "a/xxb", true},
    {"*a*b*c*", "xxaxxbxxcxx", true},
    {"*a*b*c*", "xxaxxcxxbxx", false},
    {"", "", true},
};

static void patterns_match_as_gitignore_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (matches(cases[i].pattern, cases[i].path) != cases[i].wanted) {
            fail_msg("%s on %s", cases[i].pattern, cases[i].path);
        }
    }
}

static void a_pattern_that_matches_nothing_is_refused(void **state)
{
    (void)state;
    struct glob g;

    assert_status(glob_compile(SPAN_OF("[a"), &g), AIU_USAGE);
    assert_status(glob_compile(SPAN_OF("a\\"), &g), AIU_USAGE);
    assert_status(glob_compile(SPAN_OF("[[:nope:]]"), &g), AIU_USAGE);
}

static void a_hostile_pattern_costs_no_more_than_its_length_times_the_path(void **state)
{
    (void)state;
    char pattern[GLOB_MOST];
    char path[4000];
    struct glob g;

    for (size_t i = 0; i + 1 < sizeof(pattern); i++) {
        pattern[i] = i % 2 == 0 ? '*' : 'a';
    }
    memset(path, 'a', sizeof(path));
    assert_ok(glob_compile(span_of(pattern, sizeof(pattern) - 1), &g));
    clock_t before = clock();
    assert_true(glob_match(&g, span_of(path, sizeof(path))));
    path[sizeof(path) - 1] = 'b';
    assert_true(glob_match(&g, span_of(path, sizeof(path))));
    assert_true(clock() - before < CLOCKS_PER_SEC);
    glob_done(&g);
}

static void an_allocation_that_fails_is_reported(void **state)
{
    (void)state;
    struct glob g;

    mem_fail_after(0);
    assert_status(glob_compile(SPAN_OF("a*"), &g), AIU_NO_MEMORY);
    mem_fail_after(SIZE_MAX);
}

TEST_MAIN(patterns_match_as_gitignore_says, a_pattern_that_matches_nothing_is_refused,
          a_hostile_pattern_costs_no_more_than_its_length_times_the_path,
          an_allocation_that_fails_is_reported)
