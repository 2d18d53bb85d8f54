// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "provider/facts.h"

static struct span string_member(const struct json_doc *doc, uint32_t object, struct span key)
{
    uint32_t token = json_member(doc, object, key);

    if (token == JSON_NONE || doc->tokens[token].type != JSON_STRING) {
        return (struct span){0};
    }
    return json_raw(doc, token);
}

static bool is_object(const struct json_doc *doc, uint32_t token)
{
    return token != JSON_NONE && token < doc->count && doc->tokens[token].type == JSON_OBJECT;
}

void facts_of_request(const struct json_doc *doc, struct request_facts *ret_facts)
{
    *ret_facts = (struct request_facts){0};
    if (!is_object(doc, 0)) {
        return;
    }
    uint32_t model = json_member(doc, 0, SPAN_OF("model"));
    if (model != JSON_NONE && doc->tokens[model].type == JSON_STRING) {
        ret_facts->model = json_raw(doc, model);
        ret_facts->model_escaped = doc->tokens[model].escaped;
    }
    uint32_t stream = json_member(doc, 0, SPAN_OF("stream"));
    ret_facts->stream = stream != JSON_NONE && doc->tokens[stream].type == JSON_TRUE;
    ret_facts->user = string_member(doc, 0, SPAN_OF("safety_identifier"));
    if (ret_facts->user.n == 0) {
        ret_facts->user = string_member(doc, 0, SPAN_OF("user"));
    }
}

static uint64_t number_member(const struct json_doc *doc, uint32_t object, struct span key)
{
    uint32_t token = json_member(doc, object, key);
    uint64_t value = 0;

    if (token != JSON_NONE) {
        IGNORE(json_u64(doc, token, &value));
    }
    return value;
}

static void take_usage(const struct json_doc *doc, struct answer_facts *facts)
{
    uint32_t usage = json_member(doc, 0, SPAN_OF("usage"));

    if (is_object(doc, usage)) {
        facts->has_usage = true;
        facts->input_tokens = number_member(doc, usage, SPAN_OF("prompt_tokens"));
        facts->output_tokens = number_member(doc, usage, SPAN_OF("completion_tokens"));
    }
}

static void take_choice(const struct json_doc *doc, uint32_t choice, struct answer_facts *facts)
{
    uint32_t reason = json_member(doc, choice, SPAN_OF("finish_reason"));
    uint64_t index = number_member(doc, choice, SPAN_OF("index"));
    uint64_t bit = UINT64_C(1) << (index < 63 ? index : 63);

    facts->choices |= bit;
    // Some providers write an empty finish reason into every event.
    if (json_is(doc, reason, JSON_STRING) && json_raw(doc, reason).n > 0) {
        facts->ended |= bit;
    }
}

void facts_of_answer(const struct json_doc *doc, struct answer_facts *ret_facts)
{
    *ret_facts = (struct answer_facts){0};
    if (!is_object(doc, 0)) {
        return;
    }
    ret_facts->id = string_member(doc, 0, SPAN_OF("id"));
    ret_facts->model = string_member(doc, 0, SPAN_OF("model"));
    ret_facts->created = number_member(doc, 0, SPAN_OF("created"));
    ret_facts->is_error = is_object(doc, json_member(doc, 0, SPAN_OF("error")));
    take_usage(doc, ret_facts);

    uint32_t choices = json_member(doc, 0, SPAN_OF("choices"));
    if (choices == JSON_NONE || doc->tokens[choices].type != JSON_ARRAY) {
        return;
    }
    for (uint32_t item = choices + 1; item < doc->tokens[choices].next;
         item = doc->tokens[item].next) {
        if (is_object(doc, item)) {
            take_choice(doc, item, ret_facts);
        }
    }
}
