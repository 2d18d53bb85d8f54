// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"

#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "test.h"

static bool is_zero(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena a;
    uint8_t *pieces[300];
    size_t before = mem_in_use();

    (void)state;
    arena_init(&a, 1 << 20);
    assert_int_equal(mem_in_use(), before);
    for (size_t round = 0; round < 3; round++) {
        for (size_t n = 0; n < ARRAY_SIZE(pieces); n++) {
            pieces[n] = arena_new(&a, n);
            assert_non_null(pieces[n]);
            assert_int_equal((uintptr_t)pieces[n] % 16, 0);
            assert_true(is_zero(pieces[n], n));
            memset(pieces[n], (int)(n % 255 + 1), n);
        }
        for (size_t n = 0; n < ARRAY_SIZE(pieces); n++) {
            for (size_t i = 0; i < n; i++) {
                assert_int_equal(pieces[n][i], n % 255 + 1);
            }
        }
        arena_reset(&a); // so the next round proves the wipe
    }
    arena_done(&a);
    assert_int_equal(mem_in_use(), before);
}

static void large_pieces_have_their_own_block(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 20);
    uint8_t *small = arena_new(&a, 10);
    uint8_t *large = arena_new(&a, 100000);
    uint8_t *after = arena_new(&a, 10);
    assert_non_null(small);
    assert_non_null(large);
    assert_non_null(after);
    memset(large, 'x', 100000);
    assert_true(is_zero(small, 10));
    assert_true(is_zero(after, 10));
    arena_done(&a);
}

static void the_cap_holds_for_all_pieces_together(void **state)
{
    (void)state;
    for (size_t cap = 0; cap < 40000; cap += 997) {
        struct arena a;
        size_t taken = 0;
        arena_init(&a, cap);
        while (arena_new(&a, 100) != NULL) {
            taken += 100;
            assert_true(a.used <= cap);
        }
        assert_true(taken <= cap);
        assert_null(arena_new(&a, cap + 1));
        arena_done(&a);
        assert_int_equal(a.used, 0);
    }
}

static void sizes_that_overflow_are_refused(void **state)
{
    struct arena a;
    struct span copy;
    volatile size_t all = SIZE_MAX; // the compiler would refuse to build the calls

    (void)state;
    arena_init(&a, SIZE_MAX);
    assert_null(arena_new(&a, all));
    assert_null(arena_new(&a, all - 15));
    assert_null(arena_new(&a, all / 2 + 1));
    assert_null(arena_array(&a, all / 4, 8));
    assert_null(arena_array(&a, all, all));
    assert_non_null(arena_array(&a, 10, 8));
    assert_ok(arena_copy(&a, SPAN_OF("text"), &copy));
    arena_done(&a);
}

static void copies_are_terminated(void **state)
{
    struct arena a;
    struct span copy = {0};

    (void)state;
    arena_init(&a, 1000);
    assert_ok(arena_copy(&a, SPAN_OF("text"), &copy));
    assert_span("copy", copy, SPAN_OF("text"));
    assert_int_equal(copy.p[4], 0);
    assert_ok(arena_copy(&a, (struct span){NULL, 0}, &copy));
    assert_int_equal(copy.n, 0);
    assert_int_equal(copy.p[0], 0);
    static uint8_t big[2000];
    assert_status(arena_copy(&a, span_of(big, sizeof(big)), &copy), AIU_NO_MEMORY);
    arena_done(&a);
}

static void a_failed_allocation_leaks_nothing(void **state)
{
    size_t before = mem_in_use();

    (void)state;
    for (size_t fail = 0; fail < 5; fail++) {
        struct arena a;
        size_t got = 0;
        arena_init(&a, 1 << 20);
        mem_fail_after(fail);
        while (got < 100 && arena_new(&a, 5000) != NULL) {
            got++;
        }
        mem_fail_after(SIZE_MAX);
        assert_int_equal(got, fail); // no two of them fit in one block
        assert_non_null(arena_new(&a, 5000));
        arena_done(&a);
        assert_int_equal(mem_in_use(), before);
    }
}

// S16: what a request leaves behind is wiped before the memory goes back or is used again. The
// first block stays after a reset, so it can be looked at.
static void a_reset_wipes_the_pieces(void **state)
{
    struct arena a;

    (void)state;
    arena_init(&a, 1 << 20);
    uint8_t *p = arena_new(&a, 64);
    assert_non_null(p);
    memset(p, 'x', 64);
    arena_reset(&a);
#if !defined(__SANITIZE_ADDRESS__) // there, every piece is freed
    assert_true(is_zero(p, 64));
    assert_ptr_equal(arena_new(&a, 64), p);
#endif
    arena_reset(&a);
    arena_done(&a);
    arena_done(&a);
}

// In a build with AddressSanitizer an overflow of one byte ends the program.
static void a_sanitizer_sees_an_overflow_inside_an_arena(void **state)
{
    (void)state;
#if !defined(__SANITIZE_ADDRESS__)
    skip();
#else
    struct arena a;
    int status = 0;

    arena_init(&a, 1 << 20);
    volatile uint8_t *p = arena_new(&a, 21);
    assert_non_null(p);
    assert_non_null(arena_new(&a, 21));
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        (void)close(STDERR_FILENO);
        size_t n = 21;
        p[n] = 1;
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_false(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    arena_done(&a);
#endif
}

TEST_MAIN(pieces_are_zeroed_aligned_and_apart, large_pieces_have_their_own_block,
          the_cap_holds_for_all_pieces_together, sizes_that_overflow_are_refused,
          copies_are_terminated, a_failed_allocation_leaks_nothing, a_reset_wipes_the_pieces,
          a_sanitizer_sees_an_overflow_inside_an_arena)
