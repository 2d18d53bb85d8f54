// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What is found and what replaces it: guide S54 (cards), S55 (SSN), S56 (e-mail), S57 (redaction),
// S58 (what a scan tells). The rules' own examples run in rulec and in test_window.c.
#include "detect_test.h"

static const struct {
    const char *why;
    struct span text;
    struct span redacted;
} cases[] = {
    {"nothing", SPAN(""), SPAN("")},
    {"S54 Visa", SPAN("pay 4111111111111111 now"), SPAN("pay [REDACTED:card] now")},
    {"S54 Amex", SPAN("3782-822463-10005"), SPAN("[REDACTED:card]")},
    {"S54 a tail is no card", SPAN("4111111111111111-1"), SPAN("4111111111111111-1")},
    {"S54 16 digits are no card", SPAN("order 4111111111111112"), SPAN("order 4111111111111112")},
    {"S54 two cards", SPAN("4111 1111 1111 1111 5555 5555 5555 4444"),
     SPAN("[REDACTED:card] [REDACTED:card]")},
    {"S54 a year before", SPAN("2024 4111 1111 1111 1111"), SPAN("2024 [REDACTED:card]")},
    {"S55", SPAN("SSN: 536-90-4399."), SPAN("SSN: [REDACTED:us_ssn].")},
    {"S55 undashed with context", SPAN("ssn 536904399"), SPAN("ssn [REDACTED:us_ssn]")},
    {"S55 undashed without", SPAN("no 536904399"), SPAN("no 536904399")},
    {"S55 never issued", SPAN("000-00-0000 987-65-4321"), SPAN("000-00-0000 987-65-4321")},
    {"S55 the word must be near",
     SPAN("ssn ........................................................................"
          "........................................................ 536904399"),
     SPAN("ssn ........................................................................"
          "........................................................ 536904399")},
    {"S56", SPAN("mail ada@example.com, or"), SPAN("mail [REDACTED:email], or")},
    {"S56 no bar in the domain", SPAN("ada@example.c|om"), SPAN("ada@example.c|om")},
    {"S56 end of a sentence", SPAN("ada@example.com."), SPAN("[REDACTED:email].")},
    {"S56 two in a row", SPAN("a.b@c.de;f+g@h.org"), SPAN("[REDACTED:email];[REDACTED:email]")},
    {"an IBAN", SPAN("to GB82WEST12345698765432 today"), SPAN("to [REDACTED:iban] today")},
    {"lower case", SPAN("to gb82west12345698765432"), SPAN("to [REDACTED:iban]")},
    {"a password, not its URL", SPAN("mysql://root:s3cr3t@db.example.com/x"),
     SPAN("mysql://root:[REDACTED:connection_string]@db.example.com/x")},
    {"the surest rule of two",
     SPAN("https://u:gh"
          "p_0123456789abcdefghijABCDEFGHIJ012345@x.org"),
     SPAN("https://u:[REDACTED:github_pat]@x.org")},
    {"a key in JSON",
     SPAN("{\"k\":\"AK"
          "IAIOSFODNN7EXAMPLE\",\"n\":4111111111111111}"),
     SPAN("{\"k\":\"[REDACTED:aws_access_key_id]\",\"n\":[REDACTED:card]}")},
    {"a longer token is none",
     SPAN("AK"
          "IAIOSFODNN7EXAMPLEX"),
     SPAN("AK"
          "IAIOSFODNN7EXAMPLEX")},
    {"hidden in a word", SPAN("ig\xE2\x80\x8Bnore"), SPAN("ig[REDACTED:zero_width]nore")},
    {"a role of a template", SPAN("<|im_start|>system"), SPAN("[REDACTED:template_token]system")},
    {"bytes that are no UTF-8", SPAN("\xFF\xC3 ada@example.com \xE2\x80"),
     SPAN("\xFF\xC3 [REDACTED:email] \xE2\x80")},
    {"NUL is a byte", SPAN("\0ada@example.com\0"), SPAN("\0[REDACTED:email]\0")},
};

static void each_text_is_redacted_as_written_here(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1 << 16);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_span(cases[i].why, redacted(cases[i].text, &out), cases[i].redacted);
    }
}

