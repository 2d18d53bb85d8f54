// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Routes. The model "mock-bench" has ready-made answers, found without reading the JSON, so that in
// a benchmark the mock costs little beside the proxy that is measured.
#include "answer.h"

#include "chat.h"
#include "codec/json_write.h"
#include "embed.h"

enum {
    ARENA_MAX = 512 << 20,
    BODY_MAX = 1 << 20,
    BENCH_CHOICE_N = 254, // makes a body of 749 bytes
    BENCH_PIECE_N = 4,    // a usual token: events of about 250 bytes
    BENCH_PIECES = 40,    // with role, end and [DONE] 43 events
    BENCH_HEAD_N = 128,   // where in a body the model is looked for
};

static const struct json_doc no_doc = {{NULL, 0}, NULL, 0};
static const struct control no_control = {.doc = &no_doc, .headers = JSON_NONE};

static const struct span models[] = {SPAN("mock-echo"), SPAN("mock-bench"), SPAN("gpt-4o-mini"),
                                     SPAN("text-embedding-3-small")};

static struct reply plain_reply(const struct answers *a, unsigned status)
{
    return (struct reply){status, SPAN("application/json"), a->stats.requests, &no_control};
}

static enum aiu_status make_bench(struct answers *a)
{
    static const char words[] = "the quick brown fox jumps over the lazy dog and runs on ";
    CLEANUP(buf_wipe) struct buf text = BUF_OF(BODY_MAX);
    struct chat chat = {.doc = &no_doc, .control = no_control, .choices = 1, .prompt_bytes = 700};

    chat.model = SPAN_OF("mock-bench");
    for (size_t i = 0; i < BENCH_CHOICE_N; i++) {
        TRY(buf_append_byte(&text, (uint8_t)words[i % (sizeof(words) - 1)]));
    }
    chat.text = buf_span(&text);
    TRY(chat_write(&chat, &a->plain));
    chat.control.chunk = BENCH_PIECE_N;
    chat.text = span_first(chat.text, (size_t)BENCH_PIECE_N * BENCH_PIECES);
    TRY(chat_stream(&chat, &a->stream));
    // One write for the whole stream: what is measured is the proxy, not the mock's writes.
    a->stream.steps.n = 0;
    return script_step(&a->stream, 0);
}

enum aiu_status answers_init(struct answers *a)
{
    *a = (struct answers){0};
    arena_init(&a->arena, ARENA_MAX);
    script_init(&a->plain);
    script_init(&a->stream);
    return make_bench(a);
}

void answers_done(struct answers *a)
{
    arena_done(&a->arena);
    script_done(&a->plain);
    script_done(&a->stream);
}

static enum aiu_status write_refusal(struct answers *a, struct script *s, unsigned status,
                                     const char *message, const char *code)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(BODY_MAX);
    const struct reply reply = plain_reply(a, status);
    struct json_writer w;

    json_writer_init(&w, &body);
    json_write_object(&w);
    json_write_key(&w, "error");
    json_write_object(&w);
    json_write_member_string(&w, "message", span_str(message));
    json_write_member_string(&w, "type", SPAN_OF("invalid_request_error"));
    json_write_key(&w, "param");
    json_write_null(&w);
    json_write_member_string(&w, "code", span_str(code));
    json_write_object_end(&w);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return reply_write(s, &reply, buf_span(&body));
}

enum aiu_status answer_malformed(struct answers *a, struct script *s)
{
    return write_refusal(a, s, 400, "This is not an HTTP request.", "malformed_request");
}

static void write_model(struct json_writer *w, struct span id)
{
    json_write_object(w);
    json_write_member_string(w, "id", id);
    json_write_member_string(w, "object", SPAN_OF("model"));
    json_write_member_u64(w, "created", 1767225600);
    json_write_member_string(w, "owned_by", SPAN_OF("aiu-mock"));
    json_write_object_end(w);
}

static enum aiu_status answer_models(struct answers *a, struct script *s)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(BODY_MAX);
    const struct reply reply = plain_reply(a, 200);
    struct json_writer w;

    json_writer_init(&w, &body);
    json_write_object(&w);
    json_write_member_string(&w, "object", SPAN_OF("list"));
    json_write_key(&w, "data");
    json_write_array(&w);
    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        write_model(&w, models[i]);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return reply_write(s, &reply, buf_span(&body));
}

static enum aiu_status answer_model(struct answers *a, struct span id, struct script *s)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(BODY_MAX);
    const struct reply reply = plain_reply(a, 200);
    struct json_writer w;

    for (size_t i = 0; i < ARRAY_SIZE(models); i++) {
        if (span_equal(models[i], id)) {
            json_writer_init(&w, &body);
            write_model(&w, id);
            TRY(json_writer_finish(&w));
            return reply_write(s, &reply, buf_span(&body));
        }
    }
    return write_refusal(a, s, 404, "The model does not exist.", "model_not_found");
}

static enum aiu_status answer_stats(struct answers *a, struct script *s)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(BODY_MAX);
    const struct reply reply = plain_reply(a, 200);
    struct json_writer w;

    json_writer_init(&w, &body);
    json_write_object(&w);
    json_write_member_u64(&w, "requests", a->stats.requests);
    json_write_member_u64(&w, "connections", a->stats.connections);
    json_write_member_u64(&w, "open", a->stats.open);
    json_write_member_u64(&w, "aborted", a->stats.aborted);
    json_write_member_u64(&w, "malformed", a->stats.malformed);
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    return reply_write(s, &reply, buf_span(&body));
}

