// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Strings that must never leave: marks that somebody put into a system prompt, to see it leak. They
// are looked for beside the rules, so that no finding can lie over one, and in ASCII letters of
// either case.
//
// Pure. Ownership: a set copies what it is given, and is immutable once it is handed to a scan.
// Threads: any, then. Whoever owns the set wipes it. Linear in the text but for a canary that
// repeats itself.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

enum {
    CANARIES_MOST = 32,
    CANARY_LEAST = 8,     // characters; what is shorter stands in harmless answers too,
    CANARY_DIFFERENT = 5, // and so does a row of dashes
    CANARY_MOST = 200,
    CANARY_FRONT = 4, // characters by which most places are told to have none
};

// All zero: none.
struct canaries {
    uint32_t front[CANARY_FRONT][256]; // a bit a canary: those that have this byte at this place
    uint8_t texts[CANARIES_MOST][CANARY_MOST]; // in small letters
    uint8_t sizes[CANARIES_MOST];
    size_t count;
};

//   AIU_CONFIG_INVALID  `*ret_why` (may be NULL) says in words what is wrong with it
MUST_CHECK enum aiu_status canaries_add(struct canaries *set, struct span text,
                                        const char **ret_why);

// Whether one stands in `text` from `from` on. Up to `*ret_clear` (may be NULL) none begins that
// may still come to its end; `final`: nothing follows the text.
bool canaries_stand_in(const struct canaries *set, struct span text, size_t from, bool final,
                       size_t *ret_clear);
