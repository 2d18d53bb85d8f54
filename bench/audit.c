// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_audit FOLDER [JSON]: durable records a second, as a loop with N requests under way sees
// them, with the tree and checkpoints and without, beside plain write + fdatasync of the same bytes
// on the same disk; a start on 1 GiB; the memory that tree and checkpoints take on it.
//
// The disk of a shared machine changes its speed from second to second: what is compared is run in
// turns, ROUNDS times, and the medians are compared.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/fsck.h"
#include "audit/log.h"
#include "audit/publish.h"
#include "audit/record.h"
#include "base/alloc.h"

enum { RUN_MS = 2000, ROUNDS = 5, CLIENTS_MOST = 256, SAMPLES_MOST = 2000000 };

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
        .policy = {SPAN("9f86d081884c7d65"), SPAN("redact"), rules, 2, 2, 0, 0},
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

// One run of one kind.
struct figures {
    double rate;           // a second
    double p50_us, p99_us; // until durable
    double sync_us;        // one fdatasync, on average
    double batch;          // bytes
    double cpu_us;         // of the process, a record
};

static struct figures summary(uint32_t *us, size_t n, double seconds)
{
    const size_t middle = n / 2, last = n - 1 - n / 100;

    qsort(us, n, sizeof(us[0]), compare);
    return (struct figures){.rate = (double)n / seconds, .p50_us = us[middle], .p99_us = us[last]};
}

static int compare_rate(const void *a, const void *b)
{
    const struct figures *x = a;
    const struct figures *y = b;
    return (x->rate > y->rate) - (x->rate < y->rate);
}

static struct figures median(struct figures *rounds)
{
    qsort(rounds, ROUNDS, sizeof(rounds[0]), compare_rate);
    return rounds[ROUNDS / 2];
}

// The bytes of one average batch, written and synced again and again.
static struct figures plain_writes(const char *folder, size_t bytes, uint32_t *us)
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
    struct figures f = summary(us, n, (double)(monotonic_ns(NULL) - begun) / 1e9);
    (void)close(fd);
    (void)unlink(path);
    return f;
}

// --- a log with or without its tree -----------------------------------------------------------

struct site {
    char path[4096];
    struct audit_log *log;
    struct signer *signer;
    struct publisher *publisher;
};

static enum aiu_status ask(void *ctx, const struct signer_request *request,
                           struct signer_reply *ret_reply)
{
    signer_sign(ctx, request, ret_reply);
    return AIU_OK;
}

static void on_event(void *ctx, enum publish_event event, const char *why)
{
    (void)ctx;
    if (event == PUBLISH_DEGRADED || event == PUBLISH_REFUSED) {
        (void)fprintf(stderr, "not published: %s\n", why);
    }
}

static void open_site(struct site *s, const char *folder, const char *name, bool tree, bool sync)
{
    char state[4096];

    (void)snprintf(state, sizeof(state), "%s/%s", folder, name);
    (void)snprintf(s->path, sizeof(s->path), "%s/%s/log", folder, name);
    (void)mkdir(state, 0700);
    const struct audit_options options = {
        .folder = s->path, .clock = wall, .unsafe_no_sync = !sync};
    must(audit_open(&options, &s->log), "open");
    s->publisher = NULL;
    s->signer = NULL;
    if (!tree) {
        return;
    }
    int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct signer_options signing = {fd, SPAN("localhost/bench"), wall};
    must(signer_new(&signing, &s->signer), "signer");
    const struct publish_options publish = {
        .folder = s->path,
        .log = s->log,
        .clock = wall,
        .origin = {SPAN("gw1"), SPAN("0123456789abcdef")},
        .ask = ask,
        .ask_ctx = s->signer,
        .on_event = on_event,
        .unsafe_no_sync = !sync,
    };
    must(publish_start(&publish, &s->publisher), "publisher");
}

static void close_site(struct site *s)
{
    publish_stop(s->publisher);
    must(audit_close(s->log), "close");
    signer_free(s->signer);
}

