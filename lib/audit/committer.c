// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One round: swap the batches, write, sync, publish, hash. Whatever arrives meanwhile is the next
// round. Hashing comes last, because nobody waits for it: only the header of the next segment does.
//
// A full disk (ENOSPC) keeps the batch and tries again every second; nothing was lost. Any other
// failure ends the thread: what the kernel holds of the file is unknown from then on.
#include "audit/committer.h"

#include <sys/prctl.h>
#include <time.h>

#include "audit/frontier.h"
#include "base/buf.h"

static enum audit_state state_of(const struct audit_log *log)
{
    return (enum audit_state)atomic_load(&log->state);
}

bool batch_add(struct audit_log *log, struct span entry, size_t most)
{
    struct batch *b = &log->batches[log->open];
    size_t size = wal_frame_size(entry.n);

    if (size > most - b->n || b->count >= AUDIT_BATCH_ENTRIES) {
        return false;
    }
    wal_frame_write(b->bytes + b->n, log->next_index, entry);
    log->next_index++;
    b->n += size;
    b->count++;
    return true;
}

void committer_publish(struct audit_log *log)
{
    pthread_mutex_lock(&log->subscribers_lock);
    for (size_t i = 0; i < log->subscriber_count; i++) {
        log->subscribers[i].wake(log->subscribers[i].ctx);
    }
    pthread_mutex_unlock(&log->subscribers_lock);

    pthread_mutex_lock(&log->lock);
    if (log->waiters > 0) {
        pthread_cond_broadcast(&log->settled);
    }
    pthread_mutex_unlock(&log->lock);
}

// The state is in the log too, where it can still be written.
static void record_state(struct audit_log *log, const char *name)
{
    struct buf b = BUF_OF(1024);
    const struct record_field field = RECORD_TEXT("state", span_str(name));

    if (record_event(&b, &log->origin, RECORD_AUDIT_DEGRADED, clock_unix_us(&log->clock), &field,
                     1) == AIU_OK) {
        pthread_mutex_lock(&log->lock);
        (void)batch_add(log, buf_span(&b), COMMITTER_BATCH_SIZE);
        pthread_mutex_unlock(&log->lock);
    }
    buf_wipe(&b);
}

static void set_state(struct audit_log *log, enum audit_state state)
{
    if (state == state_of(log)) {
        return;
    }
    atomic_store(&log->state, (int)state);
    switch (state) {
    case AUDIT_WELL:
        record_state(log, "well");
        break;
    case AUDIT_LOW:
        record_state(log, "low");
        break;
    case AUDIT_DRAINING:
        record_state(log, "draining");
        break;
    case AUDIT_FULL:
    case AUDIT_FAILED:
        break;
    }
    committer_publish(log);
}

static enum segments_io prepare(struct audit_log *log)
{
    log->tried_ns = clock_monotonic_ns(&log->clock);
    return segments_prepare(&log->segments);
}

// After each round make what is missing of the space ahead; on a full disk not more often than
// COMMITTER_RETRY_MS.
static enum segments_io keep_house(struct audit_log *log)
{
    const struct segments *s = &log->segments;
    uint64_t since_ns = clock_monotonic_ns(&log->clock) - log->tried_ns;

    if (state_of(log) == AUDIT_WELL ? s->next_fd >= 0 && s->reserve
                                    : since_ns < COMMITTER_RETRY_MS * UINT64_C(1000000)) {
        return SEGMENTS_OK;
    }
    switch (prepare(log)) {
    case SEGMENTS_OK:
        set_state(log, AUDIT_WELL);
        return SEGMENTS_OK;
    case SEGMENTS_FULL:
        set_state(log, log->draining && s->next_fd < 0 ? AUDIT_DRAINING : AUDIT_LOW);
        return SEGMENTS_OK;
    case SEGMENTS_FAILED:
        break;
    }
    return SEGMENTS_FAILED;
}

// A segment to go on in, the reserve if it must be.
static enum segments_io find_next(struct audit_log *log)
{
    if (log->segments.next_fd >= 0) {
        return SEGMENTS_OK;
    }
    enum segments_io io = prepare(log);
    if (log->segments.next_fd >= 0 || io == SEGMENTS_FAILED) {
        return io == SEGMENTS_FAILED ? io : SEGMENTS_OK;
    }
    return segments_spend_reserve(&log->segments);
}

