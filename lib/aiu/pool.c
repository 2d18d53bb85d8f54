// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A fixed number of places for idle scratches, each an atomic pointer: taking one empties a place,
// giving one back fills a place, and what finds no place is freed. There is no lock to wait for and
// no list to get wrong.
#include "pool.h"

#include <stdatomic.h>

#include "base/alloc.h"

enum { POOL_PLACES = 32 };

struct pool {
    _Atomic(struct scratch *) idle[POOL_PLACES];
};

enum aiu_status pool_new(struct pool **ret_pool)
{
    struct pool *pool = mem_new(1, sizeof(*pool));

    if (pool == NULL) {
        return AIU_NO_MEMORY;
    }
    *ret_pool = pool;
    return AIU_OK;
}

void pool_free(struct pool *pool)
{
    if (pool != NULL) {
        for (size_t i = 0; i < POOL_PLACES; i++) {
            scratch_free(atomic_load(&pool->idle[i]));
        }
        mem_free(pool);
    }
}

enum aiu_status pool_take(const struct aiu_scanner *scanner, struct scratch **ret_scratch)
{
    for (size_t i = 0; i < POOL_PLACES; i++) {
        struct scratch *scratch = atomic_exchange(&scanner->pool->idle[i], NULL);
        if (scratch != NULL) {
            *ret_scratch = scratch;
            return AIU_OK;
        }
    }
    return scratch_new(scanner->engine, ret_scratch);
}

void pool_give(const struct aiu_scanner *scanner, struct scratch *scratch)
{
    for (size_t i = 0; i < POOL_PLACES && scratch != NULL; i++) {
        struct scratch *none = NULL;
        if (atomic_compare_exchange_strong(&scanner->pool->idle[i], &none, scratch)) {
            return;
        }
    }
    scratch_free(scratch);
}
