// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The flow of one loop: events of the server become exchanges, and news from the audit log wakes
// those that waited for it.
#include "flow/plane.h"

#include "base/alloc.h"
#include "flow/exchange.h"
#include "secret/random.h"
#include "secret/token_key.h"

// --- pools ------------------------------------------------------------------------------------

struct pool_set *pool_set_ref(struct pool_set *p)
{
    p->references++;
    return p;
}

void pool_set_unref(struct pool_set *p)
{
    if (p == NULL || --p->references > 0) {
        return;
    }
    for (size_t i = 0; p->pools != NULL && i < p->service->upstream_count; i++) {
        client_pool_free(p->pools[i]);
    }
    service_unref(p->service);
    mem_free(p->pools);
    mem_free(p);
}

static enum aiu_status make_pool(struct loop *l, const struct service *s, const struct upstream *u,
                                 struct client_pool **ret_pool)
{
    struct client_pool_options o = client_default_options();
    char host[256];

    if (u->url.host.n >= sizeof(host)) {
        return AIU_URL_INVALID;
    }
    memcpy(host, u->url.host.p, u->url.host.n);
    host[u->url.host.n] = '\0';
    if (u->url.scheme == URL_UNIX) {
        o.unix_path = host;
    } else {
        o.host = host;
        o.port = u->url.port;
        o.tls = u->tls;
    }
    o.limits.body = s->config->limits.max_response;
    return client_pool_new(l, &o, ret_pool);
}

static enum aiu_status pool_set_new(struct loop *l, struct service *s, struct pool_set **ret_set)
{
    struct pool_set *p = mem_new(1, sizeof(*p));

    if (p == NULL) {
        return AIU_NO_MEMORY;
    }
    p->references = 1;
    p->service = service_ref(s);
    p->pools = mem_new(s->upstream_count + 1, sizeof(*p->pools));
    enum aiu_status st = p->pools == NULL ? AIU_NO_MEMORY : AIU_OK;
    for (size_t i = 0; st == AIU_OK && i < s->upstream_count; i++) {
        st = make_pool(l, s, &s->upstreams[i], &p->pools[i]);
    }
    if (st != AIU_OK) {
        pool_set_unref(p);
        return st;
    }
    *ret_set = p;
    return AIU_OK;
}

// --- the audit log's news ---------------------------------------------------------------------

static void on_durable(void *ctx)
{
    struct plane *f = ctx;

    while (f->waiting != NULL) {
        struct exchange *x = f->waiting;
        if (audit_settled(f->shared->audit, x->wait_index) == AIU_BUSY) {
            break;
        }
        f->waiting = x->wait_next;
        if (f->waiting == NULL) {
            f->waiting_last = &f->waiting;
        }
        x->waiting = false;
        exchange_resume(x);
    }
}

// --- the server's events ----------------------------------------------------------------------

static void on_request(struct server_conn *c, const struct http_head *head)
{
    struct exchange *x = exchange_new(server_context(c), c);

    if (x == NULL) {
        server_reset(c);
        return;
    }
    bool ended = false;
    server_set_exchange(c, x);
    x->head = head;
    x->ended = &ended;
    exchange_resume(x);
    if (!ended) {
        x->head = NULL;
        x->ended = NULL;
    }
}

static void on_body(struct server_conn *c, struct span bytes)
{
    struct exchange *x = server_exchange(c);

    if (x == NULL || x->step > STEP_READ) {
        return; // refused already: the rest is not wanted
    }
    bool counted = x->held - x->arena_held >= x->body.n + bytes.n; // by Content-Length
    enum aiu_status st = counted ? AIU_OK : exchange_hold(x, bytes.n);
    if (st == AIU_OK) {
        st = buf_append(&x->body, bytes);
        st = st == AIU_TOO_LONG ? AIU_BODY_TOO_LARGE : st;
    }
    if (st != AIU_OK) {
        x->status = st;
        x->step = STEP_SETTLE;
    }
    exchange_resume(x);
}

static void on_end(struct server_conn *c)
{
    struct exchange *x = server_exchange(c);

    if (x != NULL && x->step <= STEP_READ) {
        x->body_ended = true;
        exchange_resume(x);
    }
}

// The client is gone: the provider is told at once, the record says so.
static void leave(struct exchange *x)
{
    x->conn = NULL;
    if (x->call != NULL) {
        client_cancel(x->call);
        x->call = NULL;
    }
    if (x->has_decision && !x->has_result) {
        x->status = x->status == AIU_OK ? AIU_CANCELLED : x->status;
        IGNORE(record_the_result(x, RECORD_CLIENT_ABORT, 499)); // nobody waits for it any more
    }
    exchange_end(x);
}

