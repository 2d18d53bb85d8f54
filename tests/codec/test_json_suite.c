// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Other people's tests: JSONTestSuite (y_ accepted, n_ refused, a fixed choice for each i_), the
// Big List of Naughty Strings, and documents made to hurt.
#include <dirent.h>
#include <time.h>

#include "base/utf8.h"
#include "codec/json.h"
#include "codec/json_write.h"
#include "test.h"

// The i_ files that we refuse: text that is not UTF-8, half surrogate pairs, UTF-16, a byte order
// mark, and a nesting of 500. The other i_ files hold numbers of any size, which stay text.
static const char *const refused[] = {
    "i_object_key_lone_2nd_surrogate.json",
    "i_string_1st_surrogate_but_2nd_missing.json",
    "i_string_1st_valid_surrogate_2nd_invalid.json",
    "i_string_UTF-16LE_with_BOM.json",
    "i_string_UTF-8_invalid_sequence.json",
    "i_string_UTF8_surrogate_U+D800.json",
    "i_string_incomplete_surrogate_and_escape_valid.json",
    "i_string_incomplete_surrogate_pair.json",
    "i_string_incomplete_surrogates_escape_valid.json",
    "i_string_invalid_lonely_surrogate.json",
    "i_string_invalid_surrogate.json",
    "i_string_invalid_utf-8.json",
    "i_string_inverted_surrogates_U+1D11E.json",
    "i_string_iso_latin_1.json",
    "i_string_lone_second_surrogate.json",
    "i_string_lone_utf8_continuation_byte.json",
    "i_string_not_in_unicode_range.json",
    "i_string_overlong_sequence_2_bytes.json",
    "i_string_overlong_sequence_6_bytes.json",
    "i_string_overlong_sequence_6_bytes_null.json",
    "i_string_truncated-utf-8.json",
    "i_string_utf16BE_no_BOM.json",
    "i_string_utf16LE_no_BOM.json",
    "i_structure_500_nested_arrays.json",
    "i_structure_UTF-8_BOM_empty_object.json",
};

static bool is_refused(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        if (strcmp(name, refused[i]) == 0) {
            return true;
        }
    }
    return name[0] == 'n';
}

// RFC 8259 section 4 leaves it to the reader what the same name twice means, and these two y_ files
// have one. We refuse them for that reason and no other (guide S7; GHSA-4gph-2hhr-5mwg).
static bool has_a_key_twice(const char *name)
{
    return strncmp(name, "y_object_duplicated_key", 23) == 0;
}

static enum aiu_status scan(struct span text, size_t cut)
{
    CLEANUP(arena_done) struct arena arena;
    struct json j;
    struct json_doc d;

    arena_init(&arena, 64 << 20);
    json_init(&j, &arena, &json_default_limits);
    enum aiu_status fed = json_feed(&j, span_first(text, cut));
    enum aiu_status st = json_finish(&j, text, &d);
    if (fed != AIU_OK) {
        assert_status(st, fed);
    }
    return st;
}

static void check_file(const char *folder, const char *name)
{
    char path[5000];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    struct span text = test_read_file(path);
    enum aiu_status whole = scan(text, 0);
    if (has_a_key_twice(name)) {
        assert_status(whole, AIU_JSON_DUPLICATE_KEY);
    } else if ((whole == AIU_OK) == is_refused(name)) {
        fail_msg("%s: %s", name, aiu_status_info(whole)->name);
    }
    for (size_t cut = 1; cut <= text.n && text.n < 1000; cut++) {
        assert_status(scan(text, cut), whole);
    }
    mem_free((void *)text.p);
}

