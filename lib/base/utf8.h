// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as RFC 3629 has it: no overlong form, no surrogate, nothing above U+10FFFF (guide S10).
//
// Ownership: nothing is kept. Threads: any, one per state.
#pragma once

#include "base/span.h"
#include "base/status.h"

// Incremental check, fed in any cut. Zero-initialised is the start.
struct utf8 {
    uint8_t state; // 0: between characters
};

// AIU_UTF8_INVALID at the first byte that cannot be; `*ret_bad` (may be NULL) is its index.
MUST_CHECK enum aiu_status utf8_feed(struct utf8 *u, struct span bytes, size_t *ret_bad);

// True when no character is half done.
static inline bool utf8_complete(const struct utf8 *u)
{
    return u->state == 0;
}

// Whether the whole text is valid and complete.
bool utf8_valid(struct span text);

// Code points of valid text.
size_t utf8_count(struct span valid);

// Take the first code point off valid, non-empty text.
uint32_t utf8_next(struct span *valid);

// The same on text that may be broken: U+FFFD and one byte for whatever is not valid.
uint32_t utf8_next_lossy(struct span *text);

// Write `code` (a scalar value) to `out`; returns the bytes written, 1 to 4.
size_t utf8_write(uint32_t code, uint8_t out[4]);

// The character before byte `at` of valid text begins here.
size_t utf8_previous(struct span valid, size_t at);
