// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What happened to a row of entries: the row that is there against the row that should be. Pure.
// Internal to audit.
#pragma once

#include "audit/verify.h"

enum { DIFF_MOST = 1024 };

// Names of entries (a hash's first bytes, or an index) from the first difference on.
struct diff_row {
    uint64_t names[DIFF_MOST];
    size_t count;
};

struct diff {
    enum verify_fault fault; // edited, deleted, inserted, reordered or truncated
    size_t count;            // of entries that are concerned, from the first difference on
};

// The rows differ in their first name, or one of them has none.
struct diff diff_rows(const struct diff_row *there, const struct diff_row *wanted);
