// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/utf8.h"
#include "codec/json_write.h"
#include "provider/reply.h"

enum { BODY_MOST = 1 << 20, ACTOR_MOST = 256 };

static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");

    if (f != NULL) {
        (void)fscanf(f, "%*u %llu", &pages); // NOLINT(cert-err34-c): the kernel's own number
        (void)fclose(f);
    }
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void answer(struct server_conn *c, int status, struct span type, struct span body)
{
    const struct http_field fields[] = {
        {SPAN("content-type"), type, HTTP_CONTENT_TYPE},
        {SPAN("cache-control"), SPAN("no-store"), HTTP_CACHE_CONTROL},
    };
    const struct server_reply reply = {
        .status = status, .fields = fields, .count = ARRAY_SIZE(fields), .length = body.n};

    if (server_respond(c, &reply) != AIU_OK) {
        server_reset(c);
        return;
    }
    (void)server_body(c, &body, 1);
    server_end(c);
}

static void refuse(struct server_conn *c, enum aiu_status status)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);
    const struct reply_error e = {.status = status};

    if (reply_error_body(&b, REPLY_OPENAI, &e) != AIU_OK) {
        server_reset(c);
        return;
    }
    answer(c, aiu_status_info(status)->http, SPAN_OF("application/json"), buf_span(&b));
}

static bool is_admitted(const struct admin *a, const struct http_head *head)
{
    struct span scheme, token;

    if (a->token == NULL) {
        return true;
    }
    return http_head_count(head, HTTP_AUTHORIZATION) == 1 &&
           span_cut(http_head_get(head, HTTP_AUTHORIZATION), ' ', &scheme, &token) &&
           span_equal_nocase(scheme, SPAN_OF("bearer")) && secret_equal_span(a->token, token);
}

static uint64_t now_s(const struct admin *a)
{
    return clock_unix_us(&a->shared->clock) / 1000000;
}

static enum aiu_status write_metrics(const struct admin *a, struct buf *b)
{
    const struct metrics *loops[64];
    CLEANUP(buf_wipe) struct buf scopes = BUF_OF(65536);
    struct audit_stats stats;
    enum aiu_status why = AIU_OK;

    for (size_t i = 0; i < a->plane_count; i++) {
        loops[i] = plane_metrics(a->planes[i]);
    }
    audit_stats(a->shared->audit, &stats);
    TRY(control_text(a->shared->control, now_s(a), &scopes));
    const struct metrics_process process = {
        .audit = &stats,
        .budget_used = budget_used(a->budget),
        .budget_limit = a->budget->limit,
        .resident = resident_bytes(),
        .ready = plane_ready(a->planes[0], &why),
        .maintenance = scopes.n > 0,
    };
    return metrics_write(loops, a->plane_count, &process, b);
}

static enum aiu_status write_publisher(const struct admin *a, struct buf *b)
{
    struct publish_stats stats;

    publish_stats(a->publisher, &stats);
    return buf_printf(b,
                      "# HELP aiu_audit_tree_size Entries in the newest checkpoint.\n"
                      "# TYPE aiu_audit_tree_size gauge\n"
                      "aiu_audit_tree_size %llu\n"
                      "# HELP aiu_audit_checkpoints_total Checkpoints published.\n"
                      "# TYPE aiu_audit_checkpoints_total counter\n"
                      "aiu_audit_checkpoints_total %llu\n"
                      "# HELP aiu_audit_unsigned 1 while no checkpoint can be published.\n"
                      "# TYPE aiu_audit_unsigned gauge\n"
                      "aiu_audit_unsigned %d\n",
                      (unsigned long long)stats.size, (unsigned long long)stats.rounds,
                      stats.degraded || stats.refused ? 1 : 0);
}

static enum aiu_status write_watchers(struct admin *a, struct buf *b)
{
    enum aiu_status st = AIU_OK;

    (void)pthread_mutex_lock(&a->watchers_lock);
    if (a->watchers != NULL) {
        st = watchers_metrics(a->watchers, b);
    }
    (void)pthread_mutex_unlock(&a->watchers_lock);
    return st;
}

