// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The streaming invariants of DETECTION.md (guide S57): 1, the findings do not depend on cuts; 2,
// no byte of a finding leaves early; 4, memory; 6, source offsets. 3 is test_hold_back.c.
#include "codec/json_text.h"

#include "window_test.h"

// An example of a rule without its marks.
static struct span unmarked(const char *example, struct buf *out)
{
    struct span left = span_str(example);
    static const struct span marks[] = {SPAN("⟦"), SPAN("⟧")};

    buf_reset(out);
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        size_t n = span_find_span(left, marks[i]);
        assert_ok(buf_append(out, span_first(left, n)));
        left = span_drop_first(left, n < left.n ? n + marks[i].n : n);
    }
    assert_ok(buf_append(out, left));
    return buf_span(out);
}

static void each_example_is_found_at_every_cut(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    for (uint16_t i = 0; i < rules_count(); i++) {
        const struct rule_info *info = rules_get(i);
        for (const char *const *x = info->examples; *x != NULL; x++) {
            stream_every_way(info->id, unmarked(*x, &text));
        }
        for (const char *const *x = info->counterexamples; *x != NULL; x++) {
            stream_every_way(info->id, unmarked(*x, &text));
        }
    }
}

static void two_cuts_inside_one_finding_change_nothing(void **state)
{
    (void)state;
    static const struct span texts[] = {
        SPAN("a +1 (415) 555-2671 b ada@example.co.uk, c 4111 1111 1111 1111 123"),
        SPAN("GB82 WEST 1234 5698 7654 32 x://u:p4ssw0rd@h.example 203.0.113.7. "),
        SPAN("🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F\U000E0069 a\u200Bb "
             "x\uFE00\uFE01\uFE02 \x1B[31m <|im_start|>"),
    };
    struct bench *b = bench_get();

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
        assert_ok(scan_text(b->engine, b->scratch, &b->all, texts[i], &wanted));
        for (size_t one = 1; one < texts[i].n; one++) {
            for (size_t two = one + 1; two <= texts[i].n; two++) {
                size_t cuts[2] = {one, two};
                stream("two cuts", texts[i], twice, cuts, &wanted);
            }
        }
    }
}

// Pieces that are findings, nearly are, or stand beside them; glued together at random.
static const char *const pieces[] = {
    "ada@example.com",
    "ada@example",
    "@",
    ".",
    "..",
    "4111111111111111",
    "4111 1111 ",
    "1111 ",
    "1111",
    "-",
    " ",
    "  ",
    "\n",
    "536-90-4399",
    "pesel ",
    "44051401359",
    "PT ",
    "501 964 843",
    "nif: ",
    "12345678Z",
    "call ",
    "020 7946 0958",
    " office",
    "AB 12 34 56 C",
    "born 15 March ",
    "1989",
    "12 High Street",
    ", York",
    "00:1b:44:11:3a:b7",
    "536-90-",
    "ssn ",
    "social security ",
    "536904399",
    "+1 415 555 2671",
    "+44",
    "(0)",
    ")",
    "DE89370400440532013000",
    "DE89 3704 ",
    "203.0.113.7",
    "203.0.",
    "2001:db8:",
    ":",
    "::",
    "eyJhbGciOiJIUzI1NiJ9",
    ".eyJzdWIiOiJhIn0",
    "eyJ",
    "sk-proj-",
    "sk-ant-",
    "abcdefghijklmnop1234",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
    "-----BEGIN PRIVATE KEY-----",
    "-----END PRIVATE KEY-----",
    "\\n",
    "\"",
    "=",
    "+",
    "//",
    "://",
    "http://u:",
    "p4ssword",
    "@h.example",
    "a",
    "é",
    "谢",
    "。",
    "。ada@",
    "例子.公司",
    "\U0001F3F4",
    "\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
    "\U000E0041",
    "\u200B",
    "\u200D",
    "\uFE0F",
    "\uFE01",
    "\U000E0101",
    "\u202E",
    "\x1B",
    "[31m",
    "]0;",
    "\x07",
    "<|im_start|>",
    "<|",
    "[INST",
    "]",
    "password=",
    "server=",
    "AKIA",
    "ghp_",
    "x",
    "xxxxxxxx",
    "aws_secret_access_key = ",
    "wJalrXUtnFEMI/K7MDENG+bPxRfiCYzq8aT1v0Lk",
    "Proc-Type: 4,X\n",
    "and words of prose ",
    "\xC2\xA0",
    "\xE2\x80\x91",
    "\xE3",
    "\xF0\x9F",
    "\xC3",
    "\x80",
    "\xFF",
    "\xE2\x80",
    "\xF3\xA0",
    "\xEF\xB8",
};

