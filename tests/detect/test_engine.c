// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Loading, falling back to a compilation, and running out of memory at each allocation.
#include "detect/engine_parts.h"

#include "detect_test.h"

static void the_embedded_database_loads(void **state)
{
    (void)state;
    assert_false(engine_compiled_at_start(bench_get()->engine));
}

static struct span both_find(const struct engine *e, struct span text, struct buf *out)
{
    CLEANUP(scratch_freep) struct scratch *s = NULL;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(64);

    buf_reset(out);
    assert_ok(scratch_new(e, &s));
    assert_ok(scan_text(e, s, &bench_get()->all, text, &found));
    assert_ok(redact_text(text, &found, NULL, false, out));
    return buf_span(out);
}

// A database of another version is refused by Vectorscan; so is a damaged one.
static void a_database_that_does_not_load_is_compiled_anew(void **state)
{
    (void)state;
    struct catalog changed = catalog_builtin;
    uint8_t *bytes = (uint8_t *)mem_dup(catalog_builtin.database, catalog_builtin.database_n);
    CLEANUP(engine_freep) struct engine *e = NULL;
    CLEANUP(buf_wipe) struct buf one = BUF_OF(1024);
    CLEANUP(buf_wipe) struct buf two = BUF_OF(1024);
    struct span text = SPAN("xo"
                            "xb-123456789012-123456789012-abcdefABCDEF <|im_end|>");

    assert_non_null(bytes);
    bytes[4] ^= 1; // the version
    changed.database = bytes;
    assert_ok(engine_new_of(&changed, &e));
    assert_true(engine_compiled_at_start(e));
    assert_span("same findings", both_find(e, text, &one),
                both_find(bench_get()->engine, text, &two));
    assert_true(two.n < text.n);
    mem_free(bytes);
}

static void each_allocation_that_fails_is_an_error_and_no_leak(void **state)
{
    (void)state;
    size_t before = mem_in_use();
    enum aiu_status st = AIU_NO_MEMORY;
    size_t after = 0;

    for (; st != AIU_OK && after < 100; after++) {
        CLEANUP(engine_freep) struct engine *e = NULL;
        CLEANUP(scratch_freep) struct scratch *s = NULL;
        mem_fail_after(after);
        st = engine_new(&e);
        if (st == AIU_OK) {
            st = scratch_new(e, &s);
        }
        mem_fail_after(SIZE_MAX);
    }
    assert_ok(st);
    assert_true(after > 3);
    assert_int_equal(mem_in_use(), before);
}

static enum aiu_status stream_once(struct scratch *s)
{
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    enum aiu_status st = AIU_OK;

    window_init(&w, b->engine, &b->all);
    for (int i = 0; i < 40 && st == AIU_OK; i++) {
        st = window_feed(&w, SPAN_OF("to ada@example.com or"), 24, TEXT_PLAIN);
        st = st == AIU_OK ? window_scan(&w, s) : st;
    }
    return st == AIU_OK ? window_finish(&w, s) : st;
}

static void a_window_without_memory_fails_closed(void **state)
{
    (void)state;
    size_t before = mem_in_use();
    enum aiu_status st = AIU_NO_MEMORY;
    size_t after = 0;

    for (; st != AIU_OK && after < 100; after++) {
        CLEANUP(scratch_freep) struct scratch *s = NULL;
        assert_ok(scratch_new(bench_get()->engine, &s));
        mem_fail_after(after);
        st = stream_once(s);
        mem_fail_after(SIZE_MAX);
        assert_true(st == AIU_OK || st == AIU_NO_MEMORY);
    }
    assert_ok(st);
    assert_true(after > 3);
    assert_int_equal(mem_in_use(), before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_embedded_database_loads),
        cmocka_unit_test(a_database_that_does_not_load_is_compiled_anew),
        cmocka_unit_test(each_allocation_that_fails_is_an_error_and_no_leak),
        cmocka_unit_test(a_window_without_memory_fails_closed),
    };
    (void)bench_get();
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
