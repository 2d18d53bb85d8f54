// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The text of an edit: what takes the place of a finding, or of a token that came back, written as
// it must be where it stands in a JSON document.
//
// Ownership: texts lie in the arena handed in. Threads: one. Errors: AIU_NO_MEMORY, AIU_TOO_LONG,
// those of the pseudonyms.
#pragma once

#include "detect/redact.h"
#include "flow/overlap.h"

struct replace {
    bool plain;                    // tags
    struct pseudonyms *pseudonyms; // NULL: none are made
};

// What stands in the place of `f`, a settled finding that is edited. `value` is empty where it is
// too long. `inner`: it stands in a string of JSON that itself is a JSON string.
MUST_CHECK enum aiu_status replace_finding(const struct replace *r, const struct finding *f,
                                           struct span value, bool inner, struct arena *arena,
                                           struct span *ret_with);

// The value of a token; empty where it can not stand there: a number is to stay a number.
MUST_CHECK enum aiu_status replace_token(const struct token_seen *s, bool number, bool inner,
                                         struct arena *arena, struct span *ret_with);