static void redacting_twice_changes_nothing(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf once = BUF_OF(1 << 16);
    CLEANUP(buf_wipe) struct buf twice = BUF_OF(1 << 16);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        (void)redacted(cases[i].text, &once);
        assert_span(cases[i].why, redacted(buf_span(&once), &twice), buf_span(&once));
    }
    for (uint16_t rule = 0; rule < rules_count(); rule++) {
        buf_reset(&once);
        assert_ok(buf_append(&once, SPAN_OF("ssn ")));
        assert_ok(redact_tag(rule, false, &once));
        assert_ok(redact_tag(rule, true, &once));
        assert_span(rules_get(rule)->id, redacted(buf_span(&once), &twice), buf_span(&once));
    }
}

static void a_plain_tag_does_not_tell_what_it_was(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1 << 10);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct bench *b = bench_get();
    struct span text = SPAN("ada@example.com 4111111111111111");
    struct rule_set cards = {.fields = true};

    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
    assert_ok(redact_text(text, &found, NULL, true, &out));
    assert_span("plain", buf_span(&out), SPAN_OF("[REDACTED] [REDACTED]"));
    rule_set_add(&cards, rule_of("pii.card"));
    buf_reset(&out);
    assert_ok(redact_text(text, &found, &cards, false, &out));
    assert_span("only cards", buf_span(&out), SPAN_OF("ada@example.com [REDACTED:card]"));
}

static void a_scan_tells_rule_place_and_confidence(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct bench *b = bench_get();

    assert_ok(scan_text(b->engine, b->scratch, &b->all, SPAN_OF("x 536-90-4399, SSN 536-90-4399"),
                        &found));
    assert_int_equal(found.count, 2);
    assert_int_equal(found.items[0].start, 2);
    assert_int_equal(found.items[0].end, 13);
    assert_int_equal(found.items[0].rule, rule_of("pii.us_ssn"));
    assert_true(found.items[1].confidence > found.items[0].confidence);
    assert_string_equal(rules_get(found.items[0].rule)->tag, "us_ssn");
    assert_int_equal(rules_get(found.items[0].rule)->kind, KIND_PII);
}

// npm's tokens are public knowledge of form only; GitHub documents the CRC-32 (blog, 2021-04-05).
static void a_token_with_a_valid_checksum_is_certain(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct bench *b = bench_get();

    assert_ok(scan_text(b->engine, b->scratch, &b->all,
                        SPAN_OF("gh"
                                "p_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"),
                        &found));
    assert_int_equal(found.count, 1);
    assert_int_equal(found.items[0].confidence, 100);
}

static void too_many_findings_fail_the_scan(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(2);
    struct bench *b = bench_get();

    assert_status(
        scan_text(b->engine, b->scratch, &b->all, SPAN_OF("a@b.de a@b.de a@b.de a@b.de"), &found),
        AIU_INSPECTION_FAILED);
}

static void rules_are_found_by_their_ids(void **state)
{
    (void)state;
    uint16_t rule = 0;

    for (uint16_t i = 0; i < rules_count(); i++) {
        const struct rule_info *info = rules_get(i);
        assert_true(rules_find(span_str(info->id), &rule));
        assert_int_equal(rule, i);
        assert_non_null(strchr(info->id, '.'));
        assert_string_equal(strchr(info->id, '.') + 1, info->tag);
        assert_true(strlen(info->description) > 4);
        assert_non_null(info->examples[0]);
        assert_non_null(info->counterexamples[0]);
        assert_true(strncmp(info->id, finding_kind_text(info->kind),
                            strlen(finding_kind_text(info->kind))) == 0);
        assert_true(strlen(severity_text((enum severity)info->severity)) > 2);
    }
    assert_false(rules_find(SPAN_OF("pii"), &rule));
    assert_false(rules_find(SPAN_OF(""), &rule));
    assert_false(rules_find(SPAN_OF("zzz.zzz"), &rule));
    assert_null(rules_get((uint16_t)rules_count()));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_text_is_redacted_as_written_here),
        cmocka_unit_test(redacting_twice_changes_nothing),
        cmocka_unit_test(a_plain_tag_does_not_tell_what_it_was),
        cmocka_unit_test(a_scan_tells_rule_place_and_confidence),
        cmocka_unit_test(a_token_with_a_valid_checksum_is_certain),
        cmocka_unit_test(too_many_findings_fail_the_scan),
        cmocka_unit_test(rules_are_found_by_their_ids),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
