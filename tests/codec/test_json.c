// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The scanner by small cases, each for every place at which the text can be cut.
#include "codec/json.h"

#include "test.h"

enum { NO_ERROR = -1 };

static const struct {
    const char *why;
    struct span text;
    enum aiu_status status;
    int error_at;
} cases[] = {
    {"an object", SPAN("{\"a\": 1, \"b\" : [true,false , null]}"), AIU_OK, NO_ERROR},
    {"a lone number", SPAN(" -0.5e+10 "), AIU_OK, NO_ERROR},
    {"a number that ends the text", SPAN("12"), AIU_OK, NO_ERROR},
    {"a lone string", SPAN("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\""), AIU_OK, NO_ERROR},
    {"empty containers", SPAN("[{},[],[{}]]"), AIU_OK, NO_ERROR},
    {"UTF-8 of every length", SPAN("\"a\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80z\""), AIU_OK, NO_ERROR},
    {"a surrogate pair", SPAN("\"\\uD83D\\ude00\""), AIU_OK, NO_ERROR},
    {"the same key in two objects", SPAN("[{\"a\":1},{\"a\":{\"a\":1}}]"), AIU_OK, NO_ERROR},
    {"keys differ by case", SPAN("{\"Name\":1,\"name\":2}"), AIU_OK, NO_ERROR},
    {"nothing", SPAN(""), AIU_JSON_INVALID, 0},
    {"only blanks", SPAN(" \n"), AIU_JSON_INVALID, 2},
    {"a byte order mark", SPAN("\xEF\xBB\xBF{}"), AIU_JSON_INVALID, 0},
    {"two values", SPAN("{} {}"), AIU_JSON_INVALID, 3},
    {"a NUL behind", SPAN("{}\0"), AIU_JSON_INVALID, 2},
    {"unfinished", SPAN("{\"a\":[1,"), AIU_JSON_INVALID, 8},
    {"a number inside what is not closed", SPAN("[12"), AIU_JSON_INVALID, 3},
    {"an unfinished literal", SPAN("[tru"), AIU_JSON_INVALID, 4},
    {"a wrong literal", SPAN("[trun]"), AIU_JSON_INVALID, 1},
    {"closed by the other bracket", SPAN("[1}"), AIU_JSON_INVALID, 2},
    {"closed twice", SPAN("[]]"), AIU_JSON_INVALID, 2},
    {"a comma too many in an array", SPAN("[1,]"), AIU_JSON_INVALID, 3},
    {"a comma too many in an object", SPAN("{\"a\":1,}"), AIU_JSON_INVALID, 7},
    {"a key without quotes", SPAN("{a:1}"), AIU_JSON_INVALID, 1},
    {"no colon", SPAN("{\"a\" 1}"), AIU_JSON_INVALID, 5},
    {"a leading zero", SPAN("[01]"), AIU_JSON_INVALID, 2},
    {"a plus", SPAN("[+1]"), AIU_JSON_INVALID, 1},
    {"no digit after the point", SPAN("[1.]"), AIU_JSON_INVALID, 3},
    {"no digit in the exponent", SPAN("[1e+]"), AIU_JSON_INVALID, 4},
    {"only a minus", SPAN("-"), AIU_JSON_INVALID, 1},
    {"a raw line feed in a string", SPAN("\"a\nb\""), AIU_JSON_INVALID, 2},
    {"a raw unit separator in a string", SPAN("\"a\x1F\""), AIU_JSON_INVALID, 2},
    {"a raw NUL in a string", SPAN("\"a\0b\""), AIU_JSON_INVALID, 2},
    {"an unknown escape", SPAN("\"a\\x\""), AIU_JSON_INVALID, 2},
    {"a short escape", SPAN("\"\\u12\""), AIU_JSON_INVALID, 1},
    {"not closed", SPAN("\"abc"), AIU_JSON_INVALID, 4},
    {"an escape at the end", SPAN("\"abc\\"), AIU_JSON_INVALID, 5},
    {"half a pair, the first", SPAN("\"\\ud800\""), AIU_UTF8_INVALID, 1},
    {"half a pair, the second", SPAN("\"\\udc00\""), AIU_UTF8_INVALID, 1},
    {"two first halves", SPAN("\"\\ud800\\ud800\\udc00\""), AIU_UTF8_INVALID, 1},
    {"half a pair and another escape", SPAN("\"\\ud800\\n\""), AIU_UTF8_INVALID, 1},
    {"half a pair and what only looks like the other", SPAN("\"\\ud83d\\nde00\""), AIU_UTF8_INVALID,
     1},
    {"half a pair and a broken escape", SPAN("\"\\ud800\\u0G00\""), AIU_UTF8_INVALID, 1},
    {"an overlong slash", SPAN("\"\xC0\xAF\""), AIU_UTF8_INVALID, 1},
    {"an overlong of three", SPAN("\"\xE0\x80\x80\""), AIU_UTF8_INVALID, 1},
    {"an encoded surrogate", SPAN("\"\xED\xA0\x80\""), AIU_UTF8_INVALID, 1},
    {"above U+10FFFF", SPAN("\"\xF4\x90\x80\x80\""), AIU_UTF8_INVALID, 1},
    {"a tail alone", SPAN("\"a\x80\""), AIU_UTF8_INVALID, 2},
    {"a character cut by the quote", SPAN("\"\xE2\x82\""), AIU_UTF8_INVALID, 1},
    {"UTF-8 outside a string", SPAN("[\xC3\xA9]"), AIU_JSON_INVALID, 1},
    {"the same key", SPAN("{\"a\":1,\"b\":2,\"a\":3}"), AIU_JSON_DUPLICATE_KEY, 14},
    {"the same empty key", SPAN("{\"\":1,\"\":2}"), AIU_JSON_DUPLICATE_KEY, 7},
    {"the same key, escaped (GHSA-4gph-2hhr-5mwg)", SPAN("{\"name\":1,\"\\u006eame\":2}"),
     AIU_JSON_DUPLICATE_KEY, 11},
    {"escaped in two ways", SPAN("{\"\\u00e9\":1,\"\\u00E9\":2}"), AIU_JSON_DUPLICATE_KEY, 13},
    {"escaped and in UTF-8", SPAN("{\"\xF0\x9F\x98\x80\":1,\"\\ud83d\\ude00\":2}"),
     AIU_JSON_DUPLICATE_KEY, 11},
};

