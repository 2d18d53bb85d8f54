// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Identifiers: check digits catch errors, and a weak form counts only where something names it.
#include "detect/digest.h"
#include "detect/ids.h"
#include "detect/validate.h"

#include "detect_test.h"

static enum validity validity_of(const char *validator, const char *text)
{
    enum validator_id id = validator_id_find(span_str(validator));

    assert_int_not_equal(id, VALIDATOR_NONE);
    return validator_run(id, span_str(text));
}

// The marked text of a rule's first example.
static bool marked(const char *example, char out[64])
{
    const char *open = strstr(example, "⟦");
    const char *close = strstr(example, "⟧");
    size_t n = open == NULL || close == NULL ? 64 : (size_t)(close - open) - strlen("⟦");

    if (n >= 64) {
        return false;
    }
    memcpy(out, open + strlen("⟦"), n);
    out[n] = '\0';
    return true;
}

// Of all texts that differ from a valid one in one digit, how many are valid, in percent.
static unsigned accepted_errors(enum validator_id id, const char *text)
{
    char changed[64];
    size_t n = strlen(text);
    unsigned tried = 0;
    unsigned accepted = 0;

    for (size_t at = 0; at < n; at++) {
        for (char c = '0'; c <= '9' && text[at] >= '0' && text[at] <= '9'; c++) {
            (void)snprintf(changed, sizeof(changed), "%s", text);
            changed[at] = c;
            tried += c != text[at];
            accepted += c != text[at] && validator_run(id, span_of((uint8_t *)changed, n)) != 0;
        }
    }
    return tried == 0 ? 0 : accepted * 100 / tried;
}

static void examples_are_valid_and_check_digits_catch_most_errors(void **state)
{
    (void)state;
    size_t kinds = 0;
    size_t strict = 0;

    for (size_t i = 0; i < rules_count(); i++) {
        const struct rule_info *info = rules_get((uint16_t)i);
        enum validator_id id = validator_id_find(span_str(info->tag));
        char text[64];
        if (id == VALIDATOR_NONE || info->kind != KIND_PII || !marked(info->examples[0], text)) {
            continue;
        }
        if (validator_run(id, span_str(text)) == VALID_NO) {
            fail_msg("%s refuses its example", info->id);
        }
        kinds++;
        strict += accepted_errors(id, text) <= 12;
    }
    print_message("%zu kinds of identifiers, %zu of them with check digits\n", kinds, strict);
    assert_true(kinds >= 190);
    assert_true(strict >= 130);
}

static void validators_take_any_text(void **state)
{
    (void)state;
    static const char *const texts[] = {"",
                                        "0",
                                        "A",
                                        "00",
                                        "AB",
                                        "-",
                                        "ÄÖÜ",
                                        "000000000",
                                        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
                                        "9999999999999999999999999999999999999999",
                                        "A1B2C3D4E5F6",
                                        "ES",
                                        "CHE",
                                        "DE",
                                        "BE0"};

    for (unsigned id = VALIDATOR_NONE + 1; id < VALIDATOR_COUNT; id++) {
        for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
            for (size_t n = 0; n <= strlen(texts[i]); n++) {
                (void)validator_run((enum validator_id)id, span_of((const uint8_t *)texts[i], n));
            }
        }
    }
}

static void dates_in_identifiers_are_days(void **state)
{
    (void)state;
    assert_true(id_date(1989, 2, 28));
    assert_true(id_date(2000, 2, 29));
    assert_false(id_date(1900, 2, 29));
    assert_true(id_date(0, 2, 29));
    assert_false(id_date(1989, 13, 1));
    assert_false(id_date(1989, 4, 31));
    assert_false(id_date(1989, 1, 0));
    assert_false(id_date(1700, 1, 1));
    assert_int_equal(validity_of("pl_pesel", "44051401359"), VALID_YES);
    assert_int_equal(validity_of("pl_pesel", "44051401358"), VALID_NO);
}

static const struct {
    const char *why;
    struct span text, redacted;
} cases[] = {
    {"named", SPAN("pesel 44051401359."), SPAN("pesel [REDACTED:pl_pesel].")},
    {"not named", SPAN("value 44051401359."), SPAN("value 44051401359.")},
    {"named too far away",
     SPAN(
         "pesel ...................................................................................."
         "................................................ 44051401359."),
     SPAN(
         "pesel ...................................................................................."
         "................................................ 44051401359.")},
    {"a country and a word for numbers", SPAN("his Polish national number is 44051401359."),
     SPAN("his Polish national number is [REDACTED:pl_pesel].")},
    {"a country alone", SPAN("in Poland 44051401359."), SPAN("in Poland 44051401359.")},
    {"nothing else", SPAN(" 44051401359\n"), SPAN(" [REDACTED:pl_pesel]\n")},
    {"in quotes", SPAN("\"44051401359\""), SPAN("\"[REDACTED:pl_pesel]\"")},
    {"part of a longer number", SPAN("pesel 440514013591"), SPAN("pesel 440514013591")},
    {"in groups", SPAN("bsn 1112.22.333, ja"), SPAN("bsn [REDACTED:nl_bsn], ja")},
    {"its own code in front", SPAN("vat DE136695976 here"), SPAN("vat [REDACTED:de_vat] here")},
    {"a code and a blank", SPAN("nif PT 501 964 843."), SPAN("nif [REDACTED:pt_nif].")},
    {"strong by its form", SPAN("see 390.533.447-05 there"), SPAN("see [REDACTED:br_cpf] there")},
    {"blanks behind two capitals", SPAN("ni AB 12 34 56 C is"), SPAN("ni [REDACTED:uk_nino] is")},
    {"a form that needs no name before one that does", SPAN("0049 30 901820"),
     SPAN("[REDACTED:phone]")},
    {"the nearer name wins", SPAN("my abn and my tfn 123 456 782"),
     SPAN("my abn and my tfn [REDACTED:au_tfn]")},
};

static void a_weak_number_needs_a_name(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1 << 16);

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_span(cases[i].why, redacted(cases[i].text, &out), cases[i].redacted);
    }
}

static void assert_hex(const uint8_t digest[DIGEST_BYTES], const char *hex)
{
    char text[2 * DIGEST_BYTES + 1];

    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        (void)snprintf(text + 2 * i, 3, "%02x", digest[i]);
    }
    assert_string_equal(text, hex);
}

static void digests_are_those_of_their_standards(void **state)
{
    (void)state;
    uint8_t digest[DIGEST_BYTES];

    digest_sha256((const uint8_t *)"abc", 3, digest);
    assert_hex(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    digest_sha256((const uint8_t *)"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
                  digest);
    assert_hex(digest, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    digest_keccak256((const uint8_t *)"", 0, digest);
    assert_hex(digest, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples_are_valid_and_check_digits_catch_most_errors),
        cmocka_unit_test(validators_take_any_text),
        cmocka_unit_test(dates_in_identifiers_are_days),
        cmocka_unit_test(a_weak_number_needs_a_name),
        cmocka_unit_test(digests_are_those_of_their_standards),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
