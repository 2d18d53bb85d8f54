// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The worker: opens the audit log, starts a loop thread a processor, then waits in its main thread
// for signals and looks at the control file five times a second (S78: in force within a second).
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/log.h"
#include "base/alloc.h"
#include "base/num.h"
#include "gateway/admin.h"
#include "gateway/anchors.h"
#include "gateway/capturing.h"
#include "gateway/events.h"
#include "gateway/gateway.h"
#include "gateway/listen.h"
#include "gateway/switches.h"
#include "gateway/trail.h"
#include "secret/io.h"
#include "secret/master.h"
#include "secret/random.h"

enum { ABANDON_MS = 2000, CONTROL_POLL_MS = 200 };

struct worker_loop {
    struct worker *worker;
    pthread_t thread;
    struct loop *loop;
    struct plane *plane;
    struct server *server;
    struct server *admin; // the first loop's only
    struct loop_post post;
    struct service *next; // to be taken over at a reload
    bool started;
};

struct worker {
    struct gateway *g;
    struct worker_loop loops[GATEWAY_LOOPS_MOST];
    size_t count;
    struct plane *planes[GATEWAY_LOOPS_MOST];
    struct plane_shared shared;
    struct service *service;
    struct limits *limits;
    struct budget budget;
    struct tls *tls;
    struct admin admin;
    char boot[33], node[65];
    pthread_mutex_t lock; // guards `posted`
    pthread_cond_t changed;
    size_t posted; // loops that have not answered a post
    struct events events;
    struct switches switches;
    struct anchors anchors;
    struct capturing capturing;
    struct trail trail;
    bool dropped; // the key of a provider was dropped or taken again
};

// --- talking to loops -------------------------------------------------------------------------

