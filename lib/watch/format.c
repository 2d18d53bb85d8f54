// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "watch/format.h"

#include <stdio.h>

#include "audit/tree.h"
#include "base/clock.h"
#include "base/num.h"
#include "codec/json_write.h"

enum { FACILITY_LOCAL0 = 16, ENTERPRISE = 32473 };

static const char *const texts[FORMAT_COUNT] = {"jsonl", "rfc5424", "ocsf", "otlp", "csv"};

const char *format_text(enum format f)
{
    return texts[f];
}

bool format_find(struct span text, enum format *ret_format)
{
    for (int i = 0; i < FORMAT_COUNT; i++) {
        if (span_equal(text, span_str(texts[i]))) {
            *ret_format = (enum format)i;
            return true;
        }
    }
    return false;
}

// --- what an entry means ----------------------------------------------------------------------

static bool is_type(const struct row_values *v, const char *type)
{
    return span_equal(v->columns[ROW_TYPE_NAME], span_str(type));
}

static bool is_blocked(const struct row_values *v)
{
    return span_equal(v->columns[ROW_VERDICT], SPAN_OF("block")) ||
           span_equal(v->columns[ROW_OUTCOME], SPAN_OF("blocked"));
}

static enum format_severity severity_of(const struct row_values *v)
{
    static const char *const critical[] = {"audit_degraded", "incident", "maintenance", "alert"};
    static const char *const warning[] = {"auth_fail", "policy_block", "weakened", "abandoned"};
    static const char *const notice[] = {"key_event", "config_change", "boot",
                                         "shutdown",  "purge",         "content_read"};

    for (size_t i = 0; i < ARRAY_SIZE(critical); i++) {
        if (is_type(v, critical[i])) {
            return FORMAT_CRITICAL;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(warning); i++) {
        if (is_type(v, warning[i])) {
            return FORMAT_WARNING;
        }
    }
    for (size_t i = 0; i < ARRAY_SIZE(notice); i++) {
        if (is_type(v, notice[i])) {
            return FORMAT_NOTICE;
        }
    }
    return is_blocked(v) ? FORMAT_WARNING : FORMAT_INFO;
}

static bool is_failure(const struct row_values *v)
{
    struct span outcome = v->columns[ROW_OUTCOME];

    return outcome.n > 0 && !span_equal(outcome, SPAN_OF("ok"));
}

// --- RFC 5424 ---------------------------------------------------------------------------------

// Printable ASCII without blanks; anything else becomes "-" (RFC 5424 6: NILVALUE).
static enum aiu_status append_word(struct buf *dst, struct span word, size_t most)
{
    size_t n = word.n < most ? word.n : most;

    if (n == 0) {
        return buf_append(dst, SPAN_OF("-"));
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = word.p[i];
        TRY(buf_append_byte(dst, c > 0x20 && c < 0x7F ? c : '_'));
    }
    return AIU_OK;
}

static enum aiu_status append_header(const struct format_syslog *s, struct buf *dst)
{
    char stamp[CLOCK_STAMP_SIZE];

