// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The members that a chat completion and its chunks share, and the completion as a whole.
#include "chat.h"

#include <stdio.h>

#include "base/utf8.h"
#include "codec/json_write.h"

enum { CREATED = 1767225600, BODY_MAX = 128 << 20, BYTES_PER_TOKEN = 4 };

struct span chat_finish_reason(const struct chat *c)
{
    if (c->control.finish_reason.n > 0) {
        return c->control.finish_reason;
    }
    return c->tool_calls > 0 ? SPAN_OF("tool_calls") : SPAN_OF("stop");
}

bool chat_has_logprobs(const struct chat *c)
{
    return c->logprobs || c->control.channel == CHANNEL_LOGPROBS;
}

bool chat_has_content(const struct chat *c)
{
    return c->control.channel == CHANNEL_CONTENT && c->tool_calls == 0;
}

void chat_write_head(struct json_writer *w, const struct chat *c, const char *object)
{
    char id[32];

    (void)snprintf(id, sizeof(id), "chatcmpl-mock%08llu", (unsigned long long)c->number);
    json_write_member_string(w, "id", span_str(id));
    json_write_member_string(w, "object", span_str(object));
    json_write_member_u64(w, "created", CREATED);
    json_write_member_string(w, "model", c->model);
    json_write_member_string(w, "service_tier", SPAN_OF("default"));
    json_write_member_string(w, "system_fingerprint", SPAN_OF("fp_mock"));
}

static uint64_t tokens_of(uint64_t bytes)
{
    return (bytes + BYTES_PER_TOKEN - 1) / BYTES_PER_TOKEN;
}

void chat_write_usage(struct json_writer *w, const struct chat *c)
{
    uint64_t prompt = tokens_of(c->prompt_bytes);
    uint64_t completion = tokens_of(c->text.n) * c->choices;

    json_write_key(w, "usage");
    json_write_object(w);
    json_write_member_u64(w, "prompt_tokens", prompt);
    json_write_member_u64(w, "completion_tokens", completion);
    json_write_member_u64(w, "total_tokens", prompt + completion);
    json_write_key(w, "prompt_tokens_details");
    json_write_raw(w, SPAN_OF("{\"cached_tokens\":0,\"audio_tokens\":0}"));
    json_write_key(w, "completion_tokens_details");
    json_write_raw(w, SPAN_OF("{\"reasoning_tokens\":0,\"audio_tokens\":0}"));
    json_write_object_end(w);
}

// Every UTF-16 unit as \uXXXX.
enum aiu_status chat_append_escaped(struct buf *out, struct span text)
{
    TRY(buf_append_byte(out, '"'));
    while (text.n > 0) {
        uint32_t code = utf8_next_lossy(&text);
        if (code >= 0x10000) {
            code -= 0x10000;
            TRY(buf_printf(out, "\\u%04x", 0xD800 + (code >> 10)));
            code = 0xDC00 + (code & 0x3FF);
        }
        TRY(buf_printf(out, "\\u%04x", code));
    }
    return buf_append_byte(out, '"');
}

void chat_write_text(struct json_writer *w, const struct chat *c, struct span text)
{
    CLEANUP(buf_wipe) struct buf escaped = BUF_OF(BODY_MAX);

    if (!c->control.escape || c->tool_calls > 0) {
        json_write_string(w, text);
    } else if (chat_append_escaped(&escaped, text) == AIU_OK) {
        json_write_raw(w, buf_span(&escaped));
    }
}

// A piece of "bytes" and the token itself, as the real one gives both.
void chat_write_logprobs(struct json_writer *w, struct span text)
{
    json_write_object(w);
    json_write_key(w, "content");
    json_write_array(w);
    json_write_object(w);
    json_write_member_string(w, "token", text);
    json_write_key(w, "logprob");
    json_write_raw(w, SPAN_OF("-0.25"));
    json_write_key(w, "bytes");
    json_write_array(w);
    for (size_t i = 0; i < text.n; i++) {
        json_write_u64(w, text.p[i]);
    }
    json_write_array_end(w);
    json_write_key(w, "top_logprobs");
    json_write_array(w);
    json_write_array_end(w);
    json_write_object_end(w);
    json_write_array_end(w);
    json_write_key(w, "refusal");
    json_write_null(w);
    json_write_object_end(w);
}

static void write_tool_call(struct json_writer *w, const struct chat *c, uint64_t index)
{
    char id[48];

    (void)snprintf(id, sizeof(id), "call_mock%08llu_%llu", (unsigned long long)c->number,
                   (unsigned long long)index);
    json_write_object(w);
    json_write_member_string(w, "id", span_str(id));
    json_write_member_string(w, "type", SPAN_OF("function"));
    json_write_key(w, "function");
    json_write_object(w);
    json_write_member_string(w, "name", c->tool);
    json_write_key(w, "arguments");
    chat_write_text(w, c, c->text);
    json_write_object_end(w);
    json_write_object_end(w);
}

static void write_nullable(struct json_writer *w, const struct chat *c, const char *key,
                           bool is_set)
{
    json_write_key(w, key);
    if (is_set) {
        chat_write_text(w, c, c->text);
    } else {
        json_write_null(w);
    }
}

static void write_message(struct json_writer *w, const struct chat *c)
{
    json_write_key(w, "message");
    json_write_object(w);
    json_write_member_string(w, "role", SPAN_OF("assistant"));
    write_nullable(w, c, "content", chat_has_content(c));
    write_nullable(w, c, "refusal", c->control.channel == CHANNEL_REFUSAL);
    if (c->control.channel == CHANNEL_REASONING) {
        write_nullable(w, c, "reasoning_content", true);
    }
    if (c->tool_calls > 0) {
        json_write_key(w, "tool_calls");
        json_write_array(w);
        for (uint64_t i = 0; i < c->tool_calls; i++) {
            write_tool_call(w, c, i);
        }
        json_write_array_end(w);
    }
    json_write_key(w, "annotations");
    json_write_array(w);
    json_write_array_end(w);
    json_write_object_end(w);
}

static void write_choice(struct json_writer *w, const struct chat *c, uint64_t index)
{
    json_write_object(w);
    json_write_member_u64(w, "index", index);
    write_message(w, c);
    json_write_key(w, "logprobs");
    if (chat_has_logprobs(c)) {
        chat_write_logprobs(w, c->text);
    } else {
        json_write_null(w);
    }
    json_write_member_string(w, "finish_reason", chat_finish_reason(c));
    json_write_object_end(w);
}

enum aiu_status chat_write(const struct chat *c, struct script *s)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(BODY_MAX);
    struct json_writer w;
    const struct reply reply = {200, SPAN("application/json"), c->number, &c->control};

    json_writer_init(&w, &body);
    json_write_object(&w);
    chat_write_head(&w, c, "chat.completion");
    json_write_key(&w, "choices");
    json_write_array(&w);
    for (uint64_t i = 0; i < c->choices; i++) {
        write_choice(&w, c, i);
    }
    json_write_array_end(&w);
    chat_write_usage(&w, c);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return reply_write(s, &reply, buf_span(&body));
}
