// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// PromptValidator: is this text fit to be sent, and what may be said about it (guide S11, S46-S53).
//
// The order of checks is the guide's: valid UTF-8 (our own, first of all), blank (S47), length in
// code points before trimming (S48), then trim (S49), then characters (S50). `length_first` swaps
// blank and length, as the guide's validate_prompt does (S11); only a blank text over the limit can
// tell the two apart.
//
// Ownership: spans point into the caller's text. Threads: a validator is plain constant data.
// Errors: AIU_INVALID_PROMPT, with the reason in the result.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "policy/policy.h"

enum validator_reason {
    VALIDATOR_FINE,
    VALIDATOR_EMPTY,
    VALIDATOR_TOO_LONG,
    VALIDATOR_INVALID_CHARACTERS,
    VALIDATOR_INVALID_UTF8,
};

// Which characters may stand in a text.
enum validator_characters {
    VALIDATOR_ANY,         // whatever is valid UTF-8
    VALIDATOR_NO_CONTROLS, // no C0 or C1 control but TAB, LF and CR; no DEL, no noncharacter
    VALIDATOR_GUIDE, // S50 to the letter: Python's \w and \s and . , ! ? ; : - \ " ' ( ) [ ] { }
};

struct validator {
    size_t max_characters; // code points; SIZE_MAX for no limit
    enum validator_characters characters;
    bool refuse_blank; // S47
    bool trim;         // S49
    bool length_first; // S11
};

// The guide's PromptValidator: 10,000 code points, S50's characters, trimmed.
extern const struct validator validator_guide;

// The validator of a policy. Controls are refused unless the policy lets hidden text pass.
struct validator validator_of(const struct policy *p);

// Filled by validator_check whatever it returns.
struct validator_result {
    enum validator_reason reason;
    size_t at;        // byte of the first violation in the text handed in; 0 for EMPTY
    uint32_t code;    // INVALID_CHARACTERS: the code point there
    size_t limit;     // TOO_LONG: the limit, in code points
    struct span text; // FINE: what may be sent, trimmed if the validator trims (S51)
};

// AIU_OK or AIU_INVALID_PROMPT. Linear in the text.
MUST_CHECK enum aiu_status validator_check(const struct validator *v, struct span text,
                                           struct validator_result *result);

// Every violation instead of the first, in the order of checks: up to `most` into `results`.
// Returns how many there are, which may be more than `most`.
size_t validator_check_all(const struct validator *v, struct span text,
                           struct validator_result *results, size_t most);

// "prompt_too_long" and the like: for logs, errors, metrics.
const char *validator_reason_text(enum validator_reason r);

// The sentence for people: "Prompt too long (max 10000 chars)" (S48). Holds no content.
MUST_CHECK enum aiu_status validator_message(const struct validator_result *r, struct buf *dst);

// S52: what may be logged about a text, but for its language (language/language.h).
struct validator_metadata {
    size_t length; // code points
    size_t bytes;
    size_t word_count; // as Python's str.split() counts
    bool has_numbers;  // a decimal digit of any script
};

// Of text that need not be valid: a byte that is none of UTF-8 counts as one code point.
struct validator_metadata validator_describe(struct span text);