    TRY(buf_printf(dst, "<%d>1 ", FACILITY_LOCAL0 * 8 + (int)s->severity));
    if (s->unix_us == 0) {
        TRY(buf_append(dst, SPAN_OF("-")));
    } else {
        clock_stamp(s->unix_us, stamp);
        TRY(buf_append(dst, span_of(stamp, sizeof(stamp))));
    }
    TRY(buf_append(dst, SPAN_OF(" ")));
    TRY(append_word(dst, s->host, 255));
    TRY(buf_append(dst, SPAN_OF(" aiu ")));
    TRY(s->pid == 0 ? buf_append(dst, SPAN_OF("-")) : buf_append_u64(dst, s->pid));
    return buf_printf(dst, " %s ", s->msgid);
}

enum aiu_status format_syslog_message(const struct format_syslog *s, struct buf *dst)
{
    TRY(append_header(s, dst));
    TRY(buf_append(dst, SPAN_OF("- ")));
    return buf_append(dst, s->message);
}

// RFC 5424 6.3.3: these three are escaped.
static enum aiu_status append_param(struct buf *dst, const char *name, struct span value)
{
    TRY(buf_printf(dst, " %s=\"", name));
    for (size_t i = 0; i < value.n; i++) {
        uint8_t c = value.p[i];
        if (c == '"' || c == '\\' || c == ']') {
            TRY(buf_append(dst, SPAN_OF("\\")));
        }
        TRY(buf_append_byte(dst, c < 0x20 || c == 0x7F ? '_' : c));
    }
    return buf_append(dst, SPAN_OF("\""));
}

static enum aiu_status append_rfc5424(const struct format_entry *e, struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf leaf = BUF_OF(64);
    const struct tree_hash hash = tree_leaf(e->entry);
    const struct format_syslog s = {.severity = severity_of(e->values),
                                    .unix_us = e->values->row.unix_us,
                                    .host = e->host,
                                    .pid = e->pid,
                                    .msgid = "AUDIT"};

    TRY(append_header(&s, dst));
    TRY(buf_printf(dst, "[aiu@%d idx=\"%llu\"", ENTERPRISE, (unsigned long long)e->index));
    if (e->values->columns[ROW_ID].n > 0) {
        TRY(append_param(dst, "id", e->values->columns[ROW_ID]));
    }
    TRY(num_append_base64(&leaf, span_of(hash.bytes, sizeof(hash.bytes))));
    TRY(append_param(dst, "leaf", buf_span(&leaf)));
    TRY(buf_append(dst, SPAN_OF("] ")));
    return buf_append(dst, e->entry);
}

// --- OCSF -------------------------------------------------------------------------------------

static int ocsf_severity(const struct row_values *v)
{
    switch (severity_of(v)) {
    case FORMAT_CRITICAL:
        return 5;
    case FORMAT_WARNING:
        return 3;
    case FORMAT_NOTICE:
        return 2;
    case FORMAT_INFO:
        break;
    }
    return 1;
}

static void member_text(struct json_writer *w, const char *name, struct span text)
{
    if (text.n > 0) {
        json_write_member_string(w, name, text);
    }
}

static void ocsf_class(struct json_writer *w, const struct row_values *v)
{
    bool finding = is_blocked(v);
    uint64_t class = finding ? 2004 : 6003;

    json_write_member_u64(w, "category_uid", finding ? 2 : 6);
    json_write_member_u64(w, "class_uid", class);
    json_write_member_u64(w, "activity_id", 1);
    json_write_member_u64(w, "type_uid", class * 100 + 1);
    json_write_member_u64(w, "severity_id", (uint64_t)ocsf_severity(v));
    json_write_member_u64(w, "status_id", is_failure(v) ? 2 : 1);
    json_write_member_u64(w, "time", v->row.unix_us / 1000);
}

static void ocsf_metadata(struct json_writer *w, const struct format_entry *e)
{
    json_write_key(w, "metadata");
    json_write_object(w);
    json_write_member_string(w, "version", SPAN_OF("1.4.0"));
    member_text(w, "uid", e->values->columns[ROW_ID]);
    json_write_member_u64(w, "sequence", e->index);
    json_write_member_string(w, "log_name", SPAN_OF("audit"));
    json_write_key(w, "profiles");
    json_write_array(w);
    json_write_string(w, SPAN_OF("ai_operation"));
    json_write_array_end(w);
    json_write_key(w, "product");
    json_write_object(w);
    json_write_member_string(w, "name", SPAN_OF("AI Utilities"));
    json_write_member_string(w, "vendor_name", SPAN_OF("AI Utilities"));
    json_write_object_end(w);
    json_write_object_end(w);
}

static void ocsf_actor(struct json_writer *w, const struct row_values *v)
{
    json_write_key(w, "actor");
    json_write_object(w);
    member_text(w, "app_uid", v->columns[ROW_KEY]);
    json_write_key(w, "user");
    json_write_object(w);
    json_write_member_string(
        w, "uid", v->columns[ROW_USER].n > 0 ? v->columns[ROW_USER] : SPAN_OF("unknown"));
    json_write_object_end(w);
    json_write_object_end(w);
}

static void ocsf_api(struct json_writer *w, const struct row_values *v)
{
    json_write_key(w, "api");
    json_write_object(w);
    json_write_member_string(w, "operation", v->columns[ROW_TYPE_NAME]);
    json_write_key(w, "service");
    json_write_object(w);
    member_text(w, "name", v->columns[ROW_PROVIDER]);
    json_write_object_end(w);
    json_write_object_end(w);
    if (v->columns[ROW_MODEL].n > 0) {
        json_write_key(w, "ai_model");
        json_write_object(w);
        member_text(w, "ai_provider", v->columns[ROW_PROVIDER]);
        json_write_member_string(w, "name", v->columns[ROW_MODEL]);
        json_write_object_end(w);
    }
}

// Required by Detection Finding.
static void ocsf_finding(struct json_writer *w, const struct row_values *v)
{
    if (!is_blocked(v)) {
        return;
    }
    json_write_key(w, "finding_info");
    json_write_object(w);
    json_write_member_string(w, "uid", v->columns[ROW_ID]);
    json_write_member_string(w, "title", SPAN_OF("Content blocked by policy"));
    json_write_key(w, "types");
    json_write_array(w);
    for (size_t i = 0; i < v->rule_count; i++) {
        json_write_string(w, v->rules[i]);
    }
    json_write_array_end(w);
    json_write_object_end(w);
}

static enum aiu_status append_ocsf(const struct format_entry *e, struct buf *dst)
{
    struct json_writer w;

