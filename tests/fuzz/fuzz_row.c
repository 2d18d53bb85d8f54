// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of a log that somebody may have written: read as a row, and told in every format.
#include "base/alloc.h"
#include "watch/format.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    CLEANUP(arena_done) struct arena a;
    struct row_values v;

    arena_init(&a, 4 << 20);
    row_read(span_of(data, size), &a, &v);
    CHECK(v.rule_count <= ARRAY_SIZE(v.rules));
    for (int f = 0; f < FORMAT_COUNT; f++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
        const struct format_entry e = {1, span_of(data, size), &v, SPAN("host"), 1};
        IGNORE(format_append((enum format)f, &e, &b));
    }
    return 0;
}
