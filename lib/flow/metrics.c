// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "flow/metrics.h"

static const char *const step_names[] = {
#define FLOW_STEP(name, NAME, failure, text) #name,
#include "flow/steps.def"
#undef FLOW_STEP
};

const char *step_name(enum step step)
{
    return step_names[step];
}

static const enum aiu_status statuses[] = {
#define AIU_STATUS(name, number, ecode, http, exit, retryable, code, text) name,
#include "aiu/status.def"
#undef AIU_STATUS
};
_Static_assert(ARRAY_SIZE(statuses) <= METRICS_STATUSES, "make METRICS_STATUSES larger");

static const uint64_t overhead_bounds[METRICS_BUCKETS] = {25,  50,   75,   100,   150,   250,
                                                          500, 1000, 2500, 10000, 50000, 250000};

static const char *const outcomes[METRICS_OUTCOMES] = {
    [RECORD_OK] = "ok",
    [RECORD_BLOCKED] = "blocked",
    [RECORD_UPSTREAM_RESET] = "upstream_reset",
    [RECORD_UPSTREAM_TIMEOUT] = "upstream_timeout",
    [RECORD_CLIENT_ABORT] = "client_abort",
    [RECORD_ERROR] = "error",
    [METRICS_DENIED] = "denied",
};

void metrics_count_error(struct metrics *m, enum aiu_status status)
{
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        if (statuses[i] == status) {
            metric_add(&m->errors[i], 1);
            return;
        }
    }
}

void metrics_count_overhead(struct metrics *m, uint64_t us)
{
    size_t i = 0;

    while (i < METRICS_BUCKETS && us > overhead_bounds[i]) {
        i++;
    }
    metric_add(&m->overhead_us[i], 1);
    metric_add(&m->overhead_us_sum, us);
}

struct writer {
    const struct metrics *const *loops;
    size_t count;
    struct buf *b;
};

// Sum of the metric at `offset` bytes of struct metrics over all loops.
static uint64_t sum(const struct writer *w, size_t offset)
{
    uint64_t total = 0;

    for (size_t i = 0; i < w->count; i++) {
        const metric *m = (const metric *)(const void *)((const char *)w->loops[i] + offset);
        total += atomic_load_explicit(m, memory_order_relaxed);
    }
    return total;
}

#define SUM(w, member) sum((w), offsetof(struct metrics, member))

