// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// settle: the result is durable before the client can take the exchange for finished; then the
// status line, or the end of the stream, or the error. All exchanges end here.
#include "flow/exchange.h"

#include <stdio.h>

#include "base/num.h"

enum { OWN_FIELDS = 10, NUMBER_SIZE = 24, RETRY_LATER_MS = 5000 };

enum record_outcome outcome_of(const struct exchange *x)
{
    if (x->denied || x->filtered || x->status == AIU_CONTENT_BLOCKED) {
        return RECORD_BLOCKED;
    }
    if (x->conn == NULL) {
        return RECORD_CLIENT_ABORT;
    }
    switch ((int)x->status) {
    case AIU_OK:
        return x->answer_kind == ANSWER_ERROR ? RECORD_ERROR : RECORD_OK;
    case AIU_CANCELLED:
        return RECORD_CLIENT_ABORT;
    case AIU_PROVIDER_INTERRUPTED:
    case AIU_PROVIDER_UNREACHABLE:
        return RECORD_UPSTREAM_RESET;
    case AIU_PROVIDER_TIMEOUT:
        return RECORD_UPSTREAM_TIMEOUT;
    default:
        return RECORD_ERROR;
    }
}

static int http_status_of(const struct exchange *x)
{
    if (x->status == AIU_OK) {
        return x->answer_kind == ANSWER_ERROR ? x->answer_status : 200;
    }
    if (x->status == AIU_PROVIDER_BAD_REQUEST && x->answer_status != 0) {
        return x->answer_status; // 404, 409, 413, 422 of the provider stay what they are
    }
    return aiu_status_info(x->status)->http;
}

// --- the head of the answer -------------------------------------------------------------------

struct own_fields {
    struct http_field *fields; // room for the answer's and OWN_FIELDS
    size_t count;
    char numbers[3][NUMBER_SIZE];
};

static void add(struct own_fields *own, enum http_name id, struct span value)
{
    if (value.n > 0) {
        own->fields[own->count++] = (struct http_field){http_name_text(id), value, id};
    }
}

static struct span number_text(char text[NUMBER_SIZE], uint64_t value)
{
    int n = snprintf(text, NUMBER_SIZE, "%llu", (unsigned long long)value);

    return span_of(text, (size_t)n);
}

static struct span verdict_of(const struct exchange *x)
{
    enum verdict_kind in = x->in.verdict.kind, out = x->out.verdict.kind;

    if (x->denied || x->filtered) {
        return SPAN_OF("block");
    }
    return span_str(verdict_text(in > out ? in : out));
}

// Both forms of "come back later": some clients know only one (CLIENTS.md).
static void add_retry(const struct exchange *x, struct own_fields *own)
{
    uint64_t ms = x->retry_after_ms;

    if (x->status == AIU_MAINTENANCE || x->status == AIU_AUDIT_UNAVAILABLE ||
        x->status == AIU_OVERLOADED || x->status == AIU_SHUTTING_DOWN) {
        ms = RETRY_LATER_MS;
    }
    if (ms > 0) {
        add(own, HTTP_RETRY_AFTER, number_text(own->numbers[0], (ms + 999) / 1000));
        add(own, HTTP_RETRY_AFTER_MS, number_text(own->numbers[1], ms));
    }
}

// With an error of ours goes only what says when to come back.
static bool goes_with_error(enum http_name id)
{
    return id == HTTP_RETRY_AFTER || id == HTTP_RETRY_AFTER_MS || id == HTTP_X_RATELIMIT ||
           id == HTTP_X_SHOULD_RETRY;
}

static void add_answer_fields(const struct exchange *x, struct own_fields *own)
{
    bool typed = false;

    for (size_t i = 0; i < x->answer_count; i++) {
        enum http_name id = x->answer_fields[i].id;
        if (x->status == AIU_OK || goes_with_error(id)) {
            own->fields[own->count++] = x->answer_fields[i];
            typed = typed || id == HTTP_CONTENT_TYPE;
        }
    }
    if (!typed) {
        add(own, HTTP_CONTENT_TYPE, SPAN_OF("application/json"));
    }
    add(own, HTTP_AIU_UPSTREAM_REQUEST_ID, x->upstream_id);
}

static uint64_t overhead_us(const struct exchange *x)
{
    return (loop_now_ns() - x->begun_ns - x->waited_ns) / 1000;
}

enum aiu_status exchange_respond(struct exchange *x, int status, bool chunked, uint64_t length)
{
    struct own_fields own = {.count = 0};
    uint64_t overhead = overhead_us(x);

    own.fields = arena_array(&x->arena, x->answer_count + OWN_FIELDS, sizeof(*own.fields));
    if (own.fields == NULL) {
        return AIU_NO_MEMORY;
    }
    add_answer_fields(x, &own);
    add(&own, HTTP_X_REQUEST_ID, span_of(x->id, sizeof(x->id)));
    add(&own, HTTP_AIU_VERDICT, verdict_of(x));
    add(&own, HTTP_AIU_OVERHEAD_US, number_text(own.numbers[2], overhead));
    add(&own, HTTP_CACHE_CONTROL, SPAN_OF("no-store"));
    add(&own, HTTP_VARY, SPAN_OF("Authorization"));
    if (x->status == AIU_BAD_METHOD && x->route.allow != NULL) {
        own.fields[own.count++] =
            (struct http_field){SPAN("allow"), span_str(x->route.allow), HTTP_OTHER};
    }
    add_retry(x, &own);
    const struct server_reply reply = {.status = status,
                                       .fields = own.fields,
                                       .count = own.count,
                                       .chunked = chunked,
                                       .length = length};
    TRY(server_respond(x->conn, &reply));
    x->responded = true;
    metrics_count_overhead(&x->plane->metrics, overhead);
    return AIU_OK;
}

