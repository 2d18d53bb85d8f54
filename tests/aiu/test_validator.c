// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The public validator, through the shared library (S11, S46 to S53).
#include "aiu/validator.h"

#include "test.h"

static const struct {
    const char *why;
    struct span text;
    enum aiu_validator_reason guide;
    size_t at;
    struct span sent;
    enum aiu_validator_reason otherwise; // of the default profile
} cases[] = {
    {"trimmed", SPAN(" hello\n"), AIU_VALIDATOR_FINE, 0, SPAN("hello"), AIU_VALIDATOR_FINE},
    {"blank (S47)", SPAN(" \t\n"), AIU_VALIDATOR_EMPTY, 0, SPAN(""), AIU_VALIDATOR_FINE},
    {"nothing (S47)", SPAN(""), AIU_VALIDATOR_EMPTY, 0, SPAN(""), AIU_VALIDATOR_FINE},
    {"a plus (S50)", SPAN(" 2+2"), AIU_VALIDATOR_INVALID_CHARACTERS, 2, SPAN(""),
     AIU_VALIDATOR_FINE},
    {"an escape", SPAN("a\x1B[2J"), AIU_VALIDATOR_INVALID_CHARACTERS, 1, SPAN(""),
     AIU_VALIDATOR_INVALID_CHARACTERS},
    {"not UTF-8 (S10)", SPAN("ab\xC0\xAF"), AIU_VALIDATOR_INVALID_UTF8, 2, SPAN(""),
     AIU_VALIDATOR_INVALID_UTF8},
    {"letters of any script", SPAN("\xC3\xA9t\xC3\xA9"), AIU_VALIDATOR_FINE, 0,
     SPAN("\xC3\xA9t\xC3\xA9"), AIU_VALIDATOR_FINE},
};

static void prompts_are_checked_as_the_guide_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const char *text = (const char *)cases[i].text.p;
        struct aiu_validator v;
        struct aiu_validator_result r;
        aiu_validator_init(&v, AIU_VALIDATOR_GUIDE);
        enum aiu_status st = aiu_validator_check(&v, text, cases[i].text.n, &r);
        assert_int_equal(r.reason, cases[i].guide);
        assert_int_equal(st == AIU_OK, cases[i].guide == AIU_VALIDATOR_FINE);
        assert_int_equal(r.at, cases[i].at);
        assert_span(cases[i].why, span_of(r.text, r.text_n), cases[i].sent);
        assert_int_equal(r.text == NULL, st != AIU_OK);

        aiu_validator_init(&v, AIU_VALIDATOR_DEFAULT);
        st = aiu_validator_check(&v, text, cases[i].text.n, &r);
        assert_int_equal(r.reason, cases[i].otherwise);
        assert_true(st == AIU_OK || st == AIU_INVALID_PROMPT);
    }
}

static void the_limit_is_in_code_points(void **state)
{
    (void)state;
    struct aiu_validator v;
    struct aiu_validator_result r;
    char message[64];
    char cut[8];

    aiu_validator_init(&v, AIU_VALIDATOR_GUIDE);
    assert_int_equal(v.max_characters, 10000);
    v.max_characters = 3;
    assert_ok(aiu_validator_check(&v, "\xC3\xA9\xC3\xA9\xC3\xA9", 6, &r));
    assert_status(aiu_validator_check(&v, "\xC3\xA9\xC3\xA9\xC3\xA9x", 7, &r), AIU_INVALID_PROMPT);
    assert_int_equal(r.at, 6);
    assert_int_equal(r.limit, 3);
    assert_string_equal(r.code, "prompt_too_long");
    size_t n = aiu_validator_message(&r, message, sizeof(message));
    assert_string_equal(message, "Prompt too long (max 3 chars)");
    assert_int_equal(n, strlen(message));
    assert_int_equal(aiu_validator_message(&r, cut, sizeof(cut)), n);
    assert_string_equal(cut, "Prompt ");
    assert_int_equal(aiu_validator_message(&r, NULL, 0), n);
}

static void metadata_says_nothing_of_the_text(void **state)
{
    (void)state;
    struct aiu_validator_metadata m;

    aiu_validator_describe("two w\xC3\xB6rds 42", 13, &m);
    assert_int_equal(m.length, 12);
    assert_int_equal(m.bytes, 13);
    assert_int_equal(m.word_count, 3);
    assert_true(m.has_numbers);
    assert_null(m.language); // too short to be sure
    aiu_validator_describe("Die Berge sind hoch, und der Weg dorthin ist weit und steil.", 60, &m);
    assert_string_equal(m.language, "de");
    aiu_validator_describe(NULL, 0, &m);
    assert_null(m.language);
    assert_int_equal(m.length + m.bytes + m.word_count + m.has_numbers, 0);
}

TEST_MAIN(prompts_are_checked_as_the_guide_says, the_limit_is_in_code_points,
          metadata_says_nothing_of_the_text)
