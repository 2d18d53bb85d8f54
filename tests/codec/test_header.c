// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/header.h"

#include "test.h"

static const struct {
    enum http_name id;
    const char *text;
} names[] = {
#define HTTP_NAME(id, text, flags) {id, text},
#include "codec/header.def"
#undef HTTP_NAME
};

static void every_name_is_found_in_any_case_and_with_underscores(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct span text = span_str(names[i].text);
        uint8_t other[64];

        assert_int_equal(http_name_of(text), names[i].id);
        assert_span("text", http_name_text(names[i].id), text);
        for (size_t k = 0; k < text.n; k++) {
            bool letter = text.p[k] >= 'a' && text.p[k] <= 'z';
            other[k] = letter ? (uint8_t)(text.p[k] - 0x20) : text.p[k] == '-' ? '_' : text.p[k];
        }
        assert_int_equal(http_name_of(span_of(other, text.n)), names[i].id);
    }
}

// One wrong byte in any place, one byte more, one byte less.
static void what_is_nearly_a_name_is_none(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        struct span text = span_str(names[i].text);
        uint8_t other[64];

        for (size_t k = 0; k < text.n; k++) {
            static const uint8_t flips[] = {0x01, 0x10, 0x40, 0x80};
            for (size_t f = 0; f < sizeof(flips); f++) {
                memcpy(other, text.p, text.n);
                other[k] ^= flips[f];
                assert_int_not_equal(http_name_of(span_of(other, text.n)), names[i].id);
            }
            // Case is the bit 0x20 of letters only: a CR is no hyphen in small letters.
            memcpy(other, text.p, text.n);
            other[k] ^= 0x20;
            bool letter = text.p[k] >= 'a' && text.p[k] <= 'z';
            assert_int_equal(http_name_of(span_of(other, text.n)) == names[i].id, letter);
        }
        other[text.n] = 's';
        assert_int_not_equal(http_name_of(span_of(other, text.n + 1)), names[i].id);
        assert_int_not_equal(http_name_of(span_of(text.p, text.n - 1)), names[i].id);
    }
    assert_int_equal(http_name_of(SPAN_OF("")), HTTP_OTHER);
    assert_int_equal(http_name_of(SPAN_OF("x-stainless-lang")), HTTP_OTHER);
    assert_int_equal(http_name_of(SPAN_OF("a-name-that-is-longer-than-all-of-the-names-of-ours")),
                     HTTP_OTHER);
}

static void families_are_known_by_their_prefix(void **state)
{
    (void)state;
    assert_int_equal(http_name_of(SPAN_OF("X-Forwarded-For")), HTTP_X_FORWARDED);
    assert_int_equal(http_name_of(SPAN_OF("x-forwarded-proto")), HTTP_X_FORWARDED);
    assert_int_equal(http_name_of(SPAN_OF("X_Forwarded_Host")), HTTP_X_FORWARDED);
    assert_int_equal(http_name_of(SPAN_OF("x-forwarded-")), HTTP_OTHER);
    assert_int_equal(http_name_of(SPAN_OF("x-ratelimit-remaining-tokens")), HTTP_X_RATELIMIT);
    assert_int_equal(http_name_of(SPAN_OF("Anthropic-Ratelimit-Requests-Limit")),
                     HTTP_ANTHROPIC_RATELIMIT);
    assert_int_equal(http_name_of(SPAN_OF("CF-RAY")), HTTP_CF);
    assert_int_equal(http_name_of(SPAN_OF("cf_connecting_ip_that_is_longer_than_thirty_two")),
                     HTTP_CF);
    assert_int_equal(http_name_of(SPAN_OF("cfx")), HTTP_OTHER);
    assert_int_equal(http_name_of(SPAN_OF("x-envoy-upstream-service-time")), HTTP_X_ENVOY);
}

