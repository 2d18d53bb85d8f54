// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What spares work changes no finding: the gates of runs of digits, and text that repeats itself.
#include <string.h>

#include "detect/engine_parts.h"

#include "detect_test.h"

enum { ROUNDS = 3000, TEXT_MOST = 600 };

// Numbers in all kinds of groups, a few words between them.
static size_t numbers(uint64_t *seed, char *text, size_t most)
{
    static const char *const words[] = {
        "ssn ", "call ",     "phone: ", "born ",   "card ", "IBAN DE", "GB",   "+",
        "(",    " Main St ", "CPF ",    "tax id ", "host ", "x",       "NIR ", "ip "};
    static const char marks[] = " -./: ,)";
    size_t n = 0;

    while (n + 80 < most) {
        uint64_t r = test_random(seed);
        if (r % 8 == 0) {
            const char *word = words[r / 8 % ARRAY_SIZE(words)];
            n += (size_t)snprintf(text + n, most - n, "%s", word);
        }
        for (size_t digits = 1 + r / 1024 % (r / 16 % 4 == 0 ? 12 : 4); digits > 0; digits--) {
            text[n++] = (char)('0' + test_random(seed) % 10);
        }
        text[n++] = marks[r / 65536 % (sizeof(marks) - 1)];
    }
    return n;
}

static void assert_same(const struct findings *a, const struct findings *b)
{
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++) {
        assert_int_equal(a->items[i].start, b->items[i].start);
        assert_int_equal(a->items[i].end, b->items[i].end);
        assert_int_equal(a->items[i].rule, b->items[i].rule);
        assert_int_equal(a->items[i].confidence, b->items[i].confidence);
    }
}

// Only what rules themselves ask for beside a run: `prev` and `next`.
static void open_gate(struct run_gate *gate, const struct catalog *c, size_t n)
{
    *gate = (struct run_gate){0};
    for (size_t i = 0; i < c->runs[n + 1] - c->runs[n] && i < RUN_GATED; i++) {
        const struct program *p = &c->programs[c->triggers[c->runs[n] + i]];
        uint32_t bit = UINT32_C(1) << i;
        for (size_t byte = 0; byte < 256; byte++) {
            bool before =
                p->before == INDEX_NONE || class_has(&c->classes[p->before], (uint8_t)byte);
            bool after = p->after == INDEX_NONE || class_has(&c->classes[p->after], (uint8_t)byte);
            gate->before[byte] |= before ? bit : 0;
            gate->ahead[0][byte] |= after ? bit : 0;
            for (size_t ahead = 1; ahead < RUN_AHEAD; ahead++) {
                gate->ahead[ahead][byte] |= bit;
            }
        }
    }
}

static void gates_refuse_no_finding(void **state)
{
    (void)state;
    CLEANUP(engine_freep) struct engine *open = NULL;
    CLEANUP(scratch_freep) struct scratch *s = NULL;
    CLEANUP(findings_done) struct findings with = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(findings_done) struct findings without = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    uint64_t seed = 7;
    size_t found = 0;

    assert_ok(engine_new(&open));
    assert_ok(scratch_new(open, &s));
    for (size_t n = 0; n <= CATALOG_RUN; n++) {
        open_gate(&open->gates[n], open->catalog, n);
    }
    for (int i = 0; i < ROUNDS; i++) {
        char text[TEXT_MOST];
        struct span all = {(const uint8_t *)text, numbers(&seed, text, sizeof(text))};
        assert_ok(scan_text(b->engine, b->scratch, &b->all, all, &with));
        assert_ok(scan_text(open, s, &b->all, all, &without));
        assert_same(&with, &without);
        found += with.count;
    }
    print_message("%zu findings\n", found);
    assert_true(found > ROUNDS / 4);
}

// A unit that repeats itself, with something before and behind.
static size_t flood(uint64_t *seed, uint8_t *text, size_t most)
{
    static const char *const parts[] = {"4111 1111 1111 1111",
                                        "a@b.c",
                                        "password",
                                        "=",
                                        ": ",
                                        "\"",
                                        "sk-",
                                        "ghp_",
                                        "1.",
                                        "://",
                                        "-----BEGIN ",
                                        "ssn ",
                                        "+1 ",
                                        "x",
                                        "\n",
                                        "5",
                                        "AKIA",
                                        " ",
                                        "-",
                                        "é",
                                        "ada@example.com",
                                        "eyJ",
                                        "token",
                                        ":",
                                        "/",
                                        "7 ",
                                        "key ",
                                        "DE89",
                                        "<|",
                                        "\xE2\x80\x8B"};
    char unit[64];
    size_t n = 0;
    size_t at = 0;
    size_t before = test_random(seed) % 3000;
    size_t body = 6000 + test_random(seed) % (most - 12000);

    for (uint64_t count = 1 + test_random(seed) % 3; count > 0; count--) {
        const char *part = parts[test_random(seed) % ARRAY_SIZE(parts)];
        n += (size_t)snprintf(unit + n, sizeof(unit) - n, "%s", part);
        n = n < sizeof(unit) ? n : sizeof(unit) - 1;
    }
    while (at < before) {
        text[at++] = (uint8_t)('a' + test_random(seed) % 26);
    }
    for (size_t i = 0; i < body; i++) {
        text[at++] = (uint8_t)unit[i % n];
    }
    for (uint64_t count = test_random(seed) % 3; count > 0; count--) {
        const char *part = parts[test_random(seed) % ARRAY_SIZE(parts)];
        memcpy(text + at, part, strlen(part));
        at += strlen(part);
    }
    return at;
}

static void what_repeats_itself_is_found_as_a_window_finds_it(void **state)
{
    (void)state;
    enum { MOST = 48 << 10, PIECE = 1000 };
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    uint8_t *text = mem_new(MOST, 1);
    uint64_t seed = 11;

    assert_non_null(text);
    for (int i = 0; i < 300; i++) {
        CLEANUP(window_done) struct window w;
        size_t n = flood(&seed, text, MOST);
        window_init(&w, b->engine, &b->all);
        for (size_t at = 0; at < n; at += PIECE) {
            size_t piece = n - at < PIECE ? n - at : PIECE;
            assert_ok(window_feed(&w, span_of(text + at, piece), piece, TEXT_PLAIN));
            assert_ok(window_scan(&w, b->scratch));
        }
        assert_ok(window_finish(&w, b->scratch));
        assert_ok(scan_text(b->engine, b->scratch, &b->all, span_of(text, n), &found));
        assert_same(&found, &w.found);
    }
    mem_free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gates_refuse_no_finding),
        cmocka_unit_test(what_repeats_itself_is_found_as_a_window_finds_it),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
