// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One run, the rules that found something, and a result a finding. Paths are relative to the root
// of the repository; columns count code units of UTF-16, which is SARIF's default.
#include "scan/report_sarif.h"

#include "codec/json_write.h"
#include "detect/rules.h"

enum { URI_MOST = 3 * 4096 };

static const char schema[] = "https://json.schemastore.org/sarif-2.1.0.json";

struct sarif {
    struct json_writer w;
    const struct files_result *result;
    uint16_t index[RULES_MAX]; // of a rule in the list of those that found something
};

static const char *level(uint8_t severity)
{
    return severity >= SEVERITY_HIGH ? "error" : severity == SEVERITY_MEDIUM ? "warning" : "note";
}

// What GitHub sorts by: CVSS-like numbers, 9 and more is critical.
static const char *security_severity(uint8_t severity)
{
    static const char *const numbers[] = {"3.0", "5.5", "8.0", "9.5"};

    return numbers[severity < ARRAY_SIZE(numbers) ? severity : SEVERITY_CRITICAL];
}

static void member(struct json_writer *w, const char *key, const char *text)
{
    json_write_member_string(w, key, span_str(text));
}

static void text_object(struct json_writer *w, const char *key, const char *text)
{
    json_write_key(w, key);
    json_write_object(w);
    member(w, "text", text);
    json_write_object_end(w);
}

static const char *help(enum finding_kind kind)
{
    static const char *const texts[] = {
        [KIND_PII] = "Personal data does not belong into files that many can read. Remove it, or "
                     "mark the line with aiu:allow where it is no one's.",
        [KIND_SECRET] = "Treat the secret as known: revoke it and make a new one, then take it out "
                        "of the file and keep it in a secret store. A line of a test or an example "
                        "is marked with aiu:allow.",
        [KIND_INJECTION] = "A model that reads this text may follow it. Remove it, or do not hand "
                           "the file to a model.",
        [KIND_HIDDEN] = "Characters that people do not see can change what a program or a model "
                        "reads. Remove them.",
        [KIND_OUTPUT] = "Whoever shows this text may send data to a foreign host or obey control "
                        "characters. Remove it.",
    };

    return kind < KIND_COUNT ? texts[kind] : "";
}

static void write_rule(struct json_writer *w, const struct rule_info *rule)
{
    json_write_object(w);
    member(w, "id", rule->id);
    member(w, "name", rule->id);
    text_object(w, "shortDescription", rule->description);
    text_object(w, "fullDescription", rule->description);
    text_object(w, "help", help(rule->kind));
    json_write_key(w, "defaultConfiguration");
    json_write_object(w);
    member(w, "level", level(rule->severity));
    json_write_object_end(w);
    json_write_key(w, "properties");
    json_write_object(w);
    member(w, "security-severity", security_severity(rule->severity));
    member(w, "precision", rule->confidence >= 90 ? "high" : "medium");
    json_write_key(w, "tags");
    json_write_array(w);
    json_write_string(w, SPAN_OF("security"));
    json_write_string(w, span_str(finding_kind_text(rule->kind)));
    json_write_array_end(w);
    json_write_object_end(w);
    json_write_object_end(w);
}

static void write_rules(struct sarif *s)
{
    struct rule_set used = {0};
    uint16_t next = 0;

    for (size_t i = 0; i < s->result->hits.count; i++) {
        rule_set_add(&used, s->result->hits.items[i].rule);
    }
    json_write_key(&s->w, "rules");
    json_write_array(&s->w);
    for (size_t i = 0; i < rules_count(); i++) {
        if (rule_set_has(&used, (uint16_t)i)) {
            s->index[i] = next++;
            write_rule(&s->w, rules_get((uint16_t)i));
        }
    }
    json_write_array_end(&s->w);
}

static bool is_plain(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("-._~/", c) != NULL);
}

