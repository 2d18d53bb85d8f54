// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which rules a command looks for: the words of `--only`.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "detect/rules.h"

// A list of words with commas between: a kind ("secret"), a rule id ("pii.email"), or the front of
// ids up to a dot, an underscore or a star ("pii.us", "secret.aws*"). `*ret_rules` holds all that
// are named.
//   AIU_NOT_FOUND  a word names no rule; `*ret_word` (may be NULL) is that word
MUST_CHECK enum aiu_status select_rules(struct span words, struct rule_set *ret_rules,
                                        struct span *ret_word);
