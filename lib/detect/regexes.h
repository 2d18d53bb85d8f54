// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Regular expressions that come at run time: allow-lists. In linear time, so those that only a
// backtracking engine can run (look-around, back references) are refused.
//
// Ownership: a set owns its database. Threads: one at a time.
// Errors:    AIU_CONFIG_INVALID for an expression that can not be run, with its index and the
//            reason; AIU_NO_MEMORY; AIU_INSPECTION_FAILED.
#pragma once

#include <stdbool.h>

#include "base/span.h"
#include "base/status.h"

struct regexes;

enum { REGEXES_MOST = 4096, REGEXES_REASON = 160 };

struct regexes_error {
    size_t index;
    char reason[REGEXES_REASON];
};

// `expressions` are NUL-terminated; `count` is at least 1.
MUST_CHECK enum aiu_status regexes_new(const char *const *expressions, size_t count,
                                       struct regexes **ret_set, struct regexes_error *ret_error);
void regexes_free(struct regexes *set);

// Whether any of them matches anywhere in `text`.
MUST_CHECK enum aiu_status regexes_match(struct regexes *set, struct span text, bool *ret_any);
