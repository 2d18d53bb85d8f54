// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The text that is undecided, behind up to CATALOG_CONTEXT bytes that are decided, is kept as it
// came; each scan shows it to examine() and moves on by what that decides. No state of a matcher is
// carried from scan to scan but the flow of an open finding, so that cuts can not matter.
//
// Marks say where text and source part: from the text offset of a mark on, up to the next one,
// source bytes and text bytes run side by side.
#include "detect/window.h"

#include <string.h>

#include "base/alloc.h"
#include "detect/canary.h"
#include "detect/examine.h"

struct window_mark {
    size_t text;
    size_t source;
    bool number; // the text from here on is a bare JSON number
};

enum {
    KEPT_SLACK = 256,      // decided text beyond the context that may wait to be dropped
    KEPT_MEMORY = 8 << 10, // a larger buffer is given back
    VALUES_MOST = 64 << 20,
};

void window_init(struct window *w, const struct engine *e, const struct rule_set *rules)
{
    *w = (struct window){.engine = e, .rules = rules, .scanned = true};
    buf_init(&w->text, WINDOW_FEED_MOST);
    buf_init(&w->values, VALUES_MOST);
    findings_init(&w->found, FINDINGS_MOST);
}

void window_seek(struct window *w, const struct pseudonyms *tokens)
{
    w->tokens = tokens;
}

void window_keep_values(struct window *w)
{
    w->keeps_values = true;
}

void window_done(struct window *w)
{
    buf_wipe(&w->text);
    buf_wipe(&w->values);
    tokens_seen_done(&w->seen);
    findings_done(&w->found);
    mem_free(w->marks);
    w->marks = NULL;
    w->mark_count = w->mark_capacity = 0;
}

void window_reset(struct window *w)
{
    struct window kept = *w;

    *w = (struct window){.engine = kept.engine,
                         .rules = kept.rules,
                         .text = kept.text,
                         .found = kept.found,
                         .tokens = kept.tokens,
                         .seen = kept.seen,
                         .keeps_values = kept.keeps_values,
                         .values = kept.values,
                         .marks = kept.marks,
                         .mark_capacity = kept.mark_capacity,
                         .scanned = true};
    buf_reset(&w->text);
    buf_reset(&w->values);
    w->seen.count = 0;
    findings_reset(&w->found);
}

static enum aiu_status put_mark(struct window *w, struct window_mark mark)
{
    if (w->mark_count > 0 && w->marks[w->mark_count - 1].text == mark.text) {
        w->marks[w->mark_count - 1] = mark;
        return AIU_OK;
    }
    if (w->mark_count == w->mark_capacity) {
        size_t capacity = w->mark_capacity == 0 ? 8 : 2 * w->mark_capacity;
        struct window_mark *marks = mem_resize_wiped(w->marks, w->mark_capacity * sizeof(*marks),
                                                     capacity * sizeof(*marks));
        if (marks == NULL) {
            return AIU_NO_MEMORY;
        }
        w->marks = marks;
        w->mark_capacity = capacity;
    }
    w->marks[w->mark_count++] = mark;
    return AIU_OK;
}

// Index of the last mark at or before a text offset; SIZE_MAX where there is none.
static size_t mark_before(const struct window *w, size_t text)
{
    size_t from = 0;
    size_t to = w->mark_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (w->marks[middle].text <= text) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from - 1;
}

static size_t source_of(const struct window *w, size_t text)
{
    size_t i = mark_before(w, text);

    return i == SIZE_MAX ? text : w->marks[i].source + (text - w->marks[i].text);
}

static bool touches_number(const struct window *w, size_t start, size_t end)
{
    size_t i = mark_before(w, start);

    for (i = i == SIZE_MAX ? 0 : i; i < w->mark_count && w->marks[i].text < end; i++) {
        if (w->marks[i].number) {
            return true;
        }
    }
    return false;
}

static enum aiu_status take(struct window *w, struct span bytes, size_t source_n, bool number)
{
    size_t end = w->base + w->text.n;
    bool before = w->mark_count > 0 && w->marks[w->mark_count - 1].number;

    if (number != before) {
        TRY(put_mark(w, (struct window_mark){end, w->source_n, number}));
    }
    TRY(buf_append(&w->text, bytes));
    w->source_n += source_n;
    w->scanned = false;
    if (source_n != bytes.n) {
        TRY(put_mark(w, (struct window_mark){end + bytes.n, w->source_n, number}));
    }
    return AIU_OK;
}

// A window that failed stays so: what it did not take can no longer be examined.
static enum aiu_status keep_failure(struct window *w, enum aiu_status st)
{
    if (st != AIU_OK) {
        w->failed = st == AIU_TOO_LONG ? AIU_INSPECTION_FAILED : st;
    }
    return w->failed;
}

enum aiu_status window_feed(void *window, struct span bytes, size_t source_n,
                            enum text_origin origin)
{
    struct window *w = window;

    CHECK(!w->finished);
    TRY(w->failed);
    return keep_failure(w, take(w, bytes, source_n, origin == TEXT_NUMBER));
}

// The next bytes of the last finding. What has grown too long has no value any more.
static enum aiu_status keep_value(struct window *w, struct finding *f, size_t from, size_t to)
{
    if (!w->keeps_values) {
        return AIU_OK;
    }
    if (finding_is_long(f)) {
        w->values.n -= f->value_n;
        f->value_n = 0;
        return AIU_OK;
    }
    f->value_n += to - from;
    return buf_append(&w->values, span_of(w->text.p + (from - w->base), to - from));
}

