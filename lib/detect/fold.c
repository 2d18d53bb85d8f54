// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Plain text is copied in strides, lower case on the way; only where a stride holds more than that
// is it read byte by byte.
#include "detect/fold.h"

#include <string.h>

#include "base/alloc.h"
#include "detect/ascii.h"

enum { STRIDE = 32 };

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

// Copies a stride in lower case; false where it holds two blanks in a row.
static bool copy_stride(const uint8_t *from, uint8_t *to, uint8_t before)
{
    uint8_t odd = (uint8_t)(is_blank(before) && is_blank(from[0]));

    for (size_t i = 0; i < STRIDE; i++) {
        uint8_t c = from[i];
        bool blank = (uint8_t)(c - '\t') < 5;
        to[i] = blank ? ' ' : (uint8_t)(c | (is_upper(c) ? 0x20 : 0));
    }
    for (size_t i = 0; i + 1 < STRIDE; i++) {
        odd |= (uint8_t)((to[i] == ' ') & (to[i + 1] == ' '));
    }
    return odd == 0;
}

static enum aiu_status copy_bytes(struct folder *f, struct span source, uint8_t *out, size_t *at,
                                  size_t *n, size_t upto)
{
    for (; *at < upto; (*at)++) {
        uint8_t c = source.p[*at];
        if (!is_blank(c)) {
            out[(*n)++] = to_lower(c);
            continue;
        }
        size_t end = *at + 1;
        while (end < source.n && is_blank(source.p[end])) {
            end++;
        }
        bool first = *n == 0 || out[*n - 1] == ' ';
        if (!first) {
            out[(*n)++] = ' ';
        }
        if (end - *at > 1 || first) {
            TRY(put_mark(f, *n, end, 0));
        }
        *at = end - 1;
    }
    return AIU_OK;
}

static enum aiu_status fold_bytes(struct folder *f, struct span source, uint8_t *out, size_t *ret_n)
{
    size_t n = 0;

    for (size_t at = 0; at < source.n;) {
        if (source.n - at > STRIDE && at > 0 &&
            copy_stride(source.p + at, out + n, source.p[at - 1])) {
            at += STRIDE;
            n += STRIDE;
            continue;
        }
        size_t upto = source.n - at > STRIDE ? at + STRIDE : source.n;
        TRY(copy_bytes(f, source, out, &at, &n, upto));
    }
    *ret_n = n > 0 && out[n - 1] == ' ' ? n - 1 : n;
    return AIU_OK;
}

enum aiu_status fold_text(struct folder *f, struct span source, struct folded *ret_folded)
{
    uint8_t *out = NULL;
    size_t n = 0;

    if (source.n > FOLD_MOST) {
        return AIU_INSPECTION_FAILED;
    }
    f->text.maximum = 4 * (size_t)FOLD_MOST;
    f->mark_count = 0;
    buf_reset(&f->text);
    TRY(buf_reserve(&f->text, source.n + STRIDE, &out));
    TRY(fold_bytes(f, source, out, &n));
    buf_grow(&f->text, n);
    *ret_folded = (struct folded){buf_span(&f->text), f->marks, f->mark_count, 0};
    return AIU_OK;
}

void folder_wipe(struct folder *f)
{
    if (f->text.n > 0) {
        mem_wipe(f->text.p, f->text.n);
    }
    buf_reset(&f->text);
    f->mark_count = 0;
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
