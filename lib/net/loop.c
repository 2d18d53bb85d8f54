// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// libuv does the events; this adds what it has not: a queue for other threads, work at the end of a
// round, and deadlines that cost no heap operation. Deadlines sit in a wheel of slots of 100 ms;
// one timer turns it, and only while any is set. A deadline that is moved to a later time stays
// where it is and moves on when its slot comes up, so that "one more byte came, wait another 60 s"
// is a store.
#include "net/loop.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/alloc.h"
#include "net/loop_uv.h"

// --- tasks ------------------------------------------------------------------------------------

void loop_defer(struct loop *l, struct loop_task *t, void (*fn)(struct loop_task *t))
{
    t->fn = fn;
    if (t->link != NULL) {
        return;
    }
    t->next = NULL;
    t->link = l->tasks_end;
    *l->tasks_end = t;
    l->tasks_end = &t->next;
}

void loop_defer_cancel(struct loop *l, struct loop_task *t)
{
    if (t->link == NULL) {
        return;
    }
    *t->link = t->next;
    if (t->next != NULL) {
        t->next->link = t->link;
    } else {
        l->tasks_end = t->link;
    }
    t->link = NULL;
    t->next = NULL;
}

static void run_tasks(struct loop *l)
{
    while (l->tasks != NULL) {
        struct loop_task *t = l->tasks;
        loop_defer_cancel(l, t);
        t->fn(t);
    }
}

static void on_prepare(uv_prepare_t *handle)
{
    run_tasks(handle->data);
}

static void on_check(uv_check_t *handle)
{
    run_tasks(handle->data);
}

// --- deadlines --------------------------------------------------------------------------------

static void wheel_remove(struct deadline *d)
{
    *d->link = d->next;
    if (d->next != NULL) {
        d->next->link = d->link;
    }
    d->link = NULL;
    d->next = NULL;
}

static void wheel_push(struct deadline **list, struct deadline *d)
{
    d->next = *list;
    d->link = list;
    if (*list != NULL) {
        (*list)->link = &d->next;
    }
    *list = d;
}

// The slot that comes up when the time is past `due_ms`.
static void wheel_insert(struct loop *l, struct deadline *d)
{
    d->slot_at = d->due_ms / WHEEL_TICK_MS + 1;
    wheel_push(&l->wheel[d->slot_at % WHEEL_SLOTS], d);
}

static void turn_slot(struct loop *l, struct deadline **slot, uint64_t now_ms)
{
    struct deadline *pending = *slot;

    // Callbacks may set and clear any deadline, those still pending included: each is unlinked
    // through its own link.
    *slot = NULL;
    if (pending != NULL) {
        pending->link = &pending;
    }
    while (pending != NULL) {
        struct deadline *d = pending;
        wheel_remove(d);
        if (d->due_ms > now_ms) {
            wheel_insert(l, d);
            continue;
        }
        l->deadlines--;
        d->fn(d);
    }
}

static void on_tick(uv_timer_t *timer)
{
    struct loop *l = timer->data;
    uint64_t now_ms = uv_now(&l->uv);
    uint64_t until = now_ms / WHEEL_TICK_MS;

    if (until - l->wheel_at > WHEEL_SLOTS) {
        l->wheel_at = until - WHEEL_SLOTS;
    }
    while (l->wheel_at < until) {
        l->wheel_at++;
        turn_slot(l, &l->wheel[l->wheel_at % WHEEL_SLOTS], now_ms);
    }
    if (l->deadlines == 0) {
        (void)uv_timer_stop(timer);
    }
}

static void start_wheel(struct loop *l)
{
    if (!uv_is_active((uv_handle_t *)&l->tick)) {
        l->wheel_at = uv_now(&l->uv) / WHEEL_TICK_MS;
        (void)uv_timer_start(&l->tick, on_tick, WHEEL_TICK_MS, WHEEL_TICK_MS);
    }
}

void deadline_set(struct loop *l, struct deadline *d, uint64_t after_ms,
                  void (*fn)(struct deadline *d))
{
    uint64_t due_ms = uv_now(&l->uv) + after_ms;

    d->fn = fn;
    d->due_ms = due_ms;
    if (d->link != NULL) {
        if (due_ms / WHEEL_TICK_MS + 1 >= d->slot_at) {
            return; // moves on when its slot comes up
        }
        wheel_remove(d);
    } else {
        l->deadlines++;
        start_wheel(l);
    }
    wheel_insert(l, d);
}

void deadline_clear(struct loop *l, struct deadline *d)
{
    if (d->link != NULL) {
        wheel_remove(d);
        l->deadlines--;
    }
}

// --- other threads ----------------------------------------------------------------------------

static void run_posts(struct loop *l)
{
    uv_mutex_lock(&l->lock);
    struct loop_post *post = l->posts;
    l->posts = NULL;
    l->posts_end = &l->posts;
    uv_mutex_unlock(&l->lock);
    while (post != NULL) {
        struct loop_post *next = post->next;
        post->fn(post->ctx);
        post = next;
    }
}

static void run_bells(struct loop *l)
{
    struct loop_bell *next = NULL;

    for (struct loop_bell *b = l->bells; b != NULL; b = next) {
        next = b->next;
        if (atomic_exchange(&b->rung, false)) {
            b->fn(b->ctx);
        }
    }
}

static void on_async(uv_async_t *async)
{
    struct loop *l = async->data;

    run_bells(l);
    run_posts(l);
    if (atomic_load(&l->stopping)) {
        uv_stop(&l->uv);
    }
}

