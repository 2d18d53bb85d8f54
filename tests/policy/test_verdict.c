// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "policy/verdict.h"

#include "test.h"

static void assert_reasons(const struct verdict *v, const char *wanted)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);

    assert_ok(verdict_reasons_text(v, &text));
    assert_span("reasons", buf_span(&text), span_str(wanted));
}

static uint16_t rule(const char *id)
{
    uint16_t found = 0;

    assert_true(rules_find(span_str(id), &found));
    return found;
}

static void nothing_found_is_a_pass(void **state)
{
    (void)state;
    struct verdict v = {0};

    verdict_add(&v, ACTION_ALLOW, rule("pii.email"), SPAN_OF("a"));
    assert_int_equal(v.kind, VERDICT_PASS);
    assert_string_equal(verdict_text(v.kind), "pass");
    assert_null(verdict_first(&v));
    assert_reasons(&v, "");
}

static void the_strongest_action_is_the_verdict(void **state)
{
    (void)state;
    struct verdict v = {0};

    verdict_add(&v, ACTION_FLAG, rule("pii.email"), SPAN_OF("a"));
    assert_string_equal(verdict_text(v.kind), "flag");
    verdict_add(&v, ACTION_BLOCK, rule("pii.card"), SPAN_OF("b"));
    assert_string_equal(verdict_text(v.kind), "block");
    verdict_add(&v, ACTION_REDACT, rule("pii.phone"), SPAN_OF("c"));
    assert_string_equal(verdict_text(v.kind), "block");
    assert_span("path", verdict_first(&v)->path, SPAN_OF("b"));
    assert_reasons(&v, "pii.email=1,pii.card=1,pii.phone=1");
}

static void findings_of_a_rule_are_counted_and_the_first_path_stays(void **state)
{
    (void)state;
    struct verdict v = {0};

    verdict_add(&v, ACTION_FLAG, rule("pii.email"), SPAN_OF("first"));
    verdict_add(&v, ACTION_REDACT, rule("pii.email"), SPAN_OF("second"));
    assert_int_equal(v.count, 1);
    assert_int_equal(v.reasons[0].action, ACTION_REDACT);
    assert_span("path", v.reasons[0].path, SPAN_OF("first"));
    assert_reasons(&v, "pii.email=2");
}

static void a_reason_that_blocks_finds_room_in_a_full_list(void **state)
{
    (void)state;
    struct verdict v = {0};

    assert_true(rules_count() > VERDICT_REASONS + 2);
    for (uint16_t r = 0; r <= VERDICT_REASONS; r++) {
        verdict_add(&v, ACTION_FLAG, r, SPAN_OF("a"));
    }
    assert_int_equal(v.count, VERDICT_REASONS);
    assert_int_equal(v.more, 1);
    verdict_add(&v, ACTION_BLOCK, VERDICT_REASONS + 1, SPAN_OF("b"));
    assert_int_equal(v.more, 2);
    assert_int_equal(verdict_first(&v)->rule, VERDICT_REASONS + 1);
    assert_int_equal(v.reasons[0].rule, 0); // the last of the weak ones went
    assert_int_equal(v.kind, VERDICT_BLOCK);
}

static void verdicts_are_joined(void **state)
{
    (void)state;
    struct verdict a = {0};
    struct verdict b = {0};

    verdict_add(&a, ACTION_FLAG, rule("pii.email"), SPAN_OF("a"));
    verdict_add(&b, ACTION_REDACT, rule("pii.email"), SPAN_OF("b"));
    verdict_add(&b, ACTION_REDACT, rule("pii.card"), SPAN_OF("b"));
    b.more = 4;
    verdict_merge(&a, &b);
    assert_int_equal(a.kind, VERDICT_REDACT);
    assert_reasons(&a, "pii.email=2,pii.card=1,more=4");
}

static void a_guard_that_failed_blocks_without_a_rule(void **state)
{
    (void)state;
    struct verdict v = {0};

    verdict_raise(&v, VERDICT_BLOCK);
    verdict_raise(&v, VERDICT_PASS);
    assert_int_equal(v.kind, VERDICT_BLOCK);
    assert_null(verdict_first(&v));
}

TEST_MAIN(nothing_found_is_a_pass, the_strongest_action_is_the_verdict,
          findings_of_a_rule_are_counted_and_the_first_path_stays,
          a_reason_that_blocks_finds_room_in_a_full_list, verdicts_are_joined,
          a_guard_that_failed_blocks_without_a_rule)
