// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Chunks are taken from a short list of the loop's, so that a steady state allocates nothing. Only
// chunks in use count in the byte budget: the list is bounded by SPARE_MAX.
#include "net/outq.h"

#include "base/alloc.h"
#include "net/loop_uv.h"

_Static_assert(sizeof(struct chunk) == CHUNK_SIZE, "a chunk fills its pages");

enum { SPARE_MAX = 64 };

// The first chunk is where a refusal begins: it needs room when there is none for anything else.
static bool take_room(struct budget *b, const struct outq *q)
{
    return b == NULL ||
           (q->first == NULL ? budget_take_answer(b, CHUNK_SIZE) : budget_take(b, CHUNK_SIZE));
}

static enum aiu_status add_chunk(struct loop *l, struct outq *q)
{
    struct chunk *c = l->spare_chunks;

    if (!take_room(l->budget, q)) {
        return AIU_OVERLOADED;
    }
    if (c != NULL) {
        l->spare_chunks = c->next;
        l->spare_count--;
    } else {
        c = mem_new(1, sizeof(*c));
    }
    if (c == NULL) {
        if (l->budget != NULL) {
            budget_give(l->budget, CHUNK_SIZE);
        }
        return AIU_NO_MEMORY;
    }
    c->next = NULL;
    c->start = 0;
    c->end = 0;
    if (q->last == NULL) {
        q->first = c;
    } else {
        q->last->next = c;
    }
    q->last = c;
    return AIU_OK;
}

static void drop_first(struct loop *l, struct outq *q)
{
    struct chunk *c = q->first;

    q->first = c->next;
    if (q->first == NULL) {
        q->last = NULL;
    }
    mem_wipe(c->bytes, c->end);
    if (l->budget != NULL) {
        budget_give(l->budget, CHUNK_SIZE);
    }
    if (l->spare_count == SPARE_MAX) {
        mem_free(c);
        return;
    }
    c->next = l->spare_chunks;
    l->spare_chunks = c;
    l->spare_count++;
}

enum aiu_status outq_append(struct loop *l, struct outq *q, struct span bytes)
{
    while (bytes.n > 0) {
        if (q->last == NULL || q->last->end == CHUNK_ROOM) {
            TRY(add_chunk(l, q));
        }
        struct chunk *c = q->last;
        struct span part = span_first(bytes, CHUNK_ROOM - c->end);
        memcpy(c->bytes + c->end, part.p, part.n);
        c->end += (uint32_t)part.n;
        q->n += part.n;
        bytes = span_drop_first(bytes, part.n);
    }
    return AIU_OK;
}

struct span outq_front(const struct outq *q)
{
    if (q->first == NULL) {
        return (struct span){NULL, 0};
    }
    return span_of(q->first->bytes + q->first->start, q->first->end - q->first->start);
}

void outq_consume(struct loop *l, struct outq *q, size_t n)
{
    CHECK(n <= q->n);
    q->n -= n;
    while (n > 0) {
        struct span front = outq_front(q);
        if (n < front.n) {
            q->first->start += (uint32_t)n;
            return;
        }
        n -= front.n;
        drop_first(l, q);
    }
}

void outq_clear(struct loop *l, struct outq *q)
{
    while (q->first != NULL) {
        drop_first(l, q);
    }
    q->n = 0;
}

void outq_free_spare(struct loop *l)
{
    while (l->spare_chunks != NULL) {
        struct chunk *c = l->spare_chunks;
        l->spare_chunks = c->next;
        mem_free(c);
    }
    l->spare_count = 0;
}
