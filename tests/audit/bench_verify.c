// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_verify FOLDER [MiB]: how fast a log verifies, from memory: 512-byte records in the segments
// that a gateway writes, with and without tiles and bundles, by one thread and by all. Beside it
// what SHA-256 of the same bytes takes, which is the limit.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "audit/log.h"
#include "audit/tile_writer.h"
#include "audit/verify.h"
#include "base/alloc.h"
#include "base/num.h"
#include "secret/hash.h"

enum { RECORD = 512, PATH_SIZE = 4096 };

static uint64_t clock_ns(void *ctx)
{
    struct timespec t;

    (void)ctx;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t cpu_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static uint64_t unix_us(void *ctx)
{
    return clock_ns(ctx) / 1000;
}

static void must(enum aiu_status st, const char *what)
{
    if (st != AIU_OK) {
        (void)fprintf(stderr, "%s: %s\n", what, aiu_status_info(st)->text);
        exit(1); // NOLINT(concurrency-mt-unsafe): one thread
    }
}

static void record(uint64_t i, uint8_t out[RECORD])
{
    memset(out, 'a' + (int)(i % 26), RECORD);
    int n = snprintf((char *)out, RECORD, "{\"v\":1,\"t\":\"decision\",\"i\":%llu,\"x\":\"",
                     (unsigned long long)i);
    out[n] = 'x';
}

// Tiles and bundles, as the publisher writes them.
static void publish(const char *folder, uint64_t entries)
{
    struct tile_writer *w = NULL;
    bool rebuilt = false;

    must(tile_writer_new(folder, false, &w), "tiles");
    must(tile_writer_begin(w, NULL, entries, &rebuilt), "tiles");
    must(tile_writer_take(w, entries), "tiles");
    must(tile_writer_flush(w), "tiles");
    tile_writer_free(w);
}

static void write_log(const char *folder, uint64_t entries)
{
    const struct audit_options options = {.folder = folder,
                                          .clock = {clock_ns, unix_us, NULL},
                                          .node = SPAN("gw1"),
                                          .boot = SPAN("b007"),
                                          .unsafe_no_sync = true};
    struct audit_log *log = NULL;
    uint8_t bytes[RECORD];
    uint64_t index = 0;

    must(audit_open(&options, &log), folder);
    for (uint64_t i = 0; i < entries; i++) {
        record(i, bytes);
        enum aiu_status st = AIU_OVERLOADED;
        while ((st = audit_append(log, span_of(bytes, RECORD), &index)) == AIU_OVERLOADED) {
            must(audit_wait(log, audit_durable(log), 60000), "wait");
        }
        must(st, "append");
    }
    must(audit_close(log), "close");
}

static void sign(const char *folder, const char *root_text, uint64_t size)
{
    char text[256], path[PATH_SIZE];
    int n = snprintf(text, sizeof(text), "bench\n%llu\n%s\n\n\xE2\x80\x94 bench AAAAAAAAAAAAAAAA\n",
                     (unsigned long long)size, root_text);

    (void)snprintf(path, sizeof(path), "%s/checkpoint", folder);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, (size_t)n) != n) {
        must(AIU_IO, path);
    }
    (void)close(fd);
}

static void measure(const char *folder, const char *what, unsigned threads)
{
    const struct verify_options options = {.threads = threads};
    struct verify_report r;
    uint64_t best = UINT64_MAX;
    uint64_t cpu = cpu_ns();

    for (int i = 0; i < 3; i++) {
        uint64_t start = clock_ns(NULL);
        must(verify_log(folder, &options, &r), what);
        uint64_t took = clock_ns(NULL) - start;
        best = took < best ? took : best;
    }
    cpu = (cpu_ns() - cpu) / 3;
    (void)printf("%-28s %2u threads  %-14s %6.2f GB/s, %5.2f GB a second of processor\n", what,
                 threads, verify_word(r.fault), (double)r.bytes / (double)best,
                 (double)r.bytes / (double)cpu);
}

static void measure_hash(uint64_t bytes)
{
    uint8_t entry[RECORD], out[SHA256_SIZE];
    uint64_t start = cpu_ns();

    record(0, entry);
    for (uint64_t i = 0; i < bytes / RECORD; i++) {
        struct tree_hash leaf = tree_leaf(span_of(entry, RECORD));
        struct tree_hash node = tree_node(&leaf, &leaf);
        memcpy(out, node.bytes, sizeof(out));
    }
    (void)printf("%-28s             %-14s %6s       %5.2f GB a second of processor\n",
                 "a leaf and a node hashed", "", "", (double)bytes / (double)(cpu_ns() - start));
}

int main(int argc, char **argv)
{
    uint64_t mib = 1024;
    char root[NUM_BASE64_SIZE(TREE_HASH_SIZE) + 1] = "";
    struct verify_report r;
    const struct verify_options options = {.threads = 0};
    unsigned all = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);

    if (argc < 2 || (argc > 2 && num_parse_u64(span_str(argv[2]), 1 << 20, &mib) != AIU_OK)) {
        (void)fprintf(stderr, "usage: bench_verify FOLDER [MiB]\n");
        return 2;
    }
    uint64_t entries = mib * 1024 * 1024 / RECORD;
    write_log(argv[1], entries);
    must(verify_log(argv[1], &options, &r), "verify");
    num_base64_write(span_of(r.entries_root.bytes, TREE_HASH_SIZE), (uint8_t *)root);
    sign(argv[1], root, entries);
    measure_hash(mib * 1024 * 1024);
    measure(argv[1], "write-ahead log", 1);
    measure(argv[1], "write-ahead log", all);
    publish(argv[1], entries);
    measure(argv[1], "with tiles and bundles", 1);
    measure(argv[1], "with tiles and bundles", all);
    return 0;
}