static enum aiu_status take_decided(struct window *w, const struct decided *d, size_t base)
{
    if (d->extended > 0) {
        struct finding *open = &w->found.items[w->found.count - 1];
        open->end = source_of(w, base + d->extended);
        TRY(keep_value(w, open, w->decided, base + d->extended));
        open->open = d->count == 0 && w->flow.kind != FLOW_NONE;
    }
    for (size_t i = 0; i < d->count; i++) {
        const struct candidate *c = &d->items[i];
        struct finding f = {
            .start = source_of(w, base + c->start),
            .end = source_of(w, base + c->end),
            .rule = c->rule,
            .confidence = c->confidence,
            .number = touches_number(w, base + c->start, base + c->end),
            .open = i + 1 == d->count && w->flow.kind != FLOW_NONE,
            .value = w->values_base + w->values.n,
        };
        TRY(keep_value(w, &f, base + c->start, base + c->end));
        TRY(findings_append(&w->found, &f));
    }
    return AIU_OK;
}

static enum aiu_status shrink(struct window *w)
{
    if (w->text.capacity <= KEPT_MEMORY || w->text.n > KEPT_MEMORY / 4) {
        return AIU_OK;
    }
    struct buf smaller = BUF_OF(WINDOW_FEED_MOST);
    TRY(buf_append(&smaller, buf_span(&w->text)));
    buf_wipe(&w->text);
    w->text = smaller;
    return AIU_OK;
}

static bool has_canaries(const struct window *w)
{
    return w->rules != NULL && w->rules->canaries != NULL;
}

// Text offset: findings and tokens that begin before it are known, and no canary does.
static size_t decided_text(const struct window *w)
{
    size_t decided = w->tokens != NULL && w->searched < w->decided ? w->searched : w->decided;

    return has_canaries(w) && w->watched < decided ? w->watched : decided;
}

// Forget decided text but for the context, and the marks of what is forgotten.
static enum aiu_status forget(struct window *w)
{
    size_t decided = decided_text(w);
    size_t context = decided - w->base;

    if (context < CATALOG_CONTEXT + KEPT_SLACK) {
        return AIU_OK;
    }
    buf_consume(&w->text, context - CATALOG_CONTEXT);
    w->base = decided - CATALOG_CONTEXT;
    size_t first = mark_before(w, decided);
    if (first != SIZE_MAX && first > 0) {
        w->mark_count -= first;
        memmove(w->marks, w->marks + first, w->mark_count * sizeof(*w->marks));
    }
    return shrink(w);
}

static enum aiu_status search(struct window *w, bool final)
{
    const struct view v = {w->text.p, w->text.n, final, w->base == 0, NULL};
    size_t known = w->seen.count, decided = 0;

    TRY(restore_search(w->tokens, w->rules, &v, w->searched - w->base, &w->seen, &decided));
    for (size_t i = known; i < w->seen.count; i++) {
        struct token_seen *s = &w->seen.items[i];
        s->number = touches_number(w, w->base + s->start, w->base + s->end);
        s->start = source_of(w, w->base + s->start);
        s->end = source_of(w, w->base + s->end);
    }
    w->searched = w->base + decided;
    return AIU_OK;
}

static enum aiu_status watch(struct window *w, bool final)
{
    size_t clear = 0;

    if (canaries_stand_in(w->rules->canaries, buf_span(&w->text), w->watched - w->base, final,
                          &clear)) {
        return AIU_CONTENT_BLOCKED;
    }
    w->watched = w->base + clear;
    return AIU_OK;
}

// Source offset up to which all is decided: an open finding that may still have a value waits.
static size_t safe_source(const struct window *w)
{
    size_t safe = source_of(w, decided_text(w));

    if (!w->keeps_values || w->found.count == 0) {
        return safe;
    }
    const struct finding *last = &w->found.items[w->found.count - 1];
    return last->open && !finding_is_long(last) && last->start < safe ? last->start : safe;
}

static enum aiu_status run(struct window *w, struct scratch *s, bool final)
{
    size_t context = w->decided - w->base;
    size_t skipped = context > CATALOG_CONTEXT ? context - CATALOG_CONTEXT : 0;
    struct view v = {w->text.p + skipped, w->text.n - skipped, final, w->base + skipped == 0, NULL};
    struct progress p = {context - skipped, w->flow};
    struct decided d;

    if (w->rules == NULL) {
        w->decided = w->base + w->text.n;
    } else if (v.n > 0) {
        TRY(examine(w->engine, s, w->rules, &v, &p, &d));
        w->flow = p.flow;
        TRY(take_decided(w, &d, w->base + skipped));
        w->decided = w->base + skipped + p.decided;
    }
    if (has_canaries(w)) {
        TRY(watch(w, final));
    }
    if (w->tokens != NULL && w->text.n > 0) {
        TRY(search(w, final));
    }
    w->safe = final ? w->source_n : safe_source(w);
    w->scanned = true;
    return forget(w);
}

enum aiu_status window_scan(struct window *w, struct scratch *s)
{
    TRY(w->failed);
    return w->scanned ? AIU_OK : keep_failure(w, run(w, s, false));
}

enum aiu_status window_finish(struct window *w, struct scratch *s)
{
    TRY(w->failed);
    w->finished = true;
    return keep_failure(w, run(w, s, true));
}

static void drop_values(struct window *w)
{
    size_t first = w->found.count > 0 ? w->found.items[0].value : w->values_base + w->values.n;

    buf_consume(&w->values, first - w->values_base);
    w->values_base = first;
}

void window_drop(struct window *w, size_t upto)
{
    size_t n = 0;

    while (n < w->found.count && w->found.items[n].end <= upto && !w->found.items[n].open) {
        n++;
    }
    findings_drop_first(&w->found, n);
    drop_values(w);
    n = 0;
    while (n < w->seen.count && w->seen.items[n].end <= upto) {
        n++;
    }
    tokens_seen_drop_first(&w->seen, n);
}