static void the_json_test_suite_is_decided_right(void **state)
{
    (void)state;
    char folder[4096];
    (void)snprintf(folder, sizeof(folder), "%s",
                   test_shared("conformance/json-test-suite/test_parsing"));
    DIR *d = opendir(folder);
    int count[256] = {0};

    assert_non_null(d);
    const struct dirent *e = NULL;
    while ((e = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        if (e->d_name[0] != '.') {
            check_file(folder, e->d_name);
            count[(uint8_t)e->d_name[0]]++;
        }
    }
    (void)closedir(d);
    assert_int_equal(count['y'], 95);
    assert_int_equal(count['n'], 188);
    assert_int_equal(count['i'], 35);
}

// Every character as \uXXXX.
static void append_all_escaped(struct buf *out, struct span text)
{
    while (text.n > 0) {
        uint32_t code = utf8_next(&text);
        if (code >= 0x10000) {
            assert_ok(buf_printf(out, "\\u%04X", 0xD800 + ((code - 0x10000) >> 10)));
            code = 0xDC00 + ((code - 0x10000) & 0x3FF);
        }
        assert_ok(buf_printf(out, "\\u%04x", code));
    }
}

static void check_text(const struct json_doc *d, uint32_t token, struct span text)
{
    CLEANUP(buf_wipe) struct buf seen = BUF_OF(1 << 20);

    assert_ok(json_unescape(d, token, &seen));
    assert_span("unescaped", buf_span(&seen), text);
    assert_true(json_equal(d, token, text));
}

// {"TEXT":["TEXT","ESCAPED",{"ESCAPED":"TEXT"}]}: each string position, plain and all escaped.
static void check_string(struct span text)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    CLEANUP(buf_wipe) struct buf escaped = BUF_OF(1 << 20);
    CLEANUP(arena_done) struct arena arena;
    struct json_writer w;
    struct json_doc d;

    assert_ok(buf_append_byte(&escaped, '"'));
    append_all_escaped(&escaped, text);
    assert_ok(buf_append_byte(&escaped, '"'));
    json_writer_init(&w, &b);
    json_write_object(&w);
    json_write_key_span(&w, text);
    json_write_array(&w);
    json_write_string(&w, text);
    json_write_raw(&w, buf_span(&escaped));
    json_write_array_end(&w);
    json_write_object_end(&w);
    assert_ok(json_writer_finish(&w));

    arena_init(&arena, 1 << 20);
    assert_ok(json_parse(buf_span(&b), &arena, &json_default_limits, &d, NULL));
    check_text(&d, 1, text);
    check_text(&d, 3, text);
    check_text(&d, 4, text);
    assert_int_equal(json_member(&d, 0, text), 2);

    // Written in two ways, it is the same key twice.
    buf_reset(&b);
    assert_ok(buf_append_byte(&b, '{'));
    assert_ok(json_append_string(&b, text));
    assert_ok(buf_append(&b, SPAN_OF(":0,")));
    assert_ok(buf_append(&b, buf_span(&escaped)));
    assert_ok(buf_append(&b, SPAN_OF(":0}")));
    assert_status(json_parse(buf_span(&b), &arena, &json_default_limits, &d, NULL),
                  AIU_JSON_DUPLICATE_KEY);
}

static void naughty_strings_pass_every_string_position(void **state)
{
    (void)state;
    struct span text = test_read_file(test_shared("conformance/blns/blns.json"));
    CLEANUP(arena_done) struct arena arena;
    struct json_doc d;

    arena_init(&arena, 1 << 22);
    assert_ok(json_parse(text, &arena, &json_default_limits, &d, NULL));
    assert_int_equal(d.count, 516);
    for (uint32_t i = json_first(&d, 0); i != JSON_NONE; i = json_next(&d, 0, i)) {
        struct span string;
        assert_ok(json_string(&d, i, &arena, &string));
        check_string(string);
    }
    mem_free((void *)text.p);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

enum { MANY = 400000, LONG_MS = 20000 }; // quadratic work on MANY would take minutes

static void repeat(struct buf *b, struct span what, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        assert_ok(buf_append(b, what));
    }
}

static enum aiu_status scan_buf(struct buf *b, uint32_t values)
{
    struct json_limits limits = json_default_limits;
    CLEANUP(arena_done) struct arena arena;
    struct json_doc d;

