// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Push parser for Server-Sent Events (WHATWG HTML, 9.2.6 "Interpreting an event stream") that
// loses no byte: each event also gives the source bytes that it is made of.
//
// Feed it bytes as they come, cut anywhere; it hands over one block for each blank line. Types and
// data are the same for every way of cutting the input. A block without `data` (comments,
// heartbeats) is no event by the standard; it is handed over too, with has_data false, so that it
// can be passed on at once. The `raw` of all blocks and sse_rest together are what was fed.
//
// Ownership: a block that lies whole in the fed bytes is not copied. What an event points into
//            lives until the handler returns.
// Threads:   a parser belongs to one thread.
// Memory:    nothing while blocks come whole; else at most two buffers of `event` bytes.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

struct sse_event {
    struct span type; // empty for the default type "message"
    struct span data; // lines joined by LF, without the last LF
    struct span raw;  // all source bytes: comments, fields, the blank line that ends it
    size_t data_at;   // where `data` begins in `raw` when it is one line; else SIZE_MAX
    bool has_data;    // false: not an event by the standard
};

// Called once for each block, in order. An error stops the feed and is what sse_feed returns.
//
// Where a stream is cut between the CR and the LF of a blank line, the block is handed over at the
// CR, and the LF when it comes as a block of its own without data: neither waits for the other.
typedef enum aiu_status (*sse_handler)(void *ctx, const struct sse_event *event);

struct sse_limits {
    size_t line;  // most bytes of one line, its end not counted
    size_t event; // most bytes of one block up to the first byte of its blank line
};

struct sse {
    struct buf held;   // source of an unfinished block
    struct buf joined; // data of more than one line
    struct sse_limits limits;
    sse_handler on_event;
    void *ctx;
    size_t line_at;   // where the current line begins in the block
    uint8_t bom_seen; // bytes of a leading byte order mark matched so far
    bool begun;       // past where a byte order mark can be
    bool marked;      // this block begins with one
    bool after_cr;    // the last byte was a CR: an LF right after it belongs to the same line end
};

void sse_init(struct sse *s, const struct sse_limits *limits, sse_handler on_event, void *ctx);

// Free what `s` holds, wiping it first: streams carry prompts and answers.
void sse_done(struct sse *s);

// Take the next bytes of the stream.
//   AIU_OK        all bytes were taken
//   AIU_TOO_LONG  a line or a block passed its limit; `s` can only be freed
//   other         what the handler returned; `s` can only be freed
MUST_CHECK enum aiu_status sse_feed(struct sse *s, struct span bytes);

// Source bytes of an unfinished block. At the end of a stream they are no event, as the standard
// asks; a caller that accounts for every byte takes them from here before sse_done.
struct span sse_rest(const struct sse *s);

static inline bool sse_pending(const struct sse *s)
{
    return s->held.n > 0;
}
