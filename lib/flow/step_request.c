// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// head, admit, read: who asks, for what, and may they, before anything is parsed or allocated for
// them; then the body.
#include "flow/exchange.h"

#include "base/num.h"
#include "codec/http1_write.h"

enum { BODY_FIRST = 16384 };

// --- head -------------------------------------------------------------------------------------

// The path lives in the head, which dies with on_request.
static enum aiu_status keep_route(struct exchange *x)
{
    TRY(arena_copy(&x->arena, x->route.path, &x->route_path));
    x->route.path = x->route_path;
    TRY(arena_copy(&x->arena, x->route.query, &x->route.query));
    return arena_copy(&x->arena, x->route.model, &x->route.model);
}

static bool is_credential(const struct http_field *f)
{
    return f->id == HTTP_AUTHORIZATION || f->id == HTTP_X_API_KEY || f->id == HTTP_API_KEY ||
           f->id == HTTP_X_GOOG_API_KEY;
}

// Exactly one field with a credential. Two could mean two callers, so they are none (S5).
static bool find_credential(const struct http_head *head, struct span *ret_token)
{
    size_t count = 0;

    for (size_t i = 0; i < head->count; i++) {
        const struct http_field *f = &head->fields[i];
        if (!is_credential(f)) {
            continue;
        }
        count++;
        *ret_token = f->value;
        if (f->id == HTTP_AUTHORIZATION) {
            struct span scheme;
            if (!span_cut(f->value, ' ', &scheme, ret_token) ||
                !span_equal_nocase(scheme, SPAN_OF("bearer"))) {
                return false;
            }
            *ret_token = span_trim_ows(*ret_token);
        }
    }
    return count == 1 && ret_token->n > 0;
}

// After a rotation the former key of an id is taken for a while.
static enum aiu_status authenticate_retired(struct exchange *x, struct span token)
{
    CLEANUP(buf_wipe) struct buf id = BUF_OF(512);
    struct vkey_digest digest;

    TRY(vkey_digest(token, &digest));
    if (!control_retired(x->plane->shared->control, &digest, x->unix_us / 1000000, &id)) {
        return AIU_UNAUTHENTICATED;
    }
    x->key = service_key(x->service, buf_span(&id));
    return x->key == NULL ? AIU_UNAUTHENTICATED : AIU_OK;
}

static enum aiu_status authenticate(struct exchange *x)
{
    struct span token = {NULL, 0};
    size_t index = 0;

    if (!find_credential(x->head, &token)) {
        return AIU_UNAUTHENTICATED;
    }
    enum aiu_status st = vkey_table_find(x->service->key_table, token, &index);
    if (st == AIU_UNAUTHENTICATED) {
        return authenticate_retired(x, token);
    }
    TRY(st);
    x->key = &x->service->keys[index];
    return AIU_OK;
}

// Authentication comes before routing, so that nobody learns without a key which routes there are.
enum step_next step_head(struct exchange *x)
{
    enum aiu_status found = route_find(x->head->method, x->head->target, &x->route);

    x->shape = reply_shape_of(x->route.path);
    enum aiu_status st = keep_route(x);
    if (st != AIU_OK) {
        return exchange_stop(x, st);
    }
    if (found != AIU_OK || x->route.route->guard == GUARD_KEY) {
        st = authenticate(x);
    }
    if (st == AIU_OK) {
        st = found;
    }
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}

// --- admit ------------------------------------------------------------------------------------

static enum aiu_status check_control(struct exchange *x)
{
    const struct control_subject subject = {
        .tenant = x->key->key->tenant, .key = x->key->key->id, .now_unix_s = x->unix_us / 1000000};

    return control_check(x->plane->shared->control, &subject);
}

static bool is_json_type(struct span type)
{
    struct span media, parameters;

    (void)span_cut(type, ';', &media, &parameters);
    return span_equal_nocase(span_trim_ows(media), SPAN_OF("application/json"));
}

static enum aiu_status check_body_form(const struct http_head *head)
{
    struct span encoding = http_head_get(head, HTTP_CONTENT_ENCODING);

