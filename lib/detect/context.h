// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Context words: what kind of thing a number is often stands before it. They are looked for only
// where a candidate asks, and each byte is read about once however many ask, so that text without
// candidates pays nothing.
//
// Pure. Ownership: `last` is the caller's. Threads: one per reader. Errors: none.
#pragma once

#include "detect/ascii.h"
#include "detect/catalog.h"
#include "detect/matcher.h"

// What each byte is to a reader of words.
struct context_bytes {
    uint8_t of[256];
};

struct context_reader {
    const struct catalog *catalog;
    const struct view *view;
    const struct context_bytes *bytes;
    size_t read;      // words that begin before this were seen
    uint32_t *last;   // by group: start + 1 of the last word so far, 0 for none
    uint16_t *active; // groups that had a word, each once; not all of them still near
    size_t active_count;
};

// How far in front of a run of digits what it belongs to may begin.
enum { CONTEXT_LEAD = 24, CONTEXT_FAR = 0xFFFF };

void context_bytes_of(const struct catalog *c, struct context_bytes *ret_bytes);

// Begin to read `v`. The reader has its catalog, `bytes`, and `last` and `active` with room for
// every group: all zero at first, and then as the reader before left them.
void context_init(struct context_reader *r, const struct view *v);

// Note the words that stand in the CATALOG_NEAR + CONTEXT_LEAD bytes before `upto`. Calls go from
// left to right.
void context_read(struct context_reader *r, size_t upto);

// Forget the active groups none of whose words is near before `upto` or what begins a little
// before it.
void context_prune(struct context_reader *r, size_t upto);

// How far before `upto` the last word of `group` begins; CONTEXT_FAR where none is near.
static inline unsigned context_near(const struct context_reader *r, size_t group, size_t upto)
{
    uint32_t last = r->last[group];

    return last > 0 && last <= upto && upto - (last - 1) <= CATALOG_NEAR
               ? (unsigned)(upto - (last - 1))
               : CONTEXT_FAR;
}

// The bucket of a word, or of a text of `n` bytes, at least two: by its first three bytes in lower
// case, where the third goes on with the word.
static inline unsigned context_bucket(const uint8_t *p, size_t n)
{
    uint8_t first = to_lower(p[0]);
    uint8_t second = to_lower(p[1]);
    uint8_t third = n > 2 && (is_alnum(p[2]) || second >= 0x80) ? to_lower(p[2]) : 0;

    return (first * 1021U + second * 59U + third) % CONTEXT_BUCKETS;
}
