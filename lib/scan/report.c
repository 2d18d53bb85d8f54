// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Text, JSON and JSON lines; SARIF stands in report_sarif.c.
#include "scan/report.h"

#include "base/utf8.h"
#include "codec/json_write.h"
#include "detect/rules.h"
#include "scan/report_sarif.h"

static bool is_control(uint32_t code)
{
    // C1 and the marks of direction turn a line into another one.
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x061C || code == 0x200E ||
           code == 0x200F || (code >= 0x2028 && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069);
}

static enum aiu_status append_shown(struct buf *out, struct span text)
{
    while (text.n > 0) {
        struct span before = text;
        uint32_t code = utf8_next_lossy(&text);
        size_t n = before.n - text.n;
        bool broken = code == 0xFFFD && n == 1;
        if (!broken && !is_control(code)) {
            TRY(buf_append(out, span_first(before, n)));
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            TRY(buf_printf(out, "\\x%02x", before.p[i]));
        }
    }
    return AIU_OK;
}

enum aiu_status report_append_path(struct buf *out, const char *path)
{
    return append_shown(out, span_str(path));
}

static enum aiu_status write_line(const struct file_finding *hit, struct buf *out)
{
    const struct rule_info *rule = rules_get(hit->rule);
    char fingerprint[FINGERPRINT_TEXT];

    file_finding_fingerprint_text(hit->fingerprint, fingerprint);
    TRY(report_append_path(out, hit->file->path));
    TRY(buf_printf(out, ":%llu:%llu: %s %s: %s [%s]", (unsigned long long)hit->from.line,
                   (unsigned long long)hit->from.column, severity_text(rule->severity), rule->id,
                   rule->description, fingerprint));
    if (hit->revealed != NULL) {
        TRY(buf_append(out, SPAN_OF(": ")));
        TRY(append_shown(out, span_of(hit->revealed, hit->revealed_n)));
    }
    return buf_append_byte(out, '\n');
}

static void write_object(const struct file_finding *hit, struct json_writer *w)
{
    const struct rule_info *rule = rules_get(hit->rule);
    char fingerprint[FINGERPRINT_TEXT];

    file_finding_fingerprint_text(hit->fingerprint, fingerprint);
    json_write_object(w);
    json_write_member_string(w, "path", span_str(hit->file->name));
    json_write_member_u64(w, "line", hit->from.line);
    json_write_member_u64(w, "column", hit->from.column);
    json_write_member_u64(w, "end_line", hit->to.line);
    json_write_member_u64(w, "end_column", hit->to.column);
    json_write_member_u64(w, "start", hit->start);
    json_write_member_u64(w, "end", hit->end);
    json_write_member_string(w, "kind", span_str(finding_kind_text(rule->kind)));
    json_write_member_string(w, "rule", span_str(rule->id));
    json_write_member_string(w, "description", span_str(rule->description));
    json_write_member_string(w, "severity", span_str(severity_text(rule->severity)));
    json_write_member_u64(w, "confidence", hit->confidence);
    json_write_member_string(w, "fingerprint", span_str(fingerprint));
    if (hit->revealed != NULL) {
        json_write_member_string(w, "match", span_of(hit->revealed, hit->revealed_n));
    }
    json_write_object_end(w);
}

static enum aiu_status write_json(const struct files_result *r, struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w);
    json_write_member_u64(&w, "version", 1);
    json_write_key(&w, "findings");
    json_write_array(&w);
    for (size_t i = 0; i < r->hits.count; i++) {
        write_object(&r->hits.items[i], &w);
    }
    json_write_array_end(&w);
    json_write_key(&w, "summary");
    json_write_object(&w);
    json_write_member_u64(&w, "findings", r->hits.count);
    json_write_member_u64(&w, "files", r->files);
    json_write_member_u64(&w, "bytes", r->bytes);
    json_write_member_u64(&w, "binary", r->binary);
    json_write_member_u64(&w, "unreadable", r->problems);
    json_write_object_end(&w);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return buf_append_byte(out, '\n');
}

static enum aiu_status write_json_line(const struct file_finding *hit, struct buf *out)
{
    struct json_writer w;

    json_writer_init(&w, out);
    write_object(hit, &w);
    TRY(json_writer_finish(&w));
    return buf_append_byte(out, '\n');
}

enum aiu_status report_write(const struct files_result *result, enum report_format format,
                             const char *version, struct buf *out)
{
    if (format == REPORT_JSON) {
        return write_json(result, out);
    }
    if (format == REPORT_SARIF) {
        return report_write_sarif(result, version, out);
    }
    for (size_t i = 0; i < result->hits.count; i++) {
        const struct file_finding *hit = &result->hits.items[i];
        TRY(format == REPORT_TEXT ? write_line(hit, out) : write_json_line(hit, out));
    }
    return AIU_OK;
}