    if (head->framing == HTTP_NO_BODY || (head->framing == HTTP_LENGTH && head->length == 0)) {
        return AIU_JSON_INVALID; // an empty body is no JSON
    }
    if (encoding.p != NULL && !span_equal_nocase(encoding, SPAN_OF("identity"))) {
        return AIU_MEDIA_TYPE;
    }
    return is_json_type(http_head_get(head, HTTP_CONTENT_TYPE)) ? AIU_OK : AIU_MEDIA_TYPE;
}

// Fields that mean something to the provider go on as they came; those that prove or choose
// somebody, belong to this connection, or speak of the way here do not.
static bool goes_on(const struct exchange *x, const struct http_field *f)
{
    unsigned flags = http_name_flags(f->id);

    if ((flags & (HTTP_HOP | HTTP_OWN | HTTP_CREDENTIAL | HTTP_WAY | HTTP_INTERNAL)) != 0 ||
        http_head_is_hop_by_hop(x->head, f)) {
        return false;
    }
    return f->id != HTTP_ACCEPT_ENCODING && f->id != HTTP_CONTENT_TYPE &&
           f->id != HTTP_CONTENT_ENCODING && f->id != HTTP_ORIGIN && f->id != HTTP_REFERER;
}

static enum aiu_status keep_fields(struct exchange *x)
{
    for (size_t i = 0; i < x->head->count; i++) {
        const struct http_field *f = &x->head->fields[i];
        bool account = (http_name_flags(f->id) & HTTP_ACCOUNT) != 0;
        // A value with a finding does not go on: nobody else looks at it.
        if (goes_on(x, f) && exchange_is_clean(x, DIRECTION_REQUEST, f->value)) {
            TRY(http1_write_field(account ? &x->accounts : &x->fields, f->name, f->value));
        }
    }
    return AIU_OK;
}

static enum aiu_status admit(struct exchange *x)
{
    if (x->route.route->request == DOCUMENT_KINDS && x->head->framing != HTTP_NO_BODY) {
        return AIU_HTTP_INVALID;
    }
    if (x->route.route->guard == GUARD_NONE) {
        return AIU_OK;
    }
    TRY(check_control(x));
    TRY(audit_health(x->plane->shared->audit));
    TRY(key_window_take(x->key->window, x->begun_ns, &x->retry_after_ms));
    if (x->route.route->request != DOCUMENT_KINDS) {
        TRY(check_body_form(x->head));
    }
    TRY(keep_fields(x));
    if (x->head->framing == HTTP_LENGTH) {
        uint8_t *ignored = NULL;
        TRY(exchange_hold(x, (size_t)x->head->length));
        // Of a large body only so much before any of it came.
        size_t first = x->head->length < BODY_FIRST ? (size_t)x->head->length : BODY_FIRST;
        TRY(buf_reserve(&x->body, first, &ignored));
    }
    if (x->head->expect_continue) {
        server_continue(x->conn);
    }
    return AIU_OK;
}

enum step_next step_admit(struct exchange *x)
{
    const struct json_limits limits = {.depth = json_default_limits.depth,
                                       .values = EXCHANGE_JSON_VALUES,
                                       .string = json_default_limits.string,
                                       .number = json_default_limits.number};
    enum aiu_status st = admit(x);

    json_init(&x->json, &x->arena, &limits);
    return st == AIU_OK ? STEP_NEXT : exchange_stop(x, st);
}

// --- read -------------------------------------------------------------------------------------

enum step_next step_read(struct exchange *x)
{
    if (x->route.route->request == DOCUMENT_KINDS) {
        return x->body_ended ? STEP_NEXT : STEP_WAIT;
    }
    // The scan goes on with each read; an error in the first bytes ends the request there.
    if (x->body.n > 0) {
        enum aiu_status st = json_feed(&x->json, buf_span(&x->body));
        if (st != AIU_OK) {
            x->error_offset = json_error_offset(&x->json);
            return exchange_stop(x, st);
        }
        st = exchange_hold_arena(x);
        if (st != AIU_OK) {
            return exchange_stop(x, st);
        }
    }
    return x->body_ended ? STEP_NEXT : STEP_WAIT;
}
