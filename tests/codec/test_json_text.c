// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Both decoders, fed in every cut and compared with an oracle that decodes the whole at once.
#include "codec/json_text.h"

#include "base/utf8.h"
#include "test.h"

enum { TEXT_MAX = 1 << 16 };

// What came to the sink: for each decoded byte where its source begins and ends, and its origin.
struct seen {
    struct buf text;
    size_t from[TEXT_MAX];
    size_t to[TEXT_MAX];
    enum text_origin origin[TEXT_MAX];
    size_t source_n;
    bool whole_characters; // each run is valid UTF-8 by itself
};

static struct seen *seen_new(void)
{
    struct seen *s = mem_new(1, sizeof(*s));

    assert_non_null(s);
    buf_init(&s->text, TEXT_MAX);
    s->whole_characters = true;
    return s;
}

static void seen_free(struct seen **s)
{
    buf_wipe(&(*s)->text);
    mem_free(*s);
}

static void seen_reset(struct seen *s)
{
    buf_reset(&s->text);
    s->source_n = 0;
    s->whole_characters = true;
}

static enum aiu_status record(void *ctx, struct span bytes, size_t source_n,
                              enum text_origin origin)
{
    struct seen *s = ctx;
    bool run = bytes.n == source_n;

    assert_true(bytes.n > 0);
    assert_true(run || bytes.n <= 4);
    for (size_t i = 0; i < bytes.n; i++) {
        s->from[s->text.n + i] = s->source_n + (run ? i : 0);
        s->to[s->text.n + i] = s->source_n + (run ? i + 1 : source_n);
        s->origin[s->text.n + i] = origin;
    }
    s->source_n += source_n;
    s->whole_characters = s->whole_characters && utf8_valid(bytes);
    return buf_append(&s->text, bytes);
}

static void assert_same(const char *why, const struct seen *got, const struct seen *wanted)
{
    assert_span(why, buf_span(&got->text), buf_span(&wanted->text));
    assert_int_equal(got->source_n, wanted->source_n);
    assert_memory_equal(got->from, wanted->from, got->text.n * sizeof(size_t));
    assert_memory_equal(got->to, wanted->to, got->text.n * sizeof(size_t));
    assert_memory_equal(got->origin, wanted->origin, got->text.n * sizeof(got->origin[0]));
}

// The oracle for one layer, written apart from the decoder: it sees all of the source at once.
static unsigned hex4(struct span raw, size_t at, bool *ok)
{
    unsigned value = 0;

    *ok = raw.n - at >= 6 && raw.p[at] == '\\' && raw.p[at + 1] == 'u';
    for (size_t i = at + 2; *ok && i < at + 6; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = raw.p[i] == 0 ? NULL : strchr(digits, raw.p[i] | 0x20);
        if (digit == NULL || (raw.p[i] >= 0x10 && raw.p[i] < 0x20)) {
            *ok = false;
        } else {
            value = value * 16 + (unsigned)(digit - digits);
        }
    }
    return value;
}

static size_t oracle_escape(struct span raw, size_t at, uint32_t *ret_code)
{
    static const char names[] = "\"\\/bfnrt";
    static const char codes[] = "\"\\/\b\f\n\r\t";
    bool ok = false;
    bool pair = false;

    *ret_code = '\\';
    if (raw.n - at < 2) {
        return 1;
    }
    const char *name = raw.p[at + 1] == 0 ? NULL : strchr(names, raw.p[at + 1]);
    if (name != NULL) {
        *ret_code = (uint8_t)codes[name - names];
        return 2;
    }
    unsigned unit = hex4(raw, at, &ok);
    if (!ok) {
        return 1;
    }
    *ret_code = unit;
    if (unit < 0xD800 || unit > 0xDFFF) {
        return 6;
    }
    unsigned low = hex4(raw, at + 6 < raw.n ? at + 6 : raw.n, &pair);
    if (unit <= 0xDBFF && pair && low >= 0xDC00 && low <= 0xDFFF) {
        *ret_code = 0x10000 + (unit - 0xD800) * 0x400 + (low - 0xDC00);
        return 12;
    }
    *ret_code = 0xFFFD;
    return 6;
}