static const struct json_limits small = {.depth = 4, .values = 12, .string = 8, .number = 5};

static const struct {
    const char *why;
    struct span text;
    enum aiu_status status;
    int error_at;
} limited[] = {
    {"as deep as allowed", SPAN("[[[[]]]]"), AIU_OK, NO_ERROR},
    {"too deep", SPAN("[[[[[]]]]]"), AIU_JSON_TOO_DEEP, 4},
    {"too deep, mixed", SPAN("[{\"a\":[{\"b\":{}}]}]"), AIU_JSON_TOO_DEEP, 12},
    {"as many values as allowed", SPAN("[1,2,3,4,5,6,7,8,9,10,11]"), AIU_OK, NO_ERROR},
    {"too many values", SPAN("[1,2,3,4,5,6,7,8,9,10,11,12]"), AIU_JSON_TOO_LARGE, 25},
    {"a string as long as allowed", SPAN("\"12345678\""), AIU_OK, NO_ERROR},
    {"a string too long", SPAN("\"123456789\""), AIU_JSON_TOO_LARGE, 9},
    {"too long before it is wrong", SPAN("\"123456789\n\""), AIU_JSON_TOO_LARGE, 9},
    {"wrong before it is too long", SPAN("\"12\n3456789\""), AIU_JSON_INVALID, 3},
    {"too long by an escape", SPAN("\"12345\\u0041\""), AIU_JSON_TOO_LARGE, 9},
    {"too long by a character", SPAN("\"1234567\xC3\xA9\""), AIU_JSON_TOO_LARGE, 9},
    {"a key too long", SPAN("{\"123456789\":1}"), AIU_JSON_TOO_LARGE, 10},
    {"a number as long as allowed", SPAN("[-1e10]"), AIU_OK, NO_ERROR},
    {"a number too long", SPAN("[123456]"), AIU_JSON_TOO_LARGE, 6},
    {"a number too long before it is wrong", SPAN("[1234567.x]"), AIU_JSON_TOO_LARGE, 6},
};

// Tokens as text: "start-end>next," each.
static void describe(const struct json_doc *d, struct buf *out)
{
    for (uint32_t i = 0; i < d->count; i++) {
        assert_ok(buf_printf(out, "%d%s %u-%u>%u,", d->tokens[i].type,
                             d->tokens[i].escaped ? "e" : "", d->tokens[i].start, d->tokens[i].end,
                             d->tokens[i].next));
    }
}

// Scan with the bytes first..n coming one by one after the first `cut`, or at once.
static enum aiu_status scan_cut(struct span text, const struct json_limits *limits, size_t cut,
                                bool one_by_one, struct buf *seen, size_t *ret_at)
{
    CLEANUP(arena_done) struct arena arena;
    struct json j;
    struct json_doc d;

    arena_init(&arena, 1 << 20);
    json_init(&j, &arena, limits);
    enum aiu_status st = json_feed(&j, span_first(text, cut));
    for (size_t n = cut; one_by_one && n < text.n; n++) {
        CLEANUP(buf_wipe) struct buf moved = BUF_OF(1 << 20);
        assert_ok(buf_append(&moved, span_first(text, n)));
        st = json_feed(&j, buf_span(&moved));
    }
    enum aiu_status end = json_finish(&j, text, &d);
    if (st != AIU_OK) {
        assert_int_equal(end, st);
    }
    if (end == AIU_OK) {
        describe(&d, seen);
    }
    *ret_at = json_error_offset(&j);
    return end;
}

