// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S54, S55, S56: the guide's three expressions, beside a matcher that tries everything as a
// backtracking engine does. S57: all of them, in whatever place.
#include "detect/ascii.h"

#include "window_test.h"

// --- what the expressions say, tried out ------------------------------------------------------

static bool word_at(struct span s, size_t at)
{
    return at < s.n && (is_alnum(s.p[at]) || s.p[at] == '_');
}

static bool edge_at(struct span s, size_t at)
{
    return (at > 0 && word_at(s, at - 1)) != word_at(s, at);
}

static size_t digits_at(struct span s, size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (at + i >= s.n || !is_digit(s.p[at + i])) {
            return 0;
        }
    }
    return at + n;
}

// Where the match that begins at `at` ends; 0 for none.
static size_t card_at(struct span s, size_t at)
{
    if (!edge_at(s, at)) {
        return 0;
    }
    for (int group = 0; group < 4; group++) {
        if (group > 0 && at < s.n && (s.p[at] == '-' || is_blank(s.p[at]))) {
            at++;
        }
        at = digits_at(s, at, 4);
        if (at == 0) {
            return 0;
        }
    }
    return edge_at(s, at) ? at : 0;
}

static size_t ssn_at(struct span s, size_t at)
{
    static const size_t groups[] = {3, 2, 4};

    if (!edge_at(s, at)) {
        return 0;
    }
    for (int group = 0; group < 3; group++) {
        if (group > 0 && (at >= s.n || s.p[at++] != '-')) {
            return 0;
        }
        at = digits_at(s, at, groups[group]);
        if (at == 0) {
            return 0;
        }
    }
    return edge_at(s, at) ? at : 0;
}

static size_t top_at(struct span s, size_t dot)
{
    size_t end = dot + 1;

    while (end < s.n && (is_alpha(s.p[end]) || s.p[end] == '|')) {
        end++;
    }
    for (; end >= dot + 3; end--) {
        if (edge_at(s, end)) {
            return end;
        }
    }
    return 0;
}

static size_t email_at(struct span s, size_t at)
{
    size_t local = at;

    if (!edge_at(s, at)) {
        return 0;
    }
    while (local < s.n && (is_alnum(s.p[local]) || memchr("._%+-", s.p[local], 5) != NULL)) {
        local++;
    }
    if (local == at || local == s.n || s.p[local] != '@') {
        return 0;
    }
    size_t end = local + 1;
    while (end < s.n && (is_alnum(s.p[end]) || s.p[end] == '.' || s.p[end] == '-')) {
        end++;
    }
    for (size_t dot = end; dot > local + 2; dot--) {
        size_t top = s.p[dot - 1] == '.' ? top_at(s, dot - 1) : 0;
        if (top > 0) {
            return top;
        }
    }
    return 0;
}

static const struct {
    const char *rule;
    size_t (*at)(struct span s, size_t at);
} expressions[] = {{"pii.guide_card", card_at},
                   {"pii.guide_ssn", ssn_at},
                   {"pii.guide_email", email_at}};

// All matches from left to right, as re.finditer gives them.
static void assert_as_tried(size_t expression, struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    struct rule_set one = {0};
    size_t k = 0;

    rule_set_add(&one, rule_of(expressions[expression].rule));
    assert_ok(scan_text(b->engine, b->scratch, &one, text, &found));
    for (size_t at = 0; at < text.n;) {
        size_t end = expressions[expression].at(text, at);
        if (end == 0) {
            at++;
            continue;
        }
        if (k == found.count || found.items[k].start != at || found.items[k].end != end) {
            fail_msg("%s: [%zu, %zu) of \"%.*s\" is not found", expressions[expression].rule, at,
                     end, (int)text.n, (const char *)text.p);
        }
        k++;
        at = end;
    }
    if (k != found.count) {
        fail_msg("%s: [%zu, %zu) of \"%.*s\" is found", expressions[expression].rule,
                 found.items[k].start, found.items[k].end, (int)text.n, (const char *)text.p);
    }
}

static void the_expressions_match_what_the_guide_writes(void **state)
{
    (void)state;
    static const char *const parts[] = {"1234", "12",  "345", "6789", "-",   " ",  "_",  "a",
                                        "b.c",  "@",   ".",   "|",    "ab",  "\t", "%",  "+",
                                        "x",    "com", "9",   "--",   "@a.", "é",  "..", "Z9"};
    CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);
    uint64_t seed = 11;

    for (int i = 0; i < 60000; i++) {
        buf_reset(&text);
        for (uint64_t n = 2 + test_random(&seed) % 12; n > 0; n--) {
            const char *part = parts[test_random(&seed) % ARRAY_SIZE(parts)];
            if (strcmp(part, "é") != 0) { // the reference knows ASCII only
                assert_ok(buf_append(&text, span_str(part)));
            }
        }
        for (size_t k = 0; k < ARRAY_SIZE(expressions); k++) {
            assert_as_tried(k, buf_span(&text));
        }
    }
}

static void they_are_in_no_set_that_does_not_name_them(void **state)
{
    (void)state;
    struct rule_set all = rule_set_all(), pii = rule_set_kind(KIND_PII);

    for (size_t k = 0; k < ARRAY_SIZE(expressions); k++) {
        assert_false(rule_set_has(&all, rule_of(expressions[k].rule)));
        assert_false(rule_set_has(&pii, rule_of(expressions[k].rule)));
        assert_true(rules_get(rule_of(expressions[k].rule))->opt_in);
    }
}

// Invariant 1, with these rules on: the same at every cut.
static void they_are_found_at_every_cut(void **state)
{
    (void)state;
    static const struct span text =
        SPAN("x 1234-5678 9012-3456, 000-00-0000; a..b@example..com| c@d.ef|g "
             "1234567890123456 é1234-5678-9012-3456é ada%@1.2.ab.3 987-65-4321");
    CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    struct rule_set guide = {0};

    for (size_t k = 0; k < ARRAY_SIZE(expressions); k++) {
        rule_set_add(&guide, rule_of(expressions[k].rule));
    }
    assert_ok(scan_text(b->engine, b->scratch, &guide, text, &wanted));
    assert_int_equal(wanted.count, 7);
    for (size_t step = 1; step <= text.n; step++) {
        struct window w;
        window_init(&w, b->engine, &guide);
        for (size_t at = 0; at < text.n; at += step) {
            struct span piece = span_first(span_drop_first(text, at), step);
            assert_ok(window_feed(&w, piece, piece.n, TEXT_PLAIN));
            assert_ok(window_scan(&w, b->scratch));
        }
        assert_ok(window_finish(&w, b->scratch));
        assert_same_findings("guide", window_findings(&w), &wanted);
        window_done(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST_EACH_(the_expressions_match_what_the_guide_writes,
                                                  they_are_in_no_set_that_does_not_name_them,
                                                  they_are_found_at_every_cut)};

    return cmocka_run_group_tests(tests, NULL, bench_done);
}
