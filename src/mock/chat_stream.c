// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The text is cut into pieces as the test says, and each piece becomes one delta of every choice in
// turn, so that several choices come interleaved. Cuts move forward to the next character: a
// provider never sends half of one.
#include "chat.h"

#include <stdio.h>

#include "base/utf8.h"
#include "codec/json_write.h"

enum { EVENT_MAX = 128 << 20 };

struct stream {
    const struct chat *chat;
    const struct reply *reply;
    struct script *script;
    struct buf *fixed; // collects the body of an answer with a length; NULL: chunks
    struct buf event;
    uint64_t events; // finished so far
    struct json_writer w;
};

static enum aiu_status send(struct stream *s)
{
    if (s->fixed != NULL) {
        return buf_append(s->fixed, buf_span(&s->event));
    }
    return reply_chunk(s->script, s->reply, buf_span(&s->event));
}

static enum aiu_status begin_event(struct stream *s)
{
    buf_reset(&s->event);
    TRY(buf_append(&s->event, SPAN_OF("data: ")));
    json_writer_init(&s->w, &s->event);
    json_write_object(&s->w);
    chat_write_head(&s->w, s->chat, "chat.completion.chunk");
    json_write_key(&s->w, "choices");
    json_write_array(&s->w);
    return AIU_OK;
}

static enum aiu_status end_event(struct stream *s)
{
    const struct control *control = &s->chat->control;

    json_write_object_end(&s->w);
    TRY(json_writer_finish(&s->w));
    if (control->fault == FAULT_BAD_JSON && s->events == control->after) {
        s->event.n /= 2;
    }
    s->events++;
    TRY(buf_append(&s->event, SPAN_OF("\n\n")));
    return send(s);
}

static enum aiu_status begin_choice(struct stream *s, uint64_t index)
{
    TRY(begin_event(s));
    json_write_object(&s->w);
    json_write_member_u64(&s->w, "index", index);
    json_write_key(&s->w, "delta");
    json_write_object(&s->w);
    return AIU_OK;
}

// The delta is written; now what stands beside it.
static enum aiu_status end_choice(struct stream *s, struct span logprobs, struct span finish_reason)
{
    json_write_object_end(&s->w);
    json_write_key(&s->w, "logprobs");
    if (logprobs.n > 0 && chat_has_logprobs(s->chat)) {
        chat_write_logprobs(&s->w, logprobs);
    } else {
        json_write_null(&s->w);
    }
    json_write_key(&s->w, "finish_reason");
    if (finish_reason.n > 0) {
        json_write_string(&s->w, finish_reason);
    } else {
        json_write_null(&s->w);
    }
    json_write_object_end(&s->w);
    json_write_array_end(&s->w);
    if (s->chat->usage) {
        json_write_key(&s->w, "usage");
        json_write_null(&s->w);
    }
    return end_event(s);
}

// The head of a tool call names it; what follows has only pieces of the arguments.
static void write_tool_delta(struct stream *s, uint64_t call, struct span piece, bool first)
{
    struct json_writer *w = &s->w;
    char id[48];

    json_write_key(w, "tool_calls");
    json_write_array(w);
    json_write_object(w);
    json_write_member_u64(w, "index", call);
    if (first) {
        (void)snprintf(id, sizeof(id), "call_mock%08llu_%llu", (unsigned long long)s->chat->number,
                       (unsigned long long)call);
        json_write_member_string(w, "id", span_str(id));
        json_write_member_string(w, "type", SPAN_OF("function"));
    }
    json_write_key(w, "function");
    json_write_object(w);
    if (first) {
        json_write_member_string(w, "name", s->chat->tool);
    }
    json_write_key(w, "arguments");
    chat_write_text(w, s->chat, piece);
    json_write_object_end(w);
    json_write_object_end(w);
    json_write_array_end(w);
}

static enum aiu_status send_role(struct stream *s, uint64_t choice)
{
    TRY(begin_choice(s, choice));
    json_write_member_string(&s->w, "role", SPAN_OF("assistant"));
    json_write_key(&s->w, "content");
    if (chat_has_content(s->chat)) {
        json_write_string(&s->w, SPAN_OF(""));
    } else {
        json_write_null(&s->w);
    }
    json_write_key(&s->w, "refusal");
    json_write_null(&s->w);
    return end_choice(s, SPAN_OF(""), SPAN_OF(""));
}

static enum aiu_status send_tool_piece(struct stream *s, uint64_t choice, struct span piece,
                                       bool first)
{
    for (uint64_t call = 0; call < s->chat->tool_calls; call++) {
        TRY(begin_choice(s, choice));
        write_tool_delta(s, call, piece, first);
        TRY(end_choice(s, SPAN_OF(""), SPAN_OF("")));
    }
    return AIU_OK;
}

