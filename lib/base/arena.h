// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Memory of one request: taken piece by piece, given back at once, wiped. Capped when it is born.
//
// Ownership: the arena owns every piece until arena_reset or arena_done.
// Threads:   one. Errors: NULL at the cap or where memory is used up.
// Sanitizer builds give each piece a malloc of its own, so that an overflow is seen.
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

struct arena_block;

struct arena {
    struct arena_block *blocks; // newest first
    size_t used;                // bytes taken from all blocks, block heads included
    size_t cap;
};

// Nothing is allocated until the first piece is asked for.
void arena_init(struct arena *a, size_t cap);

// `n` zeroed bytes, aligned for any type. n = 0 gives a valid pointer.
__attribute__((alloc_size(2))) MUST_CHECK void *arena_new(struct arena *a, size_t n);

// `count` * `size`, checked for overflow.
MUST_CHECK void *arena_array(struct arena *a, size_t count, size_t size);

// A copy of `bytes` with a NUL behind it (not counted in the span).
MUST_CHECK enum aiu_status arena_copy(struct arena *a, struct span bytes, struct span *ret_copy);

// Wipe all pieces and keep the first block for the next request.
void arena_reset(struct arena *a);

// Wipe and give everything back.
void arena_done(struct arena *a);
