// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_detect [FILE...]: what a scan costs on one core, in microseconds a KB: each FILE in blocks
// of 64 KB, then prose, texts made to be slow and texts made by chance, for all rules and for those
// of secrets alone.
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/status.h"
#include "detect/engine.h"

enum { BLOCK = 64 << 10, ROUNDS = 5, FILE_MOST = 256 << 20 };

static struct engine *g_engine;
static struct scratch *g_scratch;

static double seconds(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

// Scan all of `text`; the number of findings, or SIZE_MAX.
static size_t scan(const struct rule_set *rules, struct span text)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    size_t count = 0;

    while (text.n > 0) {
        size_t n = text.n < BLOCK ? text.n : BLOCK;
        if (scan_text(g_engine, g_scratch, rules, span_first(text, n), &found) != AIU_OK) {
            return SIZE_MAX;
        }
        count += found.count;
        text = span_drop_first(text, n);
    }
    return count;
}

// The best of some rounds, in microseconds a KB.
static double cost(const struct rule_set *rules, struct span text)
{
    double best = 1e9;

    for (int i = 0; i < ROUNDS; i++) {
        double begin = seconds();
        (void)scan(rules, text);
        double took = seconds() - begin;
        best = took < best ? took : best;
    }
    return best * 1e6 / ((double)text.n / 1024);
}

static void report(const char *name, struct span text, double prose)
{
    struct rule_set all = rule_set_all();
    struct rule_set secrets = rule_set_kind(KIND_SECRET);
    double us = cost(&all, text);

    (void)printf("%-40.40s %8.3f %8.3f %7.1f %8zu\n", name, us, cost(&secrets, text),
                 prose > 0 ? us / prose : 1.0, scan(&all, text));
}

static void report_file(const char *path, double prose)
{
    struct stat s;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &s) != 0 || s.st_size <= 0 || s.st_size > FILE_MOST) {
        (void)fprintf(stderr, "bench_detect: %s: can not be read\n", path);
        return;
    }
    uint8_t *p = mem_new((size_t)s.st_size, 1);
    ssize_t n = p == NULL ? -1 : read(fd, p, (size_t)s.st_size);
    if (n > 0) {
        report(strrchr(path, '/') == NULL ? path : strrchr(path, '/') + 1, span_of(p, (size_t)n),
               prose);
    }
    mem_free(p);
    (void)close(fd);
}

// Texts that hold nothing but beginnings.
static const char *const units[] = {
    "1",
    "A",
    "a.a.",
    "1 ",
    "4111 ",
    "1.",
    "a@",
    "+1 ",
    "://u:",
    "http://u:p@h ",
    "sk-",
    "sk-ant-",
    "eyJ",
    "AKIA",
    "ghp_",
    "-----BEGIN ",
    "<|im_start|>",
    "password ",
    "password=",
    "key=",
    "token: ",
    "secret = \"",
    "server=password=",
    "algolia ",
    "\xE2\x80\x8B",
    "ignore all previous instructions. ",
};

static void fill(uint8_t *p, size_t n, const char *unit)
{
    size_t size = strlen(unit);

    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)unit[i % size];
    }
}

// Alphabets of texts that are made of their bytes by chance: nothing in them repeats itself.
static const char *const alphabets[] = {
    "0123456789 ",
    "0123456789 -.",
    "0123456789abcdef0123456789abcdef ",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "abcdefghijklmnopqrstuvwxyz ",
};

static void fill_by_chance(uint8_t *p, size_t n, const char *alphabet)
{
    size_t size = strlen(alphabet);
    uint64_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        p[i] = (uint8_t)alphabet[(seed >> 33) % size];
    }
}

static void report_all(int argc, char **argv, uint8_t *text, size_t n)
{
    struct rule_set all = rule_set_all();

    fill(text, n,
         "The quick brown fox jumps over the lazy dog, and nobody in the audience seems to "
         "mind the noise at all. ");
    double prose = cost(&all, span_of(text, n));
    (void)printf("%-40s %8s %8s %7s %8s\n", "us a KB", "all", "secrets", "x prose", "findings");
    report("prose", span_of(text, n), prose);
    for (int i = 1; i < argc; i++) {
        report_file(argv[i], prose);
    }
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        fill(text, n, units[i]);
        report((uint8_t)units[i][0] < 0x80 ? units[i] : "(zero width)", span_of(text, n), prose);
    }
    for (size_t i = 0; i < ARRAY_SIZE(alphabets); i++) {
        fill_by_chance(text, n, alphabets[i]);
        report(alphabets[i], span_of(text, n), prose);
    }
}

int main(int argc, char **argv)
{
    size_t n = (size_t)4 * BLOCK;
    uint8_t *text = mem_new(n, 1);
    double begin = seconds();

    if (text == NULL || engine_new(&g_engine) != AIU_OK ||
        scratch_new(g_engine, &g_scratch) != AIU_OK) {
        (void)fprintf(stderr, "bench_detect: the engine does not load\n");
        return 1;
    }
    (void)printf("%zu rules loaded in %.2f ms\n", rules_count(), (seconds() - begin) * 1e3);
    report_all(argc, argv, text, n);
    scratch_free(g_scratch);
    engine_free(g_engine);
    mem_free(text);
    return 0;
}