static enum segments_io roll(struct audit_log *log)
{
    enum segments_io io = find_next(log);

    if (io != SEGMENTS_OK) {
        return io;
    }
    const struct wal_header header = {
        .first_index = log->tree.size,
        .root = tree_root(&log->tree),
        .unix_us = clock_unix_us(&log->clock),
    };
    bool draining = log->segments.next_size < log->segments.segment_size;
    io = segments_roll(&log->segments, &header);
    if (io == SEGMENTS_OK) {
        frontier_save(&log->folder, &log->tree);
        log->draining = draining;
        if (draining) {
            set_state(log, AUDIT_DRAINING);
        }
    }
    return io;
}

enum segments_io committer_begin(struct audit_log *log)
{
    return log->segments.fd >= 0 ? SEGMENTS_OK : roll(log);
}

// The frames of `left` that fit in the segment in use.
static struct span fitting(struct span left, uint64_t room, size_t *ret_count)
{
    size_t n = 0;
    size_t size = 0;

    *ret_count = 0;
    for (; n < left.n; n += size) {
        size = wal_frame_size(wal_frame_entry(left.p + n).n);
        if (n + size > room) {
            break;
        }
        ++*ret_count;
    }
    return span_first(left, n);
}

static void hash(struct audit_log *log, struct span frames)
{
    while (frames.n > 0) {
        struct span entry = wal_frame_entry(frames.p);
        struct tree_hash leaf = tree_leaf(entry);
        tree_append(&log->tree, &leaf);
        frames = span_drop_first(frames, wal_frame_size(entry.n));
    }
}

static void count_sync(struct audit_log *log, uint64_t ns)
{
    atomic_fetch_add_explicit(&log->sync_ns_total, ns, memory_order_relaxed);
    if (ns > atomic_load_explicit(&log->sync_ns_longest, memory_order_relaxed)) {
        atomic_store_explicit(&log->sync_ns_longest, ns, memory_order_relaxed);
    }
}

static enum segments_io write_frames(struct audit_log *log, struct span frames, size_t count)
{
    enum segments_io io = segments_write(&log->segments, frames);

    if (io != SEGMENTS_OK) {
        return io;
    }
    uint64_t begun = clock_monotonic_ns(&log->clock);
    if (segments_sync(&log->segments, frames.n) != SEGMENTS_OK) {
        return SEGMENTS_FAILED;
    }
    count_sync(log, clock_monotonic_ns(&log->clock) - begun);
    atomic_fetch_add_explicit(&log->entries, count, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->batches_written, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&log->bytes, frames.n, memory_order_relaxed);
    atomic_fetch_add(&log->durable, count);
    committer_publish(log);
    hash(log, frames);
    return SEGMENTS_OK;
}

static struct timespec deadline(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += COMMITTER_RETRY_MS / 1000;
    return t;
}

// Wait until there may be space again. False when the log is being closed.
static bool wait_for_space(struct audit_log *log)
{
    struct timespec until = deadline();
    bool stopping = false;

    set_state(log, AUDIT_FULL);
    pthread_mutex_lock(&log->lock);
    while (!log->stopping && pthread_cond_timedwait(&log->work, &log->lock, &until) == 0) {
    }
    stopping = log->stopping;
    pthread_mutex_unlock(&log->lock);
    log->tried_ns = 0;
    return !stopping;
}

// Frames were numbered as callers count; in the log they are numbered from the month's first.
static void seal(struct batch *b, uint64_t base)
{
    for (size_t at = 0; at < b->n;) {
        if (base != 0) {
            wal_frame_renumber(b->bytes + at, base);
        }
        at += wal_frame_seal(b->bytes + at);
    }
}

// False where the thread must end.
static bool commit(struct audit_log *log, struct batch *batch)
{
    struct span left = {batch->bytes, batch->n};
    size_t count = 0;

    seal(batch, atomic_load(&log->base));
    while (left.n > 0) {
        struct span frames = fitting(left, segments_room(&log->segments), &count);
        enum segments_io io = frames.n == 0 ? roll(log) : write_frames(log, frames, count);
        if (io == SEGMENTS_FAILED || (io == SEGMENTS_FULL && !wait_for_space(log))) {
            set_state(log, io == SEGMENTS_FAILED ? AUDIT_FAILED : AUDIT_FULL);
            return false;
        }
        if (io == SEGMENTS_OK) {
            left = span_drop_first(left, frames.n);
        }
    }
    return true;
}

