// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Pseudonyms (guide S57, "keyed consistent tokens"): format, uniqueness, the same for the same key.
#include "detect/ascii.h"

#include "pseudonym_test.h"

static uint64_t one = 1, two = 2;

static bool is_luhn_valid(struct span s)
{
    unsigned sum = 0, k = 0;

    for (size_t i = s.n; i-- > 0;) {
        if (is_digit(s.p[i])) {
            unsigned d = (unsigned)(s.p[i] - '0') * (k % 2 + 1);
            sum += d > 9 ? d - 9 : d;
            k++;
        }
    }
    return k > 0 && sum % 10 == 0;
}

static void a_token_has_the_format_of_its_value(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    test_pseudonyms(&p, &one);

    struct span email = token_of(&p, "pii.email", "ada@example.org");
    assert_true(span_starts_with(email, SPAN_OF("pii.")));
    assert_true(span_ends_with(email, SPAN_OF("@example.com")));

    static const char *const cards[] = {"4111 1111 1111 1111", "378282246310005", "30569309025904",
                                        "501800000009", "6212345678900000003"};
    for (size_t i = 0; i < ARRAY_SIZE(cards); i++) {
        struct span card = token_of(&p, "pii.card", cards[i]);
        assert_int_equal(card.n, strlen(cards[i]));
        assert_true(is_luhn_valid(card));
    }
    struct span ssn = token_of(&p, "pii.us_ssn", "536-90-4399");
    assert_true(ssn.n == 11 && ssn.p[0] == '9' && ssn.p[3] == '-' && ssn.p[4] < '5');

    struct span iban = token_of(&p, "pii.iban", "GB82 WEST 1234 5698 7654 32");
    assert_true(span_starts_with(iban, SPAN_OF("GB")) && iban.n == 27 && iban.p[5] == 'X');
    assert_true(span_starts_with(token_of(&p, "pii.ip", "203.0.113.7"), SPAN_OF("198.1")));
    assert_true(span_starts_with(token_of(&p, "pii.ip", "2001:db8::1:2"), SPAN_OF("2001:db8:")));
    assert_true(span_starts_with(token_of(&p, "pii.phone", "+1 415 555 2671"), SPAN_OF("+999")));
    struct span key = token_of(&p, "secret.github_pat", "ghp_x");
    assert_true(span_starts_with(key, SPAN_OF("SECRET_github_pat_")));
}

// A card or IBAN token is one to whoever checks it; no other rule makes more of a token than its
// value was.
static void a_token_is_found_as_what_it_stands_for(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *value;
    } cases[] = {{"pii.card", "4111 1111 1111 1111"},
                 {"pii.iban", "DE89370400440532013000"},
                 {"pii.iban", "GB82 WEST 1234 5698 7654 32"},
                 {"pii.email", "ada@example.org"},
                 {"pii.iban", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"}};
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    struct bench *b = bench_get();
    test_pseudonyms(&p, &one);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
        struct span token = token_of(&p, cases[i].rule, cases[i].value);
        assert_ok(scan_text(b->engine, b->scratch, &b->all, token, &found));
        assert_int_equal(found.count, 1);
        assert_string_equal(rules_get(found.items[0].rule)->id, cases[i].rule);
        assert_int_equal(found.items[0].end, token.n);
    }
}

static void the_same_value_has_the_same_token_under_the_same_key_only(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms a, b, c;
    test_pseudonyms(&a, &one);
    test_pseudonyms(&b, &one);
    test_pseudonyms(&c, &two);

    struct span first = token_of(&a, "pii.email", "ada@example.org");
    (void)token_of(&b, "pii.email", "bob@example.org"); // order does not matter
    assert_span("same key", token_of(&b, "pii.email", "ada@example.org"), first);
    assert_span("again", token_of(&a, "pii.email", "ada@example.org"), first);
    assert_int_equal(a.count, 1);
    assert_false(span_equal(token_of(&c, "pii.email", "ada@example.org"), first));
}

