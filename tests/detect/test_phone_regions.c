// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Telephone numbers in national form: findings without a word where their region is named, nothing
// where it is not.
#include "detect/phone_regions.h"
#include "json_lines.h"
#include "window_test.h"

static void name_regions(const char *names)
{
    struct bench *b = bench_get();
    struct span rest = span_str(names);
    struct span name;

    b->all.regions = (struct phone_regions){0};
    while (rest.n > 0) {
        (void)span_cut(rest, ',', &name, &rest);
        assert_int_equal(phone_regions_add(&b->all.regions, name), PHONE_REGION_ADDED);
    }
}

static bool is_found(const char *names, const char *text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();

    name_regions(names);
    assert_ok(scan_text(b->engine, b->scratch, &b->all, span_str(text), &found));
    return found.count > 0 && found.items[0].rule == rule_of("pii.phone");
}

static const struct {
    const char *region, *text, *wanted;
} numbers[] = {
    {"DE", "ring 030 901820 or", "ring [REDACTED:phone] or"},
    {"DE", "(030) 901820", "[REDACTED:phone]"},
    {"DE", "0170/1234567, Bonn", "[REDACTED:phone], Bonn"},
    {"DE", "see 01701234567.", "see [REDACTED:phone]."},
    {"AT", "es gilt 01 5153420", "es gilt [REDACTED:phone]"},
    {"CH", "es gilt 044 668 18 00", "es gilt [REDACTED:phone]"},
    {"FR", "voir 01 23 45 67 89", "voir [REDACTED:phone]"},
    {"GB", "on 020 7946 0958 or", "on [REDACTED:phone] or"},
    {"GB", "on 07400 123456", "on [REDACTED:phone]"},
    {"US", "at 415 555 2671 today", "at [REDACTED:phone] today"},
    {"US", "at 4155552671", "at [REDACTED:phone]"},
    {"US", "at 1 415 555 2671", "at [REDACTED:phone]"},
    {"ES", "el 612 34 56 78", "el [REDACTED:phone]"},
    {"IT", "il 06 6988 4857", "il [REDACTED:phone]"},
    {"CN", "\xE5\x8F\xB7 13800138000", "\xE5\x8F\xB7 [REDACTED:phone]"},
    {"JP", "at 03-1234-5678", "at [REDACTED:phone]"},
    {"BR", "no (11) 96123-4567", "no [REDACTED:phone]"},
    {"HU", "a 06 1 234 5678", "a [REDACTED:phone]"},
    {"RU", "at 8 (912) 345-67-89", "at [REDACTED:phone]"},
    {"NO", "at 22 12 34 56", "at [REDACTED:phone]"},
    {"DE,FR", "a 01 23 45 67 89, b 030 901820", "a [REDACTED:phone], b [REDACTED:phone]"},
};

static void a_number_of_a_named_region_needs_no_word(void **state) // S58
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1000);

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        name_regions(numbers[i].region);
        assert_span(numbers[i].text, redacted(span_str(numbers[i].text), &out),
                    span_str(numbers[i].wanted));
        name_regions("");
        assert_span(numbers[i].text, redacted(span_str(numbers[i].text), &out),
                    span_str(numbers[i].text));
    }
}

static void other_numbers_are_none_of_the_region(void **state)
{
    (void)state;
    static const struct {
        const char *region, *text;
    } cases[] = {
        {"DE", "ring 30 901820"},          // without the zero it is no call
        {"DE", "the year 2024 and 12345"}, // a year
        {"DE", "on 01.05.2024 at 10:00"},
        {"DE", "0.0301234567"},
        {"DE", "020 7946 0958x"},
        {"US", "at 115 555 2671"},
        {"US", "a count of 1234567890"},
        {"US", "x 2025-05-12 10:00:00"},
        {"US", "id 4155552671-12"},
        {"US", "v10.415.555.2671"},
        {"GB", "ring 030 901820"},
        {"FR", "00 12 34 56 78"},
        {"ES", "at 41.3851024 north"},
        {"ES", "99999999999"},
        {"NO", "on 20240512"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        if (is_found(cases[i].region, cases[i].text)) {
            fail_msg("%s: %s is no number", cases[i].region, cases[i].text);
        }
    }
    name_regions("");
}

static void the_result_is_the_same_for_every_cut(void **state) // streaming invariants 1, 2
{
    (void)state;
    struct bench *b = bench_get();

    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
        struct span text = span_str(numbers[i].text);
        name_regions(numbers[i].region);
        assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &wanted));
        assert_true(wanted.count > 0);
        for (size_t step = 1; step <= 3; step++) {
            stream(numbers[i].text, text, every, &step, &wanted);
        }
        for (size_t cut = 1; cut < text.n; cut++) {
            stream(numbers[i].text, text, once, &cut, &wanted);
        }
    }
    name_regions("");
}