static enum aiu_status write_status(const struct admin *a, struct buf *b)
{
    CLEANUP(buf_wipe) struct buf scopes = BUF_OF(65536);
    enum aiu_status why = AIU_OK;
    bool ready = plane_ready(a->planes[0], &why);
    struct json_writer w;

    TRY(control_text(a->shared->control, now_s(a), &scopes));
    json_writer_init(&w, b);
    json_write_object(&w);
    json_write_member_bool(&w, "ready", ready);
    json_write_member_string(&w, "why", span_str(ready ? "" : aiu_status_info(why)->code));
    json_write_member_string(&w, "maintenance", buf_span(&scopes));
    json_write_member_string(&w, "config", span_str(a->config_hash));
    json_write_member_string(&w, "boot", a->shared->origin.boot);
    json_write_member_u64(&w, "pid", (uint64_t)getpid());
    json_write_object_end(&w);
    return json_writer_finish(&w);
}

static void serve(struct server_conn *c, struct admin *a, struct span target)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(BODY_MOST);
    enum aiu_status st = AIU_NO_ROUTE;
    struct span type = SPAN_OF("application/json");

    if (span_equal(target, SPAN_OF("/metrics"))) {
        type = SPAN_OF("text/plain; version=0.0.4; charset=utf-8");
        st = write_metrics(a, &b);
        st = st == AIU_OK ? write_publisher(a, &b) : st;
        if (st == AIU_OK) {
            st = write_watchers(a, &b);
        }
    } else if (span_equal(target, SPAN_OF("/admin/v1/status"))) {
        st = write_status(a, &b);
    } else if (span_equal(target, SPAN_OF("/healthz"))) {
        st = buf_append(&b, SPAN_OF("{\"status\":\"ok\"}\n"));
    }
    if (st == AIU_OK) {
        answer(c, 200, type, buf_span(&b));
    } else {
        refuse(c, st);
    }
}

static bool is_hash(struct span text)
{
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'))) {
            return false;
        }
    }
    return text.n == 64;
}

static void answer_index(struct server_conn *c, enum aiu_status st, uint64_t index)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(256);

    st = st == AIU_OK ? buf_printf(&b, "{\"index\":%llu}\n", (unsigned long long)index) : st;
    if (st == AIU_OK) {
        answer(c, 200, SPAN_OF("application/json"), buf_span(&b));
    } else {
        refuse(c, st);
    }
}

// POST /admin/v1/evidence/SHA256: the hash goes into the audit log, and its receipt seals a bundle.
static void seal(struct server_conn *c, struct admin *a, struct span hash)
{
    CLEANUP(buf_wipe) struct buf record = BUF_OF(RECORD_MOST);
    const struct record_field fields[] = {RECORD_TEXT("what", SPAN_OF("evidence")),
                                          RECORD_TEXT("sha256", hash)};
    uint64_t index = 0, base = audit_base(a->shared->audit);
    enum aiu_status st = is_hash(hash) ? AIU_OK : AIU_USAGE;

    if (st == AIU_OK) {
        st = record_event(&record, &a->shared->origin, RECORD_INCIDENT,
                          clock_unix_us(&a->shared->clock), fields, ARRAY_SIZE(fields));
    }
    if (st == AIU_OK) {
        st = audit_append(a->shared->audit, buf_span(&record), &index);
    }
    if (st == AIU_OK && base != audit_base(a->shared->audit)) {
        st = AIU_OVERLOADED; // a month began just now: asked again, the number is certain
    }
    answer_index(c, st, index - base);
}

// POST /admin/v1/content-read/REQUEST/WHAT/SUBJECT/ACTOR (in hexadecimal): somebody is about to
// read captured content. It waits for /admin/v1/settled/INDEX to say that this is durable.
struct reading {
    struct span id, what, subject;
    uint8_t actor[ACTOR_MOST];
    size_t actor_n;
};

static bool is_among(struct span text, const char *letters)
{
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\0' || strchr(letters, text.p[i]) == NULL) {
            return false;
        }
    }
    return true;
}