static struct figures run_clients(const char *folder, unsigned clients, bool tree, uint32_t *us)
{
    static struct client c[CLIENTS_MOST];
    static unsigned runs;
    struct site s;
    struct buf b = BUF_OF(RECORD_MOST);
    struct audit_stats stats;
    char name[64];
    size_t n = 0;
    int fd = eventfd(0, EFD_CLOEXEC);

    (void)snprintf(name, sizeof(name), "run-%u", runs++);
    open_site(&s, folder, name, tree, true);
    must(audit_subscribe(s.log, wake, &fd), "subscribe");
    uint64_t begun = monotonic_ns(NULL), cpu = cpu_ns();
    for (unsigned i = 0; i < clients; i++) {
        begin(s.log, &c[i], &b);
    }
    while (monotonic_ns(NULL) - begun < RUN_MS * UINT64_C(1000000) && n + clients < SAMPLES_MOST) {
        uint64_t count = 0;
        (void)!read(fd, &count, sizeof(count));
        uint64_t durable = audit_durable(s.log);
        for (unsigned i = 0; i < clients; i++) {
            if (c[i].index < durable) {
                us[n++] = (uint32_t)((monotonic_ns(NULL) - c[i].begun_ns) / 1000);
                begin(s.log, &c[i], &b);
            }
        }
    }
    struct figures f = summary(us, n, (double)(monotonic_ns(NULL) - begun) / 1e9);
    audit_stats(s.log, &stats);
    f.cpu_us = (double)(cpu_ns() - cpu) / 1e3 / (double)n;
    f.sync_us = (double)stats.sync_ns_total / 1e3 / (double)stats.batches;
    f.batch = (double)stats.bytes / (double)stats.batches;
    close_site(&s);
    buf_wipe(&b);
    (void)close(fd);
    return f;
}

static void print_figures(const char *what, const struct figures *f)
{
    printf("  %-34s %9.0f/s  p50 %6.2f ms  p99 %6.2f ms\n", what, f->rate, f->p50_us / 1e3,
           f->p99_us / 1e3);
}

static void json_figures(FILE *json, const char *name, const struct figures *f)
{
    (void)fprintf(json,
                  "\"%s\":{\"rate\":%.0f,\"p50_us\":%.0f,\"p99_us\":%.0f,\"sync_us\":%.1f,"
                  "\"batch_bytes\":%.0f,\"cpu_us\":%.2f},",
                  name, f->rate, f->p50_us, f->p99_us, f->sync_us, f->batch, f->cpu_us);
}

static void compare_clients(const char *folder, unsigned clients, uint32_t *us, FILE *json)
{
    struct figures with[ROUNDS], without[ROUNDS], plain[ROUNDS];
    char name[64];

    for (unsigned i = 0; i < ROUNDS; i++) {
        without[i] = run_clients(folder, clients, false, us);
        with[i] = run_clients(folder, clients, true, us);
        plain[i] = plain_writes(folder, (size_t)without[i].batch, us);
    }
    struct figures w = median(with), o = median(without), p = median(plain);
    printf("%u client%s\n", clients, clients == 1 ? "" : "s");
    print_figures("with tree and checkpoints", &w);
    print_figures("without", &o);
    (void)snprintf(name, sizeof(name), "plain writes of %.0f B", o.batch);
    print_figures(name, &p);
    printf("  tree and checkpoints cost %.1f %% of the rate; CPU a record %.1f us with, %.1f us "
           "without; one fdatasync %.0f us\n",
           100 * (1 - w.rate / o.rate), w.cpu_us, o.cpu_us, o.sync_us);
    (void)fprintf(json, "\"clients_%u\":{", clients);
    json_figures(json, "tree", &w);
    json_figures(json, "log", &o);
    json_figures(json, "plain", &p);
    (void)fprintf(json, "\"tree_cost\":%.4f},", 1 - w.rate / o.rate);
}

