// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Each block is counted by malloc_usable_size, so that no header of ours stands before it and the
// sanitizers see the block as it is.
#include "base/alloc.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static atomic_size_t g_in_use;
static _Thread_local size_t g_fail_after = SIZE_MAX;

static bool must_fail(void)
{
    if (g_fail_after == SIZE_MAX) {
        return false;
    }
    if (g_fail_after == 0) {
        return true;
    }
    g_fail_after--;
    return false;
}

static void *counted(void *p)
{
    if (p != NULL) {
        atomic_fetch_add_explicit(&g_in_use, malloc_usable_size(p), memory_order_relaxed);
    }
    return p;
}

void *mem_new(size_t count, size_t size)
{
    size_t bytes = 0;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes == 0 || must_fail()) {
        return NULL;
    }
    return counted(calloc(1, bytes));
}

void mem_free(void *p)
{
    if (p != NULL) {
        atomic_fetch_sub_explicit(&g_in_use, malloc_usable_size(p), memory_order_relaxed);
        free(p);
    }
}

char *mem_dup(const void *p, size_t n)
{
    char *copy = n == SIZE_MAX ? NULL : mem_new(n + 1, 1);

    if (copy != NULL && n > 0) {
        memcpy(copy, p, n);
    }
    return copy;
}

void *mem_resize_wiped(void *old, size_t old_size, size_t new_size)
{
    void *moved = mem_new(new_size, 1);

    if (moved == NULL) {
        return NULL;
    }
    size_t keep = old_size < new_size ? old_size : new_size;
    if (keep > 0) {
        memcpy(moved, old, keep);
    }
    mem_wipe_free(old, old_size);
    return moved;
}

void mem_wipe(void *p, size_t n)
{
    if (n > 0) {
        explicit_bzero(p, n);
    }
}

void mem_wipe_free(void *p, size_t n)
{
    if (p != NULL) {
        mem_wipe(p, n);
        mem_free(p);
    }
}

size_t mem_in_use(void)
{
    return atomic_load_explicit(&g_in_use, memory_order_relaxed);
}

void mem_fail_after(size_t after)
{
    g_fail_after = after;
}
