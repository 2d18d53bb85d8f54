// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of a log that answer a question (guide S6, S74, S92): who, when, with which key, model,
// verdict, rule. The result of a request is part of the answer where its decision is. Of a log that
// is divided by months (FOLDER is STATE/audit/main) all months answer, the oldest first.
//
// Ownership: spans of a query live as long as it is used; an entry until the sink returns.
// Threads: one. Memory: the rows of one segment, and 40 bytes a request whose result is awaited.
#pragma once

#include "audit/index.h"

// An empty span, and 0 to UINT64_MAX, ask nothing.
struct query {
    struct index_window window;
    struct span columns[ROW_COLUMNS];
    const struct span
        *users; // any of these values of "user_mac": one a month; count 0 asks nothing
    size_t user_count;
    const struct span *prompts; // the same for "prompt_mac"
    size_t prompt_count;
    struct span rule; // "pii.email", or "pii." for all that begin so
    bool one_month;   // only of `folder` itself
};

#define QUERY_ALL ((struct query){.window = {0, UINT64_MAX}})

struct query_hit {
    uint64_t index; // in its month
    struct span entry;
    const struct row_values *values;
};

// `on_hit` may return anything but AIU_OK to stop; that is returned.
MUST_CHECK enum aiu_status
query_run(const char *folder, const struct query *q,
          enum aiu_status (*on_hit)(void *ctx, const struct query_hit *hit), void *ctx);
