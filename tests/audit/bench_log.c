// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_log FOLDER: durable records a second, as a loop with N requests under way sees them, beside
// plain write + fdatasync of the same bytes on the same disk; the cost of a record; the time of a
// start on a long log. The time in fdatasync is printed apart: it is the disk's.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "audit/fsck.h"
#include "audit/log.h"
#include "audit/record.h"
#include "base/alloc.h"

enum { RUN_MS = 4000, CLIENTS_MOST = 256, SAMPLES_MOST = 2000000 };

static uint64_t monotonic_ns(void *ctx)
{
    struct timespec t;

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t unix_us(void *ctx)
{
    struct timespec t;

    (void)ctx;
    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static const struct clock wall = {monotonic_ns, unix_us, NULL};
static const struct record_origin origin = {SPAN("gw1"), SPAN("0123456789abcdef")};

static void must(enum aiu_status st, const char *what)
{
    if (st != AIU_OK) {
        (void)fprintf(stderr, "%s: %s\n", what, aiu_status_info(st)->text);
        exit(1); // NOLINT(concurrency-mt-unsafe): one thread
    }
}

static struct record_decision typical(const char *id)
{
    static const struct span rules[] = {SPAN("pii.email"), SPAN("secret.generic")};

    return (struct record_decision){
        .id = span_of(id, UUID_SIZE),
        .unix_us = unix_us(NULL),
        .tenant = SPAN("acme"),
        .key = SPAN("vk_9f3a77c1"),
        .user = SPAN("h1:202611-23c7e097:JyIrXnOVG2-I7BFj_EcCsXyZxjl2OiuT0Z7_D7Ky-W4"),
        .route = SPAN("/v1/chat/completions"),
        .provider = SPAN("openai"),
        .model = SPAN("gpt-4o-mini"),
        .in_bytes = 812,
        .prompt_mac = SPAN("h1:202611-23c7e097:JyIrXnOVG2-I7BFj_EcCsXyZxjl2OiuT0Z7_D7Ky-W4"),
        .policy = {SPAN("9f86d081884c7d65"), SPAN("redact"), rules, 2, 2},
        .config = SPAN("9f86d081884c7d65"),
    };
}

static void wake(void *ctx)
{
    const uint64_t one = 1;

    (void)!write(*(int *)ctx, &one, sizeof(one));
}

static int compare(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    return (*x > *y) - (*x < *y);
}

struct client {
    uint64_t index;
    uint64_t begun_ns;
};

static void begin(struct audit_log *log, struct client *c, struct buf *b)
{
    const struct record_decision d = typical("018f3c2a-7b1c-7d2e-8f00-0123456789ab");

    buf_reset(b);
    must(record_decision(b, &origin, &d), "record");
    c->begun_ns = monotonic_ns(NULL);
    must(audit_append(log, buf_span(b), &c->index), "append");
}

static void report(const char *what, uint32_t *us, size_t n, double seconds)
{
    qsort(us, n, sizeof(us[0]), compare);
    size_t middle = n / 2, last = n - 1 - n / 100;
    printf("%-28s %9.0f/s  p50 %6.2f ms  p99 %6.2f ms\n", what, (double)n / seconds,
           us[middle] / 1e3, us[last] / 1e3);
}

// The bytes of one average batch, written and synced again and again.
static void plain_writes(const char *folder, size_t bytes, uint32_t *us)
{
    char path[4096];
    static uint8_t page[1 << 20];
    size_t n = 0;
    off_t at = 0;

    (void)snprintf(path, sizeof(path), "%s/plain", folder);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(fd >= 0 && posix_fallocate(fd, 0, 64 << 20) == 0 ? AIU_OK : AIU_IO, "plain file");
    memset(page, 'x', sizeof(page));
    uint64_t begun = monotonic_ns(NULL);
    while (monotonic_ns(NULL) - begun < RUN_MS / 2 * UINT64_C(1000000)) {
        uint64_t t = monotonic_ns(NULL);
        must(pwrite(fd, page, bytes, at) == (ssize_t)bytes && fdatasync(fd) == 0 ? AIU_OK : AIU_IO,
             "plain write");
        us[n++] = (uint32_t)((monotonic_ns(NULL) - t) / 1000);
        at = (at + (off_t)bytes) % (60 << 20);
    }
    char what[64];
    (void)snprintf(what, sizeof(what), "  plain, %zu B a sync", bytes);
    report(what, us, n, (double)(monotonic_ns(NULL) - begun) / 1e9);
    (void)close(fd);
    (void)unlink(path);
}

static void run_clients(const char *folder, unsigned clients, uint32_t *us)
{
    static struct client c[CLIENTS_MOST];
    struct audit_log *log = NULL;
    struct buf b = BUF_OF(RECORD_MOST);
    struct audit_stats stats;
    char path[4096], what[64];
    size_t n = 0;
    int fd = eventfd(0, EFD_CLOEXEC);

    (void)snprintf(path, sizeof(path), "%s/log-%u", folder, clients);
    const struct audit_options options = {.folder = path, .clock = wall};
    must(audit_open(&options, &log), "open");
    must(audit_subscribe(log, wake, &fd), "subscribe");
    uint64_t begun = monotonic_ns(NULL);
    for (unsigned i = 0; i < clients; i++) {
        begin(log, &c[i], &b);
    }
    while (monotonic_ns(NULL) - begun < RUN_MS * UINT64_C(1000000) && n + clients < SAMPLES_MOST) {
        uint64_t count = 0;
        (void)!read(fd, &count, sizeof(count));
        uint64_t durable = audit_durable(log);
        for (unsigned i = 0; i < clients; i++) {
            if (c[i].index < durable) {
                us[n++] = (uint32_t)((monotonic_ns(NULL) - c[i].begun_ns) / 1000);
                begin(log, &c[i], &b);
            }
        }
    }
    double seconds = (double)(monotonic_ns(NULL) - begun) / 1e9;
    audit_stats(log, &stats);
    (void)snprintf(what, sizeof(what), "%u client%s", clients, clients == 1 ? "" : "s");
    report(what, us, n, seconds);
    printf("  fdatasync: %.3f ms on average, %.2f ms at most, %.0f%% of the time; %.1f a batch\n",
           (double)stats.sync_ns_total / 1e6 / (double)stats.batches,
           (double)stats.sync_ns_longest / 1e6, (double)stats.sync_ns_total / 1e7 / seconds,
           (double)stats.entries / (double)stats.batches);
    size_t batch = (size_t)(stats.bytes / stats.batches);
    must(audit_close(log), "close");
    plain_writes(folder, batch, us);
    buf_wipe(&b);
    (void)close(fd);
}

static void cost_of_a_record(void)
{
    enum { RECORDS = 1000000 };
    struct buf b = BUF_OF(RECORD_MOST);

    // CPU time: the rest of the machine may be busy.
    uint64_t begun = cpu_ns();
    for (unsigned i = 0; i < RECORDS; i++) {
        const struct record_decision d = typical("018f3c2a-7b1c-7d2e-8f00-0123456789ab");
        buf_reset(&b);
        must(record_decision(&b, &origin, &d), "record");
    }
    printf("a decision record of %zu bytes: %.0f ns\n", b.n, (double)(cpu_ns() - begun) / RECORDS);
    buf_wipe(&b);
}

static void start_of_a_long_log(const char *folder)
{
    char path[4096];
    struct audit_log *log = NULL;
    struct buf b = BUF_OF(RECORD_MOST);
    struct fsck_report r;
    uint64_t index = 0;
    const struct record_decision d = typical("018f3c2a-7b1c-7d2e-8f00-0123456789ab");

    (void)snprintf(path, sizeof(path), "%s/log-long", folder);
    struct audit_options options = {.folder = path, .clock = wall, .unsafe_no_sync = true};
    must(audit_open(&options, &log), "open");
    must(record_decision(&b, &origin, &d), "record");
    uint64_t begun = monotonic_ns(NULL);
    uint64_t cpu = cpu_ns();
    for (uint64_t bytes = 0; bytes < 1 << 30; bytes += b.n) {
        while (audit_append(log, buf_span(&b), &index) == AIU_OVERLOADED) {
            (void)usleep(1000);
        }
    }
    must(audit_close(log), "close");
    double seconds = (double)(monotonic_ns(NULL) - begun) / 1e9;
    printf("1 GiB of entries without sync: %.2f s, %.0f/s\n", seconds, (double)index / seconds);
    printf("  CPU: %.2f us an entry, for appending, writing and hashing\n",
           (double)(cpu_ns() - cpu) / 1000 / (double)index);
    begun = monotonic_ns(NULL);
    must(audit_open(&options, &log), "open");
    printf("  start on it: %.2f s\n", (double)(monotonic_ns(NULL) - begun) / 1e9);
    must(audit_close(log), "close");
    begun = monotonic_ns(NULL);
    must(fsck_run(path, &r), "fsck");
    printf("  fsck of it: %.2f s\n", (double)(monotonic_ns(NULL) - begun) / 1e9);
    buf_wipe(&b);
}

int main(int argc, char **argv)
{
    uint32_t *us = mem_new(SAMPLES_MOST, sizeof(*us));

    if (argc != 2 || us == NULL) {
        (void)fprintf(stderr, "usage: bench_log FOLDER\n");
        return 2;
    }
    cost_of_a_record();
    run_clients(argv[1], 1, us);
    run_clients(argv[1], 64, us);
    run_clients(argv[1], 256, us);
    start_of_a_long_log(argv[1]);
    mem_free(us);
    return 0;
}
