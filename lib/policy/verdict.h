// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The verdict on one direction of an exchange, with its reasons: which rules, how often, where
// first. Never what was found.
//
// Ownership: paths are borrowed; they must live as long as the verdict (the exchange's arena).
// Threads:   one. Memory: fixed. Errors: none; reasons beyond the bound are counted, and a stronger
// one takes the place of a weaker one, so that what blocked is always named.
#pragma once

#include "base/buf.h"
#include "policy/policy.h"

// VERDICT_REDACT stands for every action that changes the text.
enum verdict_kind { VERDICT_PASS, VERDICT_FLAG, VERDICT_REDACT, VERDICT_BLOCK };

enum { VERDICT_REASONS = 16 };

struct verdict_reason {
    struct span path; // of the first finding
    uint32_t count;
    uint16_t rule;
    uint8_t action; // enum action, the strongest seen for the rule
};

// Zero-initialised is "pass".
struct verdict {
    enum verdict_kind kind;
    uint32_t count; // of `reasons`
    uint32_t more;  // findings of rules that found no room
    struct verdict_reason reasons[VERDICT_REASONS];
};

// Take a finding with the action that policy_decide gave. ACTION_ALLOW changes nothing.
void verdict_add(struct verdict *v, enum action a, uint16_t rule, struct span path);

// A block that no rule stands for (a guard failed, a limit was passed): strengthens the kind only.
void verdict_raise(struct verdict *v, enum verdict_kind kind);

// Join the reasons of `from` into `v`.
void verdict_merge(struct verdict *v, const struct verdict *from);

// "pass", "flag", "redact", "block": the value of the reply's aiu-verdict.
const char *verdict_text(enum verdict_kind kind);

// The reason to name to the caller: the first of the strongest. NULL where there is none.
const struct verdict_reason *verdict_first(const struct verdict *v);

// "pii.email=2,secret.generic=1": for the audit record and logs. Nothing for no reasons; ",more=3"
// at the end where reasons found no room.
MUST_CHECK enum aiu_status verdict_reasons_text(const struct verdict *v, struct buf *dst);
