// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A text through a window, and what must hold at each moment of it.
#pragma once

#include "detect_test.h"

static inline void assert_same_findings(const char *why, const struct findings *got,
                                        const struct findings *wanted)
{
    if (got->count != wanted->count) {
        fail_msg("%s: %zu findings, not %zu", why, got->count, wanted->count);
    }
    for (size_t i = 0; i < got->count; i++) {
        const struct finding *g = &got->items[i];
        const struct finding *w = &wanted->items[i];
        if (g->start != w->start || g->end != w->end || g->rule != w->rule ||
            g->confidence != w->confidence || g->open) {
            fail_msg("%s: %s at [%zu, %zu) %u, not %s at [%zu, %zu) %u", why,
                     rules_get(g->rule)->id, g->start, g->end, g->confidence,
                     rules_get(w->rule)->id, w->start, w->end, w->confidence);
        }
    }
}

// No byte of a finding lies before window_safe() unless the finding is there.
static inline void assert_nothing_left_early(const char *why, const struct window *w,
                                             const struct findings *wanted)
{
    const struct findings *got = window_findings(w);

    for (size_t i = got->count; i < wanted->count; i++) {
        if (wanted->items[i].start < window_safe(w)) {
            fail_msg("%s: byte %zu of %s has left", why, wanted->items[i].start,
                     rules_get(wanted->items[i].rule)->id);
        }
    }
    if (got->count > 0) {
        assert_true(got->items[got->count - 1].end <= window_safe(w));
        assert_true(got->count <= wanted->count);
        assert_true(got->items[got->count - 1].end <= wanted->items[got->count - 1].end);
    }
}

// The next cut behind `at`; n and beyond for none.
typedef size_t (*next_cut)(void *ctx, size_t at);

static inline void stream(const char *why, struct span text, next_cut cut, void *ctx,
                          const struct findings *wanted)
{
    struct bench *b = bench_get();
    CLEANUP(window_done) struct window w;
    size_t at = 0;
    size_t safe = 0;

    window_init(&w, b->engine, &b->all);
    while (at < text.n) {
        size_t next = cut(ctx, at);
        next = next > text.n ? text.n : next;
        assert_true(next > at);
        assert_ok(window_feed(&w, span_of(text.p + at, next - at), next - at, TEXT_PLAIN));
        assert_ok(window_scan(&w, b->scratch));
        assert_true(window_safe(&w) >= safe && window_safe(&w) <= next);
        safe = window_safe(&w);
        assert_nothing_left_early(why, &w, wanted);
        at = next;
    }
    assert_ok(window_finish(&w, b->scratch));
    assert_int_equal(window_safe(&w), text.n);
    assert_same_findings(why, window_findings(&w), wanted);
}

static inline size_t every(void *ctx, size_t at)
{
    return at + *(size_t *)ctx;
}

static inline size_t once(void *ctx, size_t at)
{
    size_t cut = *(size_t *)ctx;

    return at < cut ? cut : SIZE_MAX;
}

static inline size_t twice(void *ctx, size_t at)
{
    const size_t *cuts = ctx;

    return at < cuts[0] ? cuts[0] : at < cuts[1] ? cuts[1] : SIZE_MAX;
}

static inline size_t random_cut(void *ctx, size_t at)
{
    uint64_t r = test_random(ctx);

    return at + 1 + (r % 4 == 0 ? r / 8 % 200 : r / 8 % 9);
}

// In all ways: at each place once, byte by byte, in threes, at random.
static inline void stream_every_way(const char *why, struct span text)
{
    CLEANUP(findings_done) struct findings wanted = FINDINGS_OF(FINDINGS_MOST);
    struct bench *b = bench_get();
    uint64_t seed = 7;

    assert_ok(scan_text(b->engine, b->scratch, &b->all, text, &wanted));
    for (size_t cut = 1; cut <= text.n; cut++) {
        stream(why, text, once, &cut, &wanted);
    }
    for (size_t step = 1; step < 8; step++) {
        stream(why, text, every, &step, &wanted);
    }
    for (int i = 0; i < 8; i++) {
        stream(why, text, random_cut, &seed, &wanted);
    }
}