    json_writer_init(&w, dst);
    json_write_object(&w);
    ocsf_class(&w, e->values);
    ocsf_metadata(&w, e);
    ocsf_actor(&w, e->values);
    ocsf_api(&w, e->values);
    ocsf_finding(&w, e->values);
    json_write_member_string(&w, "raw_data", e->entry);
    json_write_object_end(&w);
    return json_writer_finish(&w);
}

// --- OTLP -------------------------------------------------------------------------------------

static void attribute(struct json_writer *w, const char *key, struct span value)
{
    if (value.n == 0) {
        return;
    }
    json_write_object(w);
    json_write_member_string(w, "key", span_str(key));
    json_write_key(w, "value");
    json_write_object(w);
    json_write_member_string(w, "stringValue", value);
    json_write_object_end(w);
    json_write_object_end(w);
}

// 64-bit numbers are strings in OTLP's JSON.
static void attribute_number(struct json_writer *w, const char *key, uint64_t value)
{
    char text[24];
    int n = snprintf(text, sizeof(text), "%llu", (unsigned long long)value);

    json_write_object(w);
    json_write_member_string(w, "key", span_str(key));
    json_write_key(w, "value");
    json_write_object(w);
    json_write_member_string(w, "intValue", span_of(text, (size_t)n));
    json_write_object_end(w);
    json_write_object_end(w);
}

static void otlp_severity(struct json_writer *w, const struct row_values *v)
{
    switch (severity_of(v)) {
    case FORMAT_CRITICAL:
        json_write_member_u64(w, "severityNumber", 17);
        json_write_member_string(w, "severityText", SPAN_OF("ERROR"));
        return;
    case FORMAT_WARNING:
        json_write_member_u64(w, "severityNumber", 13);
        json_write_member_string(w, "severityText", SPAN_OF("WARN"));
        return;
    case FORMAT_NOTICE:
    case FORMAT_INFO:
        break;
    }
    json_write_member_u64(w, "severityNumber", 9);
    json_write_member_string(w, "severityText", SPAN_OF("INFO"));
}

// A UUID is 16 bytes, and so is a trace id.
static enum aiu_status otlp_trace(struct json_writer *w, struct span id)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(64);

    if (id.n != UUID_SIZE) {
        return AIU_OK;
    }
    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] != '-') {
            TRY(buf_append_byte(&hex, id.p[i]));
        }
    }
    json_write_member_string(w, "traceId", buf_span(&hex));
    return AIU_OK;
}

static enum aiu_status append_otlp(const struct format_entry *e, struct buf *dst)
{
    const struct row_values *v = e->values;
    struct json_writer w;
    char time[32];
    int n = snprintf(time, sizeof(time), "%llu000", (unsigned long long)v->row.unix_us);

