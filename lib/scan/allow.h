// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What was looked at before and is let pass: allow-lists of a .gitleaks.toml, the lines of a
// .gitleaksignore, the fingerprints of an earlier report, and marks on a line ("aiu:allow").
//
// Of a .gitleaks.toml are read: [allowlist] and [[allowlists]] (paths, regexes, regexTarget,
// stopwords, condition, targetRules), the same of each rule, and extend.disabledRules. Rules are
// matched by name where ours is the same or well known (allow_rules.def). Commits do not count: a
// scan sees files. Expressions that need backtracking are refused.
//
// Ownership: allow owns what it read. Threads: one at a time.
// Errors:    AIU_FILE_INVALID with a line and a reason, AIU_CONFIG_INVALID for an expression,
//            AIU_NO_MEMORY.
#pragma once

#include "base/arena.h"
#include "detect/rules.h"
#include "scan/file_finding.h"

struct allow_entry;

struct allow_line {
    struct span name;
    uint64_t line;
};

struct allow {
    struct arena arena;
    struct allow_entry *entries; // newest first
    struct allow_line *lines;
    size_t line_count, line_capacity;
    uint8_t *known; // fingerprints, sorted
    size_t known_count;
};

struct allow_error {
    unsigned line; // 0: none
    char reason[200];
};

void allow_init(struct allow *a);
void allow_done(struct allow *a);

MUST_CHECK enum aiu_status allow_read_gitleaks(struct allow *a, struct span toml,
                                               struct allow_error *ret_error);
MUST_CHECK enum aiu_status allow_read_lines(struct allow *a, struct span text);
// A report that `aiu scan --format json` wrote.
MUST_CHECK enum aiu_status allow_read_report(struct allow *a, struct span json,
                                             struct allow_error *ret_error);

// Whether a file is let pass unread.
MUST_CHECK enum aiu_status allow_has_file(const struct allow *a, struct span name, bool *ret_yes);

// A finding in its line.
struct allow_question {
    struct span name;
    uint16_t rule;
    struct span secret;
    struct span line; // as much of it as there is at hand
    uint64_t number;  // of the line
};

MUST_CHECK enum aiu_status allow_has(const struct allow *a, const struct allow_question *q,
                                     bool *ret_yes);

// Whether a report that was read has the fingerprint.
bool allow_knows(const struct allow *a, const uint8_t fingerprint[FINGERPRINT_SIZE]);

// Whether `line` has a mark for `rule`: "aiu:allow", "aiu:allow RULES" (kinds and ids as for
// --only), "gitleaks:allow".
bool allow_is_marked(struct span line, uint16_t rule);
