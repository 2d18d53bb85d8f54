// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Characters as Python's `re` and `str` class them: the guide's PromptValidator is defined by them
// (guide S50, S52). Unicode 14.0, as Python 3.11.
//
// Ownership: constant data. Threads: any. Errors: none.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct pytext_range {
    uint32_t low, high; // both included
};

struct pytext_table {
    const struct pytext_range *ranges;
    size_t count;
};

extern const struct pytext_table pytext_word;    // \w: str.isalnum() or "_"
extern const struct pytext_table pytext_space;   // \s: str.isspace(); what str.strip() takes off
extern const struct pytext_table pytext_decimal; // \d: str.isdecimal()

bool pytext_is(const struct pytext_table *t, uint32_t code);

// str.strip() of valid UTF-8; `*ret_before` (may be NULL) is how many bytes went at the front.
struct span pytext_strip(struct span valid, size_t *ret_before);