static struct span random_text(uint64_t *seed, struct buf *out, size_t most)
{
    buf_reset(out);
    for (size_t n = 1 + test_random(seed) % most; n > 0; n--) {
        size_t i = test_random(seed) % ARRAY_SIZE(pieces);
        assert_ok(buf_append(out, span_str(pieces[i])));
    }
    return buf_span(out);
}

static void random_mixtures_do_not_depend_on_cuts(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    struct bench *b = bench_get();
    const char *given = getenv("AIU_TEST_ROUNDS"); // NOLINT(concurrency-mt-unsafe)
    long rounds = given == NULL ? 3000 : strtol(given, NULL, 10);
    uint64_t seed = 42;

    for (long i = 0; i < rounds; i++) {
        CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
        char why[32];
        (void)snprintf(why, sizeof(why), "round %ld", i);
        struct span t = random_text(&seed, &text, 40);
        assert_ok(scan_text(b->engine, b->scratch, &b->all, t, &wanted));
        size_t one = 1;
        stream(why, t, every, &one, &wanted);
        for (int k = 0; k < 3; k++) {
            stream(why, t, random_cut, &seed, &wanted);
        }
    }
}

static void long_texts_are_found_alike_in_blocks_and_in_streams(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(8 << 20);
    struct bench *b = bench_get();
    uint64_t seed = 5;

    for (int i = 0; i < 20; i++) {
        CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
        struct span t = random_text(&seed, &text, 30000);
        assert_ok(scan_text(b->engine, b->scratch, &b->all, t, &wanted));
        size_t step = 1 + test_random(&seed) % 5000;
        stream("long", t, every, &step, &wanted);
        size_t all = t.n;
        stream("whole", t, every, &all, &wanted);
    }
}