static void answer_post(struct worker *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->posted--;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

// Have `fn` run on every loop, and wait until all have.
static void post_all(struct worker *w, void (*fn)(void *ctx))
{
    (void)pthread_mutex_lock(&w->lock);
    w->posted = w->count;
    (void)pthread_mutex_unlock(&w->lock);
    for (size_t i = 0; i < w->count; i++) {
        w->loops[i].post.fn = fn;
        w->loops[i].post.ctx = &w->loops[i];
        loop_post(w->loops[i].loop, &w->loops[i].post);
    }
    (void)pthread_mutex_lock(&w->lock);
    while (w->posted > 0) {
        (void)pthread_cond_wait(&w->changed, &w->lock);
    }
    (void)pthread_mutex_unlock(&w->lock);
}

// --- witnesses --------------------------------------------------------------------------------

static void on_witness_trouble(void *ctx, const struct anchor_witness *witness,
                               enum anchor_trouble trouble)
{
    struct worker *w = ctx;
    static const struct span words[] = {[ANCHOR_UNREACHABLE] = SPAN("witness_unreachable"),
                                        [ANCHOR_REFUSED] = SPAN("witness_refused"),
                                        [ANCHOR_CONFLICT] = SPAN("witness_conflict")};
    const struct record_field fields[] = {RECORD_TEXT("what", words[trouble]),
                                          RECORD_TEXT("witness", witness->name)};

    (void)events_record(&w->events,
                        trouble == ANCHOR_CONFLICT ? RECORD_INCIDENT : RECORD_AUDIT_DEGRADED,
                        fields, ARRAY_SIZE(fields));
}

static void on_cosigned(void *ctx, struct span text, struct span lines)
{
    struct worker *w = ctx;

    if (publish_cosign(w->trail.publisher, text, lines) != AIU_OK) {
        log_event(&w->g->log, LOG_ERROR, "cosignature_not_published");
    }
}

static void start_anchors(struct worker *w)
{
    char folder[4200];
    const struct anchor_options o = {.folder = folder,
                                     .logger = &w->g->log,
                                     .on_cosigned = on_cosigned,
                                     .on_trouble = on_witness_trouble,
                                     .ctx = w};

    (void)snprintf(folder, sizeof(folder), "%s/audit/main", w->g->state.path);
    enum aiu_status st = anchors_start(&w->anchors, w->service->config, &o);
    if (st != AIU_OK) {
        log_event(&w->g->log, LOG_ERROR, "witnesses_not_started",
                  LOG_NAME("code", aiu_status_info(st)->code));
    }
}

// --- switches ---------------------------------------------------------------------------------

static enum aiu_status build_service(struct worker *w, struct config *config,
                                     struct service_problem *problem, struct service **ret_service)
{
    const struct service_options o = {config, w->g->env, w->limits, w->switches.control};

    service_forget_dropped(&o);
    return service_new(&o, problem, ret_service);
}

static enum record_event event_of(enum control_list list)
{
    switch (list) {
    case CONTROL_MAINTENANCE:
        return RECORD_MAINTENANCE;
    case CONTROL_REVOKED:
    case CONTROL_RETIRED:
        return RECORD_KEY_EVENT;
    case CONTROL_PROVIDER_KEYS:
    case CONTROL_LISTS:
        break;
    }
    return RECORD_INCIDENT;
}

// S27, S80: each switch that somebody turned, with who says that they did.
static void record_switch(void *ctx, const struct control_change *c)
{
    struct worker *w = ctx;
    const struct record_field fields[] = {
        RECORD_TEXT("what", span_str(control_list_text(c->list))),
        RECORD_BOOL("on", c->on),
        RECORD_TEXT("scope", c->scope),
        RECORD_TEXT("reason", c->reason),
        RECORD_TEXT("actor", c->actor),
        RECORD_TEXT("in_flight", c->cut ? SPAN_OF("cut") : SPAN_OF("finish")),
        RECORD_NUMBER("expires", c->expires),
    };

    w->dropped = w->dropped || c->list == CONTROL_PROVIDER_KEYS;
    if (w->shared.audit == NULL) {
        return; // in force since before this start, and on record since then
    }
    (void)events_record(&w->events, event_of(c->list), fields, ARRAY_SIZE(fields));
    log_event(&w->g->log, LOG_CRITICAL, "switch", LOG_NAME("what", control_list_text(c->list)),
              LOG_BOOL("on", c->on), LOG_ID("scope", c->scope));
}

static void apply_switches(void *ctx)
{
    struct worker_loop *l = ctx;

    plane_apply_control(l->plane);
    answer_post(l->worker);
}

static void serve_with(struct worker *w, struct service *next);

// The key of a provider is dropped or taken again: a service without or with it, and the
// supervisor, which starts the next worker, forgets it as well.
static void rebuild(struct worker *w)
{
    struct service_problem problem;
    struct service *next = NULL;
    enum aiu_status st = build_service(w, w->service->config, &problem, &next);

    if (st != AIU_OK) {
        // The old service goes on; the switch refuses what it would send with the key.
        log_event(&w->g->log, LOG_ERROR, "rebuild_failed",
                  LOG_NAME("code", aiu_status_info(st)->code));
        return;
    }
    serve_with(w, next);
    (void)kill(getppid(), SIGUSR2);
}

static void look_at_switches(struct worker *w)
{
    w->dropped = false;
    if (!switches_look(&w->switches, record_switch, w)) {
        return;
    }
    post_all(w, apply_switches);
    if (w->dropped) {
        rebuild(w);
    }
}

// --- reload -----------------------------------------------------------------------------------

static void set_admin_hash(struct worker *w, const struct service *s)
{
    (void)snprintf(w->admin.config_hash, sizeof(w->admin.config_hash), "%.*s",
                   (int)s->config_hash.n, (const char *)s->config_hash.p);
}

static void take_next(void *ctx)
{
    struct worker_loop *l = ctx;

    if (l->admin != NULL) {
        set_admin_hash(l->worker, l->next);
    }

    if (plane_set_service(l->plane, l->next) != AIU_OK) {
        log_event(&l->worker->g->log, LOG_ERROR, "reload_incomplete", LOG_BOOL("memory", true));
    }
    server_set_tls(l->server, l->worker->tls);
    answer_post(l->worker);
}

// New requests go to `next`, which becomes the worker's.
static void serve_with(struct worker *w, struct service *next)
{
    for (size_t i = 0; i < w->count; i++) {
        w->loops[i].next = next;
    }
    post_all(w, take_next);
    service_unref(w->service);
    w->service = next;
}

// Exporters and alerts by `config`; those before end first, since their places in the log are one.
static enum aiu_status watch(struct worker *w, struct config *config)
{
    const struct watchers_options o = {.config = config,
                                       .env = w->g->env,
                                       .log_folder = w->trail.folder,
                                       .audit = w->shared.audit,
                                       .origin = &w->shared.origin,
                                       .clock = &w->shared.clock,
                                       .logger = &w->g->log};
    struct service_problem problem;
    struct watchers *next = NULL;

    (void)pthread_mutex_lock(&w->admin.watchers_lock);
    watchers_free(w->admin.watchers);
    w->admin.watchers = NULL;
    (void)pthread_mutex_unlock(&w->admin.watchers_lock);
    enum aiu_status st = watchers_new(&o, &problem, &next);
    if (st != AIU_OK) {
        system_say("%s: %s", problem.where, problem.what);
        return st;
    }
    (void)pthread_mutex_lock(&w->admin.watchers_lock);
    w->admin.watchers = next;
    (void)pthread_mutex_unlock(&w->admin.watchers_lock);
    return AIU_OK;
}

// What a reload needs, made of the file as it is now. All or nothing: until this is OK, nothing has
// changed.
static enum aiu_status prepare_next(struct worker *w, struct service **ret_service,
                                    struct tls **ret_tls)
{
    CLEANUP(config_unrefp) struct config *config = NULL;
    struct service_problem problem;

    TRY(gateway_load_config(w->g, true, &config));
    TRY(build_service(w, config, &problem, ret_service));
    enum aiu_status st = listen_tls(w->g, config, ret_tls);
    if (st == AIU_OK) {
        st = watch(w, config);
        if (st != AIU_OK) {
            IGNORE(watch(w, w->service->config)); // as it was
            tls_unref(*ret_tls);
        }
    }
    if (st != AIU_OK) {
        service_unref(*ret_service);
    }
    return st;
}

static void reload(struct worker *w)
{
    struct service *next = NULL;
    struct tls *tls = NULL;
    enum aiu_status st = prepare_next(w, &next, &tls);

    if (st != AIU_OK) {
        log_event(&w->g->log, LOG_ERROR, "reload_refused",
                  LOG_NAME("code", aiu_status_info(st)->code));
        return;
    }
    tls_unref(w->tls);
    w->tls = tls;
    events_configuration(&w->events, w->service, next);
    capturing_apply(&w->capturing, w->shared.capture, next->config);
    serve_with(w, next);
    events_keys(&w->events, next);
    if (!anchors_fit(&w->anchors, next->config)) {
        anchors_stop(&w->anchors);
        start_anchors(w);
    }
    control_set_fixed(w->shared.control, next->config->maintenance);
    log_event(&w->g->log, LOG_INFO, "reloaded", LOG_ID("config", next->config_hash));
}

// --- start ------------------------------------------------------------------------------------

static enum aiu_status new_id(char *out, size_t bytes)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(256);
    uint8_t random[16];

    random_fill(random, bytes);
    TRY(num_append_hex(&b, span_of(random, bytes)));
    memcpy(out, b.p, b.n);
    out[b.n] = '\0';
    return AIU_OK;
}