// The whole answer as the test gave it.
static enum aiu_status answer_given(const struct control *c, uint64_t number, struct script *s)
{
    struct reply reply = {c->status > 0 ? (unsigned)c->status : 200, c->content_type, number, c};

    if (c->raw.n > 0) {
        TRY(buf_append(&s->bytes, c->raw));
        TRY(script_step(s, (uint32_t)c->first_delay_ms));
        if (c->fault == FAULT_FIN) {
            s->end = SCRIPT_FIN;
        }
        return c->write > 0 ? script_split(s, c->write) : AIU_OK;
    }
    if (reply.type.n == 0) {
        reply.type = SPAN_OF("application/json");
    }
    return reply_write(s, &reply, c->body);
}

static enum aiu_status answer_chat(struct answers *a, const struct json_doc *doc, struct script *s)
{
    struct chat chat;

    TRY(chat_read(&chat, doc, &a->arena));
    chat.number = a->stats.requests;
    const struct control *control = &chat.control;
    if (control->raw.n > 0 || control->body.n > 0) {
        return answer_given(control, chat.number, s);
    }
    if (control->status >= 300) {
        const struct reply reply = {(unsigned)control->status, SPAN("application/json"),
                                    chat.number, control};
        return reply_error(s, &reply);
    }
    if (chat.stream && control->fault != FAULT_JSON_FOR_STREAM) {
        return chat_stream(&chat, s);
    }
    return chat_write(&chat, s);
}

static enum aiu_status answer_embeddings(struct answers *a, const struct json_doc *doc,
                                         struct script *s)
{
    struct control control;

    TRY(control_read(doc, &a->arena, &control));
    const struct reply reply = {control.status >= 300 ? (unsigned)control.status : 200,
                                SPAN("application/json"), a->stats.requests, &control};
    return control.status >= 300 ? reply_error(s, &reply) : embed_write(doc, &reply, s);
}

typedef enum aiu_status (*json_answer)(struct answers *a, const struct json_doc *doc,
                                       struct script *s);

static enum aiu_status answer_json(struct answers *a, struct span body, json_answer answer,
                                   struct script *s)
{
    struct json_doc doc = no_doc;

    if (json_parse(body, &a->arena, &json_default_limits, &doc, NULL) != AIU_OK) {
        return write_refusal(a, s, 400, "We could not parse the JSON body of your request.",
                             "invalid_json");
    }
    enum aiu_status st = answer(a, &doc, s);
    if (st == AIU_USAGE || st == AIU_NOT_FOUND) {
        script_reset(s);
        return write_refusal(a, s, 400, "The field \"mock\" is not understood.", "bad_mock");
    }
    if (st == AIU_INVALID_PROMPT) {
        script_reset(s);
        return write_refusal(a, s, 400, "A required parameter is missing or out of range.",
                             "missing_required_parameter");
    }
    return st;
}

static bool has(struct span text, struct span part)
{
    return span_find_span(text, part) < text.n;
}

static enum aiu_status copy_script(const struct script *from, struct script *s)
{
    TRY(buf_append(&s->bytes, buf_span(&from->bytes)));
    s->body_at = from->body_at;
    return script_step(s, 0);
}

static enum aiu_status answer_post(struct answers *a, const struct request *r, struct span path,
                                   struct script *s)
{
    if (span_equal(path, SPAN_OF("/v1/chat/completions"))) {
        if (has(span_first(r->body, BENCH_HEAD_N), SPAN_OF("mock-bench"))) {
            bool stream = has(r->body, SPAN_OF("\"stream\":true"));
            return copy_script(stream ? &a->stream : &a->plain, s);
        }
        return answer_json(a, r->body, answer_chat, s);
    }
    if (span_equal(path, SPAN_OF("/v1/embeddings"))) {
        return answer_json(a, r->body, answer_embeddings, s);
    }
    return write_refusal(a, s, 404, "Unknown request URL.", "unknown_url");
}

static enum aiu_status answer_get(struct answers *a, struct span path, struct script *s)
{
    const struct span one = SPAN("/v1/models/");

    if (span_equal(path, SPAN_OF("/v1/models"))) {
        return answer_models(a, s);
    }
    if (span_starts_with(path, one)) {
        return answer_model(a, span_drop_first(path, one.n), s);
    }
    if (span_equal(path, SPAN_OF("/_mock/stats"))) {
        return answer_stats(a, s);
    }
    return write_refusal(a, s, 404, "Unknown request URL.", "unknown_url");
}

enum aiu_status answer_request_with(struct answers *a, const struct request *r, struct script *s)
{
    struct span path, query;

    arena_reset(&a->arena);
    (void)span_cut(r->path, '?', &path, &query);
    if (span_equal(r->method, SPAN_OF("POST"))) {
        return answer_post(a, r, path, s);
    }
    if (span_equal(r->method, SPAN_OF("GET"))) {
        return answer_get(a, path, s);
    }
    return write_refusal(a, s, 405, "Method not allowed.", "method_not_allowed");
}