// The first one ends where the second begins, and both flow.
static void one_open_finding_can_follow_another(void **state)
{
    (void)state;
    stream_every_way("two", SPAN_OF("-----BEGIN PRIVATE KEY-----\nABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                    "-----BEGIN PRIVATE KEY-----\nABCDEFGHIJKLMNOPQRSTUVWXYZ"));
}

// Found by fuzz_window: half a character before a number.
static void half_a_character_hides_nothing(void **state)
{
    (void)state;
    static const struct span texts[] = {
        SPAN("\xE3"
             "536-90-4399 x"),
        SPAN("\xF0\x9F"
             "536-90-4399"),
        SPAN("\xC3"
             "ada@example.com \xE2"),
        SPAN("a\xE3\x80"
             "b@example.com\x80\x80\x80\x80 "),
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        stream_every_way("half", texts[i]);
    }
}

static void a_key_longer_than_any_bound_flows(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    CLEANUP(buf_wipe) struct buf line = BUF_OF(128);
    uint64_t seed = 3;
    size_t fed = 0;

    window_init(&w, b->engine, &b->all);
    assert_ok(window_feed(&w, SPAN_OF("-----BEGIN PRIVATE KEY-----\n"), 28, TEXT_PLAIN));
    assert_ok(window_scan(&w, b->scratch));
    assert_int_equal(window_safe(&w), 0);
    fed = 28;
    for (int i = 0; i < 4000; i++) {
        buf_reset(&line);
        for (int k = 0; k < 64; k++) {
            assert_ok(buf_append_byte(&line, (uint8_t)('A' + test_random(&seed) % 26)));
        }
        assert_ok(buf_append_byte(&line, '\n'));
        assert_ok(window_feed(&w, buf_span(&line), line.n, TEXT_PLAIN));
        fed += line.n;
        assert_ok(window_scan(&w, b->scratch));
        assert_int_equal(window_findings(&w)->count, 1);
        assert_true(window_findings(&w)->items[0].open);
        assert_true(window_safe(&w) + 80 > fed);
        assert_true(w.text.capacity <= 2048);
    }
    assert_ok(window_feed(&w, SPAN_OF("-----END PRIVATE KEY----- x"), 27, TEXT_PLAIN));
    assert_ok(window_finish(&w, b->scratch));
    assert_int_equal(window_findings(&w)->count, 1);
    assert_int_equal(window_findings(&w)->items[0].end, fed + 25);
    assert_false(window_findings(&w)->items[0].open);
}

static void memory_stays_small_while_text_flows(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    static const struct span words =
        SPAN("some words, ada@example.com, \\u0041 4111 1111 and more. ");
    size_t before = mem_in_use();
    size_t most = 0;

    window_init(&w, b->engine, &b->all);
    for (int i = 0; i < 20000; i++) {
        size_t n = 1 + (size_t)i % 40;
        assert_ok(window_feed(&w, span_first(words, n), i % 3 == 0 && n == 1 ? 6 : n, TEXT_PLAIN));
        assert_ok(window_scan(&w, b->scratch));
        window_drop(&w, window_safe(&w));
        size_t used = mem_in_use() - before;
        most = used > most ? used : most;
    }
    print_message("window: at most %zu bytes\n", most);
    assert_true(most <= 16 << 10);
}

static void a_burst_is_given_back(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    static uint8_t burst[1 << 20];

    memset(burst, 'a', sizeof(burst));
    window_init(&w, b->engine, &b->all);
    assert_ok(window_feed(&w, span_of(burst, sizeof(burst)), sizeof(burst), TEXT_PLAIN));
    assert_ok(window_scan(&w, b->scratch));
    assert_true(window_held(&w) < 256);
    assert_true(w.text.capacity <= 16 << 10);
}

static void more_than_can_be_held_fails_closed(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    static uint8_t burst[1 << 20];

    window_init(&w, b->engine, &b->all);
    enum aiu_status st = AIU_OK;
    for (int i = 0; i < 5 && st == AIU_OK; i++) {
        st = window_feed(&w, span_of(burst, sizeof(burst)), sizeof(burst), TEXT_PLAIN);
    }
    assert_status(st, AIU_INSPECTION_FAILED);
    assert_status(window_scan(&w, b->scratch), AIU_INSPECTION_FAILED);
    assert_status(window_finish(&w, b->scratch), AIU_INSPECTION_FAILED);
    assert_int_equal(window_safe(&w), 0);
}

// Through json_text: offsets are those of the escaped source, and never inside an escape.
static void offsets_are_those_of_the_escaped_source(void **state)
{
    (void)state;
    static const struct span raw = SPAN(
        "x \\u0061da\\u0040example.com \\ud83d\\ude00 then\\n4111\\u002d1111-1111-1111, \\u00e9 end");
    struct bench *b = bench_get();

    for (size_t step = 1; step <= raw.n; step++) {
        CLEANUP(window_done) struct window w;
        struct json_text decoder;
        window_init(&w, b->engine, &b->all);
        json_text_init(&decoder, window_feed, &w);
        for (size_t at = 0; at < raw.n; at += step) {
            assert_ok(json_text_feed(&decoder, span_first(span_drop_first(raw, at), step)));
            assert_ok(window_scan(&w, b->scratch));
            size_t safe = window_safe(&w);
            assert_false(safe > 4 && safe < 8);   // inside the first escape
            assert_false(safe > 28 && safe < 40); // between the surrogates
        }
        assert_ok(json_text_finish(&decoder));
        assert_ok(window_finish(&w, b->scratch));
        const struct findings *found = window_findings(&w);
        assert_int_equal(found->count, 2);
        assert_span(
            "e-mail",
            span_of(raw.p + found->items[0].start, found->items[0].end - found->items[0].start),
            SPAN_OF("\\u0061da\\u0040example.com"));
        assert_span(
            "card",
            span_of(raw.p + found->items[1].start, found->items[1].end - found->items[1].start),
            SPAN_OF("4111\\u002d1111-1111-1111"));
        assert_int_equal(window_safe(&w), raw.n);
    }
}

static void a_finding_in_a_bare_number_says_so(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;

    window_init(&w, b->engine, &b->all);
    assert_ok(window_feed(&w, SPAN_OF("{\"to\":\"ada@example.com\",\"c\":"), 29, TEXT_PLAIN));
    assert_ok(window_feed(&w, SPAN_OF("411111"), 6, TEXT_NUMBER));
    assert_ok(window_scan(&w, b->scratch));
    assert_ok(window_feed(&w, SPAN_OF("1111111111"), 10, TEXT_NUMBER));
    assert_ok(window_feed(&w, SPAN_OF(",\"card\":\"4111111111111111\"}"), 27, TEXT_PLAIN));
    assert_ok(window_finish(&w, b->scratch));
    const struct findings *found = window_findings(&w);
    assert_int_equal(found->count, 3);
    assert_false(found->items[0].number);
    assert_true(found->items[1].number);
    assert_false(found->items[2].number);
}

static void a_reset_window_begins_anew(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;

    window_init(&w, b->engine, &b->all);
    for (int i = 0; i < 3; i++) {
        assert_ok(window_feed(&w, SPAN_OF("to ada@example.com"), 18, TEXT_PLAIN));
        assert_ok(window_finish(&w, b->scratch));
        assert_int_equal(window_findings(&w)->count, 1);
        assert_int_equal(window_findings(&w)->items[0].start, 3);
        window_drop(&w, 17);
        assert_int_equal(window_findings(&w)->count, 1);
        window_drop(&w, 18);
        assert_int_equal(window_findings(&w)->count, 0);
        window_reset(&w);
        assert_int_equal(window_safe(&w), 0);
    }
}

static void only_rules_that_are_on_are_found(void **state)
{
    (void)state;
    struct bench *b = bench_get();
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct rule_set secrets = rule_set_kind(KIND_SECRET);
    struct span text = SPAN("ada@example.com");

    assert_ok(scan_text(b->engine, b->scratch, &secrets, text, &found));
    assert_int_equal(found.count, 0);
    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
    assert_int_equal(found.count, 1);
    rule_set_remove(&b->all, rule_of("pii.email"));
    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
    assert_int_equal(found.count, 0);
    rule_set_add(&b->all, rule_of("pii.email"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_example_is_found_at_every_cut),
        cmocka_unit_test(two_cuts_inside_one_finding_change_nothing),
        cmocka_unit_test(random_mixtures_do_not_depend_on_cuts),
        cmocka_unit_test(long_texts_are_found_alike_in_blocks_and_in_streams),
        cmocka_unit_test(one_open_finding_can_follow_another),
        cmocka_unit_test(half_a_character_hides_nothing),
        cmocka_unit_test(a_key_longer_than_any_bound_flows),
        cmocka_unit_test(memory_stays_small_while_text_flows),
        cmocka_unit_test(a_burst_is_given_back),
        cmocka_unit_test(more_than_can_be_held_fails_closed),
        cmocka_unit_test(offsets_are_those_of_the_escaped_source),
        cmocka_unit_test(a_finding_in_a_bare_number_says_so),
        cmocka_unit_test(a_reset_window_begins_anew),
        cmocka_unit_test(only_rules_that_are_on_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
