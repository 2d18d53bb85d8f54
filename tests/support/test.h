// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// cmocka, and the helpers that every test of the tree shares.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// The status is AIU_OK; if not, its name is printed.
#define assert_ok(expr)             test_assert_status((expr), AIU_OK, __FILE__, __LINE__)
#define assert_status(expr, wanted) test_assert_status((expr), (wanted), __FILE__, __LINE__)
void test_assert_status(enum aiu_status got, enum aiu_status wanted, const char *file, int line);

// The spans are equal; if not, both are printed with control bytes escaped, and `why`.
#define assert_span(why, got, wanted) test_assert_span((why), (got), (wanted), __FILE__, __LINE__)
void test_assert_span(const char *why, struct span got, struct span wanted, const char *file,
                      int line);

// Path of a file of the shared test data ("conformance/blns/blns.json"); skips the running test
// with a reason where the data is not there.
const char *test_shared(const char *name);

// Path of a file of the source tree.
const char *test_source(const char *name);

// A file as a whole, to be freed with mem_free. Fails the test where it cannot be read.
struct span test_read_file(const char *path);

// A new empty folder of this test, removed by test_remove_folder.
const char *test_new_folder(void);
void test_remove_folder(const char *path);

// Numbers of a fixed sequence (xorshift), so that a failure repeats.
uint64_t test_random(uint64_t *state);

#define TEST_MAIN_CASE_(f)                                                                cmocka_unit_test(f)
#define TEST_EACH_1_(f)                                                                   TEST_MAIN_CASE_(f)
#define TEST_EACH_2_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_1_(__VA_ARGS__)
#define TEST_EACH_3_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_2_(__VA_ARGS__)
#define TEST_EACH_4_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_3_(__VA_ARGS__)
#define TEST_EACH_5_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_4_(__VA_ARGS__)
#define TEST_EACH_6_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_5_(__VA_ARGS__)
#define TEST_EACH_7_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_6_(__VA_ARGS__)
#define TEST_EACH_8_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_7_(__VA_ARGS__)
#define TEST_EACH_9_(f, ...)                                                              TEST_MAIN_CASE_(f), TEST_EACH_8_(__VA_ARGS__)
#define TEST_EACH_10_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_9_(__VA_ARGS__)
#define TEST_EACH_11_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_10_(__VA_ARGS__)
#define TEST_EACH_12_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_11_(__VA_ARGS__)
#define TEST_EACH_13_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_12_(__VA_ARGS__)
#define TEST_EACH_14_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_13_(__VA_ARGS__)
#define TEST_EACH_15_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_14_(__VA_ARGS__)
#define TEST_EACH_16_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_15_(__VA_ARGS__)
#define TEST_EACH_17_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_16_(__VA_ARGS__)
#define TEST_EACH_18_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_17_(__VA_ARGS__)
#define TEST_EACH_19_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_18_(__VA_ARGS__)
#define TEST_EACH_20_(f, ...)                                                             TEST_MAIN_CASE_(f), TEST_EACH_19_(__VA_ARGS__)
#define TEST_PICK_(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, name, ...) name
#define TEST_EACH_(...)                                                                            \
    TEST_PICK_(__VA_ARGS__, TEST_EACH_20_, TEST_EACH_19_, TEST_EACH_18_, TEST_EACH_17_,            \
               TEST_EACH_16_, TEST_EACH_15_, TEST_EACH_14_, TEST_EACH_13_, TEST_EACH_12_,          \
               TEST_EACH_11_, TEST_EACH_10_, TEST_EACH_9_, TEST_EACH_8_, TEST_EACH_7_,             \
               TEST_EACH_6_, TEST_EACH_5_, TEST_EACH_4_, TEST_EACH_3_, TEST_EACH_2_, TEST_EACH_1_, \
               0)                                                                                  \
    (__VA_ARGS__)

// The program: each named function is one test (at most 20 a file).
#define TEST_MAIN(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {TEST_EACH_(__VA_ARGS__)};                               \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }
