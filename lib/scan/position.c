// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/position.h"

static uint64_t lines_in(struct span bytes)
{
    uint64_t n = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        n += bytes.p[i] == '\n';
    }
    return n;
}

// Characters begin at bytes that continue none; those outside the basic plane have four bytes and
// two code units.
static void add_columns(struct place *p, struct span bytes)
{
    uint64_t characters = 0;
    uint64_t pairs = 0;

    for (size_t i = 0; i < bytes.n; i++) {
        characters += (bytes.p[i] & 0xC0) != 0x80;
        pairs += bytes.p[i] >= 0xF0;
    }
    p->column += characters;
    p->column_utf16 += characters + pairs;
}

void place_advance(struct place *p, struct span bytes)
{
    const uint8_t *last = bytes.n == 0 ? NULL : memrchr(bytes.p, '\n', bytes.n);

    if (last != NULL) {
        p->line += lines_in(bytes);
        p->column = 1;
        p->column_utf16 = 1;
        bytes = span_drop_first(bytes, (size_t)(last - bytes.p) + 1);
    }
    add_columns(p, bytes);
}
