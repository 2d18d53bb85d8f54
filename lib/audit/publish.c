// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The thread sleeps while there is nothing to publish.
//
// Under load a round every thousand entries would be dozens a second, each with syncs that the
// committer waits behind. So a round is followed by a pause of PAUSE_TIMES its own length: on a
// slow disk checkpoints come less often and requests stay fast.
#include <errno.h>
#include <signal.h>
#include <time.h>

#include "audit/publish_inside.h"
#include "base/alloc.h"

enum {
    INTERVAL_MS = 1000,
    MANY_ENTRIES = 1000,
    PAUSE_TIMES = 9,
    PAUSE_LEAST_MS = 100,
    MONTH_MS = 60 * 1000
};

static const uint64_t ms_ns = 1000000;

// The thread

// When the next round is due, as monotonic time; it comes nearer with the first entry that waits
// and with the MANY_ENTRIESth.
static uint64_t due_ns(const struct publisher *p, uint64_t waiting)
{
    uint64_t pause = p->took_ns * PAUSE_TIMES;
    uint64_t interval = p->options.interval_ms * ms_ns;

    if (p->failed) {
        return p->ended_ns + interval;
    }
    if (waiting == 0 && p->begun) {
        return p->month_ns + p->options.month_ms * ms_ns;
    }
    pause = pause < PAUSE_LEAST_MS * ms_ns ? PAUSE_LEAST_MS * ms_ns : pause;
    return p->ended_ns + (waiting >= MANY_ENTRIES && pause < interval ? pause : interval);
}

// Which number of waiting entries makes a round due sooner.
static uint64_t wake_at(const struct publisher *p, uint64_t waiting)
{
    if (p->failed || waiting >= MANY_ENTRIES) {
        return UINT64_MAX;
    }
    return waiting == 0 ? 1 : MANY_ENTRIES;
}

// False at the end.
static bool wait_for_work(struct publisher *p)
{
    bool stopping = false;

    pthread_mutex_lock(&p->lock);
    for (;;) {
        uint64_t now = clock_monotonic_ns(&p->options.clock);
        // Read once: both answers are about the same entries.
        uint64_t waiting = audit_size(p->options.log) - atomic_load(&p->published);
        uint64_t due = due_ns(p, waiting);
        stopping = p->stopping;
        if (stopping || now >= due) {
            break;
        }
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        uint64_t ns = (uint64_t)until.tv_nsec + (due - now);
        until.tv_sec += (time_t)(ns / 1000000000);
        until.tv_nsec = (long)(ns % 1000000000);
        p->wake_at = wake_at(p, waiting);
        (void)pthread_cond_timedwait(&p->work, &p->lock, &until);
        p->wake_at = UINT64_MAX;
    }
    pthread_mutex_unlock(&p->lock);
    return !stopping;
}

// On the committer's thread, after each batch.
static void on_durable(void *ctx)
{
    struct publisher *p = ctx;

    pthread_mutex_lock(&p->lock);
    uint64_t waiting = audit_size(p->options.log) - atomic_load(&p->published);
    if (waiting >= p->wake_at) {
        p->wake_at = UINT64_MAX;
        pthread_cond_signal(&p->work);
    }
    pthread_mutex_unlock(&p->lock);
}

static void *run(void *ctx)
{
    struct publisher *p = ctx;

    do {
        publish_make_round(p);
        publish_look_at_months(p);
    } while (wait_for_work(p));
    p->closing = true;
    publish_make_round(p);
    return NULL;
}

// Starting and stopping

static void free_publisher(struct publisher *p)
{
    (void)pthread_mutex_destroy(&p->lock);
    (void)pthread_mutex_destroy(&p->file);
    (void)pthread_cond_destroy(&p->work);
    (void)pthread_cond_destroy(&p->news);
    tile_writer_free(p->writer);
    mem_free(p);
}

static struct publisher *new_publisher(const struct publish_options *options)
{
    struct publisher *p = mem_new(1, sizeof(*p));
    pthread_condattr_t monotonic;

    if (p == NULL) {
        return NULL;
    }
    p->options = *options;
    p->wake_at = UINT64_MAX;
    p->options.month_ms = options->month_ms == 0 ? MONTH_MS : options->month_ms;
    p->options.interval_ms = options->interval_ms == 0 ? INTERVAL_MS : options->interval_ms;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&p->lock, NULL);
    (void)pthread_mutex_init(&p->file, NULL);
    (void)pthread_cond_init(&p->work, &monotonic);
    (void)pthread_cond_init(&p->news, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    return p;
}

static enum aiu_status start_thread(struct publisher *p)
{
    sigset_t all, before;

    // Signals are for the threads that expect them.
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&p->thread, NULL, run, p);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        return AIU_NO_MEMORY;
    }
    p->running = true;
    (void)pthread_setname_np(p->thread, "aiu-publish");
    return AIU_OK;
}

enum aiu_status publish_start(const struct publish_options *options,
                              struct publisher **ret_publisher)
{
    CLEANUP(publisher_done) struct publisher *p = new_publisher(options);

    if (p == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(publish_month(options->folder, &p->month));
    TRY(tile_writer_new(options->folder, !options->unsafe_no_sync, &p->writer));
    TRY(audit_subscribe(options->log, on_durable, p));
    TRY(start_thread(p));
    *ret_publisher = TAKE_PTR(p);
    return AIU_OK;
}

void publish_stop(struct publisher *p)
{
    if (p == NULL) {
        return;
    }
    audit_unsubscribe(p->options.log, p);
    pthread_mutex_lock(&p->lock);
    p->stopping = true;
    pthread_cond_signal(&p->work);
    pthread_mutex_unlock(&p->lock);
    if (p->running) {
        (void)pthread_join(p->thread, NULL);
    }
    free_publisher(p);
}

void publish_stats(struct publisher *p, struct publish_stats *ret_stats)
{
    pthread_mutex_lock(&p->lock);
    *ret_stats = p->stats;
    pthread_mutex_unlock(&p->lock);
}

enum aiu_status publish_wait(struct publisher *p, uint64_t size, uint64_t timeout_ms)
{
    struct timespec until;
    int error = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000);
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->published) < size && error != ETIMEDOUT) {
        error = pthread_cond_timedwait(&p->news, &p->lock, &until);
    }
    bool there = atomic_load(&p->published) >= size;
    pthread_mutex_unlock(&p->lock);
    return there ? AIU_OK : AIU_TIMEOUT;
}
