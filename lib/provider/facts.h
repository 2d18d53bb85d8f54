// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The few facts that the gateway takes from documents: which model, streamed or not, what it cost,
// which choices have ended.
//
// Ownership: spans point into the document. Threads: any. Errors: none; what is absent or of
// another type stays at its zero value.
#pragma once

#include "codec/json.h"

struct request_facts {
    struct span model; // raw string content; p is NULL where there is none
    bool model_escaped;
    bool stream;
    struct span user; // safety_identifier or user, raw
};

void facts_of_request(const struct json_doc *doc, struct request_facts *ret_facts);

struct answer_facts {
    struct span id, model; // raw string content
    uint64_t created;
    bool has_usage;
    uint64_t input_tokens, output_tokens;
    bool is_error;    // an "error" object in the place of an answer
    uint64_t choices; // bit i: the choice with index i is spoken of; 63 stands for all above
    uint64_t ended;   // bit i: it has a finish reason
};

void facts_of_answer(const struct json_doc *doc, struct answer_facts *ret_facts);