static enum aiu_status prepare(struct worker *w)
{
    struct service_problem problem;

    w->shared.clock = io_clock();
    w->shared.log = &w->g->log;
    w->shared.engine = w->g->engine;
    TRY(new_id(w->boot, 8));
    if (gethostname(w->node, sizeof(w->node) - 1) != 0) {
        (void)snprintf(w->node, sizeof(w->node), "unknown");
    }
    w->shared.origin = (struct record_origin){span_str(w->node), span_str(w->boot)};
    enum aiu_status st = master_open(w->g->state.folder, &w->shared.master);
    if (st != AIU_OK) {
        system_say("%s/master.key cannot be used: %s", w->g->state.path, aiu_status_info(st)->text);
        return st;
    }
    TRY(switches_init(&w->switches, &w->g->state, &w->g->log));
    w->shared.control = w->switches.control;
    control_set_fixed(w->shared.control, w->g->config->maintenance);
    TRY(limits_new(&w->limits));
    // Before keys are loaded: what was dropped is not loaded again.
    (void)switches_look(&w->switches, record_switch, w);
    st = build_service(w, w->g->config, &problem, &w->service);
    if (st != AIU_OK) {
        system_say("%s: %s", problem.where, problem.what);
        return st;
    }
    TRY(listen_tls(w->g, w->g->config, &w->tls));
    budget_init(&w->budget, (size_t)w->g->config->limits.memory);
    w->capturing.events = &w->events;
    TRY(capturing_open(&w->capturing, w->g->state.path, w->g->config, w->shared.master,
                       &w->shared.capture));
    w->trail.capture = w->shared.capture;
    TRY(trail_open(&w->trail, w->g, w->shared.clock, w->shared.origin));
    w->shared.audit = w->trail.log;
    w->events = (struct events){w->shared.audit, &w->shared.origin, &w->shared.clock, &w->g->log};
    return AIU_OK;
}

