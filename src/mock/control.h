// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a test asks of the mock, in the request's field "mock" (docs/mock.md). A gateway forwards
// fields that it does not know, so the wish passes through it.
//
// Ownership: spans live in the request's arena. Threads: one.
#pragma once

#include "base/arena.h"
#include "codec/json.h"

enum channel {
    CHANNEL_CONTENT,
    CHANNEL_REFUSAL,
    CHANNEL_REASONING,
    CHANNEL_TOOL,
    CHANNEL_LOGPROBS,
};

enum fault_kind {
    FAULT_NONE,
    FAULT_RESET,
    FAULT_FIN,
    FAULT_SILENCE,
    FAULT_GARBAGE,
    FAULT_HTML,
    FAULT_EMPTY,
    FAULT_LONG_LENGTH,
    FAULT_SHORT_LENGTH,
    FAULT_DUP_LENGTH,
    FAULT_GZIP,
    FAULT_NO_NEWLINE,
    FAULT_BAD_JSON,
    FAULT_REDIRECT,
    FAULT_JSON_FOR_STREAM,
    FAULT_NO_DONE,
    FAULT_EARLY_HINTS,
};

struct control {
    bool has_reply;
    struct span reply; // the answer's text, secrets planted
    bool escape;       // write the text as \uXXXX throughout
    bool upper;        // say it in capital letters
    enum channel channel;
    uint64_t tool_calls;  // at least
    const uint64_t *cuts; // bytes of each delta; the rest of the text in one
    size_t cut_count;
    uint64_t chunk; // bytes of each delta; 0: a word each
    uint64_t write; // most bytes of one write; 0: one write an event
    uint64_t delay_ms, first_delay_ms;
    struct span finish_reason; // empty: what fits
    uint64_t status;           // 0: 200
    struct span error;         // the error object of that status, as JSON
    struct span body, raw;     // in the place of the whole body, of the whole answer
    struct span content_type;  // with body
    const struct json_doc *doc;
    uint32_t headers; // object token, or JSON_NONE
    enum fault_kind fault;
    uint64_t after; // bytes before the fault
    uint64_t size;  // how much of it
    bool whole;     // `after` counts from the status line, not from the body
};

// Read the member "mock" of token 0.
//   AIU_USAGE  it has an unknown name or a value of the wrong kind: a test's mistake, said loudly
MUST_CHECK enum aiu_status control_read(const struct json_doc *doc, struct arena *arena,
                                        struct control *ret_control);
