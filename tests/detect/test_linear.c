// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// No text makes the scan more than linear (guide S56: 16 KB of "a.a.a." took 1.3 s). The figures
// are printed; only the growth and a generous bound are asserted, because machines differ.
#include <string.h>
#include <time.h>

#include "detect/deep.h"

#include "detect_test.h"

enum { SMALL = 32 << 10, LARGE = 512 << 10 };

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static double ns_a_byte(struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    double best = 1e9;

    for (int i = 0; i < 5; i++) {
        double begin = seconds();
        assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
        double took = seconds() - begin;
        best = took < best ? took : best;
    }
    return best * 1e9 / (double)text.n;
}

static void fill(uint8_t *p, size_t n, struct span unit)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = unit.p[i % unit.n];
    }
}

static const struct span units[] = {
    SPAN("1"),
    SPAN("A"),
    SPAN("a.a."),
    SPAN("password "),
    SPAN("eyJ"),
    SPAN("eyJhbGciOiJIUzI1NiJ9."),
    SPAN("@"),
    SPAN("a@"),
    SPAN("a@b.c."),
    SPAN("a.a.a.a.a@"),
    SPAN("ada@example.com "),
    SPAN("1 "),
    SPAN("4 "),
    SPAN("4111 "),
    SPAN("4111-"),
    SPAN("123456789 "),
    SPAN("ssn 536904399 "),
    SPAN("536-90-4399 "),
    SPAN("1."),
    SPAN("1:"),
    SPAN("+1 "),
    SPAN("DE89 "),
    SPAN("sk-"),
    SPAN("sk-ant-"),
    SPAN("xo"
         "xb-"),
    SPAN("://u:"),
    SPAN("http://u:p@h "),
    SPAN("-----BEGIN "),
    SPAN("-----BEGIN PRIVATE KEY-----"),
    SPAN("<|im_start|>"),
    SPAN("\x1B]"),
    SPAN("\xE2\x80\x8B"),
    SPAN("\xEF\xB8\x8F"),
    SPAN("\xF3\xA0\x81\x81"),
    SPAN("\xF0\x9F\x8F\xB4\xF3\xA0\x81\xA7"),
    SPAN("server=password="),
};

static void no_text_costs_more_than_linear_time(void **state)
{
    (void)state;
    static const struct span prose = SPAN("The quick brown fox jumps over the lazy dog, and nobody "
                                          "in the audience seems to mind the noise at all. ");
    uint8_t *p = mem_new(LARGE, 1);

    assert_non_null(p);
    fill(p, LARGE, prose);
    double plain = ns_a_byte(span_of(p, LARGE));
    print_message("prose: %.2f ns a byte\n", plain);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        fill(p, LARGE, units[i]);
        double small = ns_a_byte(span_of(p, SMALL));
        double large = ns_a_byte(span_of(p, LARGE));
        print_message("%6.2f ns a byte, %6.1f x prose: %.*s\n", large, large / plain,
                      units[i].p[0] < 0x20 || units[i].p[0] > 0x7E ? 8 : (int)units[i].n,
                      units[i].p[0] < 0x20 || units[i].p[0] > 0x7E ? "(hidden)"
                                                                   : (const char *)units[i].p);
        // Sixteen times the text: quadratic time would be sixteen times as much a byte. Caches and
        // the memory of the findings make some of it slower on a busy machine.
        if (large > 10 * small + 20) {
            fail_msg("%zu: %.1f ns a byte in the small, %.1f in the large", i, small, large);
        }
    }
    mem_free(p);
}

static double deep_ns_a_byte(struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    struct wording wording;
    double begin = seconds();

    assert_ok(deep_scan(b->engine, b->scratch, &b->all, TEXT_DOCUMENT, text, &found, &wording));
    return (seconds() - begin) * 1e9 / (double)text.n;
}