static struct server_options data_options(const struct worker *w, struct plane *f)
{
    const struct config *c = w->g->config;
    struct server_options o = server_default_options();

    o.handler = &plane_handler;
    o.ctx = f;
    o.tls = w->tls;
    o.limits.body = c->limits.max_body;
    o.limits.total = (size_t)c->limits.max_headers;
    o.max_connections = c->limits.connections / (uint32_t)w->count + 1;
    o.header_timeout_ms = (uint32_t)c->timeouts.header_ms;
    o.body_timeout_ms = (uint32_t)c->timeouts.body_idle_ms;
    o.keep_alive_ms = (uint32_t)c->timeouts.keep_alive_ms;
    o.write_timeout_ms = (uint32_t)c->timeouts.write_ms;
    return o;
}

static enum aiu_status start_admin(struct worker *w, struct worker_loop *l)
{
    struct server_options o = server_default_options();

    w->admin.planes = w->planes;
    w->admin.plane_count = w->count;
    w->admin.shared = &w->shared;
    w->admin.budget = &w->budget;
    w->admin.publisher = w->trail.publisher;
    set_admin_hash(w, w->service);
    if (w->g->config->admin.token.given) {
        TRY(secret_load(&w->g->config->admin.token.from, w->g->env, &w->admin.token));
    }
    o.handler = &admin_handler;
    o.ctx = &w->admin;
    TRY(server_new(l->loop, &o, &l->admin));
    return server_listen(l->admin, w->g->admin);
}

static enum aiu_status build_loop(struct worker *w, size_t i)
{
    struct worker_loop *l = &w->loops[i];

    l->worker = w;
    TRY(loop_new(&w->budget, &l->loop));
    TRY(plane_new(l->loop, &w->shared, w->service, &l->plane));
    w->planes[i] = l->plane;
    const struct server_options o = data_options(w, l->plane);
    return server_new(l->loop, &o, &l->server);
}

static void *run_loop(void *ctx)
{
    struct worker_loop *l = ctx;

    loop_run(l->loop);
    return NULL;
}

static enum aiu_status start_loops(struct worker *w)
{
    w->count = w->g->is_unix ? 1 : w->g->loops;
    for (size_t i = 0; i < w->count; i++) {
        TRY(build_loop(w, i));
    }
    TRY(start_admin(w, &w->loops[0]));
    for (size_t i = 0; i < w->count; i++) {
        TRY(server_listen(w->loops[i].server, w->g->data[i]));
    }
    for (size_t i = 0; i < w->count; i++) {
        if (pthread_create(&w->loops[i].thread, NULL, run_loop, &w->loops[i]) != 0) {
            return AIU_NO_MEMORY;
        }
        w->loops[i].started = true;
    }
    return AIU_OK;
}

// --- stop -------------------------------------------------------------------------------------

static void is_idle(void *ctx)
{
    answer_post(((struct worker_loop *)ctx)->worker);
}

static void begin_drain(void *ctx)
{
    struct worker_loop *l = ctx;

    if (l->admin != NULL) {
        server_free(l->admin);
        l->admin = NULL;
    }
    server_stop(l->server, is_idle, l); // answers the post when the last exchange is over
}

static void cut(void *ctx)
{
    struct worker_loop *l = ctx;

    server_free(l->server);
    l->server = NULL;
    loop_stop(l->loop);
}

static struct timespec deadline_after(uint64_t ms)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    return t;
}

static void abandon(void *ctx)
{
    plane_abandon(((struct worker_loop *)ctx)->plane);
}

// Wait until all loops are idle, or the time is over; with the lock held.
static bool wait_idle(struct worker *w, uint64_t ms)
{
    struct timespec until = deadline_after(ms);
    int waited = 0;

    while (w->posted > 0 && waited != ETIMEDOUT) {
        waited = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    }
    return w->posted == 0;
}

