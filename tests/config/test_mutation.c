// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A valid file with every line removed, doubled, cut and garbled in turn: it loads as a whole or
// not at all, and in the second case the report says why.
#include "config/show.h"
#include "support.h"

static struct span g_good;

static void try_text(struct span text)
{
    CLEANUP(buf_wipe) struct buf shown = BUF_OF(1 << 20);
    CLEANUP(config_unrefp) struct config *c = NULL;
    const struct config_options o = {.env = env_plain};
    struct config_report report;
    enum aiu_status st = config_parse(text, SPAN_OF("x"), &o, &report, &c);

    assert_int_equal(st == AIU_OK, c != NULL);
    assert_int_equal(st == AIU_OK, report.errors == 0);
    assert_ok(config_report_text(&report, SPAN_OF("x"), &shown));
    if (c != NULL) {
        for (size_t i = 0; i < c->key_count; i++) {
            assert_non_null(c->keys[i].policy);
        }
        for (size_t i = 0; i < c->model_count; i++) {
            assert_non_null(c->models[i].provider);
        }
        assert_ok(show_text(c, &shown));
    }
}

static int set_up(void **state)
{
    (void)state;
    g_good = test_read_file(test_source("tests/config/good.yaml"));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free((void *)g_good.p);
    return 0;
}

// `at` and `n` are the line with its LF.
static void for_each_line(void (*try_line)(size_t at, size_t n))
{
    struct span rest = g_good;
    struct span line;

    for (size_t at = 0; span_cut(rest, '\n', &line, &rest); at += line.n + 1) {
        try_line(at, line.n + 1);
    }
}

static void append(struct buf *b, struct span s)
{
    assert_ok(buf_append(b, s));
}

static void try_without(size_t at, size_t n)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    append(&text, span_first(g_good, at));
    append(&text, span_drop_first(g_good, at + n));
    try_text(buf_span(&text));
}

static void try_doubled(size_t at, size_t n)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    append(&text, span_first(g_good, at + n));
    append(&text, span_drop_first(g_good, at));
    try_text(buf_span(&text));
}

// Each byte of the line in turn becomes each of a few that mean something.
static void try_garbled(size_t at, size_t n)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    static const char bytes[] = "\n\t :{}[]\",-&*!|>%@`'#~0z\1\177\377";

    append(&text, g_good);
    for (size_t i = at; i < at + n; i++) {
        for (size_t k = 0; k < sizeof(bytes); k++) { // the NUL too
            uint8_t kept = text.p[i];
            text.p[i] = (uint8_t)bytes[k];
            try_text(buf_span(&text));
            text.p[i] = kept;
        }
    }
}

static void a_file_without_any_one_line_never_loads_half(void **state)
{
    (void)state;
    for_each_line(try_without);
}

static void a_file_with_any_line_twice_never_loads_half(void **state)
{
    (void)state;
    for_each_line(try_doubled);
}

static void a_file_with_any_byte_garbled_never_loads_half(void **state)
{
    (void)state;
    for_each_line(try_garbled);
}

static void a_file_cut_anywhere_never_loads_half(void **state)
{
    (void)state;
    for (size_t i = 0; i <= g_good.n; i++) {
        try_text(span_first(g_good, i));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_without_any_one_line_never_loads_half),
        cmocka_unit_test(a_file_with_any_line_twice_never_loads_half),
        cmocka_unit_test(a_file_with_any_byte_garbled_never_loads_half),
        cmocka_unit_test(a_file_cut_anywhere_never_loads_half),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
