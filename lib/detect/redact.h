// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What takes the place of a finding (guide S57): a tag, a mask, nothing, or a pseudonym. Redacting
// twice changes nothing: no rule matches a tag or a mask. Pseudonyms are values again.
//
// Ownership: the caller's buffer. Threads: any. Errors: those of the buffer.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "detect/finding.h"
#include "detect/pseudonym.h"
#include "detect/rules.h"

enum redact_mode {
    REDACT_PLAIN,     // "[REDACTED]"
    REDACT_TAG,       // "[REDACTED:email]"
    REDACT_MASK,      // "************1111", "***@example.com"
    REDACT_DROP,      // nothing
    REDACT_PSEUDONYM, // a token (pseudonym.h)
};

struct redaction {
    enum redact_mode mode;
    bool plain;                    // tags, where a mode falls back to them
    struct pseudonyms *pseudonyms; // for REDACT_PSEUDONYM
};

// "[REDACTED]", or "[REDACTED:email]" where not `plain`.
MUST_CHECK enum aiu_status redact_tag(uint16_t rule, bool plain, struct buf *dst);

// Letters and digits become "*", all but the last four where there are eight or more; what stands
// between them stays. Of an e-mail address the part before the "@" becomes "***".
MUST_CHECK enum aiu_status redact_mask(uint16_t rule, struct span value, struct buf *dst);

// What stands in the place of `f`, whose text is `value`: one that is empty or over
// PSEUDONYM_VALUE_MOST gets a tag. In a bare JSON number (f->number) stands "0", or the token's
// digits.
MUST_CHECK enum aiu_status redact_put(const struct redaction *r, const struct finding *f,
                                      struct span value, struct buf *dst);

// `text` with a tag in place of each finding whose rule is in `which` (NULL: all); everything else
// byte for byte. `found` is what scan_text or deep_scan gave for `text`; of findings that overlap
// the first has its tag.
MUST_CHECK enum aiu_status redact_text(struct span text, const struct findings *found,
                                       const struct rule_set *which, bool plain, struct buf *dst);

// The same in any mode.
MUST_CHECK enum aiu_status redact_text_with(const struct redaction *r, struct span text,
                                            const struct findings *found,
                                            const struct rule_set *which, struct buf *dst);
