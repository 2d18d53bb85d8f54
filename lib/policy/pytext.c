// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Binary search in ranges that tools/unicode_tables.py wrote. The largest table has some 730 of
// them, so a look-up is ten steps; ASCII, which is most of most texts, is in the first few ranges
// and is not worth a table of its own.
#include "policy/pytext.h"

#include "base/utf8.h"

bool pytext_is(const struct pytext_table *t, uint32_t code)
{
    size_t low = 0;
    size_t high = t->count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (code > t->ranges[middle].high) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < t->count && code >= t->ranges[low].low;
}

struct span pytext_strip(struct span valid, size_t *ret_before)
{
    struct span rest = valid;

    while (rest.n > 0) {
        struct span next = rest;
        if (!pytext_is(&pytext_space, utf8_next(&next))) {
            break;
        }
        rest = next;
    }
    if (ret_before != NULL) {
        *ret_before = valid.n - rest.n;
    }
    while (rest.n > 0) {
        size_t at = utf8_previous(rest, rest.n);
        struct span last = span_drop_first(rest, at);
        if (!pytext_is(&pytext_space, utf8_next(&last))) {
            break;
        }
        rest = span_first(rest, at);
    }
    return rest;
}
