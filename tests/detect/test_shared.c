// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Against data of other projects: what must be found is, what must not is not. The data lies beside
// the source tree; where it is absent these tests skip.
#include "json_lines.h"

#include "detect/validate.h"

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
    assert_true(t.found * 1000 >= t.wanted * 995);
}

static void count_impossible(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf group = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf call = BUF_OF(1 << 10);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct tally *t = ctx;

    if (!span_equal(row_text(doc, 0, "group", &group), SPAN_OF("IMPOSSIBLE_CASES"))) {
        return;
    }
    t->rows++;
    scan_with(&t->rules, row_text(doc, 0, "text", &text), &found);
    t->loud += found.count > 0;
    assert_ok(buf_append(&call, SPAN_OF("call me at ")));
    assert_ok(buf_append(&call, buf_span(&text)));
    scan_with(&t->rules, buf_span(&call), &found);
    t->loud += found.count > 0;
}

static void what_can_not_be_a_telephone_number_is_none(void **state)
{
    (void)state;
    struct tally t = {0};

    rule_set_add(&t.rules, rule_of("pii.phone"));
    each_row("detect/pii-libphonenumber_matcher.jsonl", count_impossible, &t);
    assert_true(t.rows >= 17);
    assert_int_equal(t.loud, 0);
}

static bool is_found(const struct findings *found, uint16_t rule)
{
    for (size_t i = 0; i < found->count; i++) {
        if (found->items[i].rule == rule) {
            return true;
        }
    }
    return false;
}

// One kind of entity in Presidio's sentences: how many are found with the exact span.
struct kind_tally {
    const char *entity, *rule;
    size_t wanted, found, others;
};

static void count_kind(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 24);
    CLEANUP(buf_wipe) struct buf entity = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf value = BUF_OF(1 << 16);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct kind_tally *t = ctx;
    struct rule_set all = rule_set_all();
    uint32_t spans = json_member(doc, 0, SPAN_OF("spans"));
    uint16_t rule = rule_of(t->rule);
    size_t exact = 0;
    size_t loud = 0;

    scan_with(&all, row_text(doc, 0, "text", &text), &found);
    for (uint32_t s = json_first(doc, spans); s != JSON_NONE; s = json_next(doc, spans, s)) {
        if (!span_equal(row_text(doc, s, "entity", &entity), span_str(t->entity))) {
            continue;
        }
        t->wanted++;
        exact += has_exactly(&found, rule, buf_span(&text), row_text(doc, s, "value", &value));
    }
    for (size_t i = 0; i < found.count; i++) {
        loud += found.items[i].rule == rule;
    }
    t->found += exact;
    t->others += loud > exact ? loud - exact : 0;
}

static void telephone_numbers_and_licences_in_sentences_are_found(void **state)
{
    (void)state;
    struct kind_tally kinds[] = {
        {.entity = "PHONE_NUMBER", .rule = "pii.phone"},
        {.entity = "US_DRIVER_LICENSE", .rule = "pii.us_driver_license"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        struct kind_tally *t = &kinds[i];
        each_row("detect/pii-presidio_generated_large.jsonl", count_kind, t);
        print_message("%s: %zu of %zu found exactly, %zu others\n", t->rule, t->found, t->wanted,
                      t->others);
        assert_true(t->found * 100 >= t->wanted * 95);
        assert_true(t->others * 20 <= t->found);
    }
}

// Modules of the data whose rule is called otherwise here.
static const char *rule_name_of(struct span module, struct buf *out)
{
    static const struct {
        const char *module, *rule;
    } names[] = {
        {"gb/nino", "uk_nino"},   {"gb/utr", "uk_utr"},
        {"gb/vat", "uk_vat"},     {"it/codicefiscale", "it_codice_fiscale"},
        {"de/idnr", "de_tax_id"}, {"ca/bc_bhn", "ca_bc_phn"},
        {"fi/alv", "fi_ytunnus"}, {"tw/ban", "tw_ubn"},
    };

    buf_reset(out);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (span_equal(module, span_str(names[i].module))) {
            assert_ok(buf_append(out, span_str(names[i].rule)));
        }
    }
    if (out->n == 0) {
        size_t slash = span_find_byte(module, '/');
        assert_ok(buf_append(out, span_first(module, slash)));
        assert_ok(buf_append(out, SPAN_OF("_")));
        assert_ok(buf_append(out, span_drop_first(module, slash + 1)));
    }
    assert_ok(buf_append_byte(out, '\0'));
    return (const char *)out->p;
}

static void count_ids(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf module = BUF_OF(1 << 10);
    CLEANUP(buf_wipe) struct buf name = BUF_OF(1 << 10);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct tally *t = ctx;
    uint32_t valid = json_member(doc, 0, SPAN_OF("valid"));
    const char *known = rule_name_of(row_text(doc, 0, "module", &module), &name);
    enum validator_id id = validator_id_find(span_str(known));
    char rule_id[64];
    uint16_t rule = 0;

    (void)snprintf(rule_id, sizeof(rule_id), "pii.%s", known);
    if (id == VALIDATOR_NONE || !rules_find(span_str(rule_id), &rule)) {
        return;
    }
    bool good = doc->tokens[valid].type == JSON_TRUE;
    struct rule_set one = {.fields = true};
    rule_set_add(&one, rule);
    scan_with(&one, row_text(doc, 0, "text", &text), &found);
    t->rows++;
    t->wanted += good;
    t->found += good && (is_found(&found, rule) || validator_run(id, buf_span(&text)) != VALID_NO);
    t->loud += !good && is_found(&found, rule);
}

static void identifiers_of_all_countries_are_told_from_wrong_ones(void **state)
{
    (void)state;
    struct tally t = {0};

    each_row("detect/pii-stdnum_js_specs.jsonl", count_ids, &t);
    print_message("national identifiers: %zu of %zu valid ones accepted, %zu of %zu others\n",
                  t.found, t.wanted, t.loud, t.rows - t.wanted);
    assert_true(t.rows > 1200);
    assert_true(t.found * 100 >= t.wanted * 98);
    assert_true(t.loud * 100 <= (t.rows - t.wanted) * 4);
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
        cmocka_unit_test(what_can_not_be_a_telephone_number_is_none),
        cmocka_unit_test(telephone_numbers_and_licences_in_sentences_are_found),
        cmocka_unit_test(identifiers_of_all_countries_are_told_from_wrong_ones),
        cmocka_unit_test(numbers_of_the_right_form_and_wrong_content_are_not_found),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