static void oracle(struct span raw, struct seen *s)
{
    for (size_t at = 0; at < raw.n;) {
        uint8_t bytes[4] = {raw.p[at]};
        uint32_t code = 0;
        size_t width = 1;
        size_t n = 1;
        if (raw.p[at] == '\\') {
            width = oracle_escape(raw, at, &code);
            n = utf8_write(code, bytes);
        }
        assert_ok(record(s, span_of(bytes, n), width, TEXT_PLAIN));
        at += width;
    }
}

static const struct span texts[] = {
    SPAN(""),
    SPAN("plain"),
    SPAN("a\\nb\\\"c\\\\d\\/e\\b\\f\\r\\t"),
    SPAN("\\u0041\\u00e9\\u20AC"),
    SPAN("x\\ud83d\\ude00y"),
    SPAN("\\ud83d\\ude00\\ud83d\\ude01"),
    SPAN("\\ud83d"),
    SPAN("\\ud83dx"),
    SPAN("\\ude00\\ud83d"),
    SPAN("\\ud83d\\ud83d\\ude00"),
    SPAN("\\ud83d\\u0041"),
    SPAN("\\ud83d\\n"),
    SPAN("\\ud83d\\nde00"),
    SPAN("\\ud83d\\x"),
    SPAN("\\ud83d\\u00G1"),
    SPAN("\\ud83d\\\\ude00"),
    SPAN("\\"),
    SPAN("\\u"),
    SPAN("\\u12"),
    SPAN("\\u12G4\\x\\"),
    SPAN("\\u12\\u0041"),
    SPAN("\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80"),
    SPAN("a\xC3\xA9\\n\xF0\x9F\x98\x80\\ud83d\xE2\x82\xAC"),
    SPAN("broken \xE2\x82 and \xFF and \xF0\x9F"),
    SPAN("\xE2\\n"),
    SPAN("\xE2\x82\\ud83d\xE2"),
};

static void decode_parts(struct span raw, size_t a, size_t b, struct seen *s)
{
    struct json_text t;

    json_text_init(&t, record, s);
    assert_ok(json_text_feed(&t, span_first(raw, a)));
    assert_ok(json_text_feed(&t, span_first(span_drop_first(raw, a), b - a)));
    assert_ok(json_text_feed(&t, span_drop_first(raw, b)));
    assert_ok(json_text_finish(&t));
}

static void text_and_positions_are_the_oracles_at_every_two_cuts(void **state)
{
    (void)state;
    CLEANUP(seen_free) struct seen *wanted = seen_new();
    CLEANUP(seen_free) struct seen *got = seen_new();

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        seen_reset(wanted);
        oracle(texts[i], wanted);
        for (size_t a = 0; a <= texts[i].n; a++) {
            for (size_t b = a; b <= texts[i].n; b++) {
                seen_reset(got);
                decode_parts(texts[i], a, b, got);
                assert_same((const char *)texts[i].p, got, wanted);
                assert_true(got->whole_characters || !utf8_valid(texts[i]));
            }
        }
    }
}

static void fed_byte_by_byte_it_is_the_same(void **state)
{
    (void)state;
    CLEANUP(seen_free) struct seen *wanted = seen_new();
    CLEANUP(seen_free) struct seen *got = seen_new();

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct json_text t;
        seen_reset(wanted);
        seen_reset(got);
        oracle(texts[i], wanted);
        json_text_init(&t, record, got);
        for (size_t k = 0; k < texts[i].n; k++) {
            assert_ok(json_text_feed(&t, span_of(texts[i].p + k, 1)));
        }
        assert_ok(json_text_finish(&t));
        assert_same((const char *)texts[i].p, got, wanted);
    }
}

