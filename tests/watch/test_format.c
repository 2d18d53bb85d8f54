// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S92: entries in the formats of others.
#include "watch/format.h"

#include "base/arena.h"
#include "codec/json.h"
#include "test.h"

static const char decision[] =
    "{\"v\":1,\"t\":\"decision\",\"id\":\"0199c3a0-0000-7000-8000-00000000abcd\",\"ts\":"
    "\"2026-11-23T01:02:03.004005Z\",\"tenant\":\"acme\",\"vk\":\"app1\",\"user_mac\":\"h1:x:y\","
    "\"provider\":\"openai\",\"model\":\"=gpt \\\"4\\\"\",\"policy\":{\"verdict\":\"block\","
    "\"rules\":[\"pii.email\",\"secret.generic\"],\"n\":2}}";
static const char result[] =
    "{\"v\":1,\"t\":\"result\",\"id\":\"0199c3a0-0000-7000-8000-00000000abcd\",\"ts\":"
    "\"2026-11-23T01:02:04.000000Z\",\"outcome\":\"ok\",\"status\":200,\"model\":\"gpt-4o\","
    "\"usage\":{\"in\":210,\"out\":95,\"src\":\"provider\"}}";

static struct span in_format(enum format f, const char *entry, struct arena *a, struct buf *b)
{
    struct row_values values;

    row_read(span_str(entry), a, &values);
    const struct format_entry e = {17, span_str(entry), &values, SPAN("gw1"), 4242};
    buf_reset(b);
    assert_ok(format_append(f, &e, b));
    return buf_span(b);
}

static struct json_doc parse(struct span text, struct arena *a)
{
    struct json_doc doc;

    assert_ok(json_parse(text, a, &json_default_limits, &doc, NULL));
    return doc;
}

static uint64_t number(const struct json_doc *doc, const char *name)
{
    uint64_t value = 0;

    assert_ok(json_u64(doc, json_member(doc, 0, span_str(name)), &value));
    return value;
}

static void syslog_has_header_data_and_the_entry_itself(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    const char *head = "<132>1 2026-11-23T01:02:03.004005Z gw1 aiu 4242 AUDIT [aiu@32473 "
                       "idx=\"17\" id=\"0199c3a0-0000-7000-8000-00000000abcd\" leaf=\"";

    arena_init(&a, 1 << 20);
    struct span line = in_format(FORMAT_RFC5424, decision, &a, &b);
    assert_span("head", span_first(line, strlen(head)), span_str(head));
    assert_true(span_ends_with(line, span_str(decision)));
    line = in_format(FORMAT_RFC5424, result, &a, &b);
    assert_true(span_starts_with(line, SPAN_OF("<134>1 ")));
    line = in_format(FORMAT_RFC5424, "{\"t\":\"incident\"}", &a, &b);
    assert_true(span_starts_with(line, SPAN_OF("<130>1 - gw1 ")));
}

static void a_block_is_a_finding_and_a_result_an_activity(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);

    arena_init(&a, 1 << 20);
    struct json_doc doc = parse(in_format(FORMAT_OCSF, decision, &a, &b), &a);
    assert_int_equal(number(&doc, "class_uid"), 2004);
    assert_int_equal(number(&doc, "type_uid"), 200401);
    assert_int_equal(number(&doc, "time"), UINT64_C(1795395723004));
    assert_true(json_equal(&doc, json_member(&doc, 0, SPAN_OF("raw_data")), span_str(decision)));
    assert_true(json_is(&doc, json_member(&doc, 0, SPAN_OF("finding_info")), JSON_OBJECT));
    doc = parse(in_format(FORMAT_OCSF, result, &a, &b), &a);
    assert_int_equal(number(&doc, "class_uid"), 6003);
    assert_int_equal(number(&doc, "status_id"), 1);
}

static void otlp_records_make_a_request(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    CLEANUP(buf_wipe) struct buf all = BUF_OF(1 << 20);

    arena_init(&a, 1 << 20);
    assert_ok(format_otlp_begin(SPAN_OF("gw \"1\""), &all));
    assert_ok(buf_append(&all, in_format(FORMAT_OTLP, decision, &a, &b)));
    assert_ok(buf_append(&all, SPAN_OF(",")));
    assert_ok(buf_append(&all, in_format(FORMAT_OTLP, result, &a, &b)));
    assert_ok(format_otlp_end(&all));
    struct json_doc doc = parse(buf_span(&all), &a);
    assert_true(json_is(&doc, json_member(&doc, 0, SPAN_OF("resourceLogs")), JSON_ARRAY));
    doc = parse(in_format(FORMAT_OTLP, result, &a, &b), &a);
    assert_true(json_equal(&doc, json_member(&doc, 0, SPAN_OF("traceId")),
                           SPAN_OF("0199c3a000007000800000000000abcd")));
    assert_true(json_equal(&doc, json_member(&doc, 0, SPAN_OF("timeUnixNano")),
                           SPAN_OF("1795395724000000000")));
    assert_int_equal(number(&doc, "severityNumber"), 9);
}

static void csv_is_quoted_and_no_formula(void **state)
{
    (void)state;
    CLEANUP(arena_done) struct arena a;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);

    arena_init(&a, 1 << 20);
    assert_span(
        "csv", in_format(FORMAT_CSV, decision, &a, &b),
        SPAN_OF("17,\"2026-11-23T01:02:03.004005Z\",\"decision\",\"0199c3a0-0000-7000-8000-"
                "00000000abcd\",\"acme\",\"app1\",\"h1:x:y\",\"openai\",\"'=gpt \"\"4\"\"\","
                "\"block\",\"pii.email secret.generic\",\"\",0,0,0"));
}

static void formats_are_found_by_name(void **state)
{
    (void)state;
    enum format f = FORMAT_COUNT;

    for (int i = 0; i < FORMAT_COUNT; i++) {
        assert_true(format_find(span_str(format_text((enum format)i)), &f));
        assert_int_equal(f, i);
    }
    assert_false(format_find(SPAN_OF("xml"), &f));
}

TEST_MAIN(syslog_has_header_data_and_the_entry_itself,
          a_block_is_a_finding_and_a_result_an_activity, otlp_records_make_a_request,
          csv_is_quoted_and_no_formula, formats_are_found_by_name)
