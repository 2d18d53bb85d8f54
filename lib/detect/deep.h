// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole inspection of a whole text: the exact rules on the text as it stands, on what it says
// once disguises are taken off (fold.h) and codes are read (decode.h), and the judgement of its
// wording (wording.h). Streams have their window instead, which knows exact rules only.
//
// Ownership: as scan_text. Threads: one per scratch.
// Errors:    as scan_text; a text that could not be read to its end is never "clean".
#pragma once

#include "detect/engine.h"
#include "detect/finding.h"
#include "detect/text_role.h"
#include "detect/wording.h"

// All findings of the rules in `rules`, in `out` (emptied first): sorted by start, then by end, the
// longer first. Offsets are bytes of `text`; what was found in an encoded run has the span of that
// run. Findings that were made in different readings may overlap each other.
// `ret_wording` is the judgement of the worst reading; "pass" for TEXT_SYSTEM.
MUST_CHECK enum aiu_status deep_scan(const struct engine *e, struct scratch *s,
                                     const struct rule_set *rules, enum text_role role,
                                     struct span text, struct findings *out,
                                     struct wording *ret_wording);