    limits.values = values;
    arena_init(&arena, 256 << 20);
    uint64_t begun = now_ms();
    enum aiu_status st = json_parse(buf_span(b), &arena, &limits, &d, NULL);
    assert_true(now_ms() - begun < LONG_MS);
    if (st == AIU_OK) {
        assert_true(arena.used <= (size_t)4 * d.count * sizeof(struct json_token) + (1 << 20));
    }
    buf_reset(b);
    return st;
}

static void bombs_are_refused_or_cost_no_more_than_their_length(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64 << 20);

    repeat(&b, SPAN_OF("["), 1000000);
    assert_status(scan_buf(&b, UINT32_MAX), AIU_JSON_TOO_DEEP);
    repeat(&b, SPAN_OF("{\"a\":"), 1000000);
    assert_status(scan_buf(&b, UINT32_MAX), AIU_JSON_TOO_DEEP);
    repeat(&b, SPAN_OF("7"), 1000000);
    assert_status(scan_buf(&b, UINT32_MAX), AIU_JSON_TOO_LARGE);
    assert_ok(buf_append_byte(&b, '['));
    repeat(&b, SPAN_OF("0,"), 1000000);
    assert_status(scan_buf(&b, 1000000), AIU_JSON_TOO_LARGE);
    repeat(&b, SPAN_OF(" "), 10000000);
    assert_status(scan_buf(&b, UINT32_MAX), AIU_JSON_INVALID);
}

// Keys of every number up to MANY, and once more `again`.
static void append_keys(struct buf *b, const char *before, unsigned again, const char *after)
{
    assert_ok(buf_append(b, SPAN_OF("{\"\":0")));
    for (unsigned i = 0; i <= MANY; i++) {
        assert_ok(buf_printf(b, ",\"%s%08u%s\":0", before, i < MANY ? i : again, after));
    }
    assert_ok(buf_append_byte(b, '}'));
}

static void many_keys_are_compared_in_n_log_n(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(64 << 20);

    append_keys(&b, "key", MANY, "");
    assert_status(scan_buf(&b, UINT32_MAX), AIU_OK);
    append_keys(&b, "key", 12345, "");
    assert_status(scan_buf(&b, UINT32_MAX), AIU_JSON_DUPLICATE_KEY);
    // Same length, same first, middle and last byte: the signature of small objects says nothing.
    append_keys(&b, "aaaa", MANY, "aaaaaaaaaaaaaa");
    assert_status(scan_buf(&b, UINT32_MAX), AIU_OK);
    append_keys(&b, "\\u0061", MANY, "");
    assert_status(scan_buf(&b, UINT32_MAX), AIU_OK);
    append_keys(&b, "\\u0061", 9, "");
    assert_status(scan_buf(&b, UINT32_MAX), AIU_JSON_DUPLICATE_KEY);
}

// The order of a large object is by FNV-1a first, which is easy to collide.
static void keys_with_one_hash_are_told_apart(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);

    for (int twice = 0; twice < 2; twice++) {
        assert_ok(buf_append(&b, SPAN_OF("{\"\\u0000\":0")));
        for (int i = 0; i < 60; i++) {
            assert_ok(buf_printf(&b, ",\"k%d\":0", i));
        }
        assert_ok(buf_append(&b, SPAN_OF(",\"costarring\":0,\"liquid\":0")));
        if (twice != 0) {
            assert_ok(buf_append(&b, SPAN_OF(",\"costarring\":0")));
        }
        assert_ok(buf_append_byte(&b, '}'));
        assert_status(scan_buf(&b, UINT32_MAX), twice != 0 ? AIU_JSON_DUPLICATE_KEY : AIU_OK);
    }
}

TEST_MAIN(the_json_test_suite_is_decided_right, naughty_strings_pass_every_string_position,
          bombs_are_refused_or_cost_no_more_than_their_length, many_keys_are_compared_in_n_log_n,
          keys_with_one_hash_are_told_apart)
