// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One atomic counter. Taking adds first and takes back on refusal: two threads that meet at the
// limit may both be refused, never both be let through.
#include "net/budget.h"

#include <stdint.h>

#include "base/status.h"

void budget_init(struct budget *b, size_t limit)
{
    atomic_init(&b->used, 0);
    b->limit = limit == 0 ? SIZE_MAX / 2 : limit;
}

static bool take(struct budget *b, size_t n, size_t limit)
{
    if (n > limit) {
        return false;
    }
    size_t before = atomic_fetch_add_explicit(&b->used, n, memory_order_relaxed);
    if (before > limit - n) {
        (void)atomic_fetch_sub_explicit(&b->used, n, memory_order_relaxed);
        return false;
    }
    return true;
}

bool budget_take(struct budget *b, size_t n)
{
    return take(b, n, b->limit);
}

bool budget_take_answer(struct budget *b, size_t n)
{
    size_t more = b->limit / 8 > BUDGET_ANSWERS ? b->limit / 8 : BUDGET_ANSWERS;

    return take(b, n, b->limit + more);
}

void budget_give(struct budget *b, size_t n)
{
    size_t before = atomic_fetch_sub_explicit(&b->used, n, memory_order_relaxed);

    CHECK(before >= n);
}

bool budget_pressed(const struct budget *b)
{
    return budget_used(b) > b->limit - b->limit / 8;
}

size_t budget_used(const struct budget *b)
{
    return atomic_load_explicit(&b->used, memory_order_relaxed);
}
