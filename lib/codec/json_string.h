// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What stands inside a JSON string: escapes and UTF-8 characters one at a time. For the JSON files
// of this layer; others use json.h and json_text.h.
//
// Ownership: nothing is kept. Threads: any.
#pragma once

#include "base/span.h"
#include "base/status.h"

enum json_escape {
    ESCAPE_WHOLE,  // a character
    ESCAPE_MORE,   // the bytes end before it is decided
    ESCAPE_BROKEN, // no escape of the grammar: the backslash by itself, width 1
    ESCAPE_LONE,   // half a surrogate pair: U+FFFD, width 6
};

enum { ESCAPE_MAX = 12 }; // bytes of the longest escape, a pair

// Read the escape at the backslash `s.p[0]`: its character and its source bytes. Once decided, more
// bytes behind it change nothing. Both results are written except on ESCAPE_MORE.
enum json_escape json_escape_read(struct span s, uint32_t *ret_code, size_t *ret_width);

// Source bytes of the UTF-8 character at `s.p[0]` (0x80 or above): 2 to 4, 0 when the bytes end
// before it does, -1 when it is not valid.
int json_utf8_width(struct span s);

// Length of the run of whole, valid characters of two and three bytes at the front: the fast way
// over most text outside ASCII. What it stops at is for json_utf8_width to judge.
static inline size_t json_utf8_run(const uint8_t *p, size_t n)
{
    size_t i = 0;

    while (n - i >= 3) {
        uint32_t three = (uint32_t)p[i] << 16 | (uint32_t)p[i + 1] << 8 | p[i + 2];
        uint32_t high = three & 0x0F2000; // 0: overlong; 0x0D2000: surrogate
        if ((three & 0xF0C0C0) == 0xE08080 && high != 0 && high != 0x0D2000) {
            i += 3;
        } else if ((three & 0xE0C000) == 0xC08000 && p[i] >= 0xC2) {
            i += 2;
        } else {
            break;
        }
    }
    return i;
}

// The unescaped bytes of a string one by one, for comparing without a copy.
struct json_unescaped {
    struct span rest;
    uint8_t bytes[4]; // of the last escape
    uint8_t n;
    uint8_t at;
};

// The next byte; -1 at the end.
int json_unescaped_next(struct json_unescaped *u);
