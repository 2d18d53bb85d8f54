// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts are the fixed ones of aiu/status.def, a JSON path, a rule id: nothing here comes from a
// prompt, an answer or the provider.
#include "provider/reply.h"

static bool is_anthropic(struct span path)
{
    return span_starts_with(path, SPAN_OF("/v1/messages")) ||
           span_starts_with(path, SPAN_OF("/anthropic/"));
}

static bool is_gemini(struct span path)
{
    return span_starts_with(path, SPAN_OF("/v1beta/")) ||
           span_find_span(path, SPAN_OF(":generateContent")) < path.n ||
           span_find_span(path, SPAN_OF(":streamGenerateContent")) < path.n;
}

enum reply_shape reply_shape_of(struct span path)
{
    if (is_anthropic(path)) {
        return REPLY_ANTHROPIC;
    }
    return is_gemini(path) ? REPLY_GEMINI : REPLY_OPENAI;
}

static enum aiu_status put(struct buf *b, const char *text)
{
    return buf_append(b, span_str(text));
}

// The clause of the status, where it happened, and the code.
static enum aiu_status put_message(struct buf *b, const struct reply_error *e)
{
    const struct aiu_status_info *info = aiu_status_info(e->status);

    TRY(put(b, info->text));
    if (e->note.n > 0) {
        TRY(put(b, ": "));
        TRY(buf_append(b, e->note));
    }
    if (e->path.n > 0) {
        TRY(put(b, " at "));
        TRY(buf_append(b, e->path));
    }
    if (e->rule.n > 0) {
        TRY(put(b, ", rule "));
        TRY(buf_append(b, e->rule));
    }
    TRY(put(b, " ("));
    TRY(put(b, info->code));
    return put(b, ")");
}

static const char *openai_type(int http)
{
    switch (http) {
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 429:
        return "rate_limit_error";
    default:
        return http >= 500 ? "server_error" : "invalid_request_error";
    }
}

static enum aiu_status openai_body(struct buf *b, const struct reply_error *e)
{
    const struct aiu_status_info *info = aiu_status_info(e->status);

    TRY(put(b, "{\"error\":{\"message\":\""));
    TRY(put_message(b, e));
    TRY(put(b, "\",\"type\":\""));
    TRY(put(b, openai_type(info->http)));
    TRY(put(b, "\",\"param\":"));
    if (e->path.n > 0) {
        TRY(put(b, "\""));
        TRY(buf_append(b, e->path));
        TRY(put(b, "\""));
    } else {
        TRY(put(b, "null"));
    }
    TRY(put(b, ",\"code\":\""));
    TRY(put(b, info->code));
    return put(b, "\"}}");
}

static const char *anthropic_type(int http)
{
    switch (http) {
    case 400:
        return "invalid_request_error";
    case 401:
        return "authentication_error";
    case 403:
        return "permission_error";
    case 404:
        return "not_found_error";
    case 413:
        return "request_too_large";
    case 429:
        return "rate_limit_error";
    case 503:
        return "overloaded_error";
    default:
        return http >= 500 ? "api_error" : "invalid_request_error";
    }
}

static enum aiu_status anthropic_body(struct buf *b, const struct reply_error *e)
{
    TRY(put(b, "{\"type\":\"error\",\"error\":{\"type\":\""));
    TRY(put(b, anthropic_type(aiu_status_info(e->status)->http)));
    TRY(put(b, "\",\"message\":\""));
    TRY(put_message(b, e));
    TRY(put(b, "\"},\"request_id\":\""));
    TRY(buf_append(b, e->request_id));
    return put(b, "\"}");
}

static const char *gemini_status(int http)
{
    switch (http) {
    case 400:
        return "INVALID_ARGUMENT";
    case 401:
        return "UNAUTHENTICATED";
    case 403:
        return "PERMISSION_DENIED";
    case 404:
        return "NOT_FOUND";
    case 429:
        return "RESOURCE_EXHAUSTED";
    case 503:
        return "UNAVAILABLE";
    case 504:
        return "DEADLINE_EXCEEDED";
    default:
        return http >= 500 ? "INTERNAL" : "FAILED_PRECONDITION";
    }
}

static enum aiu_status gemini_body(struct buf *b, const struct reply_error *e)
{
    int http = aiu_status_info(e->status)->http;

    TRY(put(b, "{\"error\":{\"code\":"));
    TRY(buf_append_u64(b, (uint64_t)http));
    TRY(put(b, ",\"message\":\""));
    TRY(put_message(b, e));
    TRY(put(b, "\",\"status\":\""));
    TRY(put(b, gemini_status(http)));
    return put(b, "\"}}");
}

enum aiu_status reply_error_body(struct buf *b, enum reply_shape shape, const struct reply_error *e)
{
    switch (shape) {
    case REPLY_OPENAI:
        return openai_body(b, e);
    case REPLY_ANTHROPIC:
        return anthropic_body(b, e);
    case REPLY_GEMINI:
        return gemini_body(b, e);
    }
    return AIU_INTERNAL;
}

enum aiu_status reply_error_event(struct buf *b, const struct reply_error *e)
{
    TRY(put(b, "data: "));
    TRY(openai_body(b, e));
    return put(b, "\n\n");
}

static enum aiu_status put_head(struct buf *b, const struct reply_ending *e, const char *object)
{
    TRY(put(b, "{\"id\":\""));
    TRY(buf_append(b, e->id.n > 0 ? e->id : SPAN_OF("chatcmpl-filtered")));
    TRY(put(b, "\",\"object\":\""));
    TRY(put(b, object));
    TRY(put(b, "\",\"created\":"));
    TRY(buf_append_u64(b, e->created));
    TRY(put(b, ",\"model\":\""));
    TRY(buf_append(b, e->model));
    TRY(put(b, "\",\"choices\":[{\"index\":"));
    return buf_append_u64(b, e->choice);
}

enum aiu_status reply_filtered_events(struct buf *b, const struct reply_ending *e)
{
    TRY(put(b, "data: "));
    TRY(put_head(b, e, "chat.completion.chunk"));
    TRY(put(b, ",\"delta\":{},\"logprobs\":null,\"finish_reason\":\"content_filter\"}]}\n\n"));
    return put(b, "data: [DONE]\n\n");
}

enum aiu_status reply_filtered_body(struct buf *b, const struct reply_ending *e)
{
    TRY(put_head(b, e, "chat.completion"));
    return put(b, ",\"message\":{\"role\":\"assistant\",\"content\":null,\"refusal\":null},"
                  "\"logprobs\":null,\"finish_reason\":\"content_filter\"}]}");
}
