// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The machine that walks the table of steps, and the one place where an exchange ends.
#include "flow/exchange.h"

#include "base/alloc.h"
#include "secret/random.h"

enum { UNUSED_MOST = 64 };

typedef enum step_next (*step_fn)(struct exchange *x);

static const step_fn steps[STEP_COUNT] = {
#define FLOW_STEP(name, NAME, failure, text) [STEP_##NAME] = step_##name,
#include "flow/steps.def"
#undef FLOW_STEP
};

static struct exchange *take_unused(struct plane *f)
{
    struct exchange *x = f->unused;

    if (x != NULL) {
        f->unused = x->next_free;
        f->unused_count--;
        return x;
    }
    x = mem_new(1, sizeof(*x));
    if (x != NULL) {
        arena_init(&x->arena, EXCHANGE_ARENA_CAP);
    }
    return x;
}

static void make_id(struct plane *f, struct exchange *x)
{
    if (f->random_left < ID_RANDOM) {
        random_fill(f->random, sizeof(f->random));
        f->random_left = sizeof(f->random);
    }
    f->random_left -= ID_RANDOM;
    uuid_v7(x->unix_us, f->random + f->random_left, x->id);
}

static void init(struct exchange *x, struct plane *f, struct server_conn *conn)
{
    const struct config_limits *limits = &f->pools->service->config->limits;
    x->plane = f;
    x->conn = conn;
    x->pools = pool_set_ref(f->pools);
    x->service = x->pools->service;
    x->begun_ns = x->step_ns = loop_now_ns();
    x->unix_us = clock_unix_us(&f->shared->clock);
    buf_init(&x->body, limits->max_body);
    buf_init(&x->answer, limits->max_response);
    buf_init(&x->copy, CAPTURE_MOST);
    buf_init(&x->fields, limits->max_headers + 4096);
    buf_init(&x->accounts, limits->max_headers + 4096);
    echo_init(&x->echo, f->echo_key, &x->arena);
    make_id(f, x);
    metric_add(&f->metrics.in_flight, 1);
    x->live_next = f->live;
    x->live_link = &f->live;
    if (f->live != NULL) {
        f->live->live_link = &x->live_next;
    }
    f->live = x;
}

struct exchange *exchange_new(struct plane *f, struct server_conn *conn)
{
    struct exchange *x = take_unused(f);

    if (x != NULL) {
        init(x, f, conn);
    }
    return x;
}

static void count_step(struct exchange *x)
{
    uint64_t now = loop_now_ns();

    metric_add(&x->plane->metrics.step_ns[x->step], now - x->step_ns);
    metric_add(&x->plane->metrics.step_count[x->step], 1);
    x->step_ns = now;
}

// A step that failed: whatever the table says beside it is a denial, which settle sends.
static void stop(struct exchange *x)
{
    CHECK(x->status != AIU_OK);
    if (x->call != NULL) {
        client_cancel(x->call);
        x->call = NULL;
    }
    x->step = STEP_SETTLE;
}

static enum step_next run_once(struct exchange *x)
{
    enum step_next next = steps[x->step](x);

    if (next == STEP_WAIT) {
        return next;
    }
    count_step(x);
    if (next == STEP_NEXT) {
        x->step = (enum step)(x->step + 1);
    } else if (next == STEP_STOP) {
        stop(x);
    }
    return next;
}

void exchange_resume(struct exchange *x)
{
    enum step_next next = STEP_NEXT;

    if (x->running) {
        x->again = true; // what is waited for happened inside the step itself
        return;
    }
    x->running = true;
    if (x->wait_began_ns != 0) {
        x->waited_ns += loop_now_ns() - x->wait_began_ns;
    }
    do {
        x->again = false;
        next = run_once(x);
    } while (next == STEP_NEXT || next == STEP_STOP || (next == STEP_WAIT && x->again));
    x->running = false;
    x->wait_began_ns = loop_now_ns();
    if (next == STEP_END) {
        exchange_end(x);
    }
}

enum step_next exchange_stop(struct exchange *x, enum aiu_status status)
{
    x->status = status;
    return STEP_STOP;
}

enum aiu_status exchange_hold(struct exchange *x, size_t n)
{
    if (!budget_take(loop_budget(x->plane->loop), n)) {
        return AIU_OVERLOADED;
    }
    x->held += n;
    return AIU_OK;
}

