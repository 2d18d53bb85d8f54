// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds what the rules describe in a text. Linear in the text, whatever it is.
//
// Ownership: an engine is immutable and shared by all threads; a scratch belongs to one thread and
//            serves one scan at a time. Free every scratch before its engine.
// Errors:    AIU_INSPECTION_FAILED where the text could not be examined to its end (a bound was
//            reached); the caller treats that as its failure verdict says, never as "clean".
//            AIU_CONTENT_BLOCKED where the text has one of the rules' canaries.
//            AIU_NO_MEMORY.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "detect/finding.h"
#include "detect/rules.h"

struct engine;
struct scratch;

// Load the embedded database (under a millisecond). Where it was made by another version of
// Vectorscan than the one that runs, it is compiled from the embedded expressions instead.
MUST_CHECK enum aiu_status engine_new(struct engine **ret_engine);
void engine_free(struct engine *e);

// Whether the embedded database could not be used and was compiled at start.
bool engine_compiled_at_start(const struct engine *e);

MUST_CHECK enum aiu_status scratch_new(const struct engine *e, struct scratch **ret_scratch);
void scratch_free(struct scratch *s);

// The same for CLEANUP.
static inline void engine_freep(struct engine **e)
{
    engine_free(*e);
}

static inline void scratch_freep(struct scratch **s)
{
    scratch_free(*s);
}

// All findings of the rules in `rules`, in `out` (emptied first). Offsets are bytes of `text`.
MUST_CHECK enum aiu_status scan_text(const struct engine *e, struct scratch *s,
                                     const struct rule_set *rules, struct span text,
                                     struct findings *out);
