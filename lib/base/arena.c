// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 8 KiB, or of the size of a larger piece; a bump pointer in the newest. Blocks come
// zeroed and are wiped over what was used, so a piece is always zeroed.
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/alloc.h"

#if defined(__has_feature) // clang's way to say it
#if __has_feature(address_sanitizer)
#define ARENA_ALONE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) // gcc's
#define ARENA_ALONE 1
#endif
#ifndef ARENA_ALONE
#define ARENA_ALONE 0 // 1: each piece in a block of exactly its size
#endif

enum { BLOCK_SIZE = 8192 };

struct arena_block {
    struct arena_block *older;
    size_t used;
    size_t size;
    alignas(max_align_t) uint8_t bytes[];
};

void arena_init(struct arena *a, size_t cap)
{
    *a = (struct arena){.cap = cap};
}

static struct arena_block *add_block(struct arena *a, size_t n)
{
    size_t size = n < BLOCK_SIZE && !ARENA_ALONE ? BLOCK_SIZE : n;

    if (size + sizeof(struct arena_block) > a->cap - a->used) {
        size = n; // close to the cap, take what is needed and no more
    }
    if (size + sizeof(struct arena_block) > a->cap - a->used) {
        return NULL;
    }
    struct arena_block *block = mem_new(1, sizeof(struct arena_block) + size);
    if (block == NULL) {
        return NULL;
    }
    block->size = size;
    block->older = a->blocks;
    a->blocks = block;
    a->used += size + sizeof(struct arena_block);
    return block;
}

void *arena_new(struct arena *a, size_t n)
{
    if (n > a->cap || n > SIZE_MAX / 2) {
        return NULL; // and the sums below cannot overflow
    }
    size_t rounded = (n + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
    if (rounded == 0) {
        rounded = alignof(max_align_t);
    }
    struct arena_block *block = a->blocks;
    if (block == NULL || rounded > block->size - block->used) {
        block = add_block(a, ARENA_ALONE && n > 0 ? n : rounded);
    }
    if (block == NULL) {
        return NULL;
    }
    void *p = block->bytes + block->used;
    block->used = rounded < block->size - block->used ? block->used + rounded : block->size;
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t bytes = 0;

    return __builtin_mul_overflow(count, size, &bytes) ? NULL : arena_new(a, bytes);
}

enum aiu_status arena_copy(struct arena *a, struct span bytes, struct span *ret_copy)
{
    uint8_t *p = arena_new(a, bytes.n + 1);

    if (p == NULL) {
        return AIU_NO_MEMORY;
    }
    if (bytes.n > 0) {
        memcpy(p, bytes.p, bytes.n);
    }
    *ret_copy = (struct span){p, bytes.n};
    return AIU_OK;
}

static void drop_blocks(struct arena *a, struct arena_block *keep)
{
    while (a->blocks != keep) {
        struct arena_block *block = a->blocks;
        a->blocks = block->older;
        a->used -= block->size + sizeof(struct arena_block);
        mem_wipe_free(block, sizeof(struct arena_block) + block->used);
    }
}

void arena_reset(struct arena *a)
{
    struct arena_block *first = a->blocks;

    while (first != NULL && first->older != NULL) {
        first = first->older;
    }
    if (first != NULL && (ARENA_ALONE || first->size != BLOCK_SIZE)) {
        first = NULL; // a piece of its own size, or a sanitizer build: nothing worth keeping
    }
    drop_blocks(a, first);
    if (first != NULL) {
        mem_wipe(first->bytes, first->used);
        first->used = 0;
    }
}

void arena_done(struct arena *a)
{
    drop_blocks(a, NULL);
}
