// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "flow/edits.h"

#include <stdlib.h>

enum aiu_status edits_add(struct inspected *d, uint32_t choice, const struct json_edit *edit)
{
    struct inspector_edit *e = arena_new(d->arena, sizeof(*e));

    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    e->edit = *edit;
    e->choice = choice;
    e->next = d->edits;
    d->edits = e;
    d->edit_count++;
    return AIU_OK;
}

static bool choice_edited(const struct inspected *d, uint32_t choice)
{
    for (const struct inspector_edit *e = d->edits; e != NULL; e = e->next) {
        if (e->choice == choice) {
            return true;
        }
    }
    return false;
}

enum aiu_status edits_shadow(struct inspected *d)
{
    for (const struct inspector_shadow *s = d->shadows; s != NULL; s = s->next) {
        const struct json_edit edit = {s->start, s->end, SPAN("null")};
        if (choice_edited(d, s->choice)) {
            TRY(edits_add(d, s->choice, &edit));
        }
    }
    return AIU_OK;
}

static int by_place(const void *a, const void *b)
{
    const struct json_edit *x = a, *y = b;

    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return (x->end < y->end) - (x->end > y->end); // the longer one first
}

// Overlapping edits (a trim over a finding, a shadow over its tokens) become the first of them,
// stretched.
static size_t merge(struct json_edit *edits, size_t count)
{
    size_t n = 0;

    for (size_t k = 0; k < count; k++) {
        if (n > 0 && edits[k].start < edits[n - 1].end) {
            edits[n - 1].end = edits[k].end > edits[n - 1].end ? edits[k].end : edits[n - 1].end;
        } else {
            edits[n++] = edits[k];
        }
    }
    return n;
}

enum aiu_status edits_in_order(const struct inspected *d, const struct json_edit **ret_edits,
                               size_t *ret_count)
{
    *ret_edits = NULL;
    *ret_count = 0;
    if (d->edit_count == 0) {
        return AIU_OK;
    }
    struct json_edit *edits = arena_array(d->arena, d->edit_count, sizeof(*edits));
    if (edits == NULL) {
        return AIU_NO_MEMORY;
    }
    size_t n = 0;
    for (const struct inspector_edit *e = d->edits; e != NULL; e = e->next) {
        edits[n++] = e->edit;
    }
    qsort(edits, n, sizeof(*edits), by_place);
    *ret_edits = edits;
    *ret_count = merge(edits, n);
    return AIU_OK;
}