static void on_abort(struct server_conn *c, enum aiu_status why)
{
    struct exchange *x = server_exchange(c);

    if (x == NULL) {
        return;
    }
    if (server_answerable(c) && !x->has_decision) {
        x->status = why;
        x->step = STEP_SETTLE;
        exchange_resume(x);
        return;
    }
    leave(x);
}

static void on_bad_request(struct server_conn *c, enum aiu_status why)
{
    struct exchange *x = exchange_new(server_context(c), c);

    if (x != NULL) {
        x->status = why;
        x->step = STEP_SETTLE;
        exchange_resume(x);
    }
}

static void on_drained(struct server_conn *c)
{
    struct exchange *x = server_exchange(c);

    if (x != NULL && x->upstream_paused && x->call != NULL) {
        x->upstream_paused = false;
        client_resume(x->call);
    }
}

const struct server_handler plane_handler = {
    .on_request = on_request,
    .on_body = on_body,
    .on_end = on_end,
    .on_abort = on_abort,
    .on_bad_request = on_bad_request,
    .on_drained = on_drained,
};

// --- life -------------------------------------------------------------------------------------

static enum aiu_status build(struct plane *f, struct service *service)
{
    TRY(scratch_new(f->shared->engine, &f->scratch));
    TRY(mac_keys_new(f->shared->master, &f->mac_keys));
    TRY(token_keys_new(f->shared->master, &f->token_keys));
    TRY(pool_set_new(f->loop, service, &f->pools));
    return audit_subscribe(f->shared->audit, loop_bell_ring_ctx, &f->durable);
}

enum aiu_status plane_new(struct loop *l, const struct plane_shared *shared,
                          struct service *service, struct plane **ret_plane)
{
    struct plane *f = mem_new(1, sizeof(*f));

    if (f == NULL) {
        return AIU_NO_MEMORY;
    }
    f->loop = l;
    f->shared = shared;
    f->waiting_last = &f->waiting;
    random_fill((uint8_t *)f->echo_key, sizeof(f->echo_key));
    loop_bell_init(&f->durable, l, on_durable, f);
    enum aiu_status st = build(f, service);
    if (st != AIU_OK) {
        plane_free(f);
        return st;
    }
    *ret_plane = f;
    return AIU_OK;
}

void plane_free(struct plane *f)
{
    if (f == NULL) {
        return;
    }
    audit_unsubscribe(f->shared->audit, &f->durable);
    loop_bell_done(&f->durable);
    while (f->unused != NULL) {
        struct exchange *x = f->unused;
        f->unused = x->next_free;
        exchange_free(x);
    }
    pool_set_unref(f->pools);
    mac_keys_free(f->mac_keys);
    token_keys_free(f->token_keys);
    scratch_free(f->scratch);
    mem_free(f);
}

enum aiu_status plane_set_service(struct plane *f, struct service *service)
{
    struct pool_set *next = NULL;

    TRY(pool_set_new(f->loop, service, &next));
    pool_set_unref(f->pools);
    f->pools = next;
    f->peer_n = 0; // its tenant was the old service's
    return AIU_OK;
}

void plane_abandon(struct plane *f)
{
    struct exchange *next = NULL;

    for (struct exchange *x = f->live; x != NULL; x = next) {
        next = x->live_next; // `x` may end in the call
        exchange_abandon(x, AIU_SHUTTING_DOWN);
    }
}

void plane_apply_control(struct plane *f)
{
    struct exchange *next = NULL;

    for (struct exchange *x = f->live; x != NULL; x = next) {
        const struct control_subject subject = exchange_subject(x);
        // What has not been sent need not be.
        enum aiu_status st = x->sent ? control_check_under_way(f->shared->control, &subject)
                                     : control_check(f->shared->control, &subject);
        next = x->live_next; // `x` may end in the call
        if (st != AIU_OK && x->key != NULL) {
            exchange_abandon(x, st);
        }
    }
}

bool plane_ready(const struct plane *f, enum aiu_status *ret_why)
{
    const struct control_subject everybody = {.now_unix_s =
                                                  clock_unix_us(&f->shared->clock) / 1000000};

    *ret_why = control_check(f->shared->control, &everybody);
    if (*ret_why != AIU_OK) {
        return false;
    }
    *ret_why = audit_health(f->shared->audit);
    return *ret_why == AIU_OK;
}

const struct metrics *plane_metrics(const struct plane *f)
{
    return &f->metrics;
}
