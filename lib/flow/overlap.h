// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Findings and tokens of one text, where they lie over each other.
//
// A token of the request that comes back is not new: a finding inside it is none, whatever the rule
// says about its shape. A finding that begins in front of a token and is edited takes the token
// with it. Of one that begins inside a token and goes on behind it, what is behind counts.
// In a link that an output rule does not like, or that another host than those allowed would learn
// of when it is fetched, no value comes back: the host learns the token only. Findings may overlap
// each other too (detect/deep.h): the first then stands for all of them.
//
// What was settled is noted in the items, so that a text in pieces is settled piece by piece with
// the same result. Ownership: the caller's lists. Threads: one.
#pragma once

#include "detect/restore.h"
#include "policy/policy.h"

// `note` of a finding: 0 while it is not settled, then this.
static inline uint8_t note_of(enum action a)
{
    return (uint8_t)(a + 1);
}

static inline bool finding_edits(const struct finding *f)
{
    return f->note > 0 && action_edits((enum action)(f->note - 1));
}

// What is to be done about a finding that counts.
typedef enum aiu_status (*overlap_judge)(void *ctx, const struct finding *f,
                                         enum action *ret_action);

// Settle all that begins before `upto`: findings get their note, tokens that fall away lose their
// entry.
MUST_CHECK enum aiu_status overlap_settle(struct findings *found, struct tokens_seen *seen,
                                          size_t upto, overlap_judge judge, void *ctx);
