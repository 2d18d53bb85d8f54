// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The answer's text, in this order: the test's own ("mock"), a value that fits the response format,
// the arguments of a tool call, the echo of the last user message.
#include "chat.h"

#include "codec/json_write.h"
#include "schema.h"

enum { TEXT_MAX = 64 << 20 };

static bool is_user(const struct json_doc *d, uint32_t message)
{
    return json_equal(d, json_member(d, message, SPAN_OF("role")), SPAN_OF("user"));
}

static enum aiu_status append_content(const struct json_doc *d, uint32_t content, struct buf *out)
{
    if (json_is(d, content, JSON_STRING)) {
        return json_unescape(d, content, out);
    }
    if (!json_is(d, content, JSON_ARRAY)) {
        return AIU_OK;
    }
    for (uint32_t e = json_first(d, content); e != JSON_NONE; e = json_next(d, content, e)) {
        uint32_t text = json_member(d, e, SPAN_OF("text"));
        if (json_is(d, text, JSON_STRING)) {
            TRY(buf_append(out, out->n == 0 ? SPAN_OF("") : SPAN_OF("\n")));
            TRY(json_unescape(d, text, out));
        }
    }
    return AIU_OK;
}

static enum aiu_status read_echo(struct chat *c, uint32_t messages, struct arena *arena)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(TEXT_MAX);
    uint32_t last = JSON_NONE;

    for (uint32_t m = json_first(c->doc, messages); m != JSON_NONE;
         m = json_next(c->doc, messages, m)) {
        last = is_user(c->doc, m) ? m : last;
    }
    TRY(append_content(c->doc, json_member(c->doc, last, SPAN_OF("content")), &out));
    return arena_copy(arena, buf_span(&out), &c->text);
}

static enum aiu_status read_example(struct chat *c, uint32_t schema, struct arena *arena)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(TEXT_MAX);
    struct json_writer w;

    json_writer_init(&w, &out);
    schema_write_example(&w, c->doc, schema);
    TRY(json_writer_finish(&w));
    return arena_copy(arena, buf_span(&out), &c->text);
}

// The tool that tool_choice names, else the first.
static uint32_t wanted_tool(const struct json_doc *d)
{
    uint32_t tools = json_member(d, 0, SPAN_OF("tools"));
    uint32_t choice = json_member(d, 0, SPAN_OF("tool_choice"));
    uint32_t wanted = json_member(d, json_member(d, choice, SPAN_OF("function")), SPAN_OF("name"));

    if (json_equal(d, choice, SPAN_OF("none")) || !json_is(d, tools, JSON_ARRAY)) {
        return JSON_NONE;
    }
    for (uint32_t e = json_first(d, tools); e != JSON_NONE; e = json_next(d, tools, e)) {
        uint32_t function = json_member(d, e, SPAN_OF("function"));
        uint32_t name = json_member(d, function, SPAN_OF("name"));
        if (name != JSON_NONE &&
            (wanted == JSON_NONE || span_equal(json_raw(d, name), json_raw(d, wanted)))) {
            return function;
        }
    }
    return JSON_NONE;
}

static bool last_message_is_tool(const struct json_doc *d, uint32_t messages)
{
    uint32_t last = JSON_NONE;

    for (uint32_t m = json_first(d, messages); m != JSON_NONE; m = json_next(d, messages, m)) {
        last = m;
    }
    return json_equal(d, json_member(d, last, SPAN_OF("role")), SPAN_OF("tool"));
}

// The test's text as arguments: as it stands where it is an object, else as a member of one. With
// "escape" the inner JSON has the escapes; the outer string then escapes their backslashes.
static enum aiu_status wrap_arguments(struct chat *c, struct arena *arena)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(TEXT_MAX);

    if (span_starts_with(c->text, SPAN_OF("{"))) {
        return AIU_OK;
    }
    TRY(buf_append(&out, SPAN_OF("{\"text\":")));
    TRY(c->control.escape ? chat_append_escaped(&out, c->text) : json_append_string(&out, c->text));
    TRY(buf_append_byte(&out, '}'));
    return arena_copy(arena, buf_span(&out), &c->text);
}

