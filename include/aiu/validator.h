// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Is this text fit to be sent, and what may be said about it without showing it (guide S11, S46 to
// S53: PromptValidator).
//
// A check is, in this order: valid UTF-8; not blank (S47); not longer than the limit in code
// points, before trimming (S48); trimmed (S49); only characters that are allowed (S50).
//
// Text:    bytes with a length; nothing is copied and nothing is kept.
// Threads: a validator is plain data; any number of threads may use one that none changes.
// Time:    linear in the text. Errors: AIU_INVALID_PROMPT, with the reason in the result.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aiu/status.h"
#include "aiu/visibility.h"

#ifdef __cplusplus
extern "C" {
#endif

enum aiu_validator_profile {
    AIU_VALIDATOR_GUIDE,   // the guide to the letter: 10,000 code points, S50's characters, trimmed
    AIU_VALIDATOR_DEFAULT, // 200,000 code points, any text without control characters, as it is
};

enum aiu_validator_characters {
    AIU_VALIDATOR_ANY,         // whatever is valid UTF-8
    AIU_VALIDATOR_NO_CONTROLS, // no control character but TAB, LF and CR; no noncharacter
    AIU_VALIDATOR_ALLOW_LIST, // S50: letters, digits, _, blanks and . , ! ? ; : - \ " ' ( ) [ ] { }
};

// Filled by aiu_validator_init; then change what should be different.
struct aiu_validator {
    size_t max_characters; // code points; SIZE_MAX for no limit
    enum aiu_validator_characters characters;
    bool refuse_blank; // S47
    bool trim;         // S49: what is sent is the text without blanks at both ends
    bool length_first; // S11: length before blank, as the guide's first example has it
};

enum aiu_validator_reason {
    AIU_VALIDATOR_FINE,
    AIU_VALIDATOR_EMPTY,
    AIU_VALIDATOR_TOO_LONG,
    AIU_VALIDATOR_INVALID_CHARACTERS,
    AIU_VALIDATOR_INVALID_UTF8,
};

// Written by aiu_validator_check whatever it returns.
struct aiu_validator_result {
    enum aiu_validator_reason reason; // of the first violation
    const char *code;                 // "prompt_too_long" and the like, stable; "fine" for FINE
    size_t at;                        // byte of the violation in the text handed in; 0 for EMPTY
    uint32_t character;               // INVALID_CHARACTERS: the code point there
    size_t limit;                     // TOO_LONG: the limit, in code points
    const char *text; // FINE: what may be sent (S51), inside the text handed in; else NULL
    size_t text_n;    // its bytes
};

// S52: what may be logged about a text.
struct aiu_validator_metadata {
    size_t length;        // code points; a byte that is not UTF-8 counts as one
    size_t bytes;         // as handed in
    size_t word_count;    // runs without blanks
    bool has_numbers;     // a decimal digit of any script
    const char *language; // ISO 639-1 ("en"), static; NULL: not sure
};

// Never fails; an unknown profile is the guide's.
AIU_API void aiu_validator_init(struct aiu_validator *validator,
                                enum aiu_validator_profile profile);

// AIU_OK or AIU_INVALID_PROMPT. `text` may be NULL where n is 0.
AIU_API AIU_MUST_CHECK enum aiu_status aiu_validator_check(const struct aiu_validator *validator,
                                                           const char *text, size_t n,
                                                           struct aiu_validator_result *result);

// The sentence for people ("Prompt too long (max 10000 chars)", S48), with a NUL, cut where `size`
// bytes do not hold it; 64 are enough. Holds nothing of the text. Returns its length uncut.
AIU_API size_t aiu_validator_message(const struct aiu_validator_result *result, char *out,
                                     size_t size);

// S52, of any text.
AIU_API void aiu_validator_describe(const char *text, size_t n,
                                    struct aiu_validator_metadata *ret_metadata);

#ifdef __cplusplus
}
#endif
