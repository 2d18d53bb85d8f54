// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Check digits and registries, against the examples of their standards.
#include "detect/numbers.h"
#include "detect/validate.h"

#include "test.h"

static bool luhn(const char *digits)
{
    return luhn_valid((const uint8_t *)digits, strlen(digits));
}

static void luhn_accepts_what_it_should_and_no_single_error(void **state)
{
    (void)state;
    static const char *const valid[] = {"79927398713", "4111111111111111", "378282246310005",
                                        "5555555555554444", "0"};

    for (size_t i = 0; i < ARRAY_SIZE(valid); i++) {
        char changed[32];
        size_t n = strlen(valid[i]);
        assert_true(luhn(valid[i]));
        for (size_t at = 0; at < n; at++) {
            (void)snprintf(changed, sizeof(changed), "%s", valid[i]);
            for (char c = '0'; c <= '9'; c++) {
                changed[at] = c;
                assert_int_equal(luhn(changed), c == valid[i][at]);
            }
        }
    }
    assert_false(luhn(""));
}

static void each_network_has_its_prefixes_and_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        size_t n;
        bool card;
    } cases[] = {
        {"411111", 16, true},  {"411111", 13, true},  {"411111", 19, true},  {"411111", 15, false},
        {"222099", 16, false}, {"222100", 16, true},  {"272099", 16, true},  {"272100", 16, false},
        {"510000", 16, true},  {"559999", 16, true},  {"510000", 15, false}, {"340000", 15, true},
        {"370000", 16, false}, {"352799", 16, false}, {"352800", 16, true},  {"601100", 16, true},
        {"620000", 19, true},  {"501800", 12, true},  {"676770", 12, true},  {"220000", 16, true},
        {"979200", 16, true},  {"100000", 16, false}, {"700000", 16, false}, {"999999", 16, false},
        {"411111", 20, false}, {"411111", 0, false},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (card_network((const uint8_t *)cases[i].digits, cases[i].n) != cases[i].card) {
            fail_msg("%s of %zu", cases[i].digits, cases[i].n);
        }
    }
}

// One of each country, as the registry of ISO 13616 prints them.
static void ibans_of_the_registry_are_valid(void **state)
{
    (void)state;
    static const char *const valid[] = {
        "AD1200012030200359100100",
        "AT611904300234573201",
        "BE68539007547034",
        "BR1800360305000010009795493C1",
        "CH9300762011623852957",
        "DE89370400440532013000",
        "ES9121000418450200051332",
        "FR1420041010050500013M02606",
        "GB29NWBK60161331926819",
        "IT60X0542811101000000123456",
        "LC55HEMM000100010012001200023015",
        "MT84MALT011000012345MTLCAST001S",
        "NL91ABNA0417164300",
        "NO9386011117947",
        "PL61109010140000071219812874",
        "SA0380000000608010167519",
        "TR330006100519786457841326",
        "XK051212012345678906",
    };

    for (size_t i = 0; i < ARRAY_SIZE(valid); i++) {
        const uint8_t *text = (const uint8_t *)valid[i];
        size_t n = strlen(valid[i]);
        uint8_t changed[IBAN_LONGEST];
        assert_int_equal(iban_length(text), n);
        assert_true(iban_valid(text, n));
        memcpy(changed, text, n);
        changed[n - 1] = changed[n - 1] == '0' ? '1' : '0';
        assert_false(iban_valid(changed, n));
    }
    assert_int_equal(iban_length((const uint8_t *)"US"), 0);
}

static void calling_codes_know_their_lengths(void **state)
{
    (void)state;
    static const struct {
        const char *digits;
        enum phone_fit fit;
    } cases[] = {
        {"14155552671", PHONE_PLANNED}, {"11155552671", PHONE_NO},
        {"1415555267", PHONE_NO},       {"442079460958", PHONE_PLANNED},
        {"441012345678", PHONE_LENGTH}, {"4420", PHONE_NO},
        {"85221234567", PHONE_PLANNED}, {"390612345678", PHONE_PLANNED},
        {"999123456789", PHONE_NO},     {"", PHONE_NO},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const uint8_t *digits = (const uint8_t *)cases[i].digits;
        if (phone_fits(digits, strlen(cases[i].digits)) != cases[i].fit) {
            fail_msg("%s", cases[i].digits);
        }
    }
}

static void entropy_is_bits_a_byte(void **state)
{
    (void)state;
    assert_int_equal(entropy_sixteenths(SPAN_OF("")), 0);
    assert_int_equal(entropy_sixteenths(SPAN_OF("aaaaaaaa")), 0);
    assert_int_equal(entropy_sixteenths(SPAN_OF("abababab")), 16);
    assert_int_equal(entropy_sixteenths(SPAN_OF("abcdabcd")), 32);
    assert_int_equal(entropy_sixteenths(SPAN_OF("0123456789abcdef")), 64);
}

static void a_row_of_x_stands_for_a_secret(void **state)
{
    (void)state;
    assert_true(is_placeholder(SPAN_OF("sk-xxxxxxxx")));
    assert_true(is_placeholder(SPAN_OF("key ********")));
    assert_false(is_placeholder(SPAN_OF("sk-xxxxxxx")));
    assert_false(is_placeholder(SPAN_OF("aaaaaaaaaaaa")));
    assert_false(is_placeholder(SPAN_OF("")));
}

static void social_security_numbers_have_areas_groups_and_serials(void **state)
{
    (void)state;
    assert_int_equal(validate_us_ssn(SPAN_OF("536-90-4399")), VALID_YES);
    assert_int_equal(validate_us_ssn(SPAN_OF("001010001")), VALID_YES);
    assert_int_equal(validate_us_ssn(SPAN_OF("000-90-4399")), VALID_NO);
    assert_int_equal(validate_us_ssn(SPAN_OF("666-90-4399")), VALID_NO);
    assert_int_equal(validate_us_ssn(SPAN_OF("900-90-4399")), VALID_NO);
    assert_int_equal(validate_us_ssn(SPAN_OF("536-00-4399")), VALID_NO);
    assert_int_equal(validate_us_ssn(SPAN_OF("536-90-0000")), VALID_NO);
    assert_int_equal(validate_us_ssn(SPAN_OF("536-90-439")), VALID_NO);
    assert_int_equal(validate_us_ssn(SPAN_OF("123-45-6789")), VALID_NO);
}

TEST_MAIN(luhn_accepts_what_it_should_and_no_single_error,
          each_network_has_its_prefixes_and_lengths, ibans_of_the_registry_are_valid,
          calling_codes_know_their_lengths, entropy_is_bits_a_byte, a_row_of_x_stands_for_a_secret,
          social_security_numbers_have_areas_groups_and_serials)
