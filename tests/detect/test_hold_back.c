// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Streaming invariant 3: text is held back only while a match may be in progress. Ordinary texts of
// several scripts, as a model writes them (pieces of a few bytes): what waits after each scan.
#include "pseudonym_test.h"

enum { LONGEST_TEXT = 16 << 10 };

struct histogram {
    size_t counts[512];
    size_t total;
};

// With `tokens`, as in an answer: they are looked for, and findings are to be masked.
static void stream_text(struct span text, size_t step, const struct pseudonyms *tokens,
                        struct histogram *h)
{
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;

    window_init(&w, b->engine, &b->all);
    if (tokens != NULL) {
        window_seek(&w, tokens);
        window_keep_values(&w);
    }
    for (size_t at = 0; at < text.n; at += step) {
        struct span piece = span_first(span_drop_first(text, at), step);
        assert_ok(window_feed(&w, piece, piece.n, TEXT_PLAIN));
        assert_ok(window_scan(&w, b->scratch));
        size_t held = window_held(&w);
        h->counts[held < 511 ? held : 511]++;
        h->total++;
    }
    assert_ok(window_finish(&w, b->scratch));
    assert_int_equal(window_findings(&w)->count, 0);
}

static size_t quantile(const struct histogram *h, size_t permille)
{
    size_t seen = 0;
    size_t held = 0;

    while (held < 511 && (seen += h->counts[held]) * 1000 < h->total * permille) {
        held++;
    }
    return held;
}

static void add_token(struct pseudonyms *p, const char *rule, const struct buf *value)
{
    struct span token;

    assert_ok(pseudonyms_token(p, rule_of(rule), buf_span(value), false, &token));
}

static void make_tokens(struct pseudonyms *p, uint64_t *key)
{
    CLEANUP(buf_wipe) struct buf value = BUF_OF(64);

    test_pseudonyms(p, key);
    for (int i = 0; i < 100; i++) {
        buf_reset(&value);
        assert_ok(buf_printf(&value, "user%d@example.org", i));
        add_token(p, "pii.email", &value);
        add_token(p, "secret.groq_api_key", &value);
        buf_reset(&value);
        assert_ok(buf_printf(&value, "4111 1111 11%02d 1111", i));
        add_token(p, "pii.card", &value);
        buf_reset(&value);
        assert_ok(buf_printf(&value, "10.1.2.%d", i));
        add_token(p, "pii.ip", &value);
    }
    assert_ok(pseudonyms_index(p));
}

static void report(const char *name, const char *why, const struct histogram *h)
{
    print_message("%-9s held back%s: p50 %zu, p99 %zu, most %zu bytes\n", name, why,
                  quantile(h, 500), quantile(h, 990), quantile(h, 1000));
}

static void ordinary_text_is_held_back_by_a_word_at_most(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms tokens;
    struct histogram answers = {0};
    uint64_t key = 3;
    make_tokens(&tokens, &key);
    static const char *const names[] = {"english", "german", "chinese", "russian", "markdown"};
    struct histogram all = {0};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct histogram h = {0};
        char path[64];
        (void)snprintf(path, sizeof(path), "tests/detect/data/%s.txt", names[i]);
        struct span text = test_read_file(test_source(path));
        assert_true(text.n > 500 && text.n < LONGEST_TEXT);
        for (size_t step = 1; step <= 8; step++) {
            stream_text(text, step, NULL, &h);
            stream_text(text, step, NULL, &all);
            stream_text(text, step, &tokens, &answers);
        }
        report(names[i], "", &h);
        assert_true(quantile(&h, 990) <= 64);
        mem_free((void *)text.p);
    }
    report("all", "", &all);
    report("all", ", 400 tokens and masks", &answers);
    assert_true(quantile(&answers, 990) <= 64);
    assert_true(quantile(&all, 500) <= 8);
    assert_true(quantile(&all, 1000) <= 100);
}

static void what_can_not_go_on_as_a_finding_is_let_go_at_once(void **state)
{
    (void)state;
    static const struct {
        const char *why;
        struct span text;
        size_t held;
    } cases[] = {
        {"a blank ends it all", SPAN("some words "), 0},
        {"a word may go on", SPAN("some words"), 5},
        {"a number may go on behind a blank", SPAN("room 4000 "), 5},
        {"but not behind two words", SPAN("room 4000 is "), 0},
        {"a card", SPAN("pay 4111 1111 11"), 12},
        {"a telephone number, if a word behind says so", SPAN("pay 1234 1234 12"), 12},
        {"an address", SPAN("to ada@example.c"), 13},
        {"behind a quote", SPAN("{\"key\":\""), 0},
        {"a character of three bytes", SPAN("\xE8\xB0\xA2"), 0},
        {"a part of one", SPAN("\xE8\xB0"), 2},
        {"a header of a key", SPAN("see -----BEGIN PRIVATE KEY-----"), 27},
        {"a header in prose", SPAN("see -----BEGIN PRIVATE KEY----- in it"), 2},
    };
    struct bench *b = bench_get();

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(window_done) struct window w;
        window_init(&w, b->engine, &b->all);
        assert_ok(window_feed(&w, cases[i].text, cases[i].text.n, TEXT_PLAIN));
        assert_ok(window_scan(&w, b->scratch));
        if (window_held(&w) != cases[i].held) {
            fail_msg("%s: %zu held, not %zu", cases[i].why, window_held(&w), cases[i].held);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ordinary_text_is_held_back_by_a_word_at_most),
        cmocka_unit_test(what_can_not_go_on_as_a_finding_is_let_go_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
