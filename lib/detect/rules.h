// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The rules that are built in: rules/*.yaml, compiled at build time. A rule is known by its number
// inside the process and by its id everywhere else; numbers are not stable between builds.
//
// Ownership: all constant data. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "detect/finding.h"
#include "detect/phone_regions.h"

enum { RULES_MAX = 2048 };

struct rule_info {
    const char *id;  // "pii.email"
    const char *tag; // "email": what a typed redaction shows
    const char *description;
    enum finding_kind kind;
    uint8_t severity;            // enum severity
    uint8_t confidence;          // of a finding without context words
    bool certain;                // deterministic: may block by itself
    bool opt_in;                 // in no set but those that name it
    const char *const *examples; // "…⟦secret⟧…", NULL-terminated; see docs/rules.md
    const char *const *counterexamples;
};

size_t rules_count(void);

// NULL where there is no such number.
const struct rule_info *rules_get(uint16_t rule);

bool rules_find(struct span id, uint16_t *ret_rule);

// Hosts by name; "*.example.com" stands for every host below it.
struct host_list {
    const struct span *names;
    size_t count;
};

struct canaries;

// Which rules are on, and what they leave alone.
struct rule_set {
    uint64_t bits[RULES_MAX / 64];
    // A text that has one of them is not scanned but refused: AIU_CONTENT_BLOCKED. NULL: none.
    const struct canaries *canaries;
    const struct host_list *hosts; // links to these are no findings; NULL: none
    struct phone_regions regions;  // whose telephone numbers need no word beside them
    // Texts are fields of a form or table, not turns of a conversation: an identifier of weak form
    // counts where the text is nothing else. In a conversation, a number alone is an answer.
    bool fields;
};

static inline bool rule_set_has(const struct rule_set *s, uint16_t rule)
{
    return rule < RULES_MAX && (s->bits[rule / 64] >> (rule % 64) & 1) != 0;
}

static inline void rule_set_add(struct rule_set *s, uint16_t rule)
{
    if (rule < RULES_MAX) {
        s->bits[rule / 64] |= UINT64_C(1) << (rule % 64);
    }
}

static inline void rule_set_remove(struct rule_set *s, uint16_t rule)
{
    if (rule < RULES_MAX) {
        s->bits[rule / 64] &= ~(UINT64_C(1) << (rule % 64));
    }
}

static inline bool rule_set_meets(const struct rule_set *a, const struct rule_set *b)
{
    uint64_t common = 0;

    for (size_t i = 0; i < RULES_MAX / 64; i++) {
        common |= a->bits[i] & b->bits[i];
    }
    return common != 0;
}

// Every rule, and every rule of one kind, but for those that want to be named.
struct rule_set rule_set_all(void);
struct rule_set rule_set_kind(enum finding_kind kind);
