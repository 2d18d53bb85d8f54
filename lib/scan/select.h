// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which rules and regions are meant: the words of `--only`, `--phone-regions` and of marks in
// files.
//
// Ownership: nothing is kept. Threads: any.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "detect/rules.h"

// Whether a word names the rule: its kind ("secret"), its id, the front of its id up to a dot or an
// underscore ("pii.us"), or any front with a star behind it ("secret.aws*").
bool select_names(struct span word, const struct rule_info *rule);

// A list of words with commas between; "all" is one. `*ret_rules` holds all that are named; a rule
// that is in no set (opt_in) by its whole id only.
//   AIU_NOT_FOUND  a word names no rule; `*ret_word` (may be NULL) is that word
MUST_CHECK enum aiu_status select_rules(struct span words, struct rule_set *ret_rules,
                                        struct span *ret_word);

// Regions with commas between, "DE,US".
//   AIU_NOT_FOUND  `*ret_word` is no region
//   AIU_TOO_LONG   more than PHONE_REGIONS_MOST number plans
MUST_CHECK enum aiu_status select_regions(struct span words, struct phone_regions *ret_regions,
                                          struct span *ret_word);
