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

// The unescaped bytes of a string one by one, for comparing without a copy.
struct json_unescaped {
    struct span rest;
    uint8_t bytes[4]; // of the last escape
    uint8_t n;
    uint8_t at;
};

// The next byte; -1 at the end.
int json_unescaped_next(struct json_unescaped *u);