static void random_text_is_the_oracles(void **state)
{
    (void)state;
    static const char *const parts[] = {"\\", "u",        "d83d", "de00", "0041",
                                        "\"", "n",        "x",    "\\ud", "\\ud83d\\ude0",
                                        "0",  "\xC3\xA9", "\xE2"};
    CLEANUP(seen_free) struct seen *wanted = seen_new();
    CLEANUP(seen_free) struct seen *got = seen_new();
    uint64_t random = 7;

    for (int round = 0; round < 20000; round++) {
        CLEANUP(buf_wipe) struct buf raw = BUF_OF(1024);
        for (uint64_t n = test_random(&random) % 12; n > 0; n--) {
            assert_ok(buf_append(&raw, span_str(parts[test_random(&random) % ARRAY_SIZE(parts)])));
        }
        size_t a = test_random(&random) % (raw.n + 1);
        size_t b = a + test_random(&random) % (raw.n - a + 1);
        seen_reset(wanted);
        seen_reset(got);
        oracle(buf_span(&raw), wanted);
        decode_parts(buf_span(&raw), a, b, got);
        assert_same("random", got, wanted);
    }
}

static const struct {
    const char *why;
    struct span raw;  // the outer source
    struct span text; // what is shown; numbers between < and >
} inner[] = {
    {"strings are decoded twice", SPAN("{\\\"a\\\":\\\"x\\\\ny\\\\u0041\\\"}"),
     SPAN("{\"a\":\"x\nyA\"}")},
    {"a pair in the inner layer", SPAN("\\\"\\\\ud83d\\\\ude00\\\""), SPAN("\"\xF0\x9F\x98\x80\"")},
    {"a pair in the outer layer", SPAN("\\\"\\ud83d\\ude00\\\""), SPAN("\"\xF0\x9F\x98\x80\"")},
    {"half a pair in the inner layer", SPAN("\\\"\\\\ud83d!\\\""), SPAN("\"\xEF\xBF\xBD!\"")},
    {"an escape written with outer escapes", SPAN("\\\"\\u005c\\u0075\\u0030041\\\""),
     SPAN("\"A\"")},
    {"an inner quote does not end the string", SPAN("\\\"a\\\\\\\"b\\\"1"), SPAN("\"a\"b\"1")},
    {"numbers", SPAN("{\\\"n\\\":4155552671,\\\"m\\\":[-1.5e+3, 7]}"),
     SPAN("{\"n\":<4155552671>,\"m\":[<-1.5e+3>, <7>]}")},
    {"a number in a string is text", SPAN("{\\\"n\\\":\\\"4155552671\\\"}"),
     SPAN("{\"n\":\"4155552671\"}")},
    {"a number at the top", SPAN("42"), SPAN("<42>")},
    {"a number behind a word is text", SPAN("call 415 or v2"), SPAN("call 415 or v2")},
    {"a number ends at a blank", SPAN("1 2"), SPAN("<1> 2")},
    {"a number ends at a quote", SPAN("[4\\\"5\\\"6]"), SPAN("[<4>\"5\"6]")},
    {"outside strings a backslash is itself", SPAN("{\\\\n \\\"\\\\n\\\"}"), SPAN("{\\n \"\n\"}")},
    {"broken JSON passes", SPAN("{\\\"a\\\": \\\"\\\\q \\\\u00"), SPAN("{\"a\": \"\\q \\u00")},
    {"a raw line feed passes", SPAN("\\\"a\\nb\\\""), SPAN("\"a\nb\"")},
    {"UTF-8 passes", SPAN("\\\"\xC3\xA9\\\\\xC3\xA9\\\""), SPAN("\"\xC3\xA9\\\xC3\xA9\"")},
    {"an outer character inside an inner escape", SPAN("\\\"\\\\u00\\u00e9\\\""),
     SPAN("\"\\u00\xC3\xA9\"")},
};