// Under load a sync costs more than a short wait: as long as entries keep coming, wait for about as
// many as the last batch had. A lone caller (batches of one or two) never waits. With the lock
// held.
static void gather(struct audit_log *log)
{
    static const struct timespec step = {0, COMMITTER_GATHER_NS};
    const struct batch *b = &log->batches[log->open];
    size_t before = 0;

    for (int i = 0; i < COMMITTER_GATHER_STEPS && b->count < log->last_count &&
                    b->count != before && !log->stopping;
         i++) {
        before = b->count;
        pthread_mutex_unlock(&log->lock);
        (void)nanosleep(&step, NULL);
        pthread_mutex_lock(&log->lock);
    }
    log->last_count = b->count < COMMITTER_GATHER_LEAST ? 0 : b->count;
}

// The batch that is next to be written; an empty one when it is time to look for space; NULL at the
// end.
static struct batch *next_batch(struct audit_log *log)
{
    struct timespec until = deadline();
    bool timed_out = false;

    pthread_mutex_lock(&log->lock);
    while (log->batches[log->open].n == 0 && !log->stopping && !timed_out &&
           log->pause == COMMITTER_GOES) {
        log->asleep = true;
        if (state_of(log) == AUDIT_WELL) {
            pthread_cond_wait(&log->work, &log->lock);
        } else {
            timed_out = pthread_cond_timedwait(&log->work, &log->lock, &until) != 0;
        }
    }
    log->asleep = false;
    gather(log);
    struct batch *batch = &log->batches[log->open];
    bool end = log->stopping && batch->n == 0;
    log->open ^= 1;
    log->batches[log->open].n = 0;
    log->batches[log->open].count = 0;
    pthread_mutex_unlock(&log->lock);
    return end ? NULL : batch;
}

static void stand_still(struct audit_log *log)
{
    pthread_mutex_lock(&log->lock);
    if (log->pause == COMMITTER_SHALL_STAND) {
        log->pause = COMMITTER_STANDS;
        pthread_cond_broadcast(&log->paused);
    }
    while (log->pause == COMMITTER_STANDS) {
        pthread_cond_wait(&log->paused, &log->lock);
    }
    pthread_mutex_unlock(&log->lock);
}

enum aiu_status committer_pause(struct audit_log *log, uint64_t timeout_ms)
{
    struct timespec until;
    int error = 0;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(timeout_ms / 1000) + 1;
    pthread_mutex_lock(&log->lock);
    log->pause = COMMITTER_SHALL_STAND;
    pthread_cond_signal(&log->work);
    while (log->pause != COMMITTER_STANDS && error == 0 && state_of(log) < AUDIT_FULL) {
        error = pthread_cond_timedwait(&log->paused, &log->lock, &until);
    }
    bool stands = log->pause == COMMITTER_STANDS;
    if (!stands) {
        log->pause = COMMITTER_GOES;
    }
    pthread_mutex_unlock(&log->lock);
    if (stands) {
        return AIU_OK;
    }
    return error != 0 ? AIU_TIMEOUT : AIU_AUDIT_UNAVAILABLE;
}

void committer_resume(struct audit_log *log)
{
    pthread_mutex_lock(&log->lock);
    log->pause = COMMITTER_GOES;
    pthread_cond_broadcast(&log->paused);
    pthread_mutex_unlock(&log->lock);
}

void *committer_run(void *arg)
{
    struct audit_log *log = arg;
    struct batch *batch = NULL;
    bool going = keep_house(log) == SEGMENTS_OK;

    (void)prctl(PR_SET_TIMERSLACK, COMMITTER_SLACK_NS);
    while (going && (batch = next_batch(log)) != NULL) {
        stand_still(log);
        going = commit(log, batch);
        if (going && keep_house(log) != SEGMENTS_OK) {
            going = false;
        }
    }
    if (!going && state_of(log) != AUDIT_FULL) {
        set_state(log, AUDIT_FAILED);
    }
    return NULL;
}
