// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_figures CHATS CODE: the figures of detection on one core as one JSON object
// (bench/detection). CHATS and CODE are files of texts with a zero byte behind each. All rules are
// on where it does not say otherwise. Times are CPU times of the thread, so that a busy machine
// does not count.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/status.h"
#include "detect/deep.h"
#include "detect/window.h"

enum { ROUNDS = 7, BLOCK = 64 << 10, PLAIN = 4 << 20, TEXTS_MOST = 1 << 16 };

struct texts {
    uint8_t *bytes;
    size_t n;
    struct span *items;
    size_t count;
};

static struct engine *engine;
static struct scratch *scratch;
static struct findings found = FINDINGS_OF(FINDINGS_MOST);

static double now_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec * 1e-3;
}

static bool read_texts(const char *path, struct texts *t)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) != 0 || st.st_size <= 0) {
        return false;
    }
    t->bytes = mem_new((size_t)st.st_size, 1);
    t->items = mem_new(TEXTS_MOST, sizeof(*t->items));
    if (t->bytes == NULL || t->items == NULL ||
        read(fd, t->bytes, (size_t)st.st_size) != st.st_size) {
        return false;
    }
    (void)close(fd);
    struct span rest = span_of(t->bytes, (size_t)st.st_size);
    while (rest.n > 0 && t->count < TEXTS_MOST) {
        (void)span_cut(rest, 0, &t->items[t->count], &rest);
        t->n += t->items[t->count++].n;
    }
    return true;
}

static void must(enum aiu_status st)
{
    if (st != AIU_OK) {
        (void)fprintf(stderr, "bench_figures: %s\n", aiu_status_info(st)->text);
        exit(1); // NOLINT(concurrency-mt-unsafe): one thread
    }
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;

    return x < y ? -1 : x > y ? 1 : 0;
}

// Each text's best of some rounds: what it costs, not what disturbs it.
static void print_chats(const struct texts *t)
{
    struct rule_set all = rule_set_all();
    struct wording wording;
    double *best = mem_new(t->count, sizeof(*best));

    must(best == NULL ? AIU_NO_MEMORY : AIU_OK);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t i = 0; i < t->count; i++) {
            double begin = now_us();
            must(deep_scan(engine, scratch, &all, TEXT_USER, t->items[i], &found, &wording));
            double took = now_us() - begin;
            best[i] = round == 0 || took < best[i] ? took : best[i];
        }
    }
    qsort(best, t->count, sizeof(*best), by_size);
    (void)printf("\"chat_p50_us\":%.2f,\"chat_p99_us\":%.2f,", best[t->count / 2],
                 best[t->count * 99 / 100]);
    mem_free(best);
}

static double cost(const struct rule_set *rules, const struct texts *t)
{
    double least = 1e18;

    for (int round = 0; round < ROUNDS; round++) {
        double begin = now_us();
        for (size_t i = 0; i < t->count; i++) {
            must(scan_text(engine, scratch, rules, t->items[i], &found));
        }
        double took = now_us() - begin;
        least = took < least ? took : least;
    }
    return least / ((double)t->n / 1024);
}

static double cost_of(const uint8_t *p, size_t n)
{
    struct rule_set all = rule_set_all();
    struct span blocks[PLAIN / BLOCK];
    struct texts t = {.items = blocks, .n = n};

    for (size_t at = 0; at < n; at += BLOCK) {
        blocks[t.count++] = span_of(p + at, BLOCK);
    }
    return cost(&all, &t);
}

static void fill(uint8_t *p, size_t n, const char *unit)
{
    size_t size = strlen(unit);

    for (size_t i = 0; i < n; i++) {
        p[i] = (uint8_t)unit[i % size];
    }
}

static const char prose[] =
    "The quick brown fox jumps over the lazy dog, and nobody in the audience "
    "seems to mind the noise at all.\n";

// What text costs that is digits and marks by chance: nothing in it repeats itself.
static double cost_of_chance(uint8_t *p, size_t n)
{
    static const char alphabet[] = "0123456789 -.";
    uint64_t seed = 1;

    for (size_t i = 0; i < n; i++) {
        seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
        p[i] = (uint8_t)alphabet[(seed >> 33) % (sizeof(alphabet) - 1)];
    }
    return cost_of(p, n);
}

