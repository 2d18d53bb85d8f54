// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/record.h"

#include "base/utf8.h"
#include "codec/json.h"
#include "test.h"

static const struct record_origin origin = {SPAN("gw1"), SPAN("b007")};

#define ID "018f3c2a-7b1c-7d2e-8f00-0123456789ab"

static struct record_decision full_decision(void)
{
    static const struct span rules[] = {SPAN("pii.email"), SPAN("secret.github_pat")};

    return (struct record_decision){
        .id = SPAN(ID),
        .unix_us = 1795395723004005,
        .tenant = SPAN("acme"),
        .key = SPAN("vk_9f"),
        .user = SPAN("h1:u"),
        .src_mac = SPAN("h1:s"),
        .route = SPAN("/v1/chat/completions"),
        .provider = SPAN("openai"),
        .model = SPAN("gpt-4o"),
        .stream = true,
        .in_bytes = 812,
        .prompt_mac = SPAN("h1:k:m"),
        .policy = {SPAN("aa"), SPAN("redact"), rules, 2, 3, 0, 0},
        .config = SPAN("cc"),
    };
}

// S61: timestamp, user (pseudonym), prompt hash (keyed), model.
static void a_decision_has_the_fields_of_the_format(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    struct record_decision d = full_decision();

    assert_ok(record_decision(&b, &origin, &d));
    assert_span(
        "decision", buf_span(&b),
        SPAN_OF("{\"v\":1,\"t\":\"decision\",\"id\":\"" ID "\""
                ",\"ts\":\"2026-11-23T01:02:03.004005Z\",\"node\":\"gw1\",\"boot\":\"b007\""
                ",\"tenant\":\"acme\",\"vk\":\"vk_9f\",\"user_mac\":\"h1:u\""
                ",\"src_mac\":\"h1:s\",\"route\":\"/v1/chat/completions\""
                ",\"provider\":\"openai\",\"model\":\"gpt-4o\",\"stream\":true"
                ",\"in_bytes\":812,\"prompt_mac\":\"h1:k:m\""
                ",\"policy\":{\"verdict\":\"redact\",\"rev\":\"aa\""
                ",\"rules\":[\"pii.email\",\"secret.github_pat\"],\"n\":3},\"cfg\":\"cc\"}"));
}

// S61: success, error code, tokens, latency.
static void a_result_has_the_fields_of_the_format(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    const struct record_result r = {
        .id = SPAN(ID),
        .outcome = RECORD_UPSTREAM_RESET,
        .http_status = 502,
        .status = AIU_PROVIDER_UNREACHABLE,
        .has_usage = true,
        .tokens_in = 210,
        .tokens_out = 95,
        .model = SPAN("gpt-4o-2024"),
        .upstream_id = SPAN("req_1"),
        .out_bytes = 4410,
        .resp_mac = SPAN("h1:k:r"),
        .has_first_byte = true,
        .first_byte_us = 7,
        .duration_us = 8,
    };

    assert_ok(record_result(&b, &r));
    assert_span("result", buf_span(&b),
                SPAN_OF("{\"v\":1,\"t\":\"result\",\"id\":\"" ID "\""
                        ",\"ts\":\"1970-01-01T00:00:00.000000Z\",\"outcome\":\"upstream_reset\""
                        ",\"success\":false,\"status\":502,\"error\":\"E2001\""
                        ",\"model\":\"gpt-4o-2024\",\"upstream_id\":\"req_1\""
                        ",\"usage\":{\"in\":210,\"out\":95,\"src\":\"provider\"}"
                        ",\"out_bytes\":4410,\"resp_mac\":\"h1:k:r\",\"cached\":false"
                        ",\"ttfb_us\":7,\"dur_us\":8}"));
}

static void an_event_has_its_own_fields(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    const struct record_field fields[] = {
        RECORD_TEXT("reason", SPAN_OF("unknown_key")),
        RECORD_NUMBER("port", 8470),
        RECORD_BOOL("tls", true),
        RECORD_TEXT("empty", SPAN_OF("")),
    };

    assert_ok(record_event(&b, &origin, RECORD_AUTH_FAIL, 0, fields, ARRAY_SIZE(fields)));
    assert_span("event", buf_span(&b),
                SPAN_OF("{\"v\":1,\"t\":\"auth_fail\",\"ts\":\"1970-01-01T00:00:00.000000Z\""
                        ",\"node\":\"gw1\",\"boot\":\"b007\",\"reason\":\"unknown_key\""
                        ",\"port\":8470,\"tls\":true}"));
}

static void assert_one_clean_line(struct span record)
{
    assert_true(record.n < RECORD_MOST);
    assert_true(utf8_valid(record));
    for (size_t i = 0; i < record.n; i++) {
        assert_true(record.p[i] >= 0x20 && record.p[i] != 0x7F);
    }
}

static void assert_json(struct span record)
{
    const struct json_limits limits = {.depth = 8, .values = 1000, .string = 65536, .number = 32};
    CLEANUP(arena_done) struct arena a;
    struct json j;
    struct json_doc doc;

    arena_init(&a, 1 << 20);
    json_init(&j, &a, &limits);
    assert_ok(json_finish(&j, record, &doc));
}