void exchange_release(struct exchange *x)
{
    budget_give(loop_budget(x->plane->loop), x->held);
    x->held = 0;
    x->arena_held = 0;
}

enum aiu_status exchange_hold_arena(struct exchange *x)
{
    size_t grown = x->arena.used > x->arena_held ? x->arena.used - x->arena_held : 0;

    TRY(exchange_hold(x, grown));
    x->arena_held += grown;
    return AIU_OK;
}

struct control_subject exchange_subject(const struct exchange *x)
{
    struct control_subject s = {.model = x->model,
                                .now_unix_s = clock_unix_us(&x->plane->shared->clock) / 1000000};

    if (x->key != NULL) {
        s.tenant = x->key->key->tenant;
        s.key = x->key->key->id;
    }
    if (x->upstream != NULL) {
        s.provider = x->upstream->provider->name;
    }
    return s;
}

void exchange_wait_audit(struct exchange *x, uint64_t index)
{
    struct plane *f = x->plane;

    CHECK(!x->waiting);
    x->waiting = true;
    x->wait_index = index;
    x->wait_next = NULL;
    *f->waiting_last = x;
    f->waiting_last = &x->wait_next;
}

static void leave_waiting(struct exchange *x)
{
    struct plane *f = x->plane;

    for (struct exchange **link = &f->waiting; *link != NULL; link = &(*link)->wait_next) {
        if (*link == x) {
            *link = x->wait_next;
            if (f->waiting_last == &x->wait_next) {
                f->waiting_last = link;
            }
            break;
        }
    }
    x->waiting = false;
}

void exchange_abandon(struct exchange *x, enum aiu_status why)
{
    if (x->step == STEP_SETTLE) {
        return; // on its way out already
    }
    if (x->waiting) {
        leave_waiting(x);
    }
    x->status = why;
    stop(x);
    exchange_resume(x);
}

static void count_end(const struct exchange *x)
{
    struct metrics *m = &x->plane->metrics;
    enum route_name route = x->route.route == NULL ? ROUTE_CHAT : x->route.route->name;
    size_t outcome = x->has_decision ? (size_t)outcome_of(x) : METRICS_DENIED;

    metric_subtract(&m->in_flight, 1);
    if (x->status == AIU_OK && !x->has_decision) {
        outcome = RECORD_OK; // health and readiness
    }
    if (x->route.route != NULL) {
        metric_add(&m->requests[route][outcome], 1);
    }
    metric_add(&m->bytes_in, x->body.n);
    metric_add(&m->bytes_out, x->out_bytes);
    metric_add(&m->tokens_in, x->answer_facts.input_tokens);
    metric_add(&m->tokens_out, x->answer_facts.output_tokens);
    metric_add(&m->skipped_places, x->in.skipped + x->out.skipped);
}

static void release(struct exchange *x)
{
    if (x->call != NULL) {
        client_cancel(x->call);
    }
    if (x->relay != NULL) {
        relay_done(x->relay);
    }
    if (x->inspecting) {
        inspector_done(&x->in);
    }
    if (x->inspecting_out) {
        inspector_done(&x->out);
    }
    if (x->has_pseudonyms) {
        pseudonyms_done(&x->pseudonyms);
    }
    answer_mac_free(x->answer_mac);
    buf_wipe(&x->body);
    buf_wipe(&x->answer);
    buf_wipe(&x->copy);
    buf_wipe(&x->fields);
    buf_wipe(&x->accounts);
    arena_reset(&x->arena); // its first block serves the next exchange
    exchange_release(x);
    pool_set_unref(x->pools);
}

void exchange_end(struct exchange *x)
{
    struct plane *f = x->plane;

    if (x->waiting) {
        leave_waiting(x);
    }
    if (x->ended != NULL) {
        *x->ended = true;
    }
    *x->live_link = x->live_next;
    if (x->live_next != NULL) {
        x->live_next->live_link = x->live_link;
    }
    count_end(x);
    release(x);
    struct arena arena = x->arena;
    mem_wipe(x, sizeof(*x));
    x->arena = arena;
    if (f->unused_count < UNUSED_MOST) {
        x->next_free = f->unused;
        f->unused = x;
        f->unused_count++;
    } else {
        exchange_free(x);
    }
}

void exchange_free(struct exchange *x)
{
    arena_done(&x->arena);
    mem_free(x);
}
