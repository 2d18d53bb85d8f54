// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The hold-back window: finds in a text that comes in pieces exactly what scan_text finds in the
// whole, and says at each moment how much of it may go on.
//
//   window_feed ... window_scan ... window_safe, window_findings ... window_drop ... window_finish
//
// What holds (DETECTION.md, streaming invariants):
// - Findings are the same for every way of cutting the text, and equal to those of the whole text.
// - No byte of a finding lies before window_safe() unless the finding is in window_findings().
// - A byte is held back only while a match that includes it may be in progress.
// - A finding longer than its bound (a PEM block, a long token) becomes final from its first bytes
//   on and is `open`: its end grows with each scan, and so does window_safe().
//
// Offsets are absolute SOURCE offsets of the channel: where the text comes out of a JSON string,
// bytes of its escaped form.
//
// Ownership: the window owns copies of at most the text that is undecided plus 256 bytes, wiped.
// Threads:   one; a window may be scanned with any scratch of its engine's threads.
// Memory:    nothing until the first byte; then a few hundred bytes; bounded by what is fed between
//            two scans.
// Errors:    AIU_INSPECTION_FAILED where a bound was reached, AIU_NO_MEMORY. The window then stays
//            failed: nothing after window_safe() may ever go on.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "codec/text.h"
#include "detect/engine.h"
#include "detect/finding.h"
#include "detect/flow.h"
#include "detect/rules.h"

// Most text between two scans.
enum { WINDOW_FEED_MOST = 4 << 20 };

struct window_mark;

struct window {
    const struct engine *engine;
    const struct rule_set *rules;
    struct buf text;           // context, then what is undecided
    size_t base;               // text offset of text.p[0]
    size_t decided;            // text offset: everything before it has its verdict
    size_t source_n;           // source bytes fed
    size_t safe;               // source offset of `decided`
    struct findings found;     // in source offsets
    struct window_mark *marks; // where text and source offsets part
    size_t mark_count, mark_capacity;
    struct flow flow; // of the open finding
    bool scanned;     // no text has come since the last scan
    bool finished;
    enum aiu_status failed;
};

// `rules` is borrowed and must live as long as the window.
void window_init(struct window *w, const struct engine *e, const struct rule_set *rules);
void window_done(struct window *w);

// Take text. A text_sink whose ctx is a struct window *; nothing is examined yet.
MUST_CHECK enum aiu_status window_feed(void *window, struct span bytes, size_t source_n,
                                       enum text_origin origin);

// Examine what was fed. Cheap where nothing was.
MUST_CHECK enum aiu_status window_scan(struct window *w, struct scratch *s);

// The text has ended: all of it is decided, nothing is open. Then window_reset or window_done.
MUST_CHECK enum aiu_status window_finish(struct window *w, struct scratch *s);

// As after window_init, memory kept. Offsets begin at 0 again.
void window_reset(struct window *w);

// Every source byte before this has its final verdict. Never inside a character or an escape.
static inline size_t window_safe(const struct window *w)
{
    return w->safe;
}

// Source bytes that are held back now.
static inline size_t window_held(const struct window *w)
{
    return w->source_n - w->safe;
}

// Final findings, the last of which may be open. All of them end at or before window_safe().
static inline const struct findings *window_findings(const struct window *w)
{
    return &w->found;
}

// Forget the findings that are closed and end at or before `upto`.
void window_drop(struct window *w, size_t upto);
