// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The doors of the log; the work behind them is in committer.c (writing) and walk.c (recovery).
//
// An append costs one short lock and one copy. The committer is signalled only when it sleeps:
// under load nobody makes a system call for it.
#include "audit/log.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "audit/committer.h"
#include "audit/frontier.h"
#include "audit/walk.h"
#include "base/alloc.h"

enum {
    SEGMENT_SIZE = 64 * 1024 * 1024,
    RESERVE_SIZE = 16 * 1024 * 1024,
    SEGMENT_LEAST = WAL_HEADER_SIZE + WAL_FRAME_MOST,
    RESERVE_LEAST = SEGMENT_LEAST * 8 / 7 + 8,
    ABANDONED_WAIT_MS = 60 * 1000
};

// Recovery

// A frontier that is not that of the newest segment costs a second pass, and nothing else.
static enum aiu_status walk_for_writing(const struct folder *f, const struct tree_head *signed_head,
                                        struct walk_result *w)
{
    struct tree frontier;
    bool has_frontier = frontier_load(f, &frontier);
    const struct walk_options options = {
        .frontier = has_frontier ? &frontier : NULL,
        // The root of what was signed is met on the way.
        .hash_all = has_frontier && signed_head->size != 0 && signed_head->size < frontier.size,
        .check_files = true,
        .signed_head = signed_head->size == 0 ? NULL : signed_head,
    };
    const struct walk_options again = {
        .frontier = options.frontier,
        .hash_all = true,
        .check_files = true,
        .signed_head = options.signed_head,
    };

    TRY(walk_log(f, &options, w));
    if (has_frontier &&
        (w->report.fault == FSCK_ROOT || (w->report.fault == FSCK_NONE && !w->hashed))) {
        walk_result_done(w);
        walk_result_init(w);
        TRY(walk_log(f, &again, w));
    }
    return AIU_OK;
}

static enum aiu_status status_of(enum segments_io io)
{
    switch (io) {
    case SEGMENTS_OK:
        return AIU_OK;
    case SEGMENTS_FULL:
        return AIU_AUDIT_UNAVAILABLE;
    case SEGMENTS_FAILED:
        break;
    }
    return AIU_IO;
}

static enum aiu_status recover(struct audit_log *log, const struct audit_options *options,
                               struct walk_result *w)
{
    struct segments *s = &log->segments;

    TRY(walk_for_writing(&log->folder, &options->signed_head, w));
    if (w->report.fault == FSCK_SIGNED ||
        (w->report.fault == FSCK_EMPTY && options->signed_head.size > 0)) {
        return AIU_AUDIT_ROLLED_BACK;
    }
    if (w->report.fault != FSCK_NONE && w->report.fault != FSCK_EMPTY) {
        return AIU_AUDIT_CORRUPT;
    }
    TRY(status_of(segments_init(
        s, &log->folder, options->segment_size == 0 ? SEGMENT_SIZE : options->segment_size,
        options->reserve_size == 0 ? RESERVE_SIZE : options->reserve_size)));
    s->sync = !options->unsafe_no_sync;
    if (w->report.fault == FSCK_NONE) {
        TRY(status_of(segments_adopt(s, w->last_first, w->end_offset, w->dirty_end)));
    }
    log->tree = w->tree;
    log->next_index = w->report.entries;
    atomic_store(&log->durable, w->report.entries);
    return AIU_OK;
}

static enum aiu_status start_thread(struct audit_log *log)
{
    sigset_t all, before;

    // Signals are for the threads that expect them.
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&log->thread, NULL, committer_run, log);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        return AIU_NO_MEMORY;
    }
    log->running = true;
    (void)pthread_setname_np(log->thread, "aiu-audit");
    return AIU_OK;
}

static enum aiu_status append_waiting(struct audit_log *log, struct span entry, uint64_t *ret_index)
{
    enum aiu_status st = audit_append(log, entry, ret_index);

    while (st == AIU_OVERLOADED) {
        TRY(audit_wait(log, audit_durable(log), ABANDONED_WAIT_MS));
        st = audit_append(log, entry, ret_index);
    }
    return st;
}

