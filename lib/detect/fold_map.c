// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The way back from folded text to its source, and the characters that two make together.
#include "base/alloc.h"
#include "detect/fold.h"
#include "detect/fold_table.h"

static enum aiu_status put_mark(struct folder *f, size_t text, size_t source, size_t source_n)
{
    if (f->mark_count == f->mark_capacity) {
        size_t capacity = f->mark_capacity == 0 ? 32 : 2 * f->mark_capacity;
        struct fold_mark *marks = mem_resize_wiped(f->marks, f->mark_capacity * sizeof(*marks),
                                                   capacity * sizeof(*marks));
        if (marks == NULL) {
            return AIU_NO_MEMORY;
        }
        f->marks = marks;
        f->mark_capacity = capacity;
    }
    f->marks[f->mark_count++] =
        (struct fold_mark){(uint32_t)text, (uint32_t)source, (uint32_t)source_n};
    return AIU_OK;
}

enum aiu_status fold_note(struct folder *f, size_t text, size_t n, size_t at, size_t source_n)
{
    struct fold_mark last = {0};

    if (n != source_n) {
        return put_mark(f, text, at, source_n);
    }
    if (f->mark_count > 0) {
        last = f->marks[f->mark_count - 1];
    }
    bool side_by_side = last.source_n == 0 && text - last.text == at - last.source;
    return side_by_side ? AIU_OK : put_mark(f, text, at, 0);
}

void fold_begin(struct folder *f)
{
    f->text.maximum = 4 * (size_t)FOLD_MOST;
    f->mark_count = 0;
    buf_reset(&f->text);
}

enum aiu_status fold_put(struct folder *f, struct span bytes, size_t at, size_t source_n)
{
    if (bytes.n == 0) {
        return AIU_OK;
    }
    TRY(fold_note(f, f->text.n, bytes.n, at, source_n));
    enum aiu_status st = buf_append(&f->text, bytes);
    return st == AIU_TOO_LONG ? AIU_INSPECTION_FAILED : st;
}

enum aiu_status fold_put_whole(struct folder *f, struct span bytes, size_t at, size_t source_n)
{
    size_t n = f->mark_count;

    if (n == 0 || f->marks[n - 1].source != at || f->marks[n - 1].source_n != source_n) {
        TRY(put_mark(f, f->text.n, at, source_n));
    }
    enum aiu_status st = buf_append(&f->text, bytes);
    return st == AIU_TOO_LONG ? AIU_INSPECTION_FAILED : st;
}

struct folded fold_reading(const struct folder *f, uint32_t traits)
{
    return (struct folded){buf_span(&f->text), f->marks, f->mark_count, traits};
}

void fold_wipe(struct folder *f)
{
    if (f->text.n > 0) {
        mem_wipe(f->text.p, f->text.n);
    }
    fold_begin(f);
}

void fold_done(struct folder *f)
{
    buf_wipe(&f->text);
    mem_free(f->marks);
    *f = (struct folder){0};
}

// The last mark at or before `at`; NULL where there is none.
static const struct fold_mark *mark_at(const struct folded *f, size_t at)
{
    size_t from = 0;
    size_t to = f->mark_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (f->marks[middle].text <= at) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from == 0 ? NULL : &f->marks[from - 1];
}

void folded_source(const struct folded *f, size_t start, size_t end, size_t *ret_start,
                   size_t *ret_end)
{
    const struct fold_mark *first = mark_at(f, start);
    const struct fold_mark *last = end > start ? mark_at(f, end - 1) : first;

    *ret_start =
        first == NULL ? start : first->source + (first->source_n > 0 ? 0 : start - first->text);
    if (end == start) {
        *ret_end = *ret_start;
    } else if (last == NULL) {
        *ret_end = end;
    } else {
        *ret_end = last->source + (last->source_n > 0 ? last->source_n : end - last->text);
    }
}

enum {
    HANGUL_L = 0x1100,
    HANGUL_V = 0x1161,
    HANGUL_T = 0x11A7,
    HANGUL_S = 0xAC00,
    L_COUNT = 19,
    V_COUNT = 21,
    T_COUNT = 28,
    S_COUNT = L_COUNT * V_COUNT * T_COUNT,
};

// Unicode 3.12: conjoining jamo.
static uint32_t compose_hangul(uint32_t first, uint32_t second)
{
    if (first - HANGUL_L < L_COUNT && second - HANGUL_V < V_COUNT) {
        return HANGUL_S + ((first - HANGUL_L) * V_COUNT + (second - HANGUL_V)) * T_COUNT;
    }
    bool open = first - HANGUL_S < S_COUNT && (first - HANGUL_S) % T_COUNT == 0;
    if (open && second > HANGUL_T && second - HANGUL_T < T_COUNT) {
        return first + (second - HANGUL_T);
    }
    return 0;
}

uint32_t fold_compose(uint32_t first, uint32_t second)
{
    size_t from = 0;
    size_t to = fold_table.pair_count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        const struct fold_pair *p = &fold_table.pairs[middle];
        if (p->first == first && p->second == second) {
            return p->whole;
        }
        if (p->first < first || (p->first == first && p->second < second)) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return compose_hangul(first, second);
}