// RFC 3986: all bytes of a name but the unreserved ones as %XX; a name is whatever bytes it is.
static void write_uri(struct json_writer *w, const char *name)
{
    static const char digits[] = "0123456789ABCDEF";
    CLEANUP(buf_wipe) struct buf uri = BUF_OF(URI_MOST);
    enum aiu_status st = AIU_OK;

    for (; *name != '\0' && st == AIU_OK; name++) {
        uint8_t c = (uint8_t)*name;
        const uint8_t escaped[3] = {'%', (uint8_t)digits[c >> 4], (uint8_t)digits[c & 15]};
        st = is_plain(c) ? buf_append_byte(&uri, c) : buf_append(&uri, span_of(escaped, 3));
    }
    w->status = w->status == AIU_OK ? st : w->status;
    json_write_member_string(w, "uri", buf_span(&uri));
}

static void write_location(struct json_writer *w, const struct file_finding *hit)
{
    json_write_object(w);
    json_write_key(w, "physicalLocation");
    json_write_object(w);
    json_write_key(w, "artifactLocation");
    json_write_object(w);
    write_uri(w, hit->file->name);
    if (hit->file->name[0] != '/') {
        member(w, "uriBaseId", "%SRCROOT%");
    }
    json_write_object_end(w);
    json_write_key(w, "region");
    json_write_object(w);
    json_write_member_u64(w, "startLine", hit->from.line);
    json_write_member_u64(w, "startColumn", hit->from.column_utf16);
    json_write_member_u64(w, "endLine", hit->to.line);
    json_write_member_u64(w, "endColumn", hit->to.column_utf16);
    if (hit->revealed != NULL) {
        json_write_key(w, "snippet");
        json_write_object(w);
        json_write_member_string(w, "text", span_of(hit->revealed, hit->revealed_n));
        json_write_object_end(w);
    }
    json_write_object_end(w);
    json_write_object_end(w);
    json_write_object_end(w);
}

static void write_result(struct sarif *s, const struct file_finding *hit)
{
    const struct rule_info *rule = rules_get(hit->rule);
    char fingerprint[FINGERPRINT_TEXT];

    file_finding_fingerprint_text(hit->fingerprint, fingerprint);
    json_write_object(&s->w);
    member(&s->w, "ruleId", rule->id);
    json_write_member_u64(&s->w, "ruleIndex", s->index[hit->rule]);
    member(&s->w, "level", level(rule->severity));
    text_object(&s->w, "message", rule->description);
    json_write_key(&s->w, "locations");
    json_write_array(&s->w);
    write_location(&s->w, hit);
    json_write_array_end(&s->w);
    json_write_key(&s->w, "partialFingerprints");
    json_write_object(&s->w);
    member(&s->w, "aiuFingerprint/v1", fingerprint);
    json_write_object_end(&s->w);
    json_write_object_end(&s->w);
}

static void write_run(struct sarif *s, const char *version)
{
    json_write_object(&s->w);
    json_write_key(&s->w, "tool");
    json_write_object(&s->w);
    json_write_key(&s->w, "driver");
    json_write_object(&s->w);
    member(&s->w, "name", "aiu");
    member(&s->w, "semanticVersion", version);
    write_rules(s);
    json_write_object_end(&s->w);
    json_write_object_end(&s->w);
    member(&s->w, "columnKind", "utf16CodeUnits");
    json_write_key(&s->w, "invocations");
    json_write_array(&s->w);
    json_write_object(&s->w);
    json_write_member_bool(&s->w, "executionSuccessful", s->result->problems == 0);
    json_write_object_end(&s->w);
    json_write_array_end(&s->w);
    json_write_key(&s->w, "results");
    json_write_array(&s->w);
    for (size_t i = 0; i < s->result->hits.count; i++) {
        write_result(s, &s->result->hits.items[i]);
    }
    json_write_array_end(&s->w);
    json_write_object_end(&s->w);
}

enum aiu_status report_write_sarif(const struct files_result *result, const char *version,
                                   struct buf *out)
{
    struct sarif s = {.result = result};

    json_writer_init(&s.w, out);
    json_write_object(&s.w);
    member(&s.w, "$schema", schema);
    member(&s.w, "version", "2.1.0");
    json_write_key(&s.w, "runs");
    json_write_array(&s.w);
    write_run(&s, version);
    json_write_array_end(&s.w);
    json_write_object_end(&s.w);
    TRY(json_writer_finish(&s.w));
    return buf_append_byte(out, '\n');
}
