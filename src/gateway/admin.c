// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/admin.h"

#include <stdio.h>
#include <unistd.h>

#include "codec/json_write.h"
#include "provider/reply.h"

enum { BODY_MOST = 1 << 20 };

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

// POST /admin/v1/evidence/SHA256: the hash goes into the audit log, and its receipt seals a bundle.
static void seal(struct server_conn *c, struct admin *a, struct span hash)
{
    CLEANUP(buf_wipe) struct buf record = BUF_OF(RECORD_MOST);
    CLEANUP(buf_wipe) struct buf b = BUF_OF(256);
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
    if (st == AIU_OK) {
        st = buf_printf(&b, "{\"index\":%llu}\n", (unsigned long long)(index - base));
    }
    if (st == AIU_OK) {
        answer(c, 200, SPAN_OF("application/json"), buf_span(&b));
    } else {
        refuse(c, st);
    }
}

static void on_request(struct server_conn *c, const struct http_head *head)
{
    static const struct span evidence = SPAN("/admin/v1/evidence/");
    struct admin *a = server_context(c);

    if (!is_admitted(a, head)) {
        refuse(c, AIU_UNAUTHENTICATED);
    } else if (span_equal(head->method, SPAN_OF("POST")) &&
               span_starts_with(head->target, evidence)) {
        seal(c, a, span_skip_prefix(head->target, evidence));
    } else if (!span_equal(head->method, SPAN_OF("GET"))) {
        refuse(c, AIU_BAD_METHOD);
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
