// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The first byte chooses the cuts, the rest is a text: a window finds what a scan of the whole
// finds, nothing of a finding leaves before it, and held text stays bounded.
#include <stddef.h>
#include <stdint.h>

#include "detect/engine.h"
#include "detect/window.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct engine *g_engine;
static struct scratch *g_scratch;

static size_t next_piece(uint32_t *state)
{
    *state = *state * 1664525 + 1013904223;
    return 1 + (*state >> 24) % 23;
}

static void nothing_left_early(const struct window *w, const struct findings *whole)
{
    size_t count = window_findings(w)->count;

    CHECK(count <= whole->count);
    CHECK(count == whole->count || whole->items[count].start >= window_safe(w));
    CHECK(window_held(w) <= 1024);
}

static void same(const struct findings *got, const struct findings *whole)
{
    CHECK(got->count == whole->count);
    for (size_t i = 0; i < got->count; i++) {
        CHECK(got->items[i].start == whole->items[i].start);
        CHECK(got->items[i].end == whole->items[i].end);
        CHECK(got->items[i].rule == whole->items[i].rule);
        CHECK(got->items[i].confidence == whole->items[i].confidence);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(findings_done) struct findings whole = FINDINGS_OF(FINDINGS_MOST);
    CLEANUP(window_done) struct window w;

    if (g_engine == NULL) {
        CHECK(engine_new(&g_engine) == AIU_OK && scratch_new(g_engine, &g_scratch) == AIU_OK);
    }
    struct rule_set all = rule_set_all();
    window_init(&w, g_engine, &all);
    if (size == 0) {
        return 0;
    }
    uint32_t state = data[0];
    struct span left = span_of(data + 1, size - 1);
    CHECK(scan_text(g_engine, g_scratch, &all, left, &whole) == AIU_OK);
    while (left.n > 0) {
        struct span piece = span_first(left, data[0] < 8 ? data[0] + 1U : next_piece(&state));
        CHECK(window_feed(&w, piece, piece.n, TEXT_PLAIN) == AIU_OK);
        CHECK(window_scan(&w, g_scratch) == AIU_OK);
        nothing_left_early(&w, &whole);
        left = span_drop_first(left, piece.n);
    }
    CHECK(window_finish(&w, g_scratch) == AIU_OK);
    CHECK(window_safe(&w) == size - 1);
    same(window_findings(&w), &whole);
    return 0;
}