static bool read_actor(struct span hex, struct reading *r)
{
    if (hex.n == 0 || hex.n % 2 != 0 || hex.n > 2 * sizeof(r->actor)) {
        return false;
    }
    for (size_t i = 0; i < hex.n; i += 2) {
        int high = num_hex_digit(hex.p[i]), low = num_hex_digit(hex.p[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        r->actor[r->actor_n++] = (uint8_t)(high << 4 | low);
    }
    return utf8_valid(span_of(r->actor, r->actor_n));
}

static bool read_reading(struct span path, struct reading *r)
{
    return span_cut(path, '/', &r->id, &path) && span_cut(path, '/', &r->what, &path) &&
           span_cut(path, '/', &r->subject, &path) && r->id.n == 36 &&
           is_among(r->id, "0123456789abcdef-") &&
           (span_equal(r->what, SPAN_OF("prompt")) || span_equal(r->what, SPAN_OF("answer")) ||
            span_equal(r->what, SPAN_OF("prompt,answer"))) &&
           r->subject.n == 32 && is_among(r->subject, "0123456789abcdef") && read_actor(path, r);
}

static enum aiu_status append_reading(const struct admin *a, struct span path, uint64_t *ret_index)
{
    CLEANUP(buf_wipe) struct buf record = BUF_OF(RECORD_MOST);
    struct reading r = {.actor_n = 0};

    if (!read_reading(path, &r)) {
        return AIU_USAGE;
    }
    const struct record_content_read fields = {r.id, r.what, r.subject,
                                               span_of(r.actor, r.actor_n)};
    TRY(record_content_read(&record, &a->shared->origin, clock_unix_us(&a->shared->clock),
                            &fields));
    return audit_append(a->shared->audit, buf_span(&record), ret_index);
}

static void record_reading(struct server_conn *c, const struct admin *a, struct span path)
{
    uint64_t index = 0;
    enum aiu_status st = append_reading(a, path, &index);

    answer_index(c, st, index);
}

static void tell_settled(struct server_conn *c, const struct admin *a, struct span number)
{
    uint64_t index = 0;
    enum aiu_status st = num_parse_u64(number, UINT64_MAX, &index);

    answer_index(c, st == AIU_OK ? audit_settled(a->shared->audit, index) : AIU_USAGE, index);
}

static void on_request(struct server_conn *c, const struct http_head *head)
{
    static const struct span evidence = SPAN("/admin/v1/evidence/");
    static const struct span reading = SPAN("/admin/v1/content-read/");
    static const struct span settled = SPAN("/admin/v1/settled/");
    struct admin *a = server_context(c);

    if (!is_admitted(a, head)) {
        refuse(c, AIU_UNAUTHENTICATED);
    } else if (span_equal(head->method, SPAN_OF("POST")) &&
               span_starts_with(head->target, evidence)) {
        seal(c, a, span_skip_prefix(head->target, evidence));
    } else if (span_equal(head->method, SPAN_OF("POST")) &&
               span_starts_with(head->target, reading)) {
        record_reading(c, a, span_skip_prefix(head->target, reading));
    } else if (!span_equal(head->method, SPAN_OF("GET"))) {
        refuse(c, AIU_BAD_METHOD);
    } else if (span_starts_with(head->target, settled)) {
        tell_settled(c, a, span_skip_prefix(head->target, settled));
    } else {
        serve(c, a, head->target);
    }
}

static void on_body(struct server_conn *c, struct span bytes)
{
    (void)c; // every answer is given at the head
    (void)bytes;
}

static void on_nothing(struct server_conn *c)
{
    (void)c;
}

static void on_abort(struct server_conn *c, enum aiu_status why)
{
    (void)c;
    (void)why;
}

static void on_bad_request(struct server_conn *c, enum aiu_status why)
{
    refuse(c, why);
}

const struct server_handler admin_handler = {
    .on_request = on_request,
    .on_body = on_body,
    .on_end = on_nothing,
    .on_abort = on_abort,
    .on_bad_request = on_bad_request,
    .on_drained = on_nothing,
};
