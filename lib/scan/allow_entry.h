// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One allow-list, as allow.c and allow_gitleaks.c share it.
#pragma once

#include "detect/regexes.h"
#include "detect/rules.h"

struct allow_entry {
    struct allow_entry *next;
    bool every_rule; // else those in `rules`
    bool always;     // whatever is found: a rule that is switched off
    bool both;       // condition AND: everything that it names must match
    bool commits;    // names commits, which a scan of files has not
    bool on_line;    // the expressions see the line, not the secret
    struct rule_set rules;
    struct regexes *paths, *regexes; // NULL: none
    struct span *stopwords;
    size_t stopword_count;
};