// Failure matrix row 34: escape sequences, bells and line ends never reach the log.
static void whatever_a_caller_names_stays_one_line_of_json(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    static const struct span nasty[] = {
        SPAN("a\nb\r\n{\"t\":\"decision\"}"),
        SPAN("\x1b[2J\x1b]0;title\x07"),
        SPAN("\"},{\"x\":\"\\"),
        SPAN("\xff\xfe\xc0\x80"),
        SPAN("nul\0byte"),
        SPAN("\xE2\x80\xA8"),
    };

    for (size_t i = 0; i < ARRAY_SIZE(nasty); i++) {
        struct record_decision d = full_decision();
        d.model = nasty[i];
        d.route = nasty[i];
        buf_reset(&b);
        assert_ok(record_decision(&b, &origin, &d));
        assert_one_clean_line(buf_span(&b));
        assert_json(buf_span(&b));
    }
}

static void a_record_keeps_its_bound_whatever_comes(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(65536);
    static uint8_t junk[100000];
    static struct span rules[1000];
    static const uint8_t bytes[] = {0x01, 'x', 0xC3, 0xFF, '"'};

    for (size_t k = 0; k < ARRAY_SIZE(bytes); k++) {
        memset(junk, bytes[k], sizeof(junk));
        struct span long_text = span_of(junk, sizeof(junk));
        struct record_decision d = full_decision();
        for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
            rules[i] = long_text;
        }
        d.tenant = d.key = d.user = d.src_mac = d.route = d.provider = d.model = long_text;
        d.prompt_mac = d.config = d.policy.revision = d.policy.verdict = long_text;
        d.policy.rules = rules;
        d.policy.rules_count = ARRAY_SIZE(rules);
        buf_reset(&b);
        assert_ok(record_decision(&b, &(struct record_origin){long_text, long_text}, &d));
        assert_one_clean_line(buf_span(&b));
        assert_json(buf_span(&b));
    }
}

static void a_text_is_not_cut_through_a_character(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    char text[RECORD_TEXT_MOST + 8];

    for (size_t lead = 0; lead < 8; lead++) {
        memset(text, 'a', sizeof(text));
        for (size_t i = lead; i + 4 <= sizeof(text); i += 4) {
            memcpy(text + i, "\xF0\x9F\x98\x80", 4);
        }
        const struct record_field field = RECORD_TEXT("x", span_of(text, sizeof(text) - 4));
        buf_reset(&b);
        assert_ok(record_event(&b, &origin, RECORD_BOOT, 0, &field, 1));
        assert_true(utf8_valid(buf_span(&b)));
        assert_int_equal(span_find_span(buf_span(&b), SPAN_OF("\xEF\xBF\xBD")), b.n);
    }
}

static void an_id_that_is_none_is_refused(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    struct record_decision d = full_decision();
    struct span id;

    d.id = SPAN_OF("not-a-uuid");
    assert_status(record_decision(&b, &origin, &d), AIU_USAGE);
    assert_status(record_abandoned(&b, &origin, 0, SPAN_OF("")), AIU_USAGE);
    assert_int_equal(b.n, 0);
    assert_int_equal(record_read(SPAN_OF("{\"v\":1,\"t\":\"decision\",\"id\":\"018f"), &id),
                     RECORD_OTHER);
}

static void what_was_written_is_recognised(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    struct record_decision d = full_decision();
    const struct record_result r = {.id = SPAN(ID)};
    struct span id;

    assert_ok(record_decision(&b, &origin, &d));
    assert_int_equal(record_read(buf_span(&b), &id), RECORD_DECISION);
    assert_span("id", id, SPAN_OF(ID));
    buf_reset(&b);
    assert_ok(record_result(&b, &r));
    assert_int_equal(record_read(buf_span(&b), &id), RECORD_RESULT);
    buf_reset(&b);
    assert_ok(record_abandoned(&b, &origin, 0, SPAN_OF(ID)));
    assert_int_equal(record_read(buf_span(&b), &id), RECORD_ABANDONED);
    buf_reset(&b);
    assert_ok(record_event(&b, &origin, RECORD_BOOT, 0, NULL, 0));
    assert_int_equal(record_read(buf_span(&b), &id), RECORD_OTHER);
}

static void a_buffer_without_room_is_left_as_it_was(void **state)
{
    (void)state;
    struct record_decision d = full_decision();

    for (size_t most = 1; most < 500; most += 7) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(most);
        assert_ok(buf_append(&b, SPAN_OF("x")));
        if (record_decision(&b, &origin, &d) != AIU_OK) {
            assert_span("unchanged", buf_span(&b), SPAN_OF("x"));
        }
    }
}

TEST_MAIN(a_decision_has_the_fields_of_the_format, a_result_has_the_fields_of_the_format,
          an_event_has_its_own_fields, whatever_a_caller_names_stays_one_line_of_json,
          a_record_keeps_its_bound_whatever_comes, a_text_is_not_cut_through_a_character,
          an_id_that_is_none_is_refused, what_was_written_is_recognised,
          a_buffer_without_room_is_left_as_it_was)