// No new requests; those under way may finish until the drain time is over, then get an error.
static void drain(struct worker *w)
{
    static struct loop_post posts[GATEWAY_LOOPS_MOST]; // the loops may come to them later

    (void)pthread_mutex_lock(&w->lock);
    w->posted = w->count;
    for (size_t i = 0; i < w->count; i++) {
        w->loops[i].post = (struct loop_post){.fn = begin_drain, .ctx = &w->loops[i]};
        loop_post(w->loops[i].loop, &w->loops[i].post);
    }
    bool idle = wait_idle(w, w->g->config->timeouts.drain_ms);
    for (size_t i = 0; !idle && i < w->count; i++) {
        posts[i] = (struct loop_post){.fn = abandon, .ctx = &w->loops[i]};
        loop_post(w->loops[i].loop, &posts[i]);
    }
    idle = idle || wait_idle(w, ABANDON_MS);
    (void)pthread_mutex_unlock(&w->lock);
    log_event(&w->g->log, LOG_INFO, "drained", LOG_BOOL("whole", idle));
}

static void stop_loops(struct worker *w)
{
    struct loop_post posts[GATEWAY_LOOPS_MOST];

    for (size_t i = 0; i < w->count && w->loops[i].started; i++) {
        posts[i] = (struct loop_post){.fn = cut, .ctx = &w->loops[i]};
        loop_post(w->loops[i].loop, &posts[i]);
    }
    for (size_t i = 0; i < w->count && w->loops[i].started; i++) {
        (void)pthread_join(w->loops[i].thread, NULL);
    }
}

static void free_loop(struct worker_loop *l)
{
    if (l->loop == NULL) {
        return;
    }
    if (l->admin != NULL) {
        server_free(l->admin);
    }
    if (l->server != NULL) {
        server_free(l->server);
    }
    loop_run_once(l->loop, false);
    plane_free(l->plane);
    loop_run_once(l->loop, false);
    loop_free(l->loop);
}

static int finish(struct worker *w, enum aiu_status st)
{
    stop_loops(w);
    for (size_t i = 0; i < GATEWAY_LOOPS_MOST; i++) {
        free_loop(&w->loops[i]);
    }
    anchors_stop(&w->anchors);
    watchers_free(w->admin.watchers);
    capture_stop(w->shared.capture); // what it has to record is, before the shutdown
    trail_close(&w->trail, w->shared.audit != NULL && st == AIU_OK
                               ? events_process(&w->events, RECORD_SHUTDOWN, w->service)
                               : 0);
    capture_free(w->shared.capture);
    service_unref(w->service);
    limits_free(w->limits);
    switches_done(&w->switches);
    secret_unref(w->admin.token);
    secret_unref(w->shared.master);
    tls_unref(w->tls);
    return aiu_status_info(st)->exit;
}

// --- life -------------------------------------------------------------------------------------

static void handle_signals(struct worker *w, const sigset_t *set)
{
    const struct timespec poll_time = {0, CONTROL_POLL_MS * 1000000L};

    for (;;) {
        switch (sigtimedwait(set, NULL, &poll_time)) {
        case SIGTERM:
        case SIGINT:
            return;
        case SIGHUP:
            reload(w);
            break;
        case SIGUSR1:
            system_log_reopen();
            break;
        default:
            break;
        }
        look_at_switches(w);
        capture_poll(w->shared.capture);
    }
}

static void init_lock(struct worker *w)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_mutex_init(&w->admin.watchers_lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&w->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

int worker_run(struct gateway *g)
{
    static struct worker worker;
    sigset_t set;

    worker.g = g;
    init_lock(&worker);
    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaddset(&set, SIGUSR1);
    (void)pthread_sigmask(SIG_SETMASK, &set, NULL);

    enum aiu_status st = prepare(&worker);
    if (st == AIU_OK) {
        (void)events_process(&worker.events, RECORD_BOOT, worker.service);
        events_keys(&worker.events, worker.service);
        events_weakened(&worker.events, worker.service);
        capturing_apply(&worker.capturing, worker.shared.capture, worker.service->config);
        start_anchors(&worker);
        st = watch(&worker, worker.service->config);
    }
    if (st == AIU_OK) {
        st = start_loops(&worker);
    }
    if (st == AIU_OK) {
        ssize_t ignored = write(g->ready, "r", 1);
        (void)ignored;
        handle_signals(&worker, &set);
        drain(&worker);
    } else {
        log_event(&g->log, LOG_CRITICAL, "worker_cannot_start",
                  LOG_NAME("code", aiu_status_info(st)->code));
    }
    return finish(&worker, st);
}