// A tool is called where the test wants it, or where tools are offered and none was called yet.
static enum aiu_status read_tool(struct chat *c, uint32_t messages, struct arena *arena)
{
    const struct control *control = &c->control;
    uint32_t function = wanted_tool(c->doc);
    bool forced = control->channel == CHANNEL_TOOL || control->tool_calls > 0;
    bool offered =
        function != JSON_NONE && !control->has_reply && !last_message_is_tool(c->doc, messages);

    if (!forced && !offered) {
        return AIU_OK;
    }
    c->tool_calls = control->tool_calls > 0 ? control->tool_calls : 1;
    c->tool = SPAN_OF("mock_tool");
    if (function != JSON_NONE) {
        c->tool = json_raw(c->doc, json_member(c->doc, function, SPAN_OF("name")));
    }
    if (control->has_reply) {
        return wrap_arguments(c, arena);
    }
    return read_example(c, json_member(c->doc, function, SPAN_OF("parameters")), arena);
}

// As a model repeats a word in a heading.
static enum aiu_status say_in_capitals(struct chat *c, struct arena *arena)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(TEXT_MAX);

    for (size_t i = 0; i < c->text.n; i++) {
        uint8_t byte = c->text.p[i];
        TRY(buf_append_byte(&out, byte >= 'a' && byte <= 'z' ? (uint8_t)(byte - 32) : byte));
    }
    return arena_copy(arena, buf_span(&out), &c->text);
}

static enum aiu_status read_text(struct chat *c, uint32_t messages, struct arena *arena)
{
    uint32_t format = json_member(c->doc, 0, SPAN_OF("response_format"));
    uint32_t type = json_member(c->doc, format, SPAN_OF("type"));
    uint32_t schema =
        json_member(c->doc, json_member(c->doc, format, SPAN_OF("json_schema")), SPAN_OF("schema"));

    if (c->control.has_reply) {
        c->text = c->control.reply;
    } else if (json_equal(c->doc, type, SPAN_OF("json_schema")) ||
               json_equal(c->doc, type, SPAN_OF("json_object"))) {
        TRY(read_example(c, schema, arena));
    } else {
        TRY(read_echo(c, messages, arena));
    }
    if (c->control.upper) {
        TRY(say_in_capitals(c, arena));
    }
    return read_tool(c, messages, arena);
}

enum aiu_status chat_read(struct chat *c, const struct json_doc *doc, struct arena *arena)
{
    uint32_t messages = json_member(doc, 0, SPAN_OF("messages"));
    uint32_t model = json_member(doc, 0, SPAN_OF("model"));
    uint32_t options = json_member(doc, 0, SPAN_OF("stream_options"));

    *c = (struct chat){.doc = doc, .choices = 1, .model = SPAN("mock-echo")};
    TRY(control_read(doc, arena, &c->control));
    if (!json_is(doc, messages, JSON_ARRAY) || json_first(doc, messages) == JSON_NONE) {
        return AIU_INVALID_PROMPT;
    }
    if (json_is(doc, model, JSON_STRING)) {
        TRY(json_string(doc, model, arena, &c->model));
    }
    c->prompt_bytes = json_raw(doc, messages).n;
    (void)!json_u64(doc, json_member(doc, 0, SPAN_OF("n")), &c->choices);
    if (c->choices == 0 || c->choices > CHAT_CHOICES_MAX) {
        return AIU_INVALID_PROMPT;
    }
    (void)!json_bool(doc, json_member(doc, 0, SPAN_OF("stream")), &c->stream);
    (void)!json_bool(doc, json_member(doc, options, SPAN_OF("include_usage")), &c->usage);
    (void)!json_bool(doc, json_member(doc, 0, SPAN_OF("logprobs")), &c->logprobs);
    return read_text(c, messages, arena);
}
