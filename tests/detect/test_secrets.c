// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Secrets by the name beside them: what is taken, what is left alone, and how much of the shared
// test secrets is found. The examples of each rule run in rulec and, at every cut, in
// test_window.c.
#include "base/num.h"
#include "detect/wordy.h"

#include "json_lines.h"

static const struct {
    const char *why;
    struct span text;
    struct span found; // empty: nothing
} cases[] = {
    {"a string of code", SPAN("password = \"Tr0ub4dor&3\""), SPAN("Tr0ub4dor&3")},
    {"the quotes are not of it", SPAN("{'api_key': 'q7Zk2Lw9XvB4nM6t'}"), SPAN("q7Zk2Lw9XvB4nM6t")},
    {"escaped JSON", SPAN("\"{\\\"password\\\": \\\"hunter2!x\\\"}\""), SPAN("hunter2!x")},
    {"a line of a file", SPAN("DB_PASSWORD=pl4inPw&more"), SPAN("pl4inPw")},
    {"a flag", SPAN("app --password s3cretPw9 -v"), SPAN("s3cretPw9")},
    {"a flag with a sign", SPAN("app --token=q7Zk2Lw9XvB4nM6t"), SPAN("q7Zk2Lw9XvB4nM6t")},
    {"an element", SPAN("<password>s3cretPw9</password>"), SPAN("s3cretPw9")},
    {"an attribute", SPAN("<add key=\"Password\" value=\"s3cretPw9\"/>"), SPAN("s3cretPw9")},
    {"a hash rocket", SPAN(":password => 's3cretPw9',"), SPAN("s3cretPw9")},
    {"a type between", SPAN("let token: &str = \"q7Zk2Lw9XvB4nM6t\";"), SPAN("q7Zk2Lw9XvB4nM6t")},
    {"the next line", SPAN("secret:\n  \"q7Zk2Lw9XvB4nM6t\""), SPAN("q7Zk2Lw9XvB4nM6t")},
    {"a scheme before it", SPAN("token: Bearer q7Zk2Lw9XvB4nM6t"), SPAN("q7Zk2Lw9XvB4nM6t")},
    {"a line end that is written out", SPAN("TOKEN=q7Zk2Lw9XvB4nM6t\\nX=1"),
     SPAN("q7Zk2Lw9XvB4nM6t")},
    {"a word", SPAN("password = \"correcthorse\""), SPAN("")},
    {"a field", SPAN("password = \"user_password_1\""), SPAN("")},
    {"a call", SPAN("token = get_token(id12345678901234)"), SPAN("")},
    {"a variable", SPAN("secret: ${VAULT_SECRET_2024_X1}, $SECRET_2024_X1Y2"), SPAN("")},
    {"a template", SPAN("token: \"{{ token_1234567890abc }}\""), SPAN("")},
    {"a stand-in", SPAN("api_key: your-api-key-1234567890"), SPAN("")},
    {"a run", SPAN("secret = 1111111111111111"), SPAN("")},
    {"an address", SPAN("token_uri = https://example.com/oauth2/v4/token1234"), SPAN("")},
    {"a path", SPAN("secret = /run/secrets/q7Zk2Lw9XvB4nM6t"), SPAN("")},
    {"a public key", SPAN("public_key = q7Zk2Lw9XvB4nM6t0pQr"), SPAN("")},
    {"a checksum", SPAN("token_sha256 = 9f86d081884c7d659a2feaa0c55ad015"), SPAN("")},
    {"keys of a map", SPAN("keys: q7Zk2Lw9XvB4nM6t0pQr"), SPAN("")},
    {"prose", SPAN("the password is long, and a token of 2024 stays secret"), SPAN("")},
};

static void a_value_is_taken_by_its_name_and_its_looks(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct bench *b = bench_get();
    struct rule_set rules = {.bits = {0}};

    rule_set_add(&rules, rule_of("secret.generic"));
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_ok(scan_text(b->engine, b->scratch, &rules, cases[i].text, &found));
        struct span got = {NULL, 0};
        if (found.count > 0) {
            const struct finding *f = &found.items[0];
            got = span_of(cases[i].text.p + f->start, f->end - f->start);
        }
        assert_span(cases[i].why, got, cases[i].found);
    }
}

