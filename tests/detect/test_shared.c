// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Against data of other projects: what must be found is, what must not is not. The data lies beside
// the source tree; where it is absent these tests skip.
#include "json_lines.h"

struct tally {
    size_t wanted, found, loud, rows;
    struct rule_set rules;
};

static void scan_with(const struct rule_set *rules, struct span text, struct findings *found)
{
    struct bench *b = bench_get();

    assert_ok(scan_text(b->engine, b->scratch, rules, text, found));
}

static void count_loud(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 24);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct tally *t = ctx;

    scan_with(&t->rules, row_text(doc, 0, "text", &text), &found);
    t->rows++;
    t->loud += found.count > 0;
}

static size_t loud_of(const char *name, enum finding_kind kind, size_t *ret_rows)
{
    struct tally t = {.rules = rule_set_kind(kind)};

    each_row(name, count_loud, &t);
    print_message("%s: %zu of %zu texts with %s\n", name, t.loud, t.rows, finding_kind_text(kind));
    *ret_rows = t.rows;
    return t.loud;
}

static void harmless_unicode_is_not_hidden_text(void **state)
{
    (void)state;
    size_t rows = 0;
    size_t loud = loud_of("detect/unicode-benign.jsonl", KIND_HIDDEN, &rows);

    assert_true(rows > 8000);
    assert_true(loud * 1000 <= rows);
}

static void harmless_chat_has_no_secrets_and_no_template_tokens(void **state)
{
    (void)state;
    static const char *const names[] = {
        "detect/benign-prompts_chat.jsonl", "detect/benign-gpteacher_roleplay.jsonl",
        "detect/benign-gpteacher_toolformer_answers.jsonl", "detect/benign-mt_bench.jsonl",
        "detect/benign-xstest.jsonl"};
    size_t rows = 0;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        assert_int_equal(loud_of(names[i], KIND_SECRET, &rows), 0);
        assert_int_equal(loud_of(names[i], KIND_INJECTION, &rows), 0);
    }
}

static const struct {
    const char *entity, *rule;
} entities[] = {
    {"CREDIT_CARD", "pii.card"}, {"US_SSN", "pii.us_ssn"}, {"EMAIL_ADDRESS", "pii.email"},
    {"IBAN_CODE", "pii.iban"},   {"IP_ADDRESS", "pii.ip"},
};

static bool has_exactly(const struct findings *found, uint16_t rule, struct span text,
                        struct span value)
{
    for (size_t i = 0; i < found->count; i++) {
        const struct finding *f = &found->items[i];
        if (f->rule == rule && span_equal(span_of(text.p + f->start, f->end - f->start), value)) {
            return true;
        }
    }
    return false;
}

static void count_entities(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 24);
    CLEANUP(buf_wipe) struct buf entity = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf value = BUF_OF(1 << 16);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct tally *t = ctx;
    uint32_t spans = json_member(doc, 0, SPAN_OF("spans"));

    scan_with(&t->rules, row_text(doc, 0, "text", &text), &found);
    t->loud += found.count;
    for (uint32_t s = json_first(doc, spans); s != JSON_NONE; s = json_next(doc, spans, s)) {
        (void)row_text(doc, s, "entity", &entity);
        for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
            if (span_equal(buf_span(&entity), span_str(entities[i].entity))) {
                t->wanted++;
                t->found += has_exactly(&found, rule_of(entities[i].rule), buf_span(&text),
                                        row_text(doc, s, "value", &value));
            }
        }
    }
}

static void structured_personal_data_is_found_with_its_exact_span(void **state)
{
    (void)state;
    struct tally t = {0};

    for (size_t i = 0; i < ARRAY_SIZE(entities); i++) {
        rule_set_add(&t.rules, rule_of(entities[i].rule));
    }
    each_row("detect/pii-presidio_generated_large.jsonl", count_entities, &t);
    print_message("presidio's sentences: %zu of %zu found exactly, %zu findings\n", t.found,
                  t.wanted, t.loud);
    assert_true(t.wanted > 300);
    assert_int_equal(t.found, t.wanted);
    assert_int_equal(t.loud, t.wanted);
}

static void count_phones(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 10);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct tally *t = ctx;
    struct span number = row_text(doc, 0, "text", &text);

    t->wanted++;
    scan_with(&t->rules, number, &found);
    t->found += found.count == 1 && found.items[0].start == 0 && found.items[0].end == number.n;
}

static void telephone_numbers_of_all_regions_are_found(void **state)
{
    (void)state;
    struct tally t = {0};

    rule_set_add(&t.rules, rule_of("pii.phone"));
    each_row("detect/pii-libphonenumber_examples.jsonl", count_phones, &t);
    print_message("libphonenumber's examples: %zu of %zu found exactly\n", t.found, t.wanted);
    // The rest are service numbers, which name nobody.
    assert_true(t.found * 100 >= t.wanted * 93);
}

static void count_ssn(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf module = BUF_OF(1 << 10);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct tally *t = ctx;
    uint32_t valid = json_member(doc, 0, SPAN_OF("valid"));

    if (!span_equal(row_text(doc, 0, "module", &module), SPAN_OF("us/ssn"))) {
        return;
    }
    t->rows++;
    scan_with(&t->rules, row_text(doc, 0, "text", &text), &found);
    assert_int_equal(found.count, doc->tokens[valid].type == JSON_TRUE);
}

static void numbers_of_the_right_form_and_wrong_content_are_not_found(void **state)
{
    (void)state;
    struct tally t = {0};

    rule_set_add(&t.rules, rule_of("pii.us_ssn"));
    each_row("detect/pii-stdnum_js_specs.jsonl", count_ssn, &t);
    assert_true(t.rows >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(harmless_unicode_is_not_hidden_text),
        cmocka_unit_test(harmless_chat_has_no_secrets_and_no_template_tokens),
        cmocka_unit_test(structured_personal_data_is_found_with_its_exact_span),
        cmocka_unit_test(telephone_numbers_of_all_regions_are_found),
        cmocka_unit_test(numbers_of_the_right_form_and_wrong_content_are_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