static void digits_by_chance_are_the_same_for_every_cut(void **state) // streaming invariants 1, 2
{
    (void)state;
    struct bench *b = bench_get();
    static const char alphabet[] = "0123456789012345678900 .-/()+ x\xC2\xA0";
    uint64_t seed = 11;
    char text[120];
    size_t found_any = 0;

    name_regions("DE,US,FR,ES,NO,BR,RU");
    for (size_t round = 0; round < 400; round++) {
        CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
        for (size_t i = 0; i < sizeof(text); i++) {
            text[i] = alphabet[test_random(&seed) % (sizeof(alphabet) - 1)];
        }
        struct span all = span_of(text, sizeof(text));
        size_t step = 1 + round % 7;
        assert_ok(scan_text(b->engine, b->scratch, &b->all, all, &wanted));
        stream("chance", all, every, &step, &wanted);
        for (size_t cut = 1 + round % 5; cut < all.n; cut += 5) {
            stream("chance", all, once, &cut, &wanted);
        }
        found_any += wanted.count;
    }
    assert_true(found_any > 100);
    name_regions("");
}

static void a_region_is_two_capital_letters_and_there_are_forty_at_most(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "D", "de", "DEU", "XX", "UK", "001", "D\xC3\x84"};
    struct phone_regions set = {0};
    size_t i = 0;

    for (size_t k = 0; k < ARRAY_SIZE(bad); k++) {
        assert_int_equal(phone_regions_add(&set, span_str(bad[k])), PHONE_REGION_UNKNOWN);
    }
    assert_int_equal(phone_regions_add(&set, SPAN_OF("US")), PHONE_REGION_ADDED);
    assert_int_equal(phone_regions_add(&set, SPAN_OF("CA")), PHONE_REGION_ADDED);
    assert_int_equal(set.count, 1); // one plan
    while (phone_regions_add(&set, phone_region_name(i)) == PHONE_REGION_ADDED) {
        i++;
    }
    assert_int_equal(set.count, PHONE_REGIONS_MOST);
    assert_int_equal(phone_regions_add(&set, SPAN_OF("ZW")), PHONE_REGION_TOO_MANY);
    assert_int_equal(phone_regions_add(&set, SPAN_OF("US")), PHONE_REGION_ADDED);
    for (i = 1; phone_region_name(i).n > 0; i++) {
        assert_true(span_compare(phone_region_name(i - 1), phone_region_name(i)) < 0);
    }
    assert_true(i > 240);
}

struct tally {
    size_t wanted, found;
};

// As the region dials it: trunk prefix and all digits in two groups.
static void count_national(void *ctx, const struct json_doc *doc)
{
    CLEANUP(buf_wipe) struct buf region = BUF_OF(8);
    CLEANUP(buf_wipe) struct buf type = BUF_OF(40);
    CLEANUP(buf_wipe) struct buf number = BUF_OF(40);
    static const char *const trunks[] = {"", "0", "1", "8", "06"};
    struct tally *t = ctx;
    char text[80];
    bool found = false;

    struct span what = row_text(doc, 0, "type", &type);
    struct span digits = row_text(doc, 0, "national", &number);
    struct span name = row_text(doc, 0, "region", &region);
    if ((!span_equal(what, SPAN_OF("fixedLine")) && !span_equal(what, SPAN_OF("mobile"))) ||
        digits.n < 7 || name.n != 2) {
        return;
    }
    (void)snprintf(text, sizeof(text), "%.2s", (const char *)name.p);
    name_regions(text);
    char line[120];
    for (size_t i = 0; i < ARRAY_SIZE(trunks) && !found; i++) {
        (void)snprintf(line, sizeof(line), "at %s%.3s %.*s", trunks[i], (const char *)digits.p,
                       (int)digits.n - 3, (const char *)digits.p + 3);
        found = is_found(text, line);
    }
    t->wanted++;
    t->found += found;
}

static void example_numbers_of_all_regions_are_found_in_national_form(void **state)
{
    (void)state;
    struct tally t = {0};

    each_row("detect/pii-libphonenumber_examples.jsonl", count_national, &t);
    print_message("libphonenumber's examples, national: %zu of %zu found\n", t.found, t.wanted);
    assert_true(t.wanted > 300 && t.found * 100 >= t.wanted * 97);
    name_regions("");
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST_EACH_(
        a_number_of_a_named_region_needs_no_word, other_numbers_are_none_of_the_region,
        the_result_is_the_same_for_every_cut, digits_by_chance_are_the_same_for_every_cut,
        a_region_is_two_capital_letters_and_there_are_forty_at_most,
        example_numbers_of_all_regions_are_found_in_national_form)};

    return cmocka_run_group_tests(tests, NULL, bench_done);
}
