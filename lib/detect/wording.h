// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Judges the wording of a text: does it try to take over the model that reads it? Two witnesses:
// the phrases of rules/injection.yaml, and a linear model over hashed n-grams (docs/injection.md).
// The model alone never blocks.
//
// Ownership: borrows the folded text. Threads: any. Time: linear in the text; no memory is
//            allocated but for findings.
// Errors:    those of findings_append.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"
#include "detect/finding.h"
#include "detect/rules.h"

struct folded;

enum wording_verdict { WORDING_PASS, WORDING_FLAG, WORDING_BLOCK };

struct wording {
    uint8_t score;   // 0 to 100; 50 and more is flagged in the user's own words
    uint8_t verdict; // enum wording_verdict
};

// `foreign`: the text of a tool or a document, which has no right to instruct and is judged more
// strictly than what a user says. Not for system prompts, which instruct by right.
//
// The evidence is appended to `out` where the verdict is not to pass: injection.* with the bytes of
// the source, sorted, not overlapping each other. Rules that are not in `rules` do not count;
// injection.wording stands for the model.
MUST_CHECK enum aiu_status wording_judge(const struct folded *text, bool foreign,
                                         const struct rule_set *rules, struct findings *out,
                                         struct wording *ret_wording);

// Of two readings of one text, the worse.
static inline void wording_join(struct wording *w, const struct wording *other)
{
    w->score = other->score > w->score ? other->score : w->score;
    w->verdict = other->verdict > w->verdict ? other->verdict : w->verdict;
}