static void check_every_cut(const char *why, struct span text, const struct json_limits *limits,
                            enum aiu_status status, int error_at)
{
    CLEANUP(buf_wipe) struct buf whole = BUF_OF(1 << 20);
    size_t at = 0;

    assert_status(scan_cut(text, limits, 0, false, &whole, &at), status);
    for (size_t cut = 0; cut <= text.n; cut++) {
        for (int one_by_one = 0; one_by_one < 2; one_by_one++) {
            CLEANUP(buf_wipe) struct buf seen = BUF_OF(1 << 20);
            enum aiu_status st = scan_cut(text, limits, cut, one_by_one, &seen, &at);
            if (st != status || (status != AIU_OK && at != (size_t)error_at)) {
                print_error("%s, cut at %zu: offset %zu, wanted %d\n", why, cut, at, error_at);
            }
            assert_status(st, status);
            assert_int_equal(status == AIU_OK ? NO_ERROR : (int)at, error_at);
            assert_span(why, buf_span(&seen), buf_span(&whole));
        }
    }
}

static void the_result_does_not_depend_on_how_the_text_is_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        check_every_cut(cases[i].why, cases[i].text, &json_default_limits, cases[i].status,
                        cases[i].error_at);
    }
}

static void limits_hold_at_every_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(limited); i++) {
        check_every_cut(limited[i].why, limited[i].text, &small, limited[i].status,
                        limited[i].error_at);
    }
}

static void tokens_have_their_places(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena;
    CLEANUP(buf_wipe) struct buf seen = BUF_OF(1024);
    struct json_doc d;

    arena_init(&arena, 1 << 16);
    assert_ok(json_parse(SPAN_OF(" {\"k\":[1,\"x\\n\"],\"l\":{}, \"m\":null }"), &arena,
                         &json_default_limits, &d, NULL));
    describe(&d, &seen);
    assert_span("type start-end>next", buf_span(&seen),
                SPAN_OF("0 1-34>9,3 3-4>5,1 6-15>5,4 7-8>4,2e 10-13>5,3 17-18>7,0 20-22>7,"
                        "3 25-26>9,7 28-32>9,"));
}

static void half_a_pair_passes_where_it_is_allowed(void **state)
{
    (void)state;
    struct json_limits limits = json_default_limits;
    CLEANUP(arena_done) struct arena arena;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(64);
    struct json_doc d;

    limits.lone_surrogates = true;
    arena_init(&arena, 1 << 16);
    assert_ok(json_parse(SPAN_OF("\"a\\ud83db\\ude00\""), &arena, &limits, &d, NULL));
    assert_ok(json_unescape(&d, 0, &text));
    assert_span("replaced", buf_span(&text),
                SPAN_OF("a\xEF\xBF\xBD"
                        "b\xEF\xBF\xBD"));
}

static void the_first_error_stays(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena arena;
    struct json j;
    struct json_doc d;

    arena_init(&arena, 1 << 16);
    json_init(&j, &arena, &json_default_limits);
    assert_status(json_feed(&j, SPAN_OF("[}")), AIU_JSON_INVALID);
    assert_status(json_feed(&j, SPAN_OF("[}\xFF")), AIU_JSON_INVALID);
    assert_status(json_finish(&j, SPAN_OF("[]"), &d), AIU_JSON_INVALID);
    assert_int_equal(json_error_offset(&j), 1);
}

static void a_full_arena_is_an_error_and_not_a_shorter_document(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    struct json_doc d;

    assert_ok(buf_append(&text, SPAN_OF("[0")));
    for (int i = 0; i < 1000; i++) {
        assert_ok(buf_append(&text, SPAN_OF(",0")));
    }
    assert_ok(buf_append(&text, SPAN_OF("]")));
    for (size_t cap = 0; cap < 40000; cap += 1000) {
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, cap);
        enum aiu_status st = json_parse(buf_span(&text), &arena, &json_default_limits, &d, NULL);
        assert_int_equal(st, cap < 32000 ? AIU_NO_MEMORY : st);
        assert_true(st == AIU_OK || st == AIU_NO_MEMORY);
    }
}

static void failing_memory_is_reported(void **state)
{
    (void)state;
    struct json_doc d;
    struct span text = SPAN_OF("{\"a\":[1,2,3],\"\\u0062\":4,\"c\":5}");
    enum aiu_status st = AIU_NO_MEMORY;

    for (size_t n = 0; st != AIU_OK; n++) {
        CLEANUP(arena_done) struct arena arena;
        arena_init(&arena, 1 << 20);
        mem_fail_after(n);
        st = json_parse(text, &arena, &json_default_limits, &d, NULL);
        mem_fail_after(SIZE_MAX);
        assert_true(st == AIU_OK || st == AIU_NO_MEMORY);
        assert_true(n < 10);
    }
}

TEST_MAIN(the_result_does_not_depend_on_how_the_text_is_cut, limits_hold_at_every_cut,
          tokens_have_their_places, half_a_pair_passes_where_it_is_allowed, the_first_error_stays,
          a_full_arena_is_an_error_and_not_a_shorter_document, failing_memory_is_reported)
