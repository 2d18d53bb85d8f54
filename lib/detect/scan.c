// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A whole text, block by block. Each block is examined with what stands before it as context; what
// it leaves undecided at its end begins the next one.
//
// A long stretch that repeats a few bytes is examined at its beginning only. What begins at a byte
// depends on bounded many bytes around it (invariant 1), so where nothing begins in one repetition,
// nothing begins in the next ones. Floods of "4111 4111 ..." or "password=password=..." cost little
// more than reading them.
#include <string.h>

#include "detect/canary.h"
#include "detect/engine.h"
#include "detect/examine.h"

enum {
    BLOCK = 32 << 10,
    PERIOD_MOST = 64,
    PROBE = 256,       // bytes that repeat themselves before more is looked at
    STRETCH = 8 << 10, // the shortest one that is worth it
    LOOK_LEFT = 512,   // a verdict depends on fewer bytes before what begins,
    LOOK_RIGHT = 1280, // and on fewer behind
    BEGINNING = 1280   // of a stretch, which is examined
};

// Bytes [start, end) repeat those `period` before them, from start + period on.
struct stretch {
    size_t start, end;
    size_t period; // 0: none
};

// How many of `n` bytes at `p` are the same at `q`.
static size_t same_ahead(const uint8_t *p, const uint8_t *q, size_t n)
{
    size_t same = 0;

    while (n - same >= PROBE && memcmp(p + same, q + same, PROBE) == 0) {
        same += PROBE;
    }
    while (same < n && p[same] == q[same]) {
        same++;
    }
    return same;
}

// The stretch around the byte at `at`, no further back than `least`.
static struct stretch stretch_around(struct span text, size_t least, size_t at)
{
    struct stretch s = {at, at, 1};

    while (s.period <= PERIOD_MOST && memcmp(text.p + at, text.p + at + s.period, PROBE) != 0) {
        s.period++;
    }
    if (s.period > PERIOD_MOST) {
        return (struct stretch){0};
    }
    while (s.start > least && text.p[s.start - 1] == text.p[s.start - 1 + s.period]) {
        s.start--;
    }
    s.end = at + s.period;
    s.end += same_ahead(text.p + at, text.p + s.end, text.n - s.end);
    if (s.end - s.start < STRETCH) {
        return (struct stretch){0};
    }
    return s;
}

// Cut the block [done, *end) where a stretch has begun in it; returns the stretch. Up to `tried`
// there is one with findings in it.
static struct stretch cut_block(struct span text, size_t done, size_t tried, size_t *end)
{
    size_t at = *end - done > PROBE + PERIOD_MOST ? *end - PROBE - PERIOD_MOST : done;

    if (text.n - done < STRETCH || done < tried) {
        return (struct stretch){0};
    }
    struct stretch s = stretch_around(text, done, at);
    if (s.period > 0 && s.start + BEGINNING < *end) {
        *end = s.start + BEGINNING;
    }
    return s;
}

// Where to go on: behind the repetitions in which nothing begins, if there are any.
static size_t skip_repeated(const struct stretch *s, const struct findings *out, size_t decided)
{
    bool seen = decided >= s->start + LOOK_LEFT + s->period && s->end > decided + LOOK_RIGHT;
    bool found = out->count > 0 && out->items[out->count - 1].end > s->start;

    return s->period > 0 && seen && !found ? s->end - LOOK_RIGHT : decided;
}

static enum aiu_status take_block(const struct decided *d, size_t base, struct findings *out)
{
    if (d->extended > 0 && out->count > 0) {
        out->items[out->count - 1].end = base + d->extended;
    }
    for (size_t i = 0; i < d->count; i++) {
        struct finding f = {
            .start = base + d->items[i].start,
            .end = base + d->items[i].end,
            .rule = d->items[i].rule,
            .confidence = d->items[i].confidence,
        };
        TRY(findings_append(out, &f));
    }
    return AIU_OK;
}

enum aiu_status scan_text(const struct engine *e, struct scratch *s, const struct rule_set *rules,
                          struct span text, struct findings *out)
{
    struct progress p = {0};
    size_t done = 0; // decided up to there
    size_t tried = 0;

    findings_reset(out);
    if (rules->canaries != NULL && canaries_stand_in(rules->canaries, text, 0, true, NULL)) {
        return AIU_CONTENT_BLOCKED;
    }
    while (done < text.n) {
        struct decided d;
        size_t end = text.n - done > BLOCK ? done + BLOCK : text.n;
        struct stretch repeats = cut_block(text, done, tried, &end);
        size_t base = done > CATALOG_CONTEXT ? done - CATALOG_CONTEXT : 0; // of the view

        p.decided = done - base;
        struct view v = {text.p + base, end - base, end == text.n, base == 0, NULL};
        TRY(examine(e, s, rules, &v, &p, &d));
        TRY(take_block(&d, base, out));
        if (base + p.decided == done) {
            return AIU_INSPECTION_FAILED;
        }
        done = base + p.decided;
        tried = repeats.end > tried ? repeats.end : tried;
        if (p.flow.kind == FLOW_NONE) {
            done = skip_repeated(&repeats, out, done);
        }
    }
    return AIU_OK;
}
