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
// - With window_keep_values, a finding that is still open and short enough to have a value waits
//   for its end.
// - With window_seek, a byte is held back also while a token that includes it may be in progress.
// - The same of the rules' canaries: no byte of one lies before window_safe(), ever.
//
// Offsets are absolute SOURCE offsets of the channel: where the text comes out of a JSON string,
// bytes of its escaped form.
//
// Ownership: the window owns copies of at most the text that is undecided plus 256 bytes, wiped.
// Threads:   one; a window may be scanned with any scratch of its engine's threads.
// Memory:    nothing until the first byte; then a few hundred bytes; bounded by what is fed between
//            two scans.
// Errors:    AIU_INSPECTION_FAILED where a bound was reached, AIU_CONTENT_BLOCKED where the text
//            has one of the rules' canaries, AIU_NO_MEMORY. The window then stays
//            failed: nothing after window_safe() may ever go on.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "codec/text.h"
#include "detect/engine.h"
#include "detect/finding.h"
#include "detect/flow.h"
#include "detect/restore.h"
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
    const struct pseudonyms *tokens;
    struct tokens_seen seen; // in source offsets
    size_t searched;         // text offset: tokens that begin before it are known
    size_t watched;          // text offset: no canary begins before it
    bool keeps_values;
    struct buf values;  // of the findings in `found`, one behind the other
    size_t values_base; // what was dropped before values.p[0]
    bool scanned;       // no text has come since the last scan
    bool finished;
    enum aiu_status failed;
};

// `rules` is borrowed and must live as long as the window; NULL where only tokens are looked for.
void window_init(struct window *w, const struct engine *e, const struct rule_set *rules);
void window_done(struct window *w);

// Before the first feed: look for the tokens of an indexed list too; and keep the text of findings
// of at most PSEUDONYM_VALUE_MOST source bytes until they are dropped. window_reset keeps both.
void window_seek(struct window *w, const struct pseudonyms *tokens);
void window_keep_values(struct window *w);

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

// Final findings, the last of which may be open. Those that begin before window_safe() are all
// there.
static inline const struct findings *window_findings(const struct window *w)
{
    return &w->found;
}

// The same of tokens.
static inline const struct tokens_seen *window_tokens(const struct window *w)
{
    return &w->seen;
}

// Whether the finding is too long to have a value: it gets a tag, whatever the policy says.
static inline bool finding_is_long(const struct finding *f)
{
    return f->end - f->start > PSEUDONYM_VALUE_MOST;
}

// The text of a finding that is not long and not open, decoded; until it is dropped.
static inline struct span window_value(const struct window *w, const struct finding *f)
{
    return f->value_n == 0 ? span_of(NULL, 0)
                           : span_of(w->values.p + (f->value - w->values_base), f->value_n);
}

// Forget the findings that are closed and end at or before `upto`, and such tokens.
void window_drop(struct window *w, size_t upto);