// What the product promises about fields (INTERFACE.md, "HTTP").
static void flags_say_what_a_field_is_to_a_gateway(void **state)
{
    (void)state;
    static const struct {
        struct span name;
        unsigned flags;
    } facts[] = {
        {SPAN("authorization"), HTTP_CREDENTIAL},
        {SPAN("x-api-key"), HTTP_CREDENTIAL},
        {SPAN("api-key"), HTTP_CREDENTIAL},
        {SPAN("x-goog-api-key"), HTTP_CREDENTIAL},
        {SPAN("cookie"), HTTP_CREDENTIAL},
        {SPAN("set-cookie"), HTTP_CREDENTIAL},
        {SPAN("proxy-authorization"), HTTP_CREDENTIAL | HTTP_HOP},
        {SPAN("openai-organization"), HTTP_ACCOUNT},
        {SPAN("openai-project"), HTTP_ACCOUNT},
        {SPAN("connection"), HTTP_HOP},
        {SPAN("keep-alive"), HTTP_HOP},
        {SPAN("te"), HTTP_HOP},
        {SPAN("trailer"), HTTP_HOP},
        {SPAN("transfer-encoding"), HTTP_HOP | HTTP_OWN},
        {SPAN("upgrade"), HTTP_HOP},
        {SPAN("content-length"), HTTP_OWN},
        {SPAN("host"), HTTP_OWN},
        {SPAN("x-forwarded-for"), HTTP_WAY},
        {SPAN("forwarded"), HTTP_WAY},
        {SPAN("server"), HTTP_INTERNAL},
        {SPAN("openai-processing-ms"), HTTP_INTERNAL},
        {SPAN("x-ratelimit-limit-requests"), 0},
        {SPAN("retry-after"), 0},
        {SPAN("idempotency-key"), 0},
        {SPAN("x-client-request-id"), 0},
        {SPAN("openai-beta"), 0},
        {SPAN("traceparent"), 0},
        {SPAN("content-type"), 0},
        {SPAN("x-whatever"), 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(facts); i++) {
        if (http_name_flags(http_name_of(facts[i].name)) != facts[i].flags) {
            fail_msg("flags of %s", (const char *)facts[i].name.p);
        }
    }
}

static void tokens_targets_and_values_are_exactly_what_the_standard_says(void **state)
{
    (void)state;
    static const char tokens[] = "!#$%&'*+-.^_`|~0123456789"
                                 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    for (unsigned c = 0; c < 256; c++) {
        const uint8_t byte = (uint8_t)c;
        const uint8_t target[2] = {'/', byte};
        bool token = c != 0 && strchr(tokens, (int)c) != NULL;
        bool visible = c > 0x20 && c < 0x7F;

        assert_int_equal(http_is_token(span_of(&byte, 1)), token);
        assert_int_equal(http_is_value(span_of(&byte, 1)), c == '\t' || c == ' ' || visible);
        assert_int_equal(http_is_target(span_of(target, 2)),
                         visible && c != '#' && c != '\\' && c != '%');
        // The same byte in each place of a word of eight, and behind it.
        for (size_t at = 0; at < 17; at++) {
            uint8_t text[17];
            memset(text, 'a', sizeof(text));
            text[at] = byte;
            assert_int_equal(http_is_value(span_of(text, 17)), c == '\t' || c == ' ' || visible);
        }
    }
    assert_false(http_is_token(SPAN_OF("")));
    assert_true(http_is_value(SPAN_OF("")));
    assert_true(http_is_value(SPAN_OF("na\303\257ve \360\237\231\202")));
    assert_false(http_is_value(SPAN_OF("na\357ve")));
    assert_false(http_is_value(SPAN_OF("\300\200")));
    assert_true(http_is_target(SPAN_OF("/a%2Fb?c=%e2&d[]=|")));
    assert_false(http_is_target(SPAN_OF("/%")));
    assert_false(http_is_target(SPAN_OF("/%4")));
    assert_false(http_is_target(SPAN_OF("/%g0")));
    assert_false(http_is_target(SPAN_OF("a")));
    assert_false(http_is_target(SPAN_OF("")));
}

static void hosts_follow_their_grammar(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a",           "example.com", "EXAMPLE.com:8470",  "127.0.0.1:1", "my_host", "[::1]",
        "[::1]:65535", "a-b.c",       "[::ffff:10.0.0.1]", "a.:80",
    };
    static const char *const bad[] = {
        "",      "x/?",     "a#b",   "a/b",  "a?b", "u@a", "a b",    "a,b",    "a:",   "a:0",
        "a:080", "a:65536", "a:1:2", "a:x",  ":80", "[]",  "[1]",    "[::1",   "::1",  "[::1]x",
        "[::g]", "[::1]:",  "a%41",  "a\\b", "a;b", "a=b", "[::1%1", "a:-1",   "a\tb", "\303\274",
        "a:+1",  "a: 1",    "[:a]",  "a]",   "<a>", "a|b", "a'b",    "a\"b\"",
    };

    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        if (!http_is_host(span_str(good[i]))) {
            fail_msg("refused: %s", good[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        if (http_is_host(span_str(bad[i]))) {
            fail_msg("accepted: %s", bad[i]);
        }
    }
    char longest[257];
    memset(longest, 'a', sizeof(longest));
    assert_true(http_is_host(span_of(longest, 255)));
    assert_false(http_is_host(span_of(longest, 256)));
}

TEST_MAIN(every_name_is_found_in_any_case_and_with_underscores, what_is_nearly_a_name_is_none,
          families_are_known_by_their_prefix, flags_say_what_a_field_is_to_a_gateway,
          tokens_targets_and_values_are_exactly_what_the_standard_says, hosts_follow_their_grammar)
