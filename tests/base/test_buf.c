// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"

#include "test.h"

static void bytes_are_appended_in_order(void **state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1000);

    (void)state;
    assert_int_equal(b.capacity, 0); // no memory before there are bytes
    assert_ok(buf_append(&b, SPAN_OF("id: ")));
    assert_ok(buf_append_u64(&b, 0));
    assert_ok(buf_append_byte(&b, ' '));
    assert_ok(buf_append_u64(&b, UINT64_MAX));
    assert_ok(buf_printf(&b, " %s-%d", "x", -5));
    assert_ok(buf_append(&b, SPAN_OF("")));
    assert_span("all", buf_span(&b), SPAN_OF("id: 0 18446744073709551615 x--5"));
}

static void the_maximum_holds_and_nothing_is_half_appended(void **state)
{
    (void)state;
    for (size_t maximum = 0; maximum < 200; maximum++) {
        CLEANUP(buf_wipe) struct buf b;
        uint8_t *p = NULL;
        buf_init(&b, maximum);
        for (size_t i = 0; i < maximum; i++) {
            assert_ok(buf_append_byte(&b, (uint8_t)i));
            assert_true(b.capacity <= maximum);
        }
        assert_status(buf_append_byte(&b, 'x'), AIU_TOO_LONG);
        assert_status(buf_append(&b, SPAN_OF("xy")), AIU_TOO_LONG);
        assert_status(buf_append_u64(&b, 1), AIU_TOO_LONG);
        assert_status(buf_printf(&b, "x"), AIU_TOO_LONG);
        assert_status(buf_reserve(&b, SIZE_MAX, &p), AIU_TOO_LONG);
        assert_int_equal(b.n, maximum);
        for (size_t i = 0; i < maximum; i++) {
            assert_int_equal(b.p[i], (uint8_t)i);
        }
    }
}

static void reserved_room_is_counted_when_it_is_used(void **state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(100);
    uint8_t *p = NULL;

    (void)state;
    assert_ok(buf_reserve(&b, 10, &p));
    assert_int_equal(b.n, 0);
    memcpy(p, "abc", 3);
    buf_grow(&b, 3);
    assert_span("grown", buf_span(&b), SPAN_OF("abc"));
    assert_ok(buf_reserve(&b, 0, &p));
}

static void consuming_moves_the_rest_to_the_front(void **state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(100);

    (void)state;
    buf_consume(&b, 0);
    assert_ok(buf_append(&b, SPAN_OF("abcdef")));
    buf_consume(&b, 2);
    assert_span("rest", buf_span(&b), SPAN_OF("cdef"));
    buf_consume(&b, 4);
    assert_int_equal(b.n, 0);
    assert_ok(buf_append(&b, SPAN_OF("x")));
    buf_reset(&b);
    assert_int_equal(b.n, 0);
    assert_true(b.capacity > 0);
}

static void a_wiped_buffer_can_be_used_again(void **state)
{
    struct buf b = BUF_OF(4);
    size_t before = mem_in_use();

    (void)state;
    assert_ok(buf_append(&b, SPAN_OF("abcd")));
    buf_wipe(&b);
    assert_int_equal(mem_in_use(), before);
    assert_status(buf_append(&b, SPAN_OF("abcde")), AIU_TOO_LONG);
    assert_ok(buf_append(&b, SPAN_OF("abcd")));
    buf_wipe(&b);
    buf_wipe(&b);
    assert_int_equal(mem_in_use(), before);
}

static void a_failed_allocation_leaves_the_buffer_as_it_was(void **state)
{
    size_t before = mem_in_use();
    struct buf b = BUF_OF(10000);

    (void)state;
    assert_ok(buf_append(&b, SPAN_OF("abc")));
    const size_t capacity = b.capacity;
    mem_fail_after(0);
    while (b.n < capacity) { // up to the capacity nothing is allocated
        assert_ok(buf_append_byte(&b, 'x'));
    }
    assert_status(buf_append_byte(&b, 'x'), AIU_NO_MEMORY);
    assert_status(buf_printf(&b, "%d", 1), AIU_NO_MEMORY);
    mem_fail_after(SIZE_MAX);
    assert_int_equal(b.n, capacity);
    assert_memory_equal(b.p, "abcxx", 5);
    buf_wipe(&b);
    assert_int_equal(mem_in_use(), before);
}

// Appending a byte at a time moves the bytes a few times, not each time.
static void growth_is_linear_over_all(void **state)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    size_t moves = 0;
    size_t capacity = 0;

    (void)state;
    for (size_t i = 0; i < 1 << 20; i++) {
        assert_ok(buf_append_byte(&b, 'x'));
        moves += b.capacity != capacity;
        capacity = b.capacity;
    }
    assert_in_range(moves, 1, 20);
}

TEST_MAIN(bytes_are_appended_in_order, the_maximum_holds_and_nothing_is_half_appended,
          reserved_room_is_counted_when_it_is_used, consuming_moves_the_rest_to_the_front,
          a_wiped_buffer_can_be_used_again, a_failed_allocation_leaves_the_buffer_as_it_was,
          growth_is_linear_over_all)