static enum aiu_status write_abandoned(struct audit_log *log, struct ids *open)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    size_t count = open->count;
    const struct id *ids = ids_sorted(open);
    uint64_t index = 0;
    char id[UUID_SIZE];

    for (size_t i = 0; i < count; i++) {
        id_write(&ids[i], id);
        buf_reset(&b);
        TRY(record_abandoned(&b, &log->origin, clock_unix_us(&log->clock),
                             span_of(id, sizeof(id))));
        TRY(append_waiting(log, buf_span(&b), &index));
    }
    log->abandoned = count;
    return count == 0 ? AIU_OK : audit_wait(log, index, ABANDONED_WAIT_MS);
}

// Opening and closing

static void free_log(struct audit_log *log)
{
    segments_done(&log->segments);
    folder_done(&log->folder);
    (void)pthread_mutex_destroy(&log->lock);
    (void)pthread_mutex_destroy(&log->subscribers_lock);
    (void)pthread_cond_destroy(&log->work);
    (void)pthread_cond_destroy(&log->settled);
    (void)pthread_cond_destroy(&log->paused);
    for (size_t i = 0; i < ARRAY_SIZE(log->batches); i++) {
        mem_wipe_free(log->batches[i].bytes, COMMITTER_BATCH_SIZE);
    }
    mem_free(log->node);
    mem_free(log->boot);
    mem_free(log);
}

static struct audit_log *new_log(const struct audit_options *options)
{
    struct audit_log *log = mem_new(1, sizeof(*log));
    pthread_condattr_t monotonic;

    if (log == NULL) {
        return NULL;
    }
    log->folder = (struct folder)FOLDER_CLOSED;
    log->segments.fd = -1;
    log->segments.next_fd = -1;
    log->clock = options->clock;
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_mutex_init(&log->lock, NULL);
    (void)pthread_mutex_init(&log->subscribers_lock, NULL);
    (void)pthread_cond_init(&log->work, &monotonic);
    (void)pthread_cond_init(&log->settled, &monotonic);
    (void)pthread_cond_init(&log->paused, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    log->batches[0].bytes = mem_new(COMMITTER_BATCH_SIZE, 1);
    log->batches[1].bytes = mem_new(COMMITTER_BATCH_SIZE, 1);
    log->node = mem_dup(options->node.p, options->node.n);
    log->boot = mem_dup(options->boot.p, options->boot.n);
    if (log->batches[0].bytes == NULL || log->batches[1].bytes == NULL || log->node == NULL ||
        log->boot == NULL) {
        free_log(log);
        return NULL;
    }
    log->origin.node = span_of(log->node, options->node.n);
    log->origin.boot = span_of(log->boot, options->boot.n);
    return log;
}

static bool is_usable(const struct audit_options *options)
{
    return options->folder != NULL &&
           (options->segment_size == 0 || options->segment_size >= SEGMENT_LEAST) &&
           (options->reserve_size == 0 || options->reserve_size >= RESERVE_LEAST);
}

enum aiu_status audit_open(const struct audit_options *options, struct audit_log **ret_log)
{
    CLEANUP(audit_log_done) struct audit_log *log = NULL;
    CLEANUP(walk_result_done) struct walk_result w;

    walk_result_init(&w);
    if (!is_usable(options)) {
        return AIU_USAGE;
    }
    log = new_log(options);
    if (log == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(folder_open_writer(options->folder, !options->unsafe_no_sync, &log->folder));
    TRY(recover(log, options, &w));
    TRY(status_of(committer_begin(log)));
    TRY(start_thread(log));
    TRY(write_abandoned(log, &w.open));
    *ret_log = TAKE_PTR(log);
    return AIU_OK;
}

enum aiu_status audit_close(struct audit_log *log)
{
    if (log == NULL) {
        return AIU_OK;
    }
    pthread_mutex_lock(&log->lock);
    log->stopping = true;
    pthread_cond_signal(&log->work);
    pthread_mutex_unlock(&log->lock);
    if (log->running) {
        (void)pthread_join(log->thread, NULL);
    }
    bool whole = atomic_load(&log->durable) == log->next_index;
    free_log(log);
    return whole ? AIU_OK : AIU_AUDIT_UNAVAILABLE;
}

// Writing

static bool takes_entries(const struct audit_log *log)
{
    return atomic_load(&log->state) < AUDIT_FULL && !log->stopping;
}

static enum aiu_status refuse(struct audit_log *log, enum aiu_status st)
{
    atomic_fetch_add_explicit(&log->refused, 1, memory_order_relaxed);
    return st;
}

enum aiu_status audit_append(struct audit_log *log, struct span entry, uint64_t *ret_index)
{
    enum aiu_status st = AIU_OVERLOADED;
    bool wake = false;

