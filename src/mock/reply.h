// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Heads and framing of the mock's answers, and the faults that a test may ask for.
//
// Ownership: the script is the caller's. Threads: one.
#pragma once

#include "control.h"
#include "script.h"

struct reply {
    unsigned status;
    struct span type; // content-type
    uint64_t number;  // of the request, for x-request-id
    const struct control *control;
};

// A whole answer with a length.
MUST_CHECK enum aiu_status reply_write(struct script *s, const struct reply *r, struct span body);

// A chunked answer: the head, one chunk a call, the end.
MUST_CHECK enum aiu_status reply_begin(struct script *s, const struct reply *r);
MUST_CHECK enum aiu_status reply_chunk(struct script *s, const struct reply *r, struct span bytes);
MUST_CHECK enum aiu_status reply_end(struct script *s, const struct reply *r);

// {"error":{…}} as OpenAI writes it for this status.
MUST_CHECK enum aiu_status reply_error(struct script *s, const struct reply *r);
