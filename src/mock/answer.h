// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the mock answers: the routes, and the heads that all answers share (docs/mock.md).
//
// Ownership: the script is the caller's; nothing of a request is kept. Threads: one.
#pragma once

#include "base/arena.h"
#include "request.h"
#include "script.h"

struct stats {
    uint64_t requests, connections, open;
    uint64_t aborted;   // connections that the peer left while an answer was going out
    uint64_t malformed; // bytes that were no request
};

struct answers {
    struct stats stats;
    struct arena arena;  // of the request at hand
    struct script plain; // ready-made answers for the model "mock-bench"
    struct script stream;
};

MUST_CHECK enum aiu_status answers_init(struct answers *a);
void answers_done(struct answers *a);

// Write the answer to `r` as an empty script's steps.
MUST_CHECK enum aiu_status answer_request_with(struct answers *a, const struct request *r,
                                               struct script *ret_script);

// The answer to bytes that are no request.
MUST_CHECK enum aiu_status answer_malformed(struct answers *a, struct script *ret_script);
