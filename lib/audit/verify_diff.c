// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Looks for the smallest shift after which the two rows run alike again for a few entries. What was
// skipped in one row and turns up later in the other was not inserted or deleted but moved.
#include "audit/verify_diff.h"

enum { DIFF_RUN = 8 }; // entries alike that count as running alike again

static bool runs_alike(const struct diff_row *a, size_t from_a, const struct diff_row *b,
                       size_t from_b)
{
    size_t n = a->count - from_a < b->count - from_b ? a->count - from_a : b->count - from_b;

    n = n < DIFF_RUN ? n : DIFF_RUN;
    return n > 0 && memcmp(a->names + from_a, b->names + from_b, n * sizeof(a->names[0])) == 0;
}

// How far into `row` any of these names goes; 0 where it has none of them.
static size_t reach(const struct diff_row *row, const uint64_t *names, size_t count)
{
    for (size_t i = row->count; i > 0; i--) {
        for (size_t k = 0; k < count; k++) {
            if (row->names[i - 1] == names[k]) {
                return i;
            }
        }
    }
    return 0;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

// Rows that run alike again after `skip_there` and `skip_wanted` entries.
static struct diff judge(const struct diff_row *there, size_t skip_there,
                         const struct diff_row *wanted, size_t skip_wanted)
{
    size_t came_from = reach(wanted, there->names, skip_there);
    size_t went_to = reach(there, wanted->names, skip_wanted);
    size_t count = larger(skip_there, skip_wanted);

    if ((skip_there == 0 || came_from > 0) && (skip_wanted == 0 || went_to > 0)) {
        return (struct diff){VERIFY_REORDERED, larger(count, larger(came_from, went_to))};
    }
    return (struct diff){skip_there == skip_wanted ? VERIFY_EDITED
                         : skip_there == 0         ? VERIFY_DELETED
                                                   : VERIFY_INSERTED,
                         count};
}

struct diff diff_rows(const struct diff_row *there, const struct diff_row *wanted)
{
    if (there->count == 0 || wanted->count == 0) {
        bool less = there->count == 0;
        return (struct diff){less ? VERIFY_TRUNCATED : VERIFY_INSERTED,
                             less ? wanted->count : there->count};
    }
    for (size_t shift = 1; shift < there->count || shift < wanted->count; shift++) {
        if (shift < there->count && runs_alike(there, shift, wanted, 0)) {
            return judge(there, shift, wanted, 0);
        }
        if (shift < wanted->count && runs_alike(there, 0, wanted, shift)) {
            return judge(there, 0, wanted, shift);
        }
        if (shift < there->count && shift < wanted->count &&
            runs_alike(there, shift, wanted, shift)) {
            return judge(there, shift, wanted, shift);
        }
    }
    return (struct diff){VERIFY_EDITED,
                         there->count < wanted->count ? there->count : wanted->count};
}