static enum aiu_status head(struct buf *b, const char *name, const char *type, const char *help)
{
    return buf_printf(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static enum aiu_status single(struct buf *b, const char *name, const char *type, const char *help,
                              uint64_t value)
{
    TRY(head(b, name, type, help));
    return buf_printf(b, "%s %llu\n", name, (unsigned long long)value);
}

static enum aiu_status write_requests(const struct writer *w)
{
    TRY(head(w->b, "aiu_requests_total", "counter", "Finished requests by route and outcome."));
    for (size_t r = 0; r < ROUTE_COUNT; r++) {
        for (size_t o = 0; o < METRICS_OUTCOMES; o++) {
            size_t at =
                offsetof(struct metrics, requests) + (r * METRICS_OUTCOMES + o) * sizeof(metric);
            TRY(buf_printf(w->b, "aiu_requests_total{route=\"%s\",outcome=\"%s\"} %llu\n",
                           route_get((enum route_name)r)->path, outcomes[o],
                           (unsigned long long)sum(w, at)));
        }
    }
    TRY(head(w->b, "aiu_errors_total", "counter", "Errors sent to callers, by code."));
    for (size_t i = 0; i < ARRAY_SIZE(statuses); i++) {
        uint64_t n = sum(w, offsetof(struct metrics, errors) + i * sizeof(metric));
        if (n > 0) {
            TRY(buf_printf(w->b, "aiu_errors_total{code=\"%s\"} %llu\n",
                           aiu_status_info(statuses[i])->code, (unsigned long long)n));
        }
    }
    return AIU_OK;
}

static enum aiu_status write_findings(const struct writer *w)
{
    static const char *const directions[] = {"request", "response"};

    TRY(head(w->b, "aiu_findings_total", "counter", "Findings by direction and kind."));
    for (size_t d = 0; d < DIRECTION_COUNT; d++) {
        for (size_t k = 0; k < KIND_COUNT; k++) {
            size_t at = offsetof(struct metrics, findings) + (d * KIND_COUNT + k) * sizeof(metric);
            TRY(buf_printf(w->b, "aiu_findings_total{direction=\"%s\",kind=\"%s\"} %llu\n",
                           directions[d], finding_kind_text((enum finding_kind)k),
                           (unsigned long long)sum(w, at)));
        }
    }
    return AIU_OK;
}

static enum aiu_status write_steps(const struct writer *w)
{
    TRY(head(w->b, "aiu_step_seconds", "summary", "Time from entering a step to leaving it."));
    for (size_t s = 0; s < STEP_COUNT; s++) {
        uint64_t ns = sum(w, offsetof(struct metrics, step_ns) + s * sizeof(metric));
        uint64_t n = sum(w, offsetof(struct metrics, step_count) + s * sizeof(metric));
        TRY(buf_printf(w->b,
                       "aiu_step_seconds_sum{step=\"%s\"} %llu.%09llu\n"
                       "aiu_step_seconds_count{step=\"%s\"} %llu\n",
                       step_names[s], (unsigned long long)(ns / 1000000000),
                       (unsigned long long)(ns % 1000000000), step_names[s],
                       (unsigned long long)n));
    }
    return AIU_OK;
}

static enum aiu_status write_overhead(const struct writer *w)
{
    uint64_t below = 0;

    TRY(head(w->b, "aiu_overhead_microseconds", "histogram",
             "Our own time in a request, without the provider's and the disk's."));
    for (size_t i = 0; i <= METRICS_BUCKETS; i++) {
        below += sum(w, offsetof(struct metrics, overhead_us) + i * sizeof(metric));
        if (i < METRICS_BUCKETS) {
            TRY(buf_printf(w->b, "aiu_overhead_microseconds_bucket{le=\"%llu\"} %llu\n",
                           (unsigned long long)overhead_bounds[i], (unsigned long long)below));
        }
    }
    return buf_printf(w->b,
                      "aiu_overhead_microseconds_bucket{le=\"+Inf\"} %llu\n"
                      "aiu_overhead_microseconds_sum %llu\naiu_overhead_microseconds_count %llu\n",
                      (unsigned long long)below, (unsigned long long)SUM(w, overhead_us_sum),
                      (unsigned long long)below);
}

static enum aiu_status write_audit(const struct writer *w, const struct audit_stats *s)
{
    struct buf *b = w->b;

    TRY(single(b, "aiu_audit_records_total", "counter", "Audit records made durable.", s->entries));
    TRY(single(b, "aiu_audit_batches_total", "counter", "Writes and syncs.", s->batches));
    TRY(single(b, "aiu_audit_bytes_total", "counter", "Bytes written.", s->bytes));
    TRY(single(b, "aiu_audit_refused_total", "counter", "Records refused.", s->refused));
    TRY(single(b, "aiu_audit_state", "gauge", "0 well, 1 low, 2 draining, 3 full, 4 failed.",
               (uint64_t)s->state));
    TRY(head(b, "aiu_audit_fsync_seconds", "summary", "Time of each sync of the audit log."));
    return buf_printf(
        b, "aiu_audit_fsync_seconds_sum %llu.%09llu\naiu_audit_fsync_seconds_count %llu\n",
        (unsigned long long)(s->sync_ns_total / 1000000000),
        (unsigned long long)(s->sync_ns_total % 1000000000), (unsigned long long)s->batches);
}

static enum aiu_status write_process(const struct writer *w, const struct metrics_process *p)
{
    struct buf *b = w->b;

    TRY(single(b, "aiu_ready", "gauge", "1 when requests are served.", p->ready));
    TRY(single(b, "aiu_maintenance", "gauge", "1 when something is stopped.", p->maintenance));
    TRY(single(b, "aiu_held_bytes", "gauge", "Bytes of bodies and output in memory.",
               p->budget_used));
    TRY(single(b, "aiu_held_bytes_limit", "gauge", "Their limit.", p->budget_limit));
    TRY(single(b, "process_resident_memory_bytes", "gauge", "Resident memory.", p->resident));
    return write_audit(w, p->audit);
}

static enum aiu_status write_traffic(const struct writer *w)
{
    struct buf *b = w->b;

    TRY(single(b, "aiu_in_flight", "gauge", "Requests under way.", SUM(w, in_flight)));
    TRY(single(b, "aiu_request_bytes_total", "counter", "Bytes of request bodies.",
               SUM(w, bytes_in)));
    TRY(single(b, "aiu_response_bytes_total", "counter", "Bytes of answers sent.",
               SUM(w, bytes_out)));
    TRY(single(b, "aiu_skipped_places_total", "counter", "Opaque media, not inspected.",
               SUM(w, skipped_places)));
    TRY(head(b, "gen_ai_client_token_usage", "counter", "Tokens as providers report them."));
    return buf_printf(b,
                      "gen_ai_client_token_usage{gen_ai_token_type=\"input\"} %llu\n"
                      "gen_ai_client_token_usage{gen_ai_token_type=\"output\"} %llu\n",
                      (unsigned long long)SUM(w, tokens_in),
                      (unsigned long long)SUM(w, tokens_out));
}

enum aiu_status metrics_write(const struct metrics *const *loops, size_t count,
                              const struct metrics_process *process, struct buf *b)
{
    const struct writer w = {loops, count, b};

    TRY(write_requests(&w));
    TRY(write_findings(&w));
    TRY(write_steps(&w));
    TRY(write_overhead(&w));
    TRY(write_traffic(&w));
    return write_process(&w, process);
}