void loop_post(struct loop *l, struct loop_post *post)
{
    post->next = NULL;
    uv_mutex_lock(&l->lock);
    *l->posts_end = post;
    l->posts_end = &post->next;
    uv_mutex_unlock(&l->lock);
    (void)uv_async_send(&l->async);
}

void loop_bell_init(struct loop_bell *b, struct loop *l, void (*fn)(void *ctx), void *ctx)
{
    b->loop = l;
    b->fn = fn;
    b->ctx = ctx;
    atomic_init(&b->rung, false);
    b->next = l->bells;
    l->bells = b;
}

void loop_bell_done(struct loop_bell *b)
{
    for (struct loop_bell **at = &b->loop->bells; *at != NULL; at = &(*at)->next) {
        if (*at == b) {
            *at = b->next;
            return;
        }
    }
}

void loop_bell_ring(struct loop_bell *b)
{
    if (!atomic_exchange(&b->rung, true)) {
        (void)uv_async_send(&b->loop->async);
    }
}

void loop_bell_ring_ctx(void *bell)
{
    loop_bell_ring(bell);
}

// --- life -------------------------------------------------------------------------------------

static enum aiu_status init_handles(struct loop *l)
{
    if (uv_loop_init(&l->uv) != 0) {
        return AIU_IO;
    }
    if (uv_mutex_init(&l->lock) != 0) {
        (void)uv_loop_close(&l->uv);
        return AIU_IO;
    }
    if (uv_async_init(&l->uv, &l->async, on_async) != 0) {
        uv_mutex_destroy(&l->lock);
        (void)uv_loop_close(&l->uv);
        return AIU_IO;
    }
    (void)uv_prepare_init(&l->uv, &l->prepare);
    (void)uv_check_init(&l->uv, &l->check);
    (void)uv_timer_init(&l->uv, &l->tick);
    l->async.data = l;
    l->prepare.data = l;
    l->check.data = l;
    l->tick.data = l;
    (void)uv_prepare_start(&l->prepare, on_prepare);
    (void)uv_check_start(&l->check, on_check);
    return AIU_OK;
}

static void free_memory(struct loop *l)
{
    outq_free_spare(l);
    buf_wipe(&l->scratch);
    mem_wipe_free(l->read_buffer, LOOP_READ_SIZE);
    mem_wipe_free(l->plain_buffer, LOOP_PLAIN_SIZE);
    mem_free(l);
}

enum aiu_status loop_new(struct budget *budget, struct loop **ret_loop)
{
    struct loop *l = mem_new(1, sizeof(*l));

    if (l == NULL) {
        return AIU_NO_MEMORY;
    }
    l->budget = budget;
    l->tasks_end = &l->tasks;
    l->posts_end = &l->posts;
    buf_init(&l->scratch, LOOP_READ_SIZE);
    l->read_buffer = mem_new(1, LOOP_READ_SIZE);
    l->plain_buffer = mem_new(1, LOOP_PLAIN_SIZE);
    if (l->read_buffer == NULL || l->plain_buffer == NULL) {
        free_memory(l);
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = init_handles(l);
    if (st != AIU_OK) {
        free_memory(l);
        return st;
    }
    *ret_loop = l;
    return AIU_OK;
}

// Run libuv with SIGPIPE blocked: it writes with write(2), and a library may neither let a peer
// that left kill its process nor change what the process does with signals.
static void run_without_sigpipe(struct loop *l, uv_run_mode mode)
{
    const struct timespec no_wait = {0, 0};
    sigset_t pipe_only, before;

    (void)sigemptyset(&pipe_only);
    (void)sigaddset(&pipe_only, SIGPIPE);
    (void)pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    (void)uv_run(&l->uv, mode);
    if (sigismember(&before, SIGPIPE) == 0) {
        while (sigtimedwait(&pipe_only, NULL, &no_wait) < 0 && errno == EINTR) {
        }
        (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    }
}

void loop_free(struct loop *l)
{
    if (l == NULL) {
        return;
    }
    uv_close((uv_handle_t *)&l->async, NULL);
    uv_close((uv_handle_t *)&l->prepare, NULL);
    uv_close((uv_handle_t *)&l->check, NULL);
    uv_close((uv_handle_t *)&l->tick, NULL);
    run_without_sigpipe(l, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&l->uv) == 0);
    uv_mutex_destroy(&l->lock);
    free_memory(l);
}

void loop_run(struct loop *l)
{
    run_without_sigpipe(l, UV_RUN_DEFAULT);
    atomic_store(&l->stopping, false);
}

void loop_run_once(struct loop *l, bool wait)
{
    run_without_sigpipe(l, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
}

void loop_stop(struct loop *l)
{
    atomic_store(&l->stopping, true);
    (void)uv_async_send(&l->async);
}

uint64_t loop_now_ms(const struct loop *l)
{
    return uv_now(&l->uv);
}

uint64_t loop_now_ns(void)
{
    return uv_hrtime();
}

struct span loop_date(struct loop *l)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    struct timespec now;
    struct tm t;

    (void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
    if (now.tv_sec != l->date_second && gmtime_r(&now.tv_sec, &t) != NULL) {
        l->date_second = now.tv_sec;
        (void)snprintf(l->date, sizeof(l->date), "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
                       days + (ptrdiff_t)t.tm_wday * 3, t.tm_mday, months + (ptrdiff_t)t.tm_mon * 3,
                       (t.tm_year + 1900) % 10000, t.tm_hour, t.tm_min, t.tm_sec);
    }
    return span_str(l->date);
}

struct budget *loop_budget(struct loop *l)
{
    return l->budget;
}
