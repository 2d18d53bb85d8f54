// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The only user of malloc, realloc and free. Sizes are checked for overflow, bytes are counted, and
// a test can make the n-th allocation of a thread fail.
//
// Ownership: the caller owns what it gets and gives it back with mem_free or mem_wipe_free.
// Threads:   any. Errors: NULL where memory is used up.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

void mem_free(void *p);

// What the function gives is given back with mem_free; gcc's analyzer checks it, clang has no word
// for it.
#ifdef __clang__
#define MEM_FREED __attribute__((malloc))
#else
#define MEM_FREED __attribute__((malloc(mem_free, 1)))
#endif

// `count` * `size` zeroed bytes; NULL also where the product overflows or is 0.
MEM_FREED __attribute__((alloc_size(1, 2))) MUST_CHECK void *mem_new(size_t count, size_t size);

// A copy of `n` bytes with a NUL behind it.
MEM_FREED MUST_CHECK char *mem_dup(const void *p, size_t n);

// Grow or shrink `old` of `old_size` bytes (0 with NULL) to `new_size`. The bytes of the old block
// are wiped when it moves. On failure `old` stays as it was.
MUST_CHECK void *mem_resize_wiped(void *old, size_t old_size, size_t new_size);

// Overwrite in a way that the compiler may not drop.
void mem_wipe(void *p, size_t n);

// mem_wipe, then mem_free. NULL is fine.
void mem_wipe_free(void *p, size_t n);

// Bytes now allocated through this module, by all threads (malloc's own overhead not counted).
size_t mem_in_use(void);

// Tests only: let `after` more allocations of this thread succeed, then fail every one until called
// again. SIZE_MAX switches it off.
void mem_fail_after(size_t after);
