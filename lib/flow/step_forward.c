// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// connect, forward: a connection to the provider while the disk syncs the decision; then, and only
// when it is durable, the request.
//
// A pooled connection that the provider closed at the same moment is no failure of anybody: the
// request is sent once more, on a new one, where not a byte of an answer had come.
#include "flow/exchange.h"

#include "codec/http1_write.h"

enum { HEAD_MOST = 128 * 1024 };

static void on_ready(struct client_call *call)
{
    struct exchange *x = client_context(call);

    x->ready = true;
    exchange_resume(x);
}

static void on_head(struct client_call *call, const struct http_head *head)
{
    struct exchange *x = client_context(call);

    x->head_ns = loop_now_ns();
    answer_take_head(x, head);
    x->answer_head = true;
    exchange_resume(x);
}

static void on_body(struct client_call *call, struct span bytes)
{
    struct exchange *x = client_context(call);

    if (x->status != AIU_OK) {
        return; // settling already
    }
    enum aiu_status st = answer_take_body(x, bytes);
    if (st != AIU_OK) {
        x->call_failed = st;
    }
    if (st != AIU_OK || (x->relay != NULL && x->relay->done)) {
        exchange_resume(x);
    }
}

static void on_end(struct client_call *call)
{
    struct exchange *x = client_context(call);

    x->call = NULL;
    x->call_ended = true;
    exchange_resume(x);
}

static bool may_retry(const struct exchange *x, const struct client_facts *facts)
{
    return facts->reused && !facts->received && !x->retried && x->step <= STEP_ANSWER;
}

static void on_fail(struct client_call *call, enum aiu_status why)
{
    struct exchange *x = client_context(call);
    struct client_facts facts = client_call_facts(call);

    x->call = NULL;
    if (why == AIU_NETWORK && may_retry(x, &facts)) {
        x->retried = true;
        x->ready = x->sent = false;
        x->step = STEP_CONNECT;
    } else {
        x->call_failed = why == AIU_NETWORK ? AIU_PROVIDER_INTERRUPTED : why;
    }
    exchange_resume(x);
}

static void on_drained(struct client_call *call)
{
    (void)call; // a request is handed over whole: nobody waits for this
}

const struct client_handler exchange_client_handler = {
    .on_ready = on_ready,
    .on_head = on_head,
    .on_body = on_body,
    .on_end = on_end,
    .on_fail = on_fail,
    .on_drained = on_drained,
};

// --- connect ----------------------------------------------------------------------------------

static uint32_t to_ms(uint64_t ms)
{
    return ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static enum aiu_status start_call(struct exchange *x)
{
    const struct config_provider_timeouts *t = &x->upstream->provider->timeouts;
    const struct client_timeouts timeouts = {
        .connect = to_ms(t->connect_ms),
        .tls = to_ms(t->tls_ms),
        .first_byte = to_ms(t->first_byte_ms),
        .idle = to_ms(t->idle_ms),
        .total = to_ms(t->total_ms),
    };
    size_t i = (size_t)(x->upstream - x->service->upstreams);

    return client_call_start(x->pools->pools[i], &exchange_client_handler, x, &timeouts, &x->call);
}

enum step_next step_connect(struct exchange *x)
{
    if (x->call_failed != AIU_OK) {
        return exchange_stop(x, x->call_failed);
    }
    if (x->call == NULL) {
        enum aiu_status st = start_call(x);
        if (st != AIU_OK) {
            return exchange_stop(x, st);
        }
    }
    return x->ready ? STEP_NEXT : STEP_WAIT;
}

// --- forward ----------------------------------------------------------------------------------

static enum aiu_status write_target(struct exchange *x, struct buf *b)
{
    struct span method = span_str(x->route.route->method);
    CLEANUP(buf_wipe) struct buf target = BUF_OF(8192);

    // "/v1" belongs to the provider's base URL (INTERFACE.md "HTTP").
    TRY(buf_append(&target, x->upstream->url.path));
    TRY(buf_append(&target, span_skip_prefix(x->route_path, SPAN_OF("/v1"))));
    if (x->route.query.n > 0) {
        TRY(buf_append(&target, SPAN_OF("?")));
        TRY(buf_append(&target, x->route.query));
    }
    return http1_write_request_line(b, method, buf_span(&target));
}

static enum aiu_status write_credential(struct exchange *x, struct buf *b)
{
    if (x->upstream->api_key == NULL) {
        return AIU_OK;
    }
    TRY(buf_append(b, SPAN_OF("Authorization: Bearer ")));
    TRY(secret_append_for(x->upstream->api_key, x->upstream->origin, b));
    return buf_append(b, SPAN_OF("\r\n"));
}

static enum aiu_status write_head(struct exchange *x, struct buf *b)
{
    bool has_body = x->route.route->request != DOCUMENT_KINDS;

    TRY(write_target(x, b));
    TRY(http1_write_field(b, SPAN_OF("Host"), x->upstream->host));
    TRY(write_credential(x, b));
    TRY(http1_write_field(b, SPAN_OF("Accept-Encoding"), SPAN_OF("identity")));
    TRY(buf_append(b, buf_span(&x->fields)));
    if (x->upstream->provider->account_headers) {
        TRY(buf_append(b, buf_span(&x->accounts)));
    }
    if (has_body) {
        TRY(http1_write_field(b, SPAN_OF("Content-Type"), SPAN_OF("application/json")));
        TRY(http1_write_framing(b, HTTP_LENGTH, x->body_out));
    }
    return http1_write_head_end(b);
}

static enum aiu_status send_request(struct exchange *x)
{
    CLEANUP(buf_wipe) struct buf head = BUF_OF(HEAD_MOST); // holds the key for a moment
    struct span first;

    TRY(write_head(x, &head));
    first = buf_span(&head);
    (void)client_send(x->call, &first, 1); // what waits is bounded by the body's limit
    if (x->piece_count > 0) {
        (void)client_send(x->call, x->pieces, x->piece_count);
    }
    client_sent_all(x->call);
    x->sent = true;
    return AIU_OK;
}

enum step_next step_forward(struct exchange *x)
{
    if (x->call_failed != AIU_OK) {
        return exchange_stop(x, x->call_failed);
    }
    if (x->waiting) {
        return STEP_WAIT;
    }
    enum aiu_status st = audit_settled(x->plane->shared->audit, x->decision_index);
    if (st == AIU_BUSY) {
        exchange_wait_audit(x, x->decision_index);
        return STEP_WAIT;
    }
    if (st != AIU_OK) {
        return exchange_stop(x, AIU_AUDIT_UNAVAILABLE);
    }
    st = send_request(x);
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}
