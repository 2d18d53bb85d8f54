// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The cursor is written behind a flush, at most once a second: a write and a rename, no sync. What
// a crash of the machine takes of it comes again.
#include "watch/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/reader.h"
#include "base/alloc.h"
#include "base/num.h"

enum { PATH_SIZE = 4096, ARENA_MOST = 4 << 20, CURSOR_EVERY_MS = 1000 };

struct follower {
    struct follow_options o;
    char name[64];
    char folder[PATH_SIZE], cursor[PATH_SIZE + 128], cursor_new[PATH_SIZE + 160];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken, stopping; // under the lock
    _Atomic uint64_t delivered, failures;
    uint64_t cursor_ms; // when it was written last
    uint64_t written;   // what stands in it
    struct arena arena;
};

// --- waiting ----------------------------------------------------------------------------------

static void wake(void *ctx)
{
    struct follower *f = ctx;

    (void)pthread_mutex_lock(&f->lock);
    f->woken = true;
    (void)pthread_cond_signal(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
}

static bool is_stopping(struct follower *f)
{
    (void)pthread_mutex_lock(&f->lock);
    bool stopping = f->stopping;
    (void)pthread_mutex_unlock(&f->lock);
    return stopping;
}

static uint64_t now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

// Until there is news (where `news`), the time is over, or the end.
static void wait(struct follower *f, uint64_t ms, bool news)
{
    uint64_t until = now_ms() + ms;
    struct timespec deadline = {(time_t)(until / 1000), (long)(until % 1000) * 1000000};
    int st = 0;

    (void)pthread_mutex_lock(&f->lock);
    while (!f->stopping && !(news && f->woken) && st != ETIMEDOUT) {
        st = pthread_cond_timedwait(&f->changed, &f->lock, &deadline);
    }
    f->woken = false;
    (void)pthread_mutex_unlock(&f->lock);
}

// --- the cursor -------------------------------------------------------------------------------

static enum aiu_status read_cursor(struct follower *f, uint64_t *ret_index)
{
    char text[32];
    int fd = open(f->cursor, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0) {
        return AIU_NOT_FOUND;
    }
    ssize_t n = read(fd, text, sizeof(text));
    (void)close(fd);
    return n > 1 && text[n - 1] == '\n'
               ? num_parse_u64(span_of(text, (size_t)n - 1), UINT64_MAX, ret_index)
               : AIU_NOT_FOUND;
}

static void write_cursor(struct follower *f, bool now)
{
    uint64_t delivered = atomic_load(&f->delivered);

    if (delivered == f->written || (!now && now_ms() - f->cursor_ms < CURSOR_EVERY_MS)) {
        return;
    }
    int fd = open(f->cursor_new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return;
    }
    char text[32];
    int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)delivered);
    bool fine = write(fd, text, (size_t)n) == n;
    (void)close(fd);
    if (fine && rename(f->cursor_new, f->cursor) == 0) {
        f->written = delivered;
        f->cursor_ms = now_ms();
    }
}

static uint64_t first_entry(struct follower *f)
{
    uint64_t index = 0;
    uint64_t end = audit_durable(f->o.log);

    if (read_cursor(f, &index) != AIU_OK) {
        return f->o.from_start ? 0 : end;
    }
    return index <= end ? index : end; // an older log was put back
}

// --- following --------------------------------------------------------------------------------

static enum aiu_status take_entry(struct follower *f, const struct reader_entry *entry)
{
    struct row_values values;

    arena_reset(&f->arena);
    row_read(entry->bytes, &f->arena, &values);
    return f->o.sink.take(f->o.sink.ctx, entry->index, entry->bytes, &values);
}

static enum aiu_status flush(struct follower *f, uint64_t index)
{
    TRY(f->o.sink.flush(f->o.sink.ctx));
    atomic_store(&f->delivered, index);
    atomic_store(&f->failures, 0);
    write_cursor(f, false);
    return AIU_OK;
}

// Entries that are durable, in batches. AIU_NOT_FOUND: all of them are delivered.
static enum aiu_status follow_on(struct follower *f, struct reader *r)
{
    struct reader_entry entry;

    while (!is_stopping(f)) {
        uint64_t durable = audit_durable(f->o.log);
        size_t batch = 0;
        for (; reader_position(r) < durable && batch < FOLLOW_BATCH; batch++) {
            TRY(reader_next(r, &entry));
            TRY(take_entry(f, &entry));
        }
        if (batch == 0) {
            return AIU_NOT_FOUND;
        }
        TRY(flush(f, reader_position(r)));
    }
    return AIU_OK;
}

