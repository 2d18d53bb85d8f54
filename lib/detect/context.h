// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Context words: what kind of thing a number is often stands before it. They are looked for only
// where a candidate asks, and each byte is read about once however many ask, so that text without
// candidates pays nothing.
//
// Pure. Ownership: `last` is the caller's. Threads: one per reader. Errors: none.
#pragma once

#include "detect/catalog.h"
#include "detect/matcher.h"

struct context_reader {
    const struct catalog *catalog;
    const struct view *view;
    size_t read;    // words before this that end before the last `upto` were seen
    uint32_t *last; // by group: start + 1 of the last word so far, 0 for none
};

// Note the words that stand in the CATALOG_NEAR bytes before `upto`. Calls go from left to right.
void context_read(struct context_reader *r, size_t upto);

// Whether a word of `group` stands near before `upto`.
static inline bool context_near(const struct context_reader *r, uint8_t group, size_t upto)
{
    uint32_t last = r->last[group];

    return last > 0 && upto - (last - 1) <= CATALOG_NEAR;
}

// The bucket of a word, or of a text, by two bytes in lower case.
static inline uint8_t context_bucket(uint8_t first, uint8_t second)
{
    return (uint8_t)(first * 31U + second);
}
