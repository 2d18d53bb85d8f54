// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/alloc.h"

#include "test.h"

static void sizes_are_checked_and_memory_is_zeroed(void **state)
{
    size_t before = mem_in_use();
    uint8_t *p = mem_new(7, 3);
    volatile size_t half = SIZE_MAX / 2; // the compiler would refuse to build the call

    (void)state;
    assert_non_null(p);
    for (size_t i = 0; i < 21; i++) {
        assert_int_equal(p[i], 0);
    }
    assert_true(mem_in_use() >= before + 21);
    mem_free(p);
    mem_free(NULL);
    assert_int_equal(mem_in_use(), before);
    assert_null(mem_new(half, 3));
    assert_null(mem_new(0, 8));
    assert_null(mem_new(8, 0));
    assert_null(mem_dup("x", half * 2 + 1));
}

static void a_copy_is_terminated(void **state)
{
    char *copy = mem_dup("a\0bc", 4);
    char *empty = mem_dup(NULL, 0);

    (void)state;
    assert_memory_equal(copy, "a\0bc", 5);
    assert_string_equal(empty, "");
    mem_free(copy);
    mem_free(empty);
}

static void resizing_keeps_what_fits(void **state)
{
    size_t before = mem_in_use();
    char *p = mem_resize_wiped(NULL, 0, 4);

    (void)state;
    assert_non_null(p);
    memcpy(p, "abcd", 4);
    p = mem_resize_wiped(p, 4, 1000);
    assert_memory_equal(p, "abcd\0\0\0\0", 8);
    p = mem_resize_wiped(p, 1000, 2);
    assert_memory_equal(p, "ab", 2);
    mem_fail_after(0);
    assert_null(mem_resize_wiped(p, 2, 100));
    mem_fail_after(SIZE_MAX);
    assert_memory_equal(p, "ab", 2); // as it was
    mem_wipe_free(p, 2);
    mem_wipe_free(NULL, 0);
    assert_int_equal(mem_in_use(), before);
}

static void wiping_overwrites(void **state)
{
    uint8_t bytes[32];
    const uint8_t zeros[32] = {0};

    (void)state;
    memset(bytes, 'x', sizeof(bytes));
    mem_wipe(bytes, sizeof(bytes));
    assert_memory_equal(bytes, zeros, sizeof(bytes));
    mem_wipe(NULL, 0);
}

static void the_nth_allocation_fails_and_all_after_it(void **state)
{
    (void)state;
    for (size_t after = 0; after < 4; after++) {
        mem_fail_after(after);
        for (size_t i = 0; i < 6; i++) {
            void *p = mem_new(1, 1);
            assert_int_equal(p != NULL, i < after);
            mem_free(p);
        }
        mem_fail_after(SIZE_MAX);
    }
    void *p = mem_new(1, 1);
    assert_non_null(p);
    mem_free(p);
}

TEST_MAIN(sizes_are_checked_and_memory_is_zeroed, a_copy_is_terminated, resizing_keeps_what_fits,
          wiping_overwrites, the_nth_allocation_fails_and_all_after_it)
