// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Sums over the requests of a log (guide S6, S74, S92): who used what, how often, how much, with
// what verdicts and errors, first and last when.
//
// Ownership: a table owns its groups; names are copied. Threads: one. Memory: one row a group, at
// most USAGE_GROUPS of them (AIU_TOO_LONG), and an id a request without a result.
#pragma once

#include "audit/query.h"

enum { USAGE_GROUPS = 65536, USAGE_NAME = 128 };

// What requests are put together by.
enum usage_by {
    USAGE_BY_KEY,
    USAGE_BY_TENANT,
    USAGE_BY_MODEL,
    USAGE_BY_PROVIDER,
    USAGE_BY_USER, // its pseudonym
    USAGE_BY_VERDICT,
    USAGE_BY_RULE, // a request counts for each of its rules
    USAGE_BY_DAY,
    USAGE_BY_COUNT
};

// "key", "tenant", "model", …
const char *usage_by_text(enum usage_by by);

struct usage_group {
    char names[2][USAGE_NAME]; // of `by` and `then_by`; cut where they are longer
    uint64_t requests, passed, flagged, redacted, blocked;
    uint64_t errors; // results without success, and requests that were abandoned
    uint64_t tokens_in, tokens_out, in_bytes, out_bytes, duration_us;
    uint64_t first_us, last_us;
};

struct usage;

// `then_by` USAGE_BY_COUNT: by one thing only.
MUST_CHECK enum aiu_status usage_new(enum usage_by by, enum usage_by then_by,
                                     struct usage **ret_usage);
void usage_free(struct usage *u);

// Count what a query found. For query_run, whose ctx is the table.
MUST_CHECK enum aiu_status usage_take(void *usage, const struct query_hit *hit);

// The groups, those with most requests first, days in their order. The table is at its end then:
// only usage_free may follow.
void usage_groups(struct usage *u, const struct usage_group **ret_groups, size_t *ret_count);
