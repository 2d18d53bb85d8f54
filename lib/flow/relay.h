// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A streamed answer on its way: bytes of an event stream in, inspected events out.
//
// Events go out in the order in which they came, each as soon as every text in it has its verdict,
// and byte for byte as it came unless something in it was redacted. One event may thus wait for the
// next; an event with much text is split where the verdict ends, so that never more than a word or
// the beginning of a possible match is held back.
//
// The end of the stream ([DONE]) is not sent from here: it waits for the audit log.
//
// Ownership: the relay owns what it holds back, in two arenas that are emptied in turn. What the
//            sink gets lives until it returns.
// Threads:   one.
// Memory:    two arenas of 12 MiB at most; a stream that makes it hold more is refused.
// Errors:    AIU_CONTENT_BLOCKED, AIU_PROVIDER_BAD_REPLY (no JSON, not UTF-8, too many channels,
//            too much held back), AIU_PROVIDER_ERROR (an error event), AIU_INSPECTION_FAILED,
//            AIU_NO_MEMORY. Nothing may be sent after one, but for the ending that it asks for.
#pragma once

#include "codec/sse.h"
#include "flow/inspector.h"
#include "provider/facts.h"

enum {
    RELAY_LINE_MOST = 1 << 20,
    RELAY_EVENT_MOST = 4 << 20,
};

// Takes bytes for the client.
typedef enum aiu_status (*relay_sink)(void *ctx, const struct span *pieces, size_t count);

struct relay_event;

// The event before, as long as the next can be the same but for its text.
struct relay_template {
    struct buf data;   // its JSON
    size_t text, rest; // where its text begins, and what stands behind it
    struct inspector_repeat repeat;
    uint8_t path[256]; // what repeat.path points to
    bool set;
};

struct relay {
    struct inspector *inspector;
    struct sse sse;
    struct arena arenas[2];
    uint32_t live[2]; // events held in each
    uint32_t current;
    struct relay_event *first, **last;
    relay_sink sink;
    void *ctx;
    bool done;                 // [DONE] came
    struct answer_facts facts; // of the events so far; spans point into `kept`
    struct span model;         // a copy, for the record
    struct arena kept;
    struct relay_template template;
    uint64_t events, out_bytes;
};

void relay_init(struct relay *r, struct inspector *i, relay_sink sink, void *ctx);
void relay_done(struct relay *r);

// Take bytes of the stream and give out what is decided.
MUST_CHECK enum aiu_status relay_feed(struct relay *r, struct span bytes);

// The stream has ended well: everything that is held back is decided and given out.
MUST_CHECK enum aiu_status relay_finish(struct relay *r);

// Events held back now.
bool relay_holds(const struct relay *r);

// Whether a choice that began has no finish reason yet.
bool relay_unfinished(const struct relay *r);

// The choice that an ending of our own ends: the first one that was spoken of.
uint32_t relay_choice(const struct relay *r);
