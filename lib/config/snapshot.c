// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Origins are a list while a snapshot is built (the newest first, so that the environment hides the
// file) and a sorted array afterwards.
#include "config/snapshot.h"

#include <stdlib.h>

#include "base/alloc.h"

enum aiu_status snapshot_new(struct snapshot **ret_snapshot)
{
    struct snapshot *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    arena_init(&s->arena, SNAPSHOT_MEMORY);
    atomic_init(&s->count, 1);
    *ret_snapshot = s;
    return AIU_OK;
}

void snapshot_free(struct snapshot *s)
{
    arena_done(&s->arena);
    mem_free(s);
}

struct ranked {
    const struct origin *origin;
    size_t rank; // 0 is the newest
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    int order = span_compare(x->origin->path, y->origin->path);

    return order != 0 ? order : (x->rank > y->rank) - (x->rank < y->rank);
}

enum aiu_status snapshot_sort_origins(struct snapshot *s)
{
    struct ranked *all = arena_array(&s->arena, s->origin_count + 1, sizeof(*all));
    const struct origin **sorted = arena_array(&s->arena, s->origin_count + 1, sizeof(*sorted));
    size_t n = 0;

    if (all == NULL || sorted == NULL) {
        return AIU_NO_MEMORY;
    }
    for (const struct origin *o = s->origins; o != NULL; o = o->next) {
        all[n] = (struct ranked){o, n};
        n++;
    }
    qsort(all, n, sizeof(*all), compare_ranked);
    s->sorted_count = 0;
    for (size_t i = 0; i < n; i++) {
        if (i == 0 || !span_equal(all[i].origin->path, all[i - 1].origin->path)) {
            sorted[s->sorted_count++] = all[i].origin;
        }
    }
    s->sorted = sorted;
    return AIU_OK;
}

static int compare_path(const void *path, const void *item)
{
    const struct origin *const *o = item;

    return span_compare(*(const struct span *)path, (*o)->path);
}

const struct origin *snapshot_origin(const struct snapshot *s, struct span path)
{
    if (s->sorted != NULL) {
        const struct origin *const *found =
            bsearch(&path, s->sorted, s->sorted_count, sizeof(struct origin *), compare_path);
        return found == NULL ? NULL : *found;
    }
    for (const struct origin *o = s->origins; o != NULL; o = o->next) {
        if (span_equal(o->path, path)) {
            return o;
        }
    }
    return NULL;
}
