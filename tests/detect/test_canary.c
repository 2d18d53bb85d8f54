// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Strings that must never leave: found wherever a text is cut, before a byte of them is let go.
#include "detect/canary.h"
#include "window_test.h"

static struct canaries *canaries_of(const char *a, const char *b)
{
    static struct canaries set;

    set = (struct canaries){0};
    assert_ok(canaries_add(&set, span_str(a), NULL));
    if (b != NULL) {
        assert_ok(canaries_add(&set, span_str(b), NULL));
    }
    return &set;
}

// The text in pieces; returns how much of it was let go, and whether it was refused.
static bool is_refused(struct span text, const struct canaries *set, next_cut cut, void *ctx,
                       size_t *ret_safe)
{
    struct bench *b = bench_get();
    struct rule_set rules = b->all;
    CLEANUP(window_done) struct window w;
    enum aiu_status st = AIU_OK;
    size_t at = 0;

    rules.canaries = set;
    window_init(&w, b->engine, &rules);
    while (at < text.n && st == AIU_OK) {
        size_t next = cut(ctx, at);
        next = next > text.n ? text.n : next;
        assert_ok(window_feed(&w, span_of(text.p + at, next - at), next - at, TEXT_PLAIN));
        st = window_scan(&w, b->scratch);
        at = next;
    }
    st = st == AIU_OK ? window_finish(&w, b->scratch) : st;
    *ret_safe = window_safe(&w);
    assert_true(st == AIU_OK || st == AIU_CONTENT_BLOCKED);
    assert_int_equal(window_scan(&w, b->scratch), st == AIU_OK ? AIU_OK : st); // stays failed
    return st == AIU_CONTENT_BLOCKED;
}

static void no_byte_of_a_canary_leaves_wherever_it_is_cut(void **state) // streaming invariant 2
{
    (void)state;
    static const char *const texts[] = {
        "The words were ZX-Otter-77q and more",
        "ZX-Otter-77q",
        "ZX-ZX-Otter-77q!",
        "ZX-Otter-7ZX-otter-77Q of it",
        "mail ZX-Otter-77q@example.com or 4111 1111 1111 1111",
        "https://a.example/ada@example.com/ZX-Otter-77q ghp_",
        "-----BEGIN PRIVATE KEY-----\nMIIEvAIBADANBgkqhkiG9w0BAQEFAASCBKYwggSiAgEAZX-Otter-77q",
        "x\xE2\x80\x8B\xE2\x80\x8BZX-Otter-77q",
    };
    const struct canaries *set = canaries_of("ZX-Otter-77q", "unrelated string");

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct span text = span_str(texts[i]);
        size_t safe = 0;
        size_t first = 0;
        while (!span_equal_nocase(span_first(span_drop_first(text, first), 12),
                                  SPAN_OF("zx-otter-77q"))) {
            first++;
        }
        for (size_t step = 1; step <= 14; step++) {
            assert_true(is_refused(text, set, every, &step, &safe));
            assert_true(safe <= first);
        }
        for (size_t cut = 1; cut < text.n; cut++) {
            assert_true(is_refused(text, set, once, &cut, &safe));
            assert_true(safe <= first);
        }
    }
}

static void what_only_begins_like_one_goes_on(void **state)
{
    (void)state;
    const struct canaries *set = canaries_of("ZX-Otter-77q", NULL);
    struct bench *b = bench_get();
    struct rule_set rules = b->all;
    CLEANUP(window_done) struct window w;
    size_t safe = 0;

    rules.canaries = set;
    window_init(&w, b->engine, &rules);
    assert_ok(window_feed(&w, SPAN_OF("so zx-otter"), 11, TEXT_PLAIN));
    assert_ok(window_scan(&w, b->scratch));
    assert_int_equal(window_safe(&w), 3);
    assert_ok(window_feed(&w, SPAN_OF("s swim; z "), 10, TEXT_PLAIN));
    assert_ok(window_scan(&w, b->scratch));
    assert_int_equal(window_safe(&w), 21);
    for (size_t step = 1; step < 8; step++) {
        assert_false(is_refused(SPAN_OF("zx-otter-77 zx-otter-77"), set, every, &step, &safe));
        assert_int_equal(safe, 23);
    }
}

static bool stands_in(const char *canary, struct span text)
{
    for (size_t at = 0; at < text.n; at++) {
        struct span here = span_first(span_drop_first(text, at), strlen(canary));
        if (span_equal_nocase(here, span_str(canary))) {
            return true;
        }
    }
    return false;
}

static void texts_by_chance_are_refused_as_a_plain_search_says(void **state)
{
    (void)state;
    static const char *const one = "aabacade";
    static const char *const two = "abacadeaab";
    const struct canaries *set = canaries_of(one, two);
    uint64_t seed = 5;
    size_t refused = 0;
    uint8_t text[700];

    for (size_t round = 0; round < 3000; round++) {
        size_t n = 1 + test_random(&seed) % sizeof(text), safe = 0;
        size_t step = 1 + test_random(&seed) % 40;
        for (size_t i = 0; i < n; i++) {
            text[i] = (uint8_t) "aaaabAcadae"[test_random(&seed) % 11];
        }
        if (round % 3 == 0 && n > 20) {
            memcpy(text + test_random(&seed) % (n - 8), round % 2 == 0 ? one : two, 8);
        }
        struct span all = span_of(text, n);
        bool wanted = stands_in(one, all) || stands_in(two, all);
        assert_int_equal(is_refused(all, set, every, &step, &safe), wanted);
        assert_true(wanted || safe == n);
        refused += wanted;
    }
    assert_true(refused > 100 && refused < 2900);
}

static void a_whole_text_with_one_is_refused(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    struct bench *b = bench_get();
    struct rule_set rules = b->all;

    rules.canaries = canaries_of("ZX-Otter-77q", NULL);
    for (size_t i = 0; i < 100000; i++) {
        assert_ok(buf_append_byte(&text, 'a')); // a flood, of which most is skipped
    }
    assert_ok(scan_text(b->engine, b->scratch, &rules, buf_span(&text), &found));
    memcpy(text.p + 50000, "zx-OTTER-77q", 12);
    assert_status(scan_text(b->engine, b->scratch, &rules, buf_span(&text), &found),
                  AIU_CONTENT_BLOCKED);
}

static void what_stands_in_harmless_texts_is_no_canary(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "short77", "--------------", "abcdabcdABCD"};
    struct canaries set = {0};
    char longest[CANARY_MOST + 1];
    const char *why = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        assert_status(canaries_add(&set, span_str(bad[i]), &why), AIU_CONFIG_INVALID);
        assert_non_null(strstr(why, "it would stop harmless answers"));
    }
    for (size_t i = 0; i < sizeof(longest); i++) {
        longest[i] = (char)('a' + i % 26);
    }
    assert_status(canaries_add(&set, span_of(longest, CANARY_MOST + 1), &why), AIU_CONFIG_INVALID);
    for (size_t i = 0; i < CANARIES_MOST; i++) {
        assert_ok(canaries_add(&set, span_of(longest, CANARY_MOST), &why));
    }
    assert_status(canaries_add(&set, span_of(longest, CANARY_MOST), NULL), AIU_CONFIG_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EACH_(no_byte_of_a_canary_leaves_wherever_it_is_cut, what_only_begins_like_one_goes_on,
                   texts_by_chance_are_refused_as_a_plain_search_says,
                   a_whole_text_with_one_is_refused, what_stands_in_harmless_texts_is_no_canary)};

    return cmocka_run_group_tests(tests, NULL, bench_done);
}
