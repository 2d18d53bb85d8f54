// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the gateway itself says in a caller's dialect: errors (INTERFACE.md "Errors"; guide S24,
// S29) and the endings of answers that it cut off.
//
// Ownership: everything is appended to the caller's buffer. Threads: any. Errors: those of buf.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// The shape of a caller's errors, by the route that it asked for.
enum reply_shape { REPLY_OPENAI, REPLY_ANTHROPIC, REPLY_GEMINI };

enum reply_shape reply_shape_of(struct span path);

struct reply_error {
    enum aiu_status status;
    struct span request_id;
    struct span path; // JSON path of the place, empty without
    struct span rule; // id of the rule, empty without
    struct span note; // further fixed words of ours, empty without
};

// {"error":{"message":…,"type":…,"param":…,"code":…}} or the like. The message ends with the code
// in parentheses, since many clients show nothing else.
MUST_CHECK enum aiu_status reply_error_body(struct buf *b, enum reply_shape shape,
                                            const struct reply_error *e);

// The event of a stream that breaks: `data: {"error":{…}}` and its blank line. Never [DONE].
MUST_CHECK enum aiu_status reply_error_event(struct buf *b, const struct reply_error *e);

// What a synthesised ending must share with the answer that it ends.
struct reply_ending {
    struct span id;    // raw JSON string content, empty for one of ours
    struct span model; // raw JSON string content
    uint64_t created;  // unix seconds
    uint32_t choice;
};

// The last event of a blocked stream, with finish_reason "content_filter", and [DONE].
MUST_CHECK enum aiu_status reply_filtered_events(struct buf *b, const struct reply_ending *e);

// A whole answer without content and with finish_reason "content_filter".
MUST_CHECK enum aiu_status reply_filtered_body(struct buf *b, const struct reply_ending *e);