    json_writer_init(&w, dst);
    json_write_object(&w);
    json_write_member_string(&w, "timeUnixNano", span_of(time, (size_t)n));
    otlp_severity(&w, v);
    json_write_key(&w, "body");
    json_write_object(&w);
    json_write_member_string(&w, "stringValue", e->entry);
    json_write_object_end(&w);
    TRY(otlp_trace(&w, v->columns[ROW_ID]));
    json_write_key(&w, "attributes");
    json_write_array(&w);
    attribute(&w, "event.name", v->columns[ROW_TYPE_NAME]);
    attribute_number(&w, "aiu.audit.index", e->index);
    attribute(&w, "aiu.key.id", v->columns[ROW_KEY]);
    attribute(&w, "aiu.tenant", v->columns[ROW_TENANT]);
    attribute(&w, "aiu.verdict", v->columns[ROW_VERDICT]);
    attribute(&w, "aiu.outcome", v->columns[ROW_OUTCOME]);
    attribute(&w, "gen_ai.provider.name", v->columns[ROW_PROVIDER]);
    bool result = v->row.type == ROW_RESULT;
    attribute(&w, result ? "gen_ai.response.model" : "gen_ai.request.model", v->columns[ROW_MODEL]);
    if (v->has_usage) {
        attribute_number(&w, "gen_ai.usage.input_tokens", v->tokens_in);
        attribute_number(&w, "gen_ai.usage.output_tokens", v->tokens_out);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    return json_writer_finish(&w);
}

enum aiu_status format_otlp_begin(struct span host, struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf name = BUF_OF(2048);

    TRY(json_append_escaped(&name, host));
    TRY(buf_append(dst, SPAN_OF("{\"resourceLogs\":[{\"resource\":{\"attributes\":["
                                "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"aiu\"}},"
                                "{\"key\":\"host.name\",\"value\":{\"stringValue\":\"")));
    TRY(buf_append(dst, buf_span(&name)));
    return buf_append(
        dst, SPAN_OF("\"}}]},\"scopeLogs\":[{\"scope\":{\"name\":\"aiu.audit\"},\"logRecords\":["));
}

enum aiu_status format_otlp_end(struct buf *dst)
{
    return buf_append(dst, SPAN_OF("]}]}]}"));
}

// --- CSV --------------------------------------------------------------------------------------

const struct span format_csv_head =
    SPAN("index,ts,t,id,tenant,vk,user_mac,provider,model,verdict,rules,outcome,status,tokens_in,"
         "tokens_out");

// A leading "=", "+", "-" or "@" would be a formula to a spreadsheet.
static enum aiu_status csv_text(struct buf *dst, struct span text)
{
    static const struct span begins = SPAN("=+-@\t\r");

    TRY(buf_append(dst, SPAN_OF(",\"")));
    if (text.n > 0 && span_find_byte(begins, text.p[0]) < begins.n) {
        TRY(buf_append(dst, SPAN_OF("'")));
    }
    for (size_t i = 0; i < text.n; i++) {
        TRY(text.p[i] == '"' ? buf_append(dst, SPAN_OF("\"")) : AIU_OK);
        TRY(buf_append_byte(dst, text.p[i] < 0x20 || text.p[i] == 0x7F ? '?' : text.p[i]));
    }
    return buf_append(dst, SPAN_OF("\""));
}

static enum aiu_status csv_rules(struct buf *dst, const struct row_values *v)
{
    CLEANUP(buf_wipe) struct buf rules = BUF_OF(65536);

    for (size_t i = 0; i < v->rule_count; i++) {
        TRY(i > 0 ? buf_append(&rules, SPAN_OF(" ")) : AIU_OK);
        TRY(buf_append(&rules, v->rules[i]));
    }
    return csv_text(dst, buf_span(&rules));
}

static enum aiu_status append_csv(const struct format_entry *e, struct buf *dst)
{
    static const enum row_column columns[] = {ROW_TYPE_NAME, ROW_ID,       ROW_TENANT, ROW_KEY,
                                              ROW_USER,      ROW_PROVIDER, ROW_MODEL,  ROW_VERDICT};
    const struct row_values *v = e->values;

    TRY(buf_append_u64(dst, e->index));
    TRY(csv_text(dst, v->stamp));
    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        TRY(csv_text(dst, v->columns[columns[i]]));
    }
    TRY(csv_rules(dst, v));
    TRY(csv_text(dst, v->columns[ROW_OUTCOME]));
    return buf_printf(dst, ",%llu,%llu,%llu", (unsigned long long)v->status,
                      (unsigned long long)v->tokens_in, (unsigned long long)v->tokens_out);
}

enum aiu_status format_append(enum format f, const struct format_entry *e, struct buf *dst)
{
    switch (f) {
    case FORMAT_RFC5424:
        return append_rfc5424(e, dst);
    case FORMAT_OCSF:
        return append_ocsf(e, dst);
    case FORMAT_OTLP:
        return append_otlp(e, dst);
    case FORMAT_CSV:
        return append_csv(e, dst);
    case FORMAT_RECORD:
    case FORMAT_COUNT:
        break;
    }
    return buf_append(dst, e->entry);
}
