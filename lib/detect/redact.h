// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Replaces findings by tags (guide S57). Doing it twice changes nothing: no rule matches a tag.
//
// Ownership: the caller's buffer. Threads: any. Errors: those of the buffer.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "detect/finding.h"
#include "detect/rules.h"

// "[REDACTED]", or "[REDACTED:email]" where not `plain`.
MUST_CHECK enum aiu_status redact_tag(uint16_t rule, bool plain, struct buf *dst);

// `text` with a tag in place of each finding whose rule is in `which` (NULL: all); everything else
// byte for byte. `found` is what scan_text or deep_scan gave for `text`; of findings that overlap
// the first has its tag.
MUST_CHECK enum aiu_status redact_text(struct span text, const struct findings *found,
                                       const struct rule_set *which, bool plain, struct buf *dst);