static const char *key_of(enum channel channel)
{
    switch (channel) {
    case CHANNEL_REFUSAL:
        return "refusal";
    case CHANNEL_REASONING:
        return "reasoning_content";
    case CHANNEL_CONTENT:
    case CHANNEL_TOOL:
    case CHANNEL_LOGPROBS:
        break;
    }
    return "content";
}

static enum aiu_status send_piece(struct stream *s, uint64_t choice, struct span piece)
{
    if (s->chat->tool_calls > 0) {
        return send_tool_piece(s, choice, piece, false);
    }
    TRY(begin_choice(s, choice));
    json_write_key(&s->w, key_of(s->chat->control.channel));
    chat_write_text(&s->w, s->chat,
                    s->chat->control.channel == CHANNEL_LOGPROBS ? SPAN_OF("") : piece);
    return end_choice(s, piece, SPAN_OF(""));
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\n';
}

static size_t piece_size(const struct control *c, size_t index, struct span rest)
{
    size_t n = 0;

    if (c->cut_count > 0) {
        n = index < c->cut_count ? (size_t)c->cuts[index] : rest.n;
    } else if (c->chunk > 0) {
        n = (size_t)c->chunk;
    } else {
        n = span_find(span_drop_first(rest, 1), is_space) + 1;
    }
    n = n == 0 ? 1 : n;
    while (n < rest.n && (rest.p[n] & 0xC0) == 0x80) {
        n++;
    }
    return n;
}

static enum aiu_status send_text(struct stream *s)
{
    struct span rest = s->chat->text;

    for (size_t i = 0; rest.n > 0; i++) {
        struct span piece = span_first(rest, piece_size(&s->chat->control, i, rest));
        rest = span_drop_first(rest, piece.n);
        for (uint64_t choice = 0; choice < s->chat->choices; choice++) {
            TRY(send_piece(s, choice, piece));
        }
    }
    return AIU_OK;
}

static enum aiu_status send_start(struct stream *s)
{
    for (uint64_t choice = 0; choice < s->chat->choices; choice++) {
        TRY(send_role(s, choice));
        TRY(send_tool_piece(s, choice, SPAN_OF(""), true));
    }
    return AIU_OK;
}

static enum aiu_status send_usage(struct stream *s)
{
    TRY(begin_event(s));
    json_write_array_end(&s->w);
    chat_write_usage(&s->w, s->chat);
    return end_event(s);
}

static enum aiu_status send_end(struct stream *s)
{
    for (uint64_t choice = 0; choice < s->chat->choices; choice++) {
        TRY(begin_choice(s, choice));
        TRY(end_choice(s, SPAN_OF(""), chat_finish_reason(s->chat)));
    }
    if (s->chat->usage) {
        TRY(send_usage(s));
    }
    if (s->chat->control.fault == FAULT_NO_DONE) {
        return AIU_OK;
    }
    buf_reset(&s->event);
    TRY(buf_append(&s->event, SPAN_OF("data: [DONE]\n\n")));
    return send(s);
}

static enum aiu_status send_events(struct stream *s)
{
    TRY(send_start(s));
    TRY(send_text(s));
    return s->chat->control.fault == FAULT_NO_NEWLINE ? AIU_OK : send_end(s);
}

// Faults of the answer as a whole need it to have a length.
static bool needs_length(enum fault_kind fault)
{
    return fault == FAULT_HTML || fault == FAULT_EMPTY || fault == FAULT_LONG_LENGTH ||
           fault == FAULT_SHORT_LENGTH || fault == FAULT_DUP_LENGTH || fault == FAULT_GZIP ||
           fault == FAULT_REDIRECT;
}

enum aiu_status chat_stream(const struct chat *c, struct script *s)
{
    const struct reply reply = {200, SPAN("text/event-stream; charset=utf-8"), c->number,
                                &c->control};
    CLEANUP(buf_wipe) struct buf fixed = BUF_OF(EVENT_MAX);
    struct stream stream = {.chat = c, .reply = &reply, .script = s};
    bool has_length = needs_length(c->control.fault);

    buf_init(&stream.event, EVENT_MAX);
    stream.fixed = has_length ? &fixed : NULL;
    enum aiu_status st = has_length ? AIU_OK : reply_begin(s, &reply);
    if (st == AIU_OK) {
        st = send_events(&stream);
    }
    buf_wipe(&stream.event);
    TRY(st);
    return has_length ? reply_write(s, &reply, buf_span(&fixed)) : reply_end(s, &reply);
}
