// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows of the shared test data: one JSON object a line.
#pragma once

#include "codec/json.h"

#include "detect_test.h"

// Call `each` for each line of a file of the shared data; skips where it is absent.
typedef void (*row_handler)(void *ctx, const struct json_doc *doc);

static inline void each_row(const char *name, row_handler each, void *ctx)
{
    struct span left = test_read_file(test_shared(name));
    const void *whole = left.p;
    struct arena arena;

    arena_init(&arena, 64 << 20);
    while (left.n > 0) {
        struct json_doc doc;
        size_t n = span_find_byte(left, '\n');
        struct span line = span_first(left, n);
        if (line.n > 0) {
            assert_ok(json_parse(line, &arena, &json_default_limits, &doc, NULL));
            each(ctx, &doc);
            arena_reset(&arena);
        }
        left = span_drop_first(left, n + 1);
    }
    arena_done(&arena);
    mem_free((void *)whole);
}

// The string member `name` of an object, unescaped, in `out`; empty where there is none.
static inline struct span row_text(const struct json_doc *doc, uint32_t object, const char *name,
                                   struct buf *out)
{
    uint32_t at = json_member(doc, object, span_str(name));

    buf_reset(out);
    if (at != JSON_NONE && doc->tokens[at].type == JSON_STRING) {
        assert_ok(json_unescape(doc, at, out));
    }
    return buf_span(out);
}
