// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Decodes what stands between the quotes of a JSON string, as it comes, and keeps count of the
// source bytes behind each run of text. Input may be cut anywhere, also inside an escape, a
// surrogate pair or a UTF-8 character: the text and the positions are the same.
//
// Both decoders are tolerant, because they show text to detection and must show all of it: a broken
// escape is handed on as it stands, half a surrogate pair as U+FFFD with its own source width. The
// source_n of all calls to the sink add up to the bytes fed, once finished.
//
// Ownership: nothing is kept but a few bytes of an unfinished escape. Threads: one per decoder.
// Errors:    only what the sink returns; the decoder can not be used after it.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "codec/text.h"

enum { JSON_TEXT_HELD = 12 }; // two escapes of a surrogate pair

struct json_text {
    text_sink sink;
    void *ctx;
    uint8_t held[JSON_TEXT_HELD]; // an unfinished escape or character
    uint8_t held_n;
};

void json_text_init(struct json_text *t, text_sink sink, void *ctx);

// Take more of the source. Up to 11 bytes are held back while they may belong together.
MUST_CHECK enum aiu_status json_text_feed(struct json_text *t, struct span raw);

// The string ended: hand on what was held. `t` can be fed again afterwards, as a new string.
MUST_CHECK enum aiu_status json_text_finish(struct json_text *t);

// The second layer: a text that is JSON itself, as the arguments of a tool call are. Escapes inside
// its strings are decoded, everything else passes, and bare numbers are marked TEXT_NUMBER. The
// source widths that come in are added up, so positions stay those of the outermost source. It
// follows strings only and checks no grammar: what is not JSON passes as text, never as an error.
//
//   struct json_inner inner;
//   struct json_text outer;
//   json_inner_init(&inner, sink, ctx);
//   json_text_init(&outer, json_inner_feed, &inner);
struct json_inner {
    text_sink sink;
    void *ctx;
    uint8_t held[JSON_TEXT_HELD]; // an unfinished escape, one byte a character
    size_t width[JSON_TEXT_HELD]; // source bytes of each
    uint8_t held_n;
    uint8_t state;
};

void json_inner_init(struct json_inner *i, text_sink sink, void *ctx);

// A text_sink whose `inner` is a struct json_inner *.
MUST_CHECK enum aiu_status json_inner_feed(void *inner, struct span bytes, size_t source_n,
                                           enum text_origin origin);

MUST_CHECK enum aiu_status json_inner_finish(struct json_inner *i);
