// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_query FOLDER [MILLIONS]: a log of 10 million records (or so many) over 30 days, and what
// questions about it take: the first one, which makes the index, and a day's window after that.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "audit/log.h"
#include "audit/query.h"
#include "audit/record.h"

enum { DAYS = 30, KEYS = 50 };

static const uint64_t day_us = UINT64_C(86400) * 1000000;
static const uint64_t begun_us = UINT64_C(1795000000) * 1000000;

static uint64_t monotonic_ns(void *ctx)
{
    struct timespec t;

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t unix_us(void *ctx)
{
    (void)ctx;
    return begun_us;
}

static double cpu_seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(enum aiu_status st, const char *what)
{
    if (st != AIU_OK) {
        (void)fprintf(stderr, "%s: %s\n", what, aiu_status_info(st)->text);
        exit(1); // NOLINT(concurrency-mt-unsafe): one thread
    }
}

static void append(struct audit_log *log, struct buf *b)
{
    uint64_t index = 0;
    enum aiu_status st = AIU_OK;

    while ((st = audit_append(log, buf_span(b), &index)) == AIU_OVERLOADED) {
        (void)usleep(200);
    }
    must(st, "append");
    buf_reset(b);
}

static void id_of(uint64_t i, uint64_t us, char id[40])
{
    unsigned long long ms = us / 1000;

    (void)snprintf(id, 40, "%08llx-%04llx-7000-8000-%012llx", (ms >> 16) & 0xFFFFFFFF, ms & 0xFFFF,
                   (unsigned long long)i & 0xFFFFFFFFFFFF);
}

static void append_request(struct audit_log *log, struct buf *b, uint64_t i, uint64_t us)
{
    static const struct record_origin origin = {SPAN("gw1"), SPAN("0123456789abcdef")};
    static const struct span rules[] = {SPAN("pii.email"), SPAN("secret.generic")};
    char id[40], key[24];

    id_of(i, us, id);
    (void)snprintf(key, sizeof(key), "vk_%llu", (unsigned long long)(i % KEYS));
    const struct record_decision d = {
        .id = span_of(id, UUID_SIZE),
        .unix_us = us,
        .tenant = SPAN("acme"),
        .key = span_str(key),
        .user = SPAN("h1:202611-23c7e097:JyIrXnOVG2-I7BFj_EcCsXyZxjl2OiuT0Z7_D7Ky-W4"),
        .route = SPAN("/v1/chat/completions"),
        .provider = SPAN("openai"),
        .model = i % 5 == 0 ? SPAN_OF("gpt-4o") : SPAN_OF("gpt-4o-mini"),
        .in_bytes = 812,
        .prompt_mac = SPAN("h1:202611-23c7e097:JyIrXnOVG2-I7BFj_EcCsXyZxjl2OiuT0Z7_D7Ky-W4"),
        .policy = {SPAN("9f86d081884c7d65"), i % 20 == 0 ? SPAN_OF("redact") : SPAN_OF("pass"),
                   rules, i % 20 == 0 ? 2 : 0, i % 20 == 0 ? 2 : 0, 0, 0},
        .config = SPAN("9f86d081884c7d65"),
    };
    must(record_decision(b, &origin, &d), "decision");
    append(log, b);
    const struct record_result r = {.id = span_of(id, UUID_SIZE),
                                    .unix_us = us + 900000,
                                    .outcome = RECORD_OK,
                                    .http_status = 200,
                                    .has_usage = true,
                                    .tokens_in = 200,
                                    .tokens_out = 60};
    must(record_result(b, &r), "result");
    append(log, b);
}

static void fill(const char *folder, uint64_t requests)
{
    const struct audit_options o = {.folder = folder,
                                    .clock = {monotonic_ns, unix_us, NULL},
                                    .node = SPAN("gw1"),
                                    .boot = SPAN("0123456789abcdef"),
                                    .unsafe_no_sync = true};
    struct buf b = BUF_OF(RECORD_MOST);
    struct audit_log *log = NULL;

    must(audit_open(&o, &log), "open");
    for (uint64_t i = 0; i < requests; i++) {
        append_request(log, &b, i, begun_us + i * (DAYS * day_us / requests));
    }
    must(audit_close(log), "close");
    buf_wipe(&b);
}

static enum aiu_status count(void *ctx, const struct query_hit *hit)
{
    (void)hit;
    (*(uint64_t *)ctx)++;
    return AIU_OK;
}

// Once: the disk may be asked. Then again.
static void ask(const char *folder, const char *what, const struct query *q)
{
    double seconds[2] = {0}, cpu[2] = {0};
    uint64_t hits = 0;

    for (int i = 0; i < 2; i++) {
        uint64_t begun = monotonic_ns(NULL);
        cpu[i] = cpu_seconds();
        hits = 0;
        must(query_run(folder, q, count, &hits), "query");
        seconds[i] = (double)(monotonic_ns(NULL) - begun) / 1e9;
        cpu[i] = cpu_seconds() - cpu[i];
    }
    printf("  %-32s %7.3f s (CPU %6.3f), again %6.3f s (CPU %6.3f), %llu entries\n", what,
           seconds[0], cpu[0], seconds[1], cpu[1], (unsigned long long)hits);
}

int main(int argc, char **argv)
{
    uint64_t millions = argc > 2 ? strtoull(argv[2], NULL, 10) : 10;
    struct query q = QUERY_ALL, day = QUERY_ALL;
    char id[40];

    if (argc < 2 || millions == 0) {
        (void)fprintf(stderr, "usage: bench_query FOLDER [MILLIONS]\n");
        return 2;
    }
    uint64_t requests = millions * 500000;
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    fill(argv[1], requests);
    printf("%llu million records over %d days\n", (unsigned long long)millions, DAYS);
    q.columns[ROW_KEY] = SPAN_OF("nobody");
    ask(argv[1], "the index, and nothing found", &q);
    day.window = (struct index_window){begun_us + 14 * day_us, begun_us + 15 * day_us};
    ask(argv[1], "a day, everything", &day);
    day.columns[ROW_KEY] = SPAN_OF("vk_7");
    ask(argv[1], "a day, one key", &day);
    day.columns[ROW_VERDICT] = SPAN_OF("redact");
    ask(argv[1], "a day, one key, one verdict", &day);
    q = QUERY_ALL;
    id_of(requests / 2, begun_us + requests / 2 * (DAYS * day_us / requests), id);
    q.window.from_us = begun_us + 14 * day_us; // as its id says
    q.columns[ROW_ID] = span_of(id, UUID_SIZE);
    ask(argv[1], "one request, by its id", &q);
    return 0;
}