static void a_key_of_a_service_is_taken_near_its_name(void **state)
{
    (void)state;
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(8);
    struct bench *b = bench_get();
    struct rule_set rules = {.bits = {0}};
    static const struct {
        struct span text;
        size_t count;
    } near[] = {
        {SPAN("ALGOLIA_KEY = \"0f3a9c1e7b5d42689ace13570bdf2468\""), 1},
        {SPAN("my algolia admin key 0f3a9c1e7b5d42689ace13570bdf2468."), 1},
        {SPAN("0f3a9c1e7b5d42689ace13570bdf2468"), 0},
        {SPAN("algolia md5 0f3a9c1e7b5d42689ace13570bdf2468"), 0},
        {SPAN("algolia 0f3a9c1e7b5d42689ace13570bdf24680"), 0},
        {SPAN("algolia\n\n\n0f3a9c1e7b5d42689ace13570bdf2468"), 0},
        {SPAN("nostalgolia 0f3a9c1e7b5d42689ace13570bdf2468"), 0},
    };

    rule_set_add(&rules, rule_of("secret.algolia_admin_key"));
    for (size_t i = 0; i < ARRAY_SIZE(near); i++) {
        assert_ok(scan_text(b->engine, b->scratch, &rules, near[i].text, &found));
        if (found.count != near[i].count) {
            fail_msg("%.*s: %zu findings", (int)near[i].text.n, (const char *)near[i].text.p,
                     found.count);
        }
    }
}

// A text that was redacted is redacted again with each turn: what stands behind a tag stays (S57).
static void a_tag_is_no_name_of_what_follows_it(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t found;
    } rows[] = {
        {"x my_ai21_key, EWVVQlvrX3vbrxQyhOg794eFvXLpABtO", 1},
        {"x:ai21 EWVVQlvrX3vbrxQyhOg794eFvXLpABtO", 1},
        {"x [REDACTED:ai21_key], EWVVQlvrX3vbrxQyhOg794eFvXLpABtO", 0},
        {"x [REDACTED:my_ai21_key], EWVVQlvrX3vbrxQyhOg794eFvXLpABtO", 0},
    };
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        assert_ok(scan_text(b->engine, b->scratch, &b->all, span_str(rows[i].text), &found));
        if (found.count != rows[i].found) {
            fail_msg("%s: %zu", rows[i].text, found.count);
        }
    }
}

static void words_are_told_from_chance(void **state)
{
    (void)state;
    static const struct span words[] = {SPAN("authentication"), SPAN("maximumRetryCount"),
                                        SPAN("einstellungen"), SPAN("the_quick_brown_fox")};
    static const struct span random[] = {SPAN("q7Zk2Lw9XvB4nM6t"), SPAN("xkqzjvwpbmhr"),
                                         SPAN("9f86d081884c7d659a2feaa0c55ad015")};

    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        assert_true(is_wordy(words[i]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(random); i++) {
        assert_false(is_wordy(random[i]));
    }
    assert_true(is_stand_in(SPAN_OF("TLS13-rsa_pkcs1")));
    assert_true(is_stand_in(SPAN_OF("aaaaaaaaaa")));
    assert_false(is_stand_in(SPAN_OF("q7Zk2Lw9XvB4nM6t")));
}

struct recall {
    size_t wanted, found;
    struct rule_set rules;
};

static void count_found(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf coded = BUF_OF(1 << 24);
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 24);
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct recall *r = ctx;
    struct bench *b = bench_get();
    uint32_t label = json_member(doc, 0, SPAN_OF("label"));

    if (!span_equal(json_raw(doc, label), SPAN_OF("1"))) {
        return;
    }
    assert_ok(num_decode_base64(row_text(doc, 0, "text_b64", &coded), &text));
    assert_ok(scan_text(b->engine, b->scratch, &r->rules, buf_span(&text), &found));
    r->wanted++;
    r->found += found.count > 0;
}

// Of 100. Below stand identifiers, host names and words, which other scanners report as well.
static const struct {
    const char *name;
    size_t least;
} sets[] = {
    {"detect/secrets-gitleaks_rule_tests.jsonl", 96},
    {"detect/secrets-noseyparker_rule_tests.jsonl", 72},
    {"detect/secrets-titus_rule_tests.jsonl", 79},
};

static void test_secrets_of_other_scanners_are_found(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(sets); i++) {
        struct recall r = {.rules = rule_set_kind(KIND_SECRET)};
        each_row(sets[i].name, count_found, &r);
        print_message("%s: %zu of %zu found\n", sets[i].name, r.found, r.wanted);
        assert_true(r.found * 100 >= r.wanted * sets[i].least);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_value_is_taken_by_its_name_and_its_looks),
        cmocka_unit_test(a_key_of_a_service_is_taken_near_its_name),
        cmocka_unit_test(a_tag_is_no_name_of_what_follows_it),
        cmocka_unit_test(words_are_told_from_chance),
        cmocka_unit_test(test_secrets_of_other_scanners_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