// --- errors -----------------------------------------------------------------------------------

static enum aiu_status describe(const struct exchange *x, struct reply_error *e, struct buf *note)
{
    const struct verdict_reason *reason = verdict_first(&x->in.verdict);

    *e = (struct reply_error){.status = x->status, .request_id = span_of(x->id, sizeof(x->id))};
    if (x->status == AIU_INVALID_PROMPT) {
        TRY(validator_message(&x->in.invalid, note));
        e->path = x->in.invalid_path;
    } else if (x->status == AIU_CONTENT_BLOCKED && x->denied && reason != NULL) {
        e->path = reason->path;
        e->rule = span_str(rules_get(reason->rule)->id);
    } else if (x->doc.count == 0 && x->body.n > 0 && aiu_status_info(x->status)->exit == 8) {
        TRY(buf_printf(note, "byte %zu", x->error_offset)); // the E6 block: where, never what
    } else if (x->status == AIU_PROVIDER_NO_MODEL && x->answer_status == 0) {
        e->path = SPAN_OF("model");
    }
    e->note = buf_span(note);
    return AIU_OK;
}

static enum aiu_status send_error(struct exchange *x)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(8192);
    CLEANUP(buf_wipe) struct buf note = BUF_OF(256);
    struct reply_error e;

    TRY(describe(x, &e, &note));
    metrics_count_error(&x->plane->metrics, e.status);
    if (x->responded) {
        // A stream that breaks: an event that clients raise, and no clean end.
        TRY(reply_error_event(&body, &e));
    } else {
        TRY(reply_error_body(&body, x->shape, &e));
        TRY(exchange_respond(x, http_status_of(x), false, body.n));
    }
    struct span piece = buf_span(&body);
    (void)server_body(x->conn, &piece, 1);
    return AIU_OK;
}

static void deliver_error(struct exchange *x)
{
    bool streaming = x->responded;

    if (send_error(x) != AIU_OK || streaming) {
        server_reset(x->conn);
    } else {
        server_end(x->conn);
    }
}

// --- answers ----------------------------------------------------------------------------------

static enum aiu_status send_bytes(struct exchange *x, struct span bytes)
{
    if (!x->responded) {
        TRY(exchange_respond(x, 200, false, bytes.n));
    }
    (void)server_body(x->conn, &bytes, 1);
    return AIU_OK;
}

static enum aiu_status send_filtered(struct exchange *x)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
    // Nothing of the blocked answer: its id and model are the provider's text as well.
    struct reply_ending ending = {.model = exchange_name(x, x->model),
                                  .created = x->unix_us / 1000000};

    if (x->relay == NULL) {
        x->answer_count = 0;
        TRY(reply_filtered_body(&b, &ending));
        return send_bytes(x, buf_span(&b));
    }
    ending.choice = relay_choice(x->relay);
    if (!x->responded) {
        TRY(exchange_respond(x, 200, true, 0));
    }
    TRY(reply_filtered_events(&b, &ending));
    return send_bytes(x, buf_span(&b));
}

static enum aiu_status send_stream_end(struct exchange *x)
{
    if (!x->responded) {
        TRY(exchange_respond(x, 200, true, 0));
    }
    return x->relay->done ? send_bytes(x, SPAN_OF("data: [DONE]\n\n")) : AIU_OK;
}

static enum aiu_status send_answer(struct exchange *x)
{
    if (x->route.route->guard == GUARD_NONE) {
        return send_bytes(x, SPAN_OF("{\"status\":\"ok\"}\n"));
    }
    if (x->filtered) {
        return send_filtered(x);
    }
    if (x->relay != NULL) {
        return send_stream_end(x);
    }
    TRY(exchange_respond(x, http_status_of(x), false, x->answer_size));
    // The same bytes would count twice until the exchange ends, right after this.
    exchange_release(x);
    (void)server_body(x->conn, x->answer_pieces, x->answer_piece_count);
    x->out_bytes += x->answer_size;
    return AIU_OK;
}

static enum step_next deliver(struct exchange *x)
{
    if (x->conn == NULL) {
        return STEP_END;
    }
    if (x->status == AIU_OK) {
        enum aiu_status st = send_answer(x);
        if (st == AIU_OK) {
            server_end(x->conn);
            return STEP_END;
        }
        x->status = st;
    }
    deliver_error(x);
    return STEP_END;
}

// --- settle -----------------------------------------------------------------------------------

static enum aiu_status write_records(struct exchange *x)
{
    if (x->denied && !x->has_decision) {
        TRY(record_the_decision(x));
    }
    if (!x->has_decision) {
        if (x->status != AIU_OK) {
            record_the_denial(x);
        }
        return AIU_OK;
    }
    return x->has_result ? AIU_OK : record_the_result(x, outcome_of(x), http_status_of(x));
}

enum step_next step_settle(struct exchange *x)
{
    if (x->waiting) {
        return STEP_WAIT;
    }
    enum aiu_status st = write_records(x);
    if (st == AIU_OK && x->has_result) {
        st = audit_settled(x->plane->shared->audit, x->result_index);
    }
    if (st == AIU_BUSY) {
        exchange_wait_audit(x, x->result_index);
        return STEP_WAIT;
    }
    if (st != AIU_OK) {
        x->status = AIU_AUDIT_UNAVAILABLE; // nothing leaves that is not on record
        x->filtered = false;
    }
    return deliver(x);
}
