// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a pseudonym looks like: made from a value's keyed hash, in the value's format, in a range
// that is nobody's; and how one is read again in the spellings that models give it.
//
//   style   token                               bits   range
//   WORD    PII_us_itin_k3v9x2q7m4ab              60   none
//   EMAIL   pii.k3v9x2q7m4ab@example.com          60   RFC 2606
//   CARD    4000 0012 3456 7899                   16+  test prefixes; length, separators, Luhn kept
//   SSN     9dd-0d-dddd to 9dd-4d-dddd            25   never issued, and no ITIN either
//   PHONE   +999dddddddddd                        33   no country's code
//   IBAN    DE5599…, GB12XX…                      30+  no bank's code; country, length, check kept
//   IPV4    198.18.0.0/15                         17   RFC 2544
//   IPV6    2001:db8:h:h:h:h:h:h                  93   RFC 3849
//   MAC     02:…                                  40   locally administered
//   NUMBER  a number of the same length            *   stands where only a number may
//
// Pure. Threads: any. Errors: those of the buffer.
#pragma once

#include "base/buf.h"
#include "detect/matcher.h"
#include "detect/rules.h"

enum { TOKEN_MAC_SIZE = 32 };

enum token_style {
    TOKEN_WORD,
    TOKEN_EMAIL,
    TOKEN_CARD,
    TOKEN_SSN,
    TOKEN_PHONE,
    TOKEN_IBAN,
    TOKEN_IPV4,
    TOKEN_IPV6,
    TOKEN_MAC,
    TOKEN_NUMBER,
};

// How a token is read: which bytes are its symbols, which may stand between them.
enum token_group {
    TOKENS_TEXT,   // either case; a backslash before punctuation is skipped
    TOKENS_DIGITS, // digits, and a plus sign in front; blanks, hyphens, dots between are skipped
    TOKENS_ALNUM,  // letters of either case and digits; one blank or hyphen between is skipped
    TOKENS_EXACT,  // either case
    TOKEN_GROUPS,
};

// The style for a value of `rule`; `number`: it is a bare JSON number, all of it digits.
enum token_style token_style_of(const struct rule_info *rule, struct span value, bool number);

enum token_group token_group_of(enum token_style style);

// What is hashed: the value, without its separators where the token keeps them.
MUST_CHECK enum aiu_status token_canonical(enum token_style style, struct span value,
                                           struct buf *dst);

// Append the token of `value`, made from `mac`.
MUST_CHECK enum aiu_status token_make(enum token_style style, const struct rule_info *rule,
                                      struct span value, const uint8_t mac[TOKEN_MAC_SIZE],
                                      struct buf *dst);

// Read the symbol at `at`, which is the first of a token or not. MATCH_NO where there is none.
enum match token_symbol(enum token_group g, const struct view *v, size_t at, bool first,
                        uint8_t *ret_symbol, size_t *ret_next);

// Whether a token may begin at `at`, or end there.
bool token_edge_left(enum token_group g, const struct view *v, size_t at);
enum match token_edge_right(enum token_group g, const struct view *v, size_t at);

// Append the symbols of `token`; not `*ret_whole` where bytes of it are none and it could not be
// found again.
MUST_CHECK enum aiu_status token_fold(enum token_group g, struct span token, struct buf *dst,
                                      bool *ret_whole);