// Nor does what it may be read as: a picture in base64 has no blank from end to end.
static void no_reading_costs_more_than_linear_time(void **state)
{
    (void)state;
    static const char *const alphabets[] = {
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz ", "0123456789abcdef",
        "%&#;x41\\u"};
    uint8_t *p = mem_new(LARGE, 1);
    uint64_t seed = 3;

    assert_non_null(p);
    for (size_t i = 0; i < ARRAY_SIZE(alphabets); i++) {
        for (size_t k = 0; k < LARGE; k++) {
            p[k] = (uint8_t)alphabets[i][test_random(&seed) % strlen(alphabets[i])];
        }
        double small = deep_ns_a_byte(span_of(p, SMALL));
        double large = deep_ns_a_byte(span_of(p, LARGE));
        print_message("%6.2f ns a byte: any of %s\n", large, alphabets[i]);
        if (large > 5 * small + 50) {
            fail_msg("%zu: %.1f ns a byte in the small, %.1f in the large", i, small, large);
        }
    }
    mem_free(p);
}

// Findings that give reason for as many readings: each of these keys reads like words in ROT13.
static void many_findings_with_many_readings_are_linear(void **state)
{
    (void)state;
    enum { MOST = 4 * LARGE };
    uint8_t *p = mem_new(MOST, 1);

    assert_non_null(p);
    fill(p, MOST,
         SPAN_OF("gh"
                 "p_8Y3YXLIauaVIJFRCavOYPoQ26OkqX4VO5bUo "));
    double small = deep_ns_a_byte(span_of(p, SMALL));
    double large = deep_ns_a_byte(span_of(p, MOST));
    print_message("%6.2f ns a byte, %6.2f in the small: keys\n", large, small);
    if (large > 3 * small + 50) {
        fail_msg("%.1f ns a byte in the small, %.1f in the large", small, large);
    }
    mem_free(p);
}

// One byte at a time, a scan after each: the worst way to stream.
static void streaming_byte_by_byte_is_linear(void **state)
{
    (void)state;
    struct bench *b = bench_get();

    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        CLEANUP(window_done) struct window w;
        window_init(&w, b->engine, &b->all);
        for (size_t at = 0; at < 8192; at++) {
            assert_ok(window_feed(&w, span_of(units[i].p + at % units[i].n, 1), 1, TEXT_PLAIN));
            assert_ok(window_scan(&w, b->scratch));
            assert_true(window_held(&w) <= 1024);
            window_drop(&w, window_safe(&w));
        }
        assert_ok(window_finish(&w, b->scratch));
    }
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

static void figures_of_one_kilobyte_of_chat(void **state)
{
    (void)state;
    static double us[4096];
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    struct span text = test_read_file(test_source("tests/detect/data/english.txt"));

    double begin = seconds();
    struct engine *e = NULL;
    assert_ok(engine_new(&e));
    double loaded = seconds();
    engine_free(e);
    for (size_t i = 0; i < ARRAY_SIZE(us); i++) {
        struct span chat = span_of(text.p + i % (text.n - 1024), 1024);
        double from = seconds();
        assert_ok(scan_text(b->engine, b->scratch, &b->all, chat, &found));
        us[i] = (seconds() - from) * 1e6;
    }
    qsort(us, ARRAY_SIZE(us), sizeof(us[0]), compare);
    print_message("engine loaded in %.0f us; 1 KB of chat: p50 %.2f us, p99 %.2f us\n",
                  (loaded - begin) * 1e6, us[ARRAY_SIZE(us) / 2], us[ARRAY_SIZE(us) * 99 / 100]);
    mem_free((void *)text.p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_text_costs_more_than_linear_time),
        cmocka_unit_test(no_reading_costs_more_than_linear_time),
        cmocka_unit_test(many_findings_with_many_readings_are_linear),
        cmocka_unit_test(streaming_byte_by_byte_is_linear),
        cmocka_unit_test(figures_of_one_kilobyte_of_chat),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
