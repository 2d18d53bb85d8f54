// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The one place where findings are made: examines a view of a text from where all is decided, and
// decides as much more as it can. scan_text shows it a text block by block, a window what has come
// so far; that both find the same follows from here (docs/internals/detect.md).
//
// Ownership: findings lie in the scratch until its next use. Threads: one per scratch.
// Errors:    AIU_INSPECTION_FAILED, AIU_NO_MEMORY.
#pragma once

#include "detect/catalog.h"
#include "detect/engine.h"
#include "detect/matcher.h"

// The bytes in front of `decided` are context; CATALOG_CONTEXT of them, or all there are.
struct progress {
    size_t decided;   // in and out: offset in the view
    struct flow flow; // in and out: the last finding goes on
};

// What was decided, in offsets of the view.
struct decided {
    size_t extended; // the finding that was open reaches to here; 0 where none was
    const struct candidate *items;
    size_t count; // the last goes on where progress.flow is not FLOW_NONE
};

struct candidate {
    uint32_t start, end;
    uint16_t rule;
    uint16_t check;
    uint8_t confidence;
    uint16_t near; // how far away the context word begins; CONTEXT_FAR for none
    struct flow flow;
};

// The view has at most EXAMINE_MOST bytes.
enum { EXAMINE_MOST = 1 << 30 };

MUST_CHECK enum aiu_status examine(const struct engine *e, struct scratch *s,
                                   const struct rule_set *rules, const struct view *v,
                                   struct progress *p, struct decided *ret_decided);