// The same number in two spellings has the same digits, so that a model sees that it is one.
static void spellings_of_a_number_share_their_digits(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf digits = BUF_OF(64);
    test_pseudonyms(&p, &one);

    struct span spaced = token_of(&p, "pii.card", "4111 1111 1111 1111");
    struct span plain = token_of(&p, "pii.card", "4111111111111111");
    for (size_t i = 0; i < spaced.n; i++) {
        if (spaced.p[i] != ' ') {
            assert_ok(buf_append_byte(&digits, spaced.p[i]));
        }
    }
    assert_span("digits", buf_span(&digits), plain);
}

// IPv4 has 131,072 tokens: with some thousand values many meet.
static void two_values_never_share_a_token(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(64);
    enum { MANY = 6000 };
    test_pseudonyms(&p, &one);

    for (int i = 0; i < MANY; i++) {
        buf_reset(&text);
        assert_ok(buf_printf(&text, "10.1.%d.%d", i / 250, i % 250));
        struct span token = {NULL, 0};
        assert_ok(pseudonyms_token(&p, rule_of("pii.ip"), buf_span(&text), false, &token));
        assert_true(token.n > 0);
    }
    assert_int_equal(p.count, MANY);
    assert_ok(pseudonyms_index(&p));
    for (size_t i = 1; i < p.count; i++) {
        assert_false(p.sorted[i]->group == p.sorted[i - 1]->group &&
                     span_equal(p.sorted[i]->folded, p.sorted[i - 1]->folded));
    }
}

static void a_bare_number_becomes_a_number_of_the_same_length(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *value;
        bool card;
    } cases[] = {{"pii.card", "4111111111111111", true},
                 {"pii.us_ssn", "536904399", false},
                 {"pii.phone", "14155552671", false}};
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    struct span token;
    test_pseudonyms(&p, &one);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_ok(
            pseudonyms_token(&p, rule_of(cases[i].rule), span_str(cases[i].value), true, &token));
        assert_int_equal(token.n, strlen(cases[i].value));
        assert_int_not_equal(token.p[0], '0');
        for (size_t k = 0; k < token.n; k++) {
            assert_true(is_digit(token.p[k]));
        }
        assert_true(!cases[i].card || is_luhn_valid(token));
    }
    assert_ok(pseudonyms_token(&p, rule_of("pii.phone"), SPAN_OF("+14155552671"), true, &token));
    assert_int_equal(token.n, 0);
}

// What is written in a way that no reading would find again is a word.
static void a_value_in_disguise_becomes_a_word(void **state)
{
    (void)state;
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    test_pseudonyms(&p, &one);

    assert_true(span_starts_with(token_of(&p, "pii.card", "NDExMTExMTExMTExMTExMQ=="),
                                 SPAN_OF("PII_card_")));
    assert_true(span_starts_with(token_of(&p, "pii.card", "4111\n\n1111\n\n1111\n\n1111"),
                                 SPAN_OF("PII_card_")));
    assert_true(span_starts_with(token_of(&p, "pii.email", "ada at example dot org"),
                                 SPAN_OF("PII_email_")));
}

static void a_value_that_is_too_long_has_none(void **state)
{
    (void)state;
    static uint8_t text[PSEUDONYM_VALUE_MOST + 1];
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    struct span token;
    test_pseudonyms(&p, &one);

    memset(text, 'x', sizeof(text));
    assert_ok(pseudonyms_token(&p, rule_of("secret.github_pat"), span_of(text, sizeof(text)), false,
                               &token));
    assert_int_equal(token.n, 0);
    assert_ok(pseudonyms_token(&p, rule_of("secret.github_pat"),
                               span_of(text, PSEUDONYM_VALUE_MOST), false, &token));
    assert_true(token.n > 0);
}

