// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A window that keeps values: whatever the cuts, the value of a finding is its text once the
// finding may go on, and a finding too long for one has none (streaming invariants 1, 2, 4 for
// masks and pseudonyms; S57).
#include "pseudonym_test.h"
#include "window_test.h"

// What has left so far: each finding once, with its value checked.
struct leaving {
    struct span text;
    const struct findings *wanted;
    size_t settled;
};

static void check_finding(const char *why, struct leaving *l, const struct window *w,
                          const struct finding *f)
{
    const struct finding *wanted = &l->wanted->items[l->settled];

    assert_true(l->settled < l->wanted->count);
    assert_int_equal(f->start, wanted->start);
    if (wanted->end - wanted->start > PSEUDONYM_VALUE_MOST) {
        assert_true(f->open || window_value(w, f).n == 0);
        return;
    }
    assert_false(f->open);
    assert_span(why, window_value(w, f),
                span_of(l->text.p + wanted->start, wanted->end - wanted->start));
}

static void leave(const char *why, struct leaving *l, struct window *w)
{
    const struct findings *found = window_findings(w);
    size_t safe = window_safe(w);

    for (size_t i = 0; i < found->count && found->items[i].start < safe; i++) {
        if (l->settled > 0 && found->items[i].start <= l->wanted->items[l->settled - 1].start) {
            continue; // open still, seen before
        }
        check_finding(why, l, w, &found->items[i]);
        l->settled++;
    }
    window_drop(w, safe);
}

static void stream_values(const char *why, struct span text, next_cut cut, void *ctx,
                          const struct findings *wanted)
{
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    struct leaving l = {text, wanted, 0};

    window_init(&w, b->engine, &b->all);
    window_keep_values(&w);
    for (size_t at = 0; at < text.n;) {
        size_t next = cut(ctx, at);
        next = next > text.n ? text.n : next;
        assert_ok(window_feed(&w, span_of(text.p + at, next - at), next - at, TEXT_PLAIN));
        assert_ok(window_scan(&w, b->scratch));
        leave(why, &l, &w);
        at = next;
    }
    assert_ok(window_finish(&w, b->scratch));
    leave(why, &l, &w);
    assert_int_equal(l.settled, wanted->count);
}

static void every_way(const char *why, struct span text)
{
    CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    uint64_t seed = 5;

    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &wanted));
    for (size_t cut = 1; cut <= text.n; cut += 1 + text.n / 150) {
        stream_values(why, text, once, &cut, &wanted);
    }
    for (size_t step = 1; step < 4; step++) {
        stream_values(why, text, every, &step, &wanted);
    }
    for (int i = 0; i < 6; i++) {
        stream_values(why, text, random_cut, &seed, &wanted);
    }
}

static void append_unmarked(struct buf *out, const char *example)
{
    for (const char *c = example; *c != '\0'; c++) {
        if (strncmp(c, "⟦", 3) == 0 || strncmp(c, "⟧", 3) == 0) {
            c += 2;
        } else {
            assert_ok(buf_append_byte(out, (uint8_t)*c));
        }
    }
}

static void each_rules_examples_keep_their_values_at_every_cut(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    for (uint16_t i = 0; i < rules_count(); i++) {
        const struct rule_info *info = rules_get(i);
        for (const char *const *x = info->examples; *x != NULL; x++) {
            buf_reset(&text);
            append_unmarked(&text, *x);
            every_way(info->id, buf_span(&text));
        }
    }
}

// Two examples in one text, of rules taken at random.
static void texts_of_several_kinds_keep_their_values(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    uint64_t seed = 77;

    for (int round = 0; round < 60; round++) {
        buf_reset(&text);
        for (int k = 0; k < 6; k++) {
            const struct rule_info *info =
                rules_get((uint16_t)(test_random(&seed) % rules_count()));
            assert_ok(buf_append(&text, SPAN_OF(" and then ")));
            append_unmarked(&text, info->examples[0]);
        }
        every_way("several", buf_span(&text));
    }
}

// A token of every length around the bound.
static void at_the_bound_a_value_ends(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    for (size_t n = PSEUDONYM_VALUE_MOST - 12; n < PSEUDONYM_VALUE_MOST + 12; n++) {
        uint64_t seed = n;
        buf_reset(&text);
        assert_ok(buf_append(&text, SPAN_OF("key eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.")));
        while (text.n < n + 4) {
            assert_ok(buf_append_byte(&text, (uint8_t)('a' + test_random(&seed) % 26)));
        }
        assert_ok(buf_append(&text, SPAN_OF(" end")));
        every_way("bound", buf_span(&text));
    }
}

// Invariant 4: a stream of any length, with values kept and tokens looked for, holds 16 KiB at
// most.
static void a_stream_needs_little_memory(void **state)
{
    (void)state;
    static const char *const parts[] = {"Plain words, and more of them. ",
                                        "ada@example.org, 4111 1111 1111 1111. ",
                                        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.",
                                        "abcdefghijklmnopqrstuvwxyz0123456789",
                                        "{\"k\": 1}, ",
                                        "+1 415 555 2671 and 203.0.113.7 "};
    CLEANUP(pseudonyms_done) struct pseudonyms tokens;
    struct bench *b = bench_get();
    uint64_t key = 3, seed = 9;
    size_t most = 0;
    test_pseudonyms(&tokens, &key);
    (void)token_of(&tokens, "pii.email", "ada@example.org");
    assert_ok(pseudonyms_index(&tokens));

    for (int round = 0; round < 2; round++) { // the scratch grows in the first
        struct window w;
        size_t before = mem_in_use();
        window_init(&w, b->engine, &b->all);
        window_keep_values(&w);
        window_seek(&w, &tokens);
        most = 0;
        for (int i = 0; i < 20000; i++) {
            struct span part = span_str(parts[test_random(&seed) % ARRAY_SIZE(parts)]);
            assert_ok(window_feed(&w, part, part.n, TEXT_PLAIN));
            assert_ok(window_scan(&w, b->scratch));
            window_drop(&w, window_safe(&w));
            size_t used = mem_in_use() - before;
            most = used > most ? used : most;
        }
        window_done(&w);
    }
    print_message("a stream holds at most %zu bytes\n", most + sizeof(struct window));
    assert_true(most + sizeof(struct window) <= 16 << 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EACH_(a_stream_needs_little_memory, each_rules_examples_keep_their_values_at_every_cut,
                   texts_of_several_kinds_keep_their_values, at_the_bound_a_value_ends)};

    return cmocka_run_group_tests(tests, NULL, bench_done);
}