static void marked(const struct seen *s, struct buf *out)
{
    bool number = false;

    for (size_t i = 0; i <= s->text.n; i++) {
        bool now = i < s->text.n && s->origin[i] == TEXT_NUMBER;
        if (now != number) {
            assert_ok(buf_append_byte(out, now ? '<' : '>'));
            number = now;
        }
        if (i < s->text.n) {
            assert_ok(buf_append_byte(out, s->text.p[i]));
        }
    }
}

static void decode_both(struct span raw, size_t a, size_t b, struct seen *s)
{
    struct json_inner i;
    struct json_text t;

    json_inner_init(&i, record, s);
    json_text_init(&t, json_inner_feed, &i);
    assert_ok(json_text_feed(&t, span_first(raw, a)));
    assert_ok(json_text_feed(&t, span_first(span_drop_first(raw, a), b - a)));
    assert_ok(json_text_feed(&t, span_drop_first(raw, b)));
    assert_ok(json_text_finish(&t));
    assert_ok(json_inner_finish(&i));
}

static void the_second_layer_is_decoded_at_every_two_cuts(void **state)
{
    (void)state;
    CLEANUP(seen_free) struct seen *wanted = seen_new();
    CLEANUP(seen_free) struct seen *got = seen_new();

    for (size_t i = 0; i < ARRAY_SIZE(inner); i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(1024);
        seen_reset(wanted);
        decode_both(inner[i].raw, 0, 0, wanted);
        marked(wanted, &text);
        assert_span(inner[i].why, buf_span(&text), inner[i].text);
        assert_int_equal(wanted->source_n, inner[i].raw.n);
        for (size_t a = 0; a <= inner[i].raw.n; a++) {
            for (size_t b = a; b <= inner[i].raw.n; b++) {
                seen_reset(got);
                decode_both(inner[i].raw, a, b, got);
                assert_same(inner[i].why, got, wanted);
            }
        }
    }
}

// {"a":"Xx"} with X written as \\u0041 in the source: the source of each decoded byte.
static void positions_are_those_of_the_outermost_source(void **state)
{
    (void)state;
    CLEANUP(seen_free) struct seen *s = seen_new();
    struct span raw = SPAN_OF("{\\\"a\\\":\\\"\\\\u0041x\\u00e9\\\"}");

    decode_both(raw, 0, 0, s);
    assert_span("text", buf_span(&s->text), SPAN_OF("{\"a\":\"Ax\xC3\xA9\"}"));
    assert_int_equal(s->from[1], 1);
    assert_int_equal(s->to[1], 3);
    assert_int_equal(s->from[6], 9); // A: \\u0041, seven bytes
    assert_int_equal(s->to[6], 16);
    assert_int_equal(s->from[7], 16);
    assert_int_equal(s->to[7], 17);
    assert_int_equal(s->from[8], 17); // both bytes of the é: \u00e9
    assert_int_equal(s->to[9], 23);
}

static enum aiu_status refuse(void *ctx, struct span bytes, size_t source_n,
                              enum text_origin origin)
{
    (void)bytes;
    (void)source_n;
    (void)origin;
    int *left = ctx;
    return (*left)-- > 0 ? AIU_OK : AIU_TOO_LONG;
}

static void what_the_sink_returns_stops_the_feed(void **state)
{
    (void)state;
    for (int calls = 0; calls < 3; calls++) {
        struct json_text t;
        struct json_inner i;
        int left = calls;
        json_text_init(&t, refuse, &left);
        assert_status(json_text_feed(&t, SPAN_OF("a\\nb\\nc")), AIU_TOO_LONG);
        left = calls;
        json_inner_init(&i, refuse, &left);
        json_text_init(&t, json_inner_feed, &i);
        assert_status(json_text_feed(&t, SPAN_OF("\\\"a\\\\nb\\\\nc")), AIU_TOO_LONG);
    }
}

TEST_MAIN(text_and_positions_are_the_oracles_at_every_two_cuts, fed_byte_by_byte_it_is_the_same,
          random_text_is_the_oracles, the_second_layer_is_decoded_at_every_two_cuts,
          positions_are_those_of_the_outermost_source, what_the_sink_returns_stops_the_feed)