// Hostile texts hold nothing but beginnings; what they cost is told over ordinary text.
static void print_plain_and_hostile(const struct texts *chats)
{
    struct rule_set all = rule_set_all();
    double ordinary = cost(&all, chats);
    static const char *const units[] = {"1",
                                        "A",
                                        "a.a.",
                                        "1 ",
                                        "4111 ",
                                        "1.",
                                        "a@",
                                        "+1 ",
                                        "://u:",
                                        "sk-",
                                        "eyJ",
                                        "AKIA",
                                        "ghp_",
                                        "-----BEGIN ",
                                        "key=",
                                        "token: ",
                                        "password=",
                                        "secret = '",
                                        "<|im_start|>",
                                        "\xE2\x80\x8B",
                                        "ignore all previous instructions. "};
    uint8_t *p = mem_new(PLAIN, 1);
    double worst = 0;
    const char *which = "";

    must(p == NULL ? AIU_NO_MEMORY : AIU_OK);
    fill(p, PLAIN, prose);
    double plain = cost_of(p, PLAIN);
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        fill(p, PLAIN / 16, units[i]);
        double ratio = cost_of(p, PLAIN / 16) / ordinary;
        which = ratio > worst ? units[i] : which;
        worst = ratio > worst ? ratio : worst;
    }
    (void)printf("\"plain_gb_s\":%.3f,\"ordinary_us_kb\":%.3f,\"hostile_ratio\":%.2f,"
                 "\"hostile\":\"%s\",\"chance_ratio\":%.2f,",
                 1024 / plain / 1e3, ordinary, worst, (uint8_t)which[0] < 0x80 ? which : "unseen",
                 cost_of_chance(p, PLAIN / 16) / ordinary);
    mem_free(p);
}

// A stream in pieces of 16 bytes: what it keeps, and what it holds back on prose.
static void print_stream(const struct texts *t)
{
    struct rule_set all = rule_set_all();
    struct window w;
    static double held[1 << 20];
    size_t count = 0;
    size_t most = 0;
    size_t before = mem_in_use();

    window_init(&w, engine, &all);
    for (size_t i = 0; i < t->count; i++) {
        struct span rest = t->items[i];
        while (rest.n > 0 && count < ARRAY_SIZE(held)) {
            struct span piece = span_first(rest, 16);
            must(window_feed(&w, piece, piece.n, TEXT_PLAIN));
            must(window_scan(&w, scratch));
            window_drop(&w, window_safe(&w));
            held[count++] = (double)window_held(&w);
            most = mem_in_use() - before > most ? mem_in_use() - before : most;
            rest = span_drop_first(rest, piece.n);
        }
    }
    window_done(&w);
    qsort(held, count, sizeof(*held), by_size);
    (void)printf("\"stream_bytes\":%zu,\"held_p99_bytes\":%.0f}\n", most + sizeof(w),
                 held[count * 99 / 100]);
}

static void print_load(void)
{
    double least = 1e18;

    for (int i = 0; i < ROUNDS; i++) {
        double begin = now_us();
        must(engine_new(&engine));
        must(scratch_new(engine, &scratch));
        double took = now_us() - begin;
        least = took < least ? took : least;
        if (i + 1 < ROUNDS) {
            scratch_free(scratch);
            engine_free(engine);
        }
    }
    (void)printf("{\"rules\":%zu,\"load_ms\":%.3f,", rules_count(), least / 1e3);
}

int main(int argc, char **argv)
{
    struct rule_set secrets = rule_set_kind(KIND_SECRET);
    struct rule_set all = rule_set_all();
    struct texts chats = {0};
    struct texts code = {0};

    if (argc != 3 || !read_texts(argv[1], &chats) || !read_texts(argv[2], &code)) {
        (void)fprintf(stderr, "usage: bench_figures CHATS CODE\n");
        return 2;
    }
    print_load();
    print_chats(&chats);
    (void)printf("\"code_secrets_us_kb\":%.3f,\"code_all_us_kb\":%.3f,", cost(&secrets, &code),
                 cost(&all, &code));
    print_plain_and_hostile(&chats);
    print_stream(&chats);
    return 0;
}