    if (entry.n > AUDIT_ENTRY_MOST) {
        return AIU_TOO_LONG;
    }
    if (entry.n == 0 || memchr(entry.p, '\n', entry.n) != NULL ||
        memchr(entry.p, '\0', entry.n) != NULL) {
        return AIU_USAGE;
    }
    pthread_mutex_lock(&log->lock);
    if (!takes_entries(log)) {
        st = AIU_AUDIT_UNAVAILABLE;
    } else if (batch_add(log, entry, AUDIT_BATCH_BYTES)) {
        st = AIU_OK;
        *ret_index = log->next_index - 1;
        wake = log->asleep;
        log->asleep = false;
    }
    pthread_mutex_unlock(&log->lock);
    if (wake) {
        pthread_cond_signal(&log->work);
    }
    return st == AIU_OK ? AIU_OK : refuse(log, st);
}

uint64_t audit_durable(const struct audit_log *log)
{
    return atomic_load(&log->durable);
}

uint64_t audit_base(const struct audit_log *log)
{
    return atomic_load(&log->base);
}

uint64_t audit_size(const struct audit_log *log)
{
    // The base first: it grows when the committer stands still, and what is durable does not then.
    uint64_t base = atomic_load(&log->base);

    return audit_durable(log) - base;
}

enum aiu_status audit_settled(const struct audit_log *log, uint64_t index)
{
    // The state first: it may fail after the entry became durable, never the other way round.
    int state = atomic_load(&log->state);

    if (index < audit_durable(log)) {
        return AIU_OK;
    }
    return state < AUDIT_FULL ? AIU_BUSY : AIU_AUDIT_UNAVAILABLE;
}

enum aiu_status audit_health(const struct audit_log *log)
{
    return atomic_load(&log->state) < AUDIT_DRAINING && !atomic_load(&log->condemned)
               ? AIU_OK
               : AIU_AUDIT_UNAVAILABLE;
}

void audit_condemn(struct audit_log *log)
{
    atomic_store(&log->condemned, true);
    committer_publish(log);
}

enum aiu_status audit_subscribe(struct audit_log *log, void (*wake)(void *ctx), void *ctx)
{
    enum aiu_status st = AIU_OVERLOADED;

    pthread_mutex_lock(&log->subscribers_lock);
    if (log->subscriber_count < AUDIT_SUBSCRIBERS_MOST) {
        log->subscribers[log->subscriber_count++] = (struct subscriber){wake, ctx};
        st = AIU_OK;
    }
    pthread_mutex_unlock(&log->subscribers_lock);
    return st;
}

void audit_unsubscribe(struct audit_log *log, void *ctx)
{
    pthread_mutex_lock(&log->subscribers_lock);
    for (size_t i = log->subscriber_count; i > 0; i--) {
        if (log->subscribers[i - 1].ctx == ctx) {
            log->subscribers[i - 1] = log->subscribers[--log->subscriber_count];
        }
    }
    pthread_mutex_unlock(&log->subscribers_lock);
}

static struct timespec deadline_in(uint64_t ms)
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

enum aiu_status audit_wait(struct audit_log *log, uint64_t index, uint64_t timeout_ms)
{
    struct timespec until = deadline_in(timeout_ms);
    enum aiu_status st = AIU_BUSY;
    int error = 0;

    pthread_mutex_lock(&log->lock);
    log->waiters++;
    while ((st = audit_settled(log, index)) == AIU_BUSY && error != ETIMEDOUT) {
        error = pthread_cond_timedwait(&log->settled, &log->lock, &until);
    }
    log->waiters--;
    pthread_mutex_unlock(&log->lock);
    return st == AIU_BUSY ? AIU_TIMEOUT : st;
}

void audit_stats(const struct audit_log *log, struct audit_stats *ret_stats)
{
    *ret_stats = (struct audit_stats){
        .entries = atomic_load(&log->entries),
        .batches = atomic_load(&log->batches_written),
        .bytes = atomic_load(&log->bytes),
        .sync_ns_total = atomic_load(&log->sync_ns_total),
        .sync_ns_longest = atomic_load(&log->sync_ns_longest),
        .refused = atomic_load(&log->refused),
        .abandoned = log->abandoned,
        .state = (enum audit_state)atomic_load(&log->state),
    };
}
