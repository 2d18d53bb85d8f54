// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/ids.h"

#include "test.h"

static struct id numbered(uint64_t i)
{
    struct id id = {{1}};

    // Few distinct hashes, so that runs of neighbours form.
    memcpy(id.bytes + 8, &i, sizeof(i));
    return id;
}

static void only_a_uuid_in_lower_case_is_an_id(void **state)
{
    (void)state;
    struct id id;
    char text[UUID_SIZE];
    static const char *const wrong[] = {
        "",
        "018f3c2a-7b1c-7d2e-8f00-0123456789a",
        "018f3c2a-7b1c-7d2e-8f00-0123456789abc",
        "018F3c2a-7b1c-7d2e-8f00-0123456789ab",
        "018f3c2a07b1c-7d2e-8f00-0123456789ab",
        "018f3c2a-7b1c-7d2e-8f00-0123456789ag",
        "00000000-0000-0000-0000-000000000000",
    };

    assert_true(id_read(SPAN_OF("018f3c2a-7b1c-7d2e-8f00-0123456789ab"), &id));
    id_write(&id, text);
    assert_span("as it was", span_of(text, sizeof(text)),
                SPAN_OF("018f3c2a-7b1c-7d2e-8f00-0123456789ab"));
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        assert_false(id_read(span_str(wrong[i]), &id));
    }
}

// Against the plainest model there is: an array of truth values.
static void the_set_is_a_set(void **state)
{
    (void)state;
    enum { NUMBERS = 500 };
    static bool in[NUMBERS];
    uint64_t seed = 1;
    size_t count = 0;
    CLEANUP(ids_done) struct ids s;

    ids_init(&s);
    for (int round = 0; round < 200000; round++) {
        uint64_t i = test_random(&seed) % NUMBERS;
        struct id id = numbered(i + 1);
        if (test_random(&seed) % 2 == 0) {
            assert_ok(ids_add(&s, &id));
            count += !in[i];
            in[i] = true;
        } else {
            assert_int_equal(ids_remove(&s, &id), in[i]);
            count -= in[i];
            in[i] = false;
        }
        assert_int_equal(s.count, count);
    }
    const struct id *sorted = ids_sorted(&s);
    for (size_t i = 1; i < count; i++) {
        assert_true(memcmp(&sorted[i - 1], &sorted[i], sizeof(sorted[0])) < 0);
    }
}

static void memory_does_not_grow_with_what_has_gone(void **state)
{
    (void)state;
    CLEANUP(ids_done) struct ids s;

    ids_init(&s);
    for (uint64_t i = 1; i < 100000; i++) {
        struct id id = numbered(i);
        assert_ok(ids_add(&s, &id));
        assert_true(ids_remove(&s, &id));
    }
    assert_int_equal(s.count, 0);
    assert_true(s.capacity <= 64);
}

static void no_memory_is_told_and_loses_nothing(void **state)
{
    (void)state;
    CLEANUP(ids_done) struct ids s;
    struct id id = numbered(1);

    ids_init(&s);
    mem_fail_after(0);
    assert_status(ids_add(&s, &id), AIU_NO_MEMORY);
    mem_fail_after(SIZE_MAX);
    assert_false(ids_remove(&s, &id));
    assert_ok(ids_add(&s, &id));
    assert_true(ids_remove(&s, &id));
}

TEST_MAIN(only_a_uuid_in_lower_case_is_an_id, the_set_is_a_set,
          memory_does_not_grow_with_what_has_gone, no_memory_is_told_and_loses_nothing)