static enum aiu_status failing_mac(void *ctx, struct span bytes, uint8_t out[TOKEN_MAC_SIZE])
{
    (void)ctx, (void)bytes, (void)out;
    return AIU_NO_MEMORY;
}

static void a_key_that_fails_is_an_error_and_no_token(void **state)
{
    (void)state;
    const struct pseudonym_keyer keyer = {failing_mac, NULL};
    CLEANUP(pseudonyms_done) struct pseudonyms p;
    struct span token = SPAN("untouched");

    pseudonyms_init(&p, &keyer, 1 << 20);
    assert_status(
        pseudonyms_token(&p, rule_of("pii.email"), SPAN_OF("a@example.com"), false, &token),
        AIU_NO_MEMORY);
    assert_span("token", token, SPAN_OF("untouched"));
    assert_int_equal(p.count, 0);
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    struct span token;
    int failures = 0;

    (void)bench_get();
    for (size_t after = 0;; after++) {
        CLEANUP(pseudonyms_done) struct pseudonyms p;
        test_pseudonyms(&p, &one);
        mem_fail_after(after);
        enum aiu_status st =
            pseudonyms_token(&p, rule_of("pii.email"), SPAN_OF("a@example.com"), false, &token);
        st = st == AIU_OK ? pseudonyms_index(&p) : st;
        mem_fail_after(SIZE_MAX);
        if (st == AIU_OK) {
            break;
        }
        assert_int_equal(st, AIU_NO_MEMORY);
        failures++;
    }
    assert_true(failures > 3);
}

static void masks_keep_the_last_four_of_eight(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *value, *masked;
    } cases[] = {
        {"pii.card", "4111 1111 1111 1111", "**** **** **** 1111"},
        {"pii.us_ssn", "536-90-4399", "***-**-4399"},
        {"pii.email", "ada.lovelace@example.com", "***@example.com"},
        {"pii.phone", "+1 415 555 2671", "+* *** *** 2671"},
        {"secret.groq_api_key", "hunter2", "*******"},
        {"secret.groq_api_key", "pässwörd", "****wörd"},
        {"secret.groq_api_key", "pässwör", "*******"},
        {"secret.groq_api_key", "", ""},
    };
    CLEANUP(buf_wipe) struct buf out = BUF_OF(256);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        buf_reset(&out);
        assert_ok(redact_mask(rule_of(cases[i].rule), span_str(cases[i].value), &out));
        assert_span(cases[i].value, buf_span(&out), span_str(cases[i].masked));
    }
}

// S57: redacting twice changes nothing.
static void masking_and_dropping_twice_change_nothing(void **state)
{
    (void)state;
    static const enum redact_mode modes[] = {REDACT_MASK, REDACT_DROP, REDACT_TAG};
    const struct span text =
        SPAN("to ada@example.com, Visa 4111 1111 1111 1111, SSN 536-90-4399, +1 415 555 2671.");
    struct bench *b = bench_get();

    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
        CLEANUP(buf_wipe) struct buf out = BUF_OF(4096);
        const struct redaction r = {modes[i], false, NULL};
        assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &found));
        assert_int_equal(found.count, 4);
        assert_ok(redact_text_with(&r, text, &found, NULL, &out));
        assert_ok(scan_text(b->engine, b->scratch, &b->all, buf_span(&out), &found));
        assert_int_equal(found.count, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST_EACH_(a_token_has_the_format_of_its_value, a_token_is_found_as_what_it_stands_for,
                   the_same_value_has_the_same_token_under_the_same_key_only,
                   spellings_of_a_number_share_their_digits, two_values_never_share_a_token,
                   a_bare_number_becomes_a_number_of_the_same_length,
                   a_value_in_disguise_becomes_a_word, a_value_that_is_too_long_has_none,
                   a_key_that_fails_is_an_error_and_no_token, every_allocation_may_fail,
                   masks_keep_the_last_four_of_eight, masking_and_dropping_twice_change_nothing)};

    return cmocka_run_group_tests(tests, NULL, bench_done);
}
