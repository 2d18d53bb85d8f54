// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "control.h"

#include "base/num.h"
#include "plant.h"

enum { CONTROL_TEXT_MAX = 64 << 20 };

struct reader {
    const struct json_doc *doc;
    struct arena *arena;
    struct control *control;
};

typedef enum aiu_status (*member_reader)(struct reader *r, uint32_t value);

static enum aiu_status read_name(struct reader *r, uint32_t value, const struct span *names,
                                 size_t count, size_t *ret_index)
{
    for (size_t i = 0; i < count; i++) {
        if (json_equal(r->doc, value, names[i])) {
            *ret_index = i;
            return AIU_OK;
        }
    }
    return AIU_USAGE;
}

static enum aiu_status read_text(struct reader *r, uint32_t value, struct span *ret_text)
{
    return json_is(r->doc, value, JSON_STRING) ? json_string(r->doc, value, r->arena, ret_text)
                                               : AIU_USAGE;
}

static enum aiu_status read_base64(struct reader *r, uint32_t value, struct span *ret_text)
{
    CLEANUP(buf_wipe) struct buf bytes = BUF_OF(CONTROL_TEXT_MAX);
    struct span text = {0};

    TRY(read_text(r, value, &text));
    TRY(num_decode_base64(text, &bytes));
    return arena_copy(r->arena, buf_span(&bytes), ret_text);
}

static enum aiu_status expand(struct reader *r, struct span *text)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(CONTROL_TEXT_MAX);

    TRY(plant_expand(&out, *text));
    return arena_copy(r->arena, buf_span(&out), text);
}

static enum aiu_status read_reply(struct reader *r, uint32_t value)
{
    r->control->has_reply = true;
    return read_text(r, value, &r->control->reply);
}

static enum aiu_status read_reply_b64(struct reader *r, uint32_t value)
{
    r->control->has_reply = true;
    return read_base64(r, value, &r->control->reply);
}

static enum aiu_status append_plant(struct reader *r, uint32_t element, struct buf *out)
{
    struct span name = {0};

    TRY(read_text(r, element, &name));
    TRY(buf_append(out, out->n == 0 ? SPAN_OF("") : SPAN_OF(" ")));
    TRY(buf_append(out, name));
    TRY(buf_append(out, SPAN_OF(": ")));
    return plant_append(out, name);
}

// "plant": ["card", "email"] appends them to the reply.
static enum aiu_status read_plant(struct reader *r, uint32_t value)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(CONTROL_TEXT_MAX);

    TRY(buf_append(&out, r->control->reply));
    for (uint32_t e = json_first(r->doc, value); e != JSON_NONE; e = json_next(r->doc, value, e)) {
        TRY(append_plant(r, e, &out));
    }
    r->control->has_reply = true;
    return arena_copy(r->arena, buf_span(&out), &r->control->reply);
}

static enum aiu_status read_cut(struct reader *r, uint32_t value)
{
    size_t count = 0;

    for (uint32_t e = json_first(r->doc, value); e != JSON_NONE; e = json_next(r->doc, value, e)) {
        count++;
    }
    uint64_t *cuts = arena_array(r->arena, count, sizeof(*cuts));
    if (cuts == NULL) {
        return AIU_NO_MEMORY;
    }
    r->control->cuts = cuts;
    r->control->cut_count = count;
    for (uint32_t e = json_first(r->doc, value); e != JSON_NONE; e = json_next(r->doc, value, e)) {
        TRY(json_u64(r->doc, e, cuts++));
    }
    return AIU_OK;
}

static enum aiu_status read_channel(struct reader *r, uint32_t value)
{
    static const struct span names[] = {SPAN("content"), SPAN("refusal"), SPAN("reasoning"),
                                        SPAN("tool"), SPAN("logprobs")};
    size_t index = 0;

    TRY(read_name(r, value, names, ARRAY_SIZE(names), &index));
    r->control->channel = (enum channel)index;
    return AIU_OK;
}

static enum aiu_status read_fault_kind(struct reader *r, uint32_t value)
{
    static const struct span names[] = {
        SPAN("none"),       SPAN("reset"),        SPAN("fin"),
        SPAN("silence"),    SPAN("garbage"),      SPAN("html"),
        SPAN("empty"),      SPAN("wrong_length"), SPAN("short_length"),
        SPAN("dup_length"), SPAN("gzip"),         SPAN("no_newline"),
        SPAN("bad_json"),   SPAN("redirect"),     SPAN("json_for_stream"),
        SPAN("no_done"),    SPAN("early_hints"),
    };
    size_t index = 0;

    TRY(read_name(r, value, names, ARRAY_SIZE(names), &index));
    r->control->fault = (enum fault_kind)index;
    return AIU_OK;
}

static enum aiu_status read_fault_from(struct reader *r, uint32_t value)
{
    static const struct span names[] = {SPAN("body"), SPAN("start")};
    size_t index = 0;

