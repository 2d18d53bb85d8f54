// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "flow/positions.h"

#include <stdlib.h>

#include "codec/json_text.h"

static int by_decoded(const void *a, const void *b)
{
    const struct position *x = a, *y = b;

    return (x->decoded > y->decoded) - (x->decoded < y->decoded);
}

struct pass {
    struct positions *p;
    size_t next; // pair that is looked for
    size_t decoded, source;
};

// A run of `bytes` that stands for `source_n` bytes: one to one, or one character for an escape.
static enum aiu_status take_run(void *ctx, struct span bytes, size_t source_n,
                                enum text_origin origin)
{
    struct pass *pass = ctx;
    bool plain = bytes.n == source_n;

    (void)origin;
    for (; pass->next < pass->p->count; pass->next++) {
        struct position *pair = &pass->p->pairs[pass->next];
        size_t inside = pair->decoded - pass->decoded;
        if (inside >= bytes.n) {
            break;
        }
        pair->source = pass->source + (plain ? inside : 0);
    }
    pass->decoded += bytes.n;
    pass->source += source_n;
    return AIU_OK;
}

enum aiu_status positions_of(struct span raw, const struct findings *found, struct arena *a,
                             struct positions *ret_positions)
{
    struct pass pass = {.p = ret_positions};
    struct json_text text;

    *ret_positions = (struct positions){.count = 2 * found->count};
    if (found->count == 0) {
        return AIU_OK;
    }
    ret_positions->pairs = arena_array(a, ret_positions->count, sizeof(*ret_positions->pairs));
    if (ret_positions->pairs == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < found->count; i++) {
        ret_positions->pairs[2 * i].decoded = found->items[i].start;
        ret_positions->pairs[2 * i + 1].decoded = found->items[i].end;
    }
    qsort(ret_positions->pairs, ret_positions->count, sizeof(*ret_positions->pairs), by_decoded);
    json_text_init(&text, take_run, &pass);
    TRY(json_text_feed(&text, raw));
    TRY(json_text_finish(&text));
    for (; pass.next < ret_positions->count; pass.next++) { // the end of the text
        ret_positions->pairs[pass.next].source = pass.source;
    }
    return AIU_OK;
}

size_t positions_source(const struct positions *p, size_t decoded)
{
    const struct position key = {decoded, 0};
    const struct position *found =
        p->count == 0 ? NULL : bsearch(&key, p->pairs, p->count, sizeof(*p->pairs), by_decoded);

    CHECK(found != NULL);
    return found->source;
}
