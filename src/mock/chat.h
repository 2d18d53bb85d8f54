// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// POST /v1/chat/completions: what was asked, and the answer as OpenAI writes it.
//
// Ownership: spans live in the request's arena. Threads: one.
#pragma once

#include "control.h"
#include "reply.h"

enum { CHAT_CHOICES_MAX = 128 };

struct chat {
    const struct json_doc *doc;
    struct control control;
    struct span model;
    struct span text;      // what the answer says
    struct span tool;      // name of the tool to call; empty: none
    uint64_t tool_calls;   // how many times
    uint64_t choices;      // n
    uint64_t prompt_bytes; // for usage
    uint64_t number;       // of the request
    bool stream, usage, logprobs;
};

// Understand the request and settle on the answer.
//   AIU_USAGE  the field "mock" is wrong; AIU_INVALID_PROMPT  messages are missing
MUST_CHECK enum aiu_status chat_read(struct chat *c, const struct json_doc *doc,
                                     struct arena *arena);

// Write it, as a whole or as a stream.
MUST_CHECK enum aiu_status chat_write(const struct chat *c, struct script *s);
MUST_CHECK enum aiu_status chat_stream(const struct chat *c, struct script *s);

// What both forms share (chat_write.c).
struct json_writer;
void chat_write_head(struct json_writer *w, const struct chat *c, const char *object);
void chat_write_usage(struct json_writer *w, const struct chat *c);
MUST_CHECK enum aiu_status chat_append_escaped(struct buf *out, struct span text);
void chat_write_text(struct json_writer *w, const struct chat *c, struct span text);
void chat_write_logprobs(struct json_writer *w, struct span text);
struct span chat_finish_reason(const struct chat *c);
// Whether the text goes out as logprobs' tokens, as content.
bool chat_has_logprobs(const struct chat *c);
bool chat_has_content(const struct chat *c);