static double cost_of_a_record(void)
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
    double ns = (double)(cpu_ns() - begun) / RECORDS;
    printf("a decision record of %zu bytes: %.0f ns\n", b.n, ns);
    buf_wipe(&b);
    return ns;
}

// --- a long log -------------------------------------------------------------------------------

static long resident_kib(void)
{
    char line[256];
    long kib = 0;
    FILE *f = fopen("/proc/self/status", "re");

    while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "VmRSS:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (f != NULL) {
        (void)fclose(f);
    }
    return kib;
}

static void fill(struct audit_log *log, uint64_t most)
{
    struct buf b = BUF_OF(RECORD_MOST);
    const struct record_decision d = typical("018f3c2a-7b1c-7d2e-8f00-0123456789ab");
    uint64_t index = 0;

    must(record_decision(&b, &origin, &d), "record");
    for (uint64_t bytes = 0; bytes < most; bytes += b.n) {
        while (audit_append(log, buf_span(&b), &index) == AIU_OVERLOADED) {
            (void)usleep(1000);
        }
    }
    must(audit_wait(log, index, 60000), "wait");
    buf_wipe(&b);
}

static double seconds_since(uint64_t begun)
{
    return (double)(monotonic_ns(NULL) - begun) / 1e9;
}

static void long_log(const char *folder, FILE *json)
{
    struct site s;
    struct publish_stats stats;

    open_site(&s, folder, "long", true, false);
    fill(s.log, 64 << 20);
    must(publish_wait(s.publisher, audit_durable(s.log), 600000), "publish");
    long short_kib = resident_kib();
    uint64_t begun = monotonic_ns(NULL), cpu = cpu_ns();
    fill(s.log, (1 << 30) - (64 << 20));
    uint64_t size = audit_durable(s.log);
    must(publish_wait(s.publisher, size, 600000), "publish");
    printf("1 GiB of entries without sync, with its tree: %.2f s, CPU %.2f s\n",
           seconds_since(begun), (double)(cpu_ns() - cpu) / 1e9);
    long long_kib = resident_kib();
    publish_stats(s.publisher, &stats);
    close_site(&s);
    begun = monotonic_ns(NULL);
    open_site(&s, folder, "long", true, false);
    double start = seconds_since(begun);
    must(publish_wait(s.publisher, size, 600000), "publish");
    double found = seconds_since(begun);
    close_site(&s);
    printf("  start on it: %.2f s; its tree is found again after %.2f s\n", start, found);
    printf("  resident: %ld KiB at 64 MiB of log, %ld KiB at 1 GiB\n", short_kib, long_kib);
    (void)fprintf(json,
                  "\"recovery_1gib_s\":%.3f,\"tree_found_s\":%.3f,\"rss_64mib_kib\":%ld,"
                  "\"rss_1gib_kib\":%ld,",
                  start, found, short_kib, long_kib);
}

int main(int argc, char **argv)
{
    static char text[16384];
    uint32_t *us = mem_new(SAMPLES_MOST, sizeof(*us));
    FILE *json = fmemopen(text, sizeof(text), "w");

    if (argc < 2 || us == NULL || json == NULL) {
        (void)fprintf(stderr, "usage: bench_audit FOLDER [JSON]\n");
        return 2;
    }
    must(secret_init_process(true), "secrets");
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)fputc('{', json);
    (void)fprintf(json, "\"record_ns\":%.0f,", cost_of_a_record());
    compare_clients(argv[1], 1, us, json);
    compare_clients(argv[1], 64, us, json);
    compare_clients(argv[1], 256, us, json);
    long_log(argv[1], json);
    (void)fprintf(json, "\"rounds\":%d}\n", ROUNDS);
    (void)fclose(json);
    FILE *out = argc > 2 ? fopen(argv[2], "we") : NULL;
    if (out != NULL) {
        (void)fputs(text, out);
        (void)fclose(out);
    }
    mem_free(us);
    return 0;
}