// Until something fails or the end is asked for.
static enum aiu_status follow(struct follower *f)
{
    struct reader *r = NULL;

    TRY(reader_open(f->folder, atomic_load(&f->delivered), &r));
    enum aiu_status st = AIU_NOT_FOUND;
    while (st == AIU_NOT_FOUND && !is_stopping(f)) {
        st = follow_on(f, r);
        if (st == AIU_NOT_FOUND) {
            write_cursor(f, true);
            wait(f, FOLLOW_PAUSE_MOST_MS, true);
            wait(f, FOLLOW_GATHER_MS, false); // one look for many entries
        }
    }
    reader_free(r);
    return st == AIU_NOT_FOUND ? AIU_OK : st;
}

static void fail(struct follower *f, enum aiu_status st)
{
    uint64_t failures = atomic_fetch_add(&f->failures, 1) + 1;
    uint64_t pause = FOLLOW_PAUSE_MS;

    for (uint64_t i = 1; i < failures && pause < FOLLOW_PAUSE_MOST_MS; i++) {
        pause *= 2;
    }
    if ((failures & (failures - 1)) == 0) { // the 1st, 2nd, 4th, 8th …
        log_event(f->o.logger, LOG_ERROR, "export_failed", LOG_NAME("exporter", f->name),
                  LOG_NAME("code", aiu_status_info(st)->code), LOG_U64("failures", failures));
    }
    if (f->o.sink.rewind != NULL) {
        f->o.sink.rewind(f->o.sink.ctx);
    }
    wait(f, pause < FOLLOW_PAUSE_MOST_MS ? pause : FOLLOW_PAUSE_MOST_MS, false);
}

static void *run(void *arg)
{
    struct follower *f = arg;

    while (!is_stopping(f)) {
        enum aiu_status st = follow(f);
        if (st != AIU_OK) {
            fail(f, st);
        }
    }
    write_cursor(f, true);
    return NULL;
}

static enum aiu_status begin(struct follower *f)
{
    TRY(audit_subscribe(f->o.log, wake, f));
    if (pthread_create(&f->thread, NULL, run, f) != 0) {
        audit_unsubscribe(f->o.log, f);
        return AIU_NO_MEMORY;
    }
    return AIU_OK;
}

static void free_follower(struct follower *f)
{
    (void)pthread_cond_destroy(&f->changed);
    (void)pthread_mutex_destroy(&f->lock);
    arena_done(&f->arena);
    mem_free(f);
}

static void init_lock(struct follower *f)
{
    pthread_condattr_t attributes;

    (void)pthread_mutex_init(&f->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&f->changed, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

enum aiu_status follow_start(const struct follow_options *o, struct follower **ret_follower)
{
    struct follower *f = mem_new(1, sizeof(*f));

    if (f == NULL) {
        return AIU_NO_MEMORY;
    }
    f->o = *o;
    (void)snprintf(f->name, sizeof(f->name), "%s", o->name);
    (void)snprintf(f->folder, sizeof(f->folder), "%s", o->folder);
    (void)snprintf(f->cursor, sizeof(f->cursor), "%s/cursors", f->folder);
    (void)mkdir(f->cursor, 0700); // where it cannot be made there is no cursor, and that is all
    (void)snprintf(f->cursor, sizeof(f->cursor), "%s/cursors/%s", f->folder, f->name);
    (void)snprintf(f->cursor_new, sizeof(f->cursor_new), "%s.new", f->cursor);
    arena_init(&f->arena, ARENA_MOST);
    init_lock(f);
    atomic_store(&f->delivered, first_entry(f));
    f->written = UINT64_MAX;
    enum aiu_status st = begin(f);
    if (st != AIU_OK) {
        free_follower(f);
        return st;
    }
    *ret_follower = f;
    return AIU_OK;
}

void follow_stop(struct follower *f)
{
    if (f == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&f->lock);
    f->stopping = true;
    (void)pthread_cond_signal(&f->changed);
    (void)pthread_mutex_unlock(&f->lock);
    (void)pthread_join(f->thread, NULL);
    audit_unsubscribe(f->o.log, f);
    free_follower(f);
}

uint64_t follow_delivered(const struct follower *f)
{
    return atomic_load(&f->delivered);
}

uint64_t follow_failures(const struct follower *f)
{
    return atomic_load(&f->failures);
}

const char *follow_name(const struct follower *f)
{
    return f->name;
}
