// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Faults of framing (a wrong length, gzip) are made here, where heads are written; faults of the
// connection (reset, silence) are edits of the finished script.
#include "reply.h"

#include "codec/json_write.h"
#include "gzip.h"

enum { REPLY_MAX = 128 << 20, GARBAGE_N = 64 };

struct text {
    unsigned status;
    const char *reason;
};

static const char *reason_of(unsigned status)
{
    static const struct text reasons[] = {
        {200, "OK"},
        {201, "Created"},
        {307, "Temporary Redirect"},
        {400, "Bad Request"},
        {401, "Unauthorized"},
        {403, "Forbidden"},
        {404, "Not Found"},
        {405, "Method Not Allowed"},
        {409, "Conflict"},
        {413, "Payload Too Large"},
        {422, "Unprocessable Entity"},
        {429, "Too Many Requests"},
        {500, "Internal Server Error"},
        {502, "Bad Gateway"},
        {503, "Service Unavailable"},
        {504, "Gateway Timeout"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return "Mock";
}

static enum aiu_status append_field(struct buf *out, struct span name, struct span value)
{
    TRY(buf_append(out, name));
    TRY(buf_append(out, SPAN_OF(": ")));
    TRY(buf_append(out, value));
    return buf_append(out, SPAN_OF("\r\n"));
}

// Fields that the test asked for, each as it stands; an array gives the field several times.
static enum aiu_status append_wanted_fields(struct buf *out, const struct control *c)
{
    if (c->headers == JSON_NONE) {
        return AIU_OK;
    }
    for (uint32_t k = json_first(c->doc, c->headers); k != JSON_NONE;
         k = json_next(c->doc, c->headers, k)) {
        uint32_t value = k + 1;
        uint32_t only = JSON_NONE;
        if (json_is(c->doc, value, JSON_ARRAY)) {
            only = value;
            value = json_first(c->doc, only);
        }
        while (value != JSON_NONE) {
            TRY(append_field(out, json_raw(c->doc, k), json_raw(c->doc, value)));
            value = only == JSON_NONE ? JSON_NONE : json_next(c->doc, only, value);
        }
    }
    return AIU_OK;
}

static bool has_field(const struct control *c, struct span name)
{
    return json_member(c->doc, c->headers, name) != JSON_NONE;
}

// The fields of the real one, those included that a gateway must not pass on (set-cookie, the
// organisation, the server's name).
static enum aiu_status append_usual_fields(struct buf *out, const struct reply *r)
{
    static const struct {
        struct span name, value;
    } usual[] = {
        {SPAN("server"), SPAN("aiu-mock")},
        {SPAN("openai-organization"), SPAN("org-mock")},
        {SPAN("openai-version"), SPAN("2020-10-01")},
        {SPAN("openai-processing-ms"), SPAN("1")},
        {SPAN("x-ratelimit-limit-requests"), SPAN("10000")},
        {SPAN("x-ratelimit-limit-tokens"), SPAN("200000")},
        {SPAN("x-ratelimit-remaining-requests"), SPAN("9999")},
        {SPAN("x-ratelimit-remaining-tokens"), SPAN("199980")},
        {SPAN("x-ratelimit-reset-requests"), SPAN("8.64s")},
        {SPAN("x-ratelimit-reset-tokens"), SPAN("6ms")},
        {SPAN("set-cookie"), SPAN("__mock=1; path=/; HttpOnly")},
    };

    for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
        if (!has_field(r->control, usual[i].name)) {
            TRY(append_field(out, usual[i].name, usual[i].value));
        }
    }
    if (!has_field(r->control, SPAN_OF("x-request-id"))) {
        TRY(buf_printf(out, "x-request-id: req_mock_%08llu\r\n", (unsigned long long)r->number));
    }
    return AIU_OK;
}

static enum aiu_status begin_head(struct script *s, const struct reply *r, struct span type)
{
    unsigned status = r->status;

    if (r->control->fault == FAULT_EARLY_HINTS) {
        for (uint64_t i = 0; i <= r->control->after && i < 10000; i++) {
            TRY(buf_append(&s->bytes, SPAN_OF("HTTP/1.1 103 Early Hints\r\nlink: <>\r\n\r\n")));
        }
    }
    TRY(buf_printf(&s->bytes, "HTTP/1.1 %u %s\r\n", status, reason_of(status)));
    if (!has_field(r->control, SPAN_OF("content-type"))) {
        TRY(append_field(&s->bytes, SPAN_OF("content-type"), type));
    }
    TRY(append_usual_fields(&s->bytes, r));
    return append_wanted_fields(&s->bytes, r->control);
}

static enum aiu_status end_head(struct script *s)
{
    TRY(buf_append(&s->bytes, SPAN_OF("\r\n")));
    s->body_at = s->bytes.n;
    return AIU_OK;
}

static enum aiu_status append_length(struct buf *out, uint64_t length)
{
    TRY(buf_append(out, SPAN_OF("content-length: ")));
    TRY(buf_append_u64(out, length));
    return buf_append(out, SPAN_OF("\r\n"));
}

// content-length, and what a fault makes of it.
static enum aiu_status append_framing(struct script *s, const struct reply *r, struct span body)
{
    enum { OFF = 10 };

    switch (r->control->fault) {
    case FAULT_LONG_LENGTH:
        s->end = SCRIPT_FIN;
        return append_length(&s->bytes, body.n + OFF);
    case FAULT_SHORT_LENGTH:
        return append_length(&s->bytes, body.n > OFF ? body.n - OFF : 0);
    case FAULT_DUP_LENGTH:
        TRY(append_length(&s->bytes, body.n));
        return append_length(&s->bytes, body.n + 1);
    case FAULT_GZIP:
        TRY(append_field(&s->bytes, SPAN_OF("content-encoding"), SPAN_OF("gzip")));
        return append_length(&s->bytes, body.n);
    case FAULT_NONE:
    case FAULT_RESET:
    case FAULT_FIN:
    case FAULT_SILENCE:
    case FAULT_GARBAGE:
    case FAULT_HTML:
    case FAULT_EMPTY:
    case FAULT_NO_NEWLINE:
    case FAULT_BAD_JSON:
    case FAULT_REDIRECT:
    case FAULT_JSON_FOR_STREAM:
    case FAULT_NO_DONE:
    case FAULT_EARLY_HINTS:
        break;
    }
    return append_length(&s->bytes, body.n);
}

static enum aiu_status apply_garbage(struct script *s, size_t at)
{
    uint8_t garbage[GARBAGE_N];

    for (size_t i = 0; i < sizeof(garbage); i++) {
        garbage[i] = (uint8_t)(i * 37 + 129);
    }
    TRY(script_cut(s, at, SCRIPT_FIN));
    TRY(buf_append(&s->bytes, span_of(garbage, sizeof(garbage))));
    return script_step(s, 0);
}

static enum aiu_status apply_fault(struct script *s, const struct control *c)
{
    static const struct {
        enum fault_kind fault;
        enum script_end end;
    } cuts[] = {
        {FAULT_RESET, SCRIPT_RESET},
        {FAULT_FIN, SCRIPT_FIN},
        {FAULT_SILENCE, SCRIPT_SILENCE},
    };
    size_t at = (c->whole ? 0 : s->body_at) + c->after;

    for (size_t i = 0; i < ARRAY_SIZE(cuts); i++) {
        if (c->fault == cuts[i].fault) {
            TRY(script_cut(s, at, cuts[i].end));
        }
    }
    if (c->fault == FAULT_GARBAGE) {
        TRY(apply_garbage(s, at));
    }
    return c->write > 0 ? script_split(s, c->write) : AIU_OK;
}

static uint32_t delay_of(const struct script *s, const struct control *c)
{
    return (uint32_t)(script_steps(s) == 0 ? c->first_delay_ms : c->delay_ms);
}

static enum aiu_status write_fixed(struct script *s, const struct reply *r, struct span type,
                                   struct span body)
{
    TRY(begin_head(s, r, type));
    TRY(append_framing(s, r, body));
    TRY(end_head(s));
    TRY(buf_append(&s->bytes, body));
    TRY(script_step(s, delay_of(s, r->control)));
    return apply_fault(s, r->control);
}

static enum aiu_status write_redirect(struct script *s, const struct reply *r)
{
    struct reply redirect = *r;

    redirect.status = 307;
    TRY(begin_head(s, &redirect, r->type));
    TRY(append_field(&s->bytes, SPAN_OF("location"), SPAN_OF("/v1/redirected")));
    TRY(append_length(&s->bytes, 0));
    TRY(end_head(s));
    return script_step(s, delay_of(s, r->control));
}

enum aiu_status reply_write(struct script *s, const struct reply *r, struct span body)
{
    CLEANUP(buf_wipe) struct buf packed = BUF_OF(REPLY_MAX);

    switch (r->control->fault) {
    case FAULT_HTML:
        return write_fixed(s, r, SPAN_OF("text/html; charset=utf-8"),
                           SPAN_OF("<!doctype html><title>mock</title><p>It works.\n"));
    case FAULT_EMPTY:
        return write_fixed(s, r, r->type, SPAN_OF(""));
    case FAULT_BAD_JSON:
        return write_fixed(s, r, r->type, span_first(body, body.n / 2));
    case FAULT_GZIP:
        TRY(gzip_append(&packed, body));
        return write_fixed(s, r, r->type, buf_span(&packed));
    case FAULT_REDIRECT:
        return write_redirect(s, r);
    case FAULT_NONE:
    case FAULT_RESET:
    case FAULT_FIN:
    case FAULT_SILENCE:
    case FAULT_GARBAGE:
    case FAULT_LONG_LENGTH:
    case FAULT_SHORT_LENGTH:
    case FAULT_DUP_LENGTH:
    case FAULT_NO_NEWLINE:
    case FAULT_JSON_FOR_STREAM:
    case FAULT_NO_DONE:
    case FAULT_EARLY_HINTS:
        break;
    }
    return write_fixed(s, r, r->type, body);
}

enum aiu_status reply_begin(struct script *s, const struct reply *r)
{
    TRY(begin_head(s, r, r->type));
    TRY(append_field(&s->bytes, SPAN_OF("transfer-encoding"), SPAN_OF("chunked")));
    TRY(end_head(s));
    return script_step(s, delay_of(s, r->control));
}

enum aiu_status reply_chunk(struct script *s, const struct reply *r, struct span bytes)
{
    TRY(buf_printf(&s->bytes, "%zx\r\n", bytes.n));
    TRY(buf_append(&s->bytes, bytes));
    TRY(buf_append(&s->bytes, SPAN_OF("\r\n")));
    return script_step(s, delay_of(s, r->control));
}

// One chunk of "data: " and `size` bytes without a line end, cut off by the end of the connection.
static enum aiu_status append_flood(struct script *s, const struct control *c)
{
    TRY(buf_printf(&s->bytes, "%llx\r\ndata: ", (unsigned long long)c->size + 100));
    TRY(script_step(s, 0));
    s->flood = c->size;
    s->end = SCRIPT_FIN;
    return AIU_OK;
}

enum aiu_status reply_end(struct script *s, const struct reply *r)
{
    if (r->control->fault == FAULT_NO_NEWLINE) {
        return append_flood(s, r->control);
    }
    TRY(buf_append(&s->bytes, SPAN_OF("0\r\n\r\n")));
    TRY(script_step(s, 0));
    return apply_fault(s, r->control);
}

struct error_text {
    unsigned status;
    const char *type, *code, *message;
};

static const struct error_text *error_of(unsigned status)
{
    static const struct error_text errors[] = {
        {400, "invalid_request_error", NULL, "Invalid request."},
        {401, "invalid_request_error", "invalid_api_key", "Incorrect API key provided."},
        {403, "invalid_request_error", "unsupported_country_region_territory", "Not allowed."},
        {404, "invalid_request_error", "model_not_found", "The model does not exist."},
        {409, "invalid_request_error", "conflict", "Conflict."},
        {413, "invalid_request_error", "request_too_large", "The request is too large."},
        {422, "invalid_request_error", "unprocessable", "The request cannot be processed."},
        {429, "requests", "rate_limit_exceeded", "Rate limit reached for requests."},
        {503, "server_error", "overloaded", "The engine is currently overloaded."},
        {500, "server_error", NULL, "The server had an error while processing your request."},
    };
    size_t last = ARRAY_SIZE(errors) - 1;

    for (size_t i = 0; i < last; i++) {
        if (errors[i].status == status) {
            return &errors[i];
        }
    }
    return &errors[last];
}

static enum aiu_status write_error_body(struct buf *out, const struct reply *r)
{
    const struct error_text *text = error_of(r->status);
    struct json_writer w;

    json_writer_init(&w, out);
    json_write_object(&w);
    json_write_key(&w, "error");
    if (r->control->error.n > 0) {
        json_write_raw(&w, r->control->error);
    } else {
        json_write_object(&w);
        json_write_member_string(&w, "message", span_str(text->message));
        json_write_member_string(&w, "type", span_str(text->type));
        json_write_key(&w, "param");
        json_write_null(&w);
        json_write_key(&w, "code");
        if (text->code == NULL) {
            json_write_null(&w);
        } else {
            json_write_string(&w, span_str(text->code));
        }
        json_write_object_end(&w);
    }
    json_write_object_end(&w);
    return json_writer_finish(&w);
}

enum aiu_status reply_error(struct script *s, const struct reply *r)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(REPLY_MAX);
    struct reply error = *r;

    TRY(write_error_body(&body, r));
    error.type = SPAN_OF("application/json");
    return reply_write(s, &error, buf_span(&body));
}