    TRY(read_name(r, value, names, ARRAY_SIZE(names), &index));
    r->control->whole = index == 1;
    return AIU_OK;
}

static enum aiu_status read_headers(struct reader *r, uint32_t value)
{
    r->control->headers = value;
    return json_is(r->doc, value, JSON_OBJECT) ? AIU_OK : AIU_USAGE;
}

static enum aiu_status read_error(struct reader *r, uint32_t value)
{
    r->control->error = json_raw(r->doc, value);
    return json_is(r->doc, value, JSON_OBJECT) ? expand(r, &r->control->error) : AIU_USAGE;
}

static enum aiu_status read_body(struct reader *r, uint32_t value)
{
    TRY(read_text(r, value, &r->control->body));
    return expand(r, &r->control->body);
}

static enum aiu_status read_body_b64(struct reader *r, uint32_t value)
{
    return read_base64(r, value, &r->control->body);
}

static enum aiu_status read_raw_b64(struct reader *r, uint32_t value)
{
    return read_base64(r, value, &r->control->raw);
}

#define NUMBER_READER(member)                                                                      \
    static enum aiu_status read_##member(struct reader *r, uint32_t value)                         \
    {                                                                                              \
        return json_u64(r->doc, value, &r->control->member);                                       \
    }
NUMBER_READER(chunk)
NUMBER_READER(write)
NUMBER_READER(delay_ms)
NUMBER_READER(first_delay_ms)
NUMBER_READER(status)
NUMBER_READER(tool_calls)
NUMBER_READER(after)
NUMBER_READER(size)

static enum aiu_status read_escape(struct reader *r, uint32_t value)
{
    return json_bool(r->doc, value, &r->control->escape);
}

static enum aiu_status read_upper(struct reader *r, uint32_t value)
{
    return json_bool(r->doc, value, &r->control->upper);
}

static enum aiu_status read_finish_reason(struct reader *r, uint32_t value)
{
    return read_text(r, value, &r->control->finish_reason);
}

static enum aiu_status read_content_type(struct reader *r, uint32_t value)
{
    return read_text(r, value, &r->control->content_type);
}

struct member {
    struct span name;
    member_reader read;
};

// Each member of `object` by its reader; one without a reader is an error.
static enum aiu_status read_members(struct reader *r, uint32_t object, const struct member *members,
                                    size_t count)
{
    if (!json_is(r->doc, object, JSON_OBJECT)) {
        return AIU_USAGE;
    }
    for (uint32_t k = json_first(r->doc, object); k != JSON_NONE;
         k = json_next(r->doc, object, k)) {
        size_t i = 0;
        while (i < count && !json_equal(r->doc, k, members[i].name)) {
            i++;
        }
        if (i == count) {
            return AIU_USAGE;
        }
        TRY(members[i].read(r, k + 1));
    }
    return AIU_OK;
}

static enum aiu_status read_fault(struct reader *r, uint32_t value)
{
    static const struct member members[] = {
        {SPAN("kind"), read_fault_kind},
        {SPAN("after"), read_after},
        {SPAN("size"), read_size},
        {SPAN("from"), read_fault_from},
    };

    return read_members(r, value, members, ARRAY_SIZE(members));
}

enum aiu_status control_read(const struct json_doc *doc, struct arena *arena,
                             struct control *ret_control)
{
    static const struct member members[] = {
        {SPAN("reply"), read_reply},
        {SPAN("reply_b64"), read_reply_b64},
        {SPAN("plant"), read_plant},
        {SPAN("escape"), read_escape},
        {SPAN("upper"), read_upper},
        {SPAN("channel"), read_channel},
        {SPAN("tools"), read_tool_calls},
        {SPAN("cut"), read_cut},
        {SPAN("chunk"), read_chunk},
        {SPAN("write"), read_write},
        {SPAN("delay_ms"), read_delay_ms},
        {SPAN("first_delay_ms"), read_first_delay_ms},
        {SPAN("finish_reason"), read_finish_reason},
        {SPAN("status"), read_status},
        {SPAN("headers"), read_headers},
        {SPAN("error"), read_error},
        {SPAN("body"), read_body},
        {SPAN("body_b64"), read_body_b64},
        {SPAN("content_type"), read_content_type},
        {SPAN("raw_b64"), read_raw_b64},
        {SPAN("fault"), read_fault},
    };
    struct control control = {.doc = doc, .headers = JSON_NONE, .size = 100 << 20};
    struct reader r = {doc, arena, &control};
    uint32_t object = json_member(doc, 0, SPAN_OF("mock"));

    if (object != JSON_NONE) {
        TRY(read_members(&r, object, members, ARRAY_SIZE(members)));
        TRY(expand(&r, &control.reply));
    }
    *ret_control = control;
    return AIU_OK;
}
