// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The cursor is written behind a flush, at most once a second: a write and a rename, no sync. What
// a crash of the machine takes of it comes again.
//
// The log's folder gets another name when its month ends, and a new one takes its place. So the
// follower holds the folder that it reads, with the cursor in it, and goes on to the next month
// when it has taken what the old one has: there is no commit point in a month that has ended.
#include "watch/follow.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "audit/months.h"
#include "audit/reader.h"
#include "base/alloc.h"
#include "base/num.h"

enum { PATH_SIZE = 4096, ARENA_MOST = 4 << 20, CURSOR_EVERY_MS = 1000, NAME_SIZE = 64 };

// The month that is read.
struct place {
    char path[PATH_SIZE + MONTHS_NAME_SIZE];
    int folder, cursors; // -1 where there are none
    dev_t device;
    ino_t inode;
};

struct follower {
    struct follow_options o;
    char name[NAME_SIZE], name_new[NAME_SIZE + 8]; // of the cursor
    char folder[PATH_SIZE];                        // of the month that is written
    char months[PATH_SIZE];                        // STATE/audit; "" where it is not divided
    struct place place;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool woken, stopping; // under the lock
    bool listening;       // under the lock: somebody waits for news, not only for time
    _Atomic uint64_t delivered, failures;
    atomic_bool left;   // the month that is read has ended
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
    if (f->listening) { // the committer is not held up by calls into the kernel for nothing
        (void)pthread_cond_signal(&f->changed);
    }
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
    f->listening = news;
    while (!f->stopping && !(news && f->woken) && st != ETIMEDOUT) {
        st = pthread_cond_timedwait(&f->changed, &f->lock, &deadline);
    }
    f->woken = false;
    f->listening = false;
    (void)pthread_mutex_unlock(&f->lock);
}

// --- places -----------------------------------------------------------------------------------

static void close_place(struct place *p)
{
    if (p->cursors >= 0) {
        (void)close(p->cursors);
    }
    if (p->folder >= 0) {
        (void)close(p->folder);
    }
    p->cursors = -1;
    p->folder = -1;
}

static enum aiu_status open_place(const char *path, struct place *ret_place)
{
    struct place p = {.cursors = -1};
    struct stat st;

    (void)snprintf(p.path, sizeof(p.path), "%s", path);
    p.folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (p.folder < 0 || fstat(p.folder, &st) != 0) {
        close_place(&p);
        return AIU_FILE_NOT_FOUND;
    }
    p.device = st.st_dev;
    p.inode = st.st_ino;
    // Where it cannot be made there is no cursor, and that is all.
    (void)mkdirat(p.folder, "cursors", 0700);
    p.cursors = openat(p.folder, "cursors", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    *ret_place = p;
    return AIU_OK;
}

// Whether `path` is the folder of the place. False where nothing has that name for the moment.
static bool is_at(const struct place *p, const char *path, bool otherwise)
{
    struct stat st;

    return stat(path, &st) != 0 ? otherwise : st.st_dev == p->device && st.st_ino == p->inode;
}

// Whether the month that is read has ended. Its entries are all on disk then.
static bool has_left(struct follower *f)
{
    bool left = !is_at(&f->place, f->folder, true);

    atomic_store(&f->left, left);
    return left;
}

static void month_path(const struct follower *f, const char *month,
                       char out[PATH_SIZE + MONTHS_NAME_SIZE])
{
    (void)snprintf(out, PATH_SIZE + MONTHS_NAME_SIZE, "%s/%s", f->months, month);
}

// --- the cursor -------------------------------------------------------------------------------

static enum aiu_status read_cursor(const struct follower *f, const struct place *p,
                                   uint64_t *ret_index)
{
    char text[32];
    int fd = p->cursors < 0 ? -1 : openat(p->cursors, f->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

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
    int fd = openat(f->place.cursors, f->name_new,
                    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return;
    }
    char text[32];
    int n = snprintf(text, sizeof(text), "%llu\n", (unsigned long long)delivered);
    bool fine = write(fd, text, (size_t)n) == n;
    (void)close(fd);
    if (fine && renameat(f->place.cursors, f->name_new, f->place.cursors, f->name) == 0) {
        f->written = delivered;
        f->cursor_ms = now_ms();
    }
}

static void take_place(struct follower *f, struct place *p, uint64_t index)
{
    close_place(&f->place);
    f->place = *p;
    f->written = UINT64_MAX;
    atomic_store(&f->delivered, index);
    (void)has_left(f);
}

// The newest month with a cursor; without one, the oldest month or the end of the newest.
static enum aiu_status find_place(struct follower *f)
{
    char path[PATH_SIZE + MONTHS_NAME_SIZE];
    struct months *months = mem_new(1, sizeof(*months));
    struct place p, other;
    uint64_t end = audit_size(f->o.log);
    uint64_t index = f->o.from_start ? 0 : end;

    enum aiu_status st = months == NULL ? AIU_NO_MEMORY : open_place(f->folder, &p);
    if (st == AIU_OK && read_cursor(f, &p, &index) == AIU_OK) {
        index = index <= end ? index : end; // an older log was put back
    } else if (st == AIU_OK && f->months[0] != '\0' && months_of(f->months, months) == AIU_OK) {
        bool found = false;
        for (size_t i = months->count; i > 0 && !found; i--) {
            month_path(f, months->names[i - 1], path);
            if (open_place(path, &other) != AIU_OK) {
                continue;
            }
            found = read_cursor(f, &other, &index) == AIU_OK || (f->o.from_start && i == 1);
            close_place(found ? &p : &other);
            p = found ? other : p;
        }
    }
    mem_free(months);
    TRY(st);
    take_place(f, &p, index);
    return AIU_OK;
}

// The month behind the one that is read. AIU_NOT_FOUND: it has no name yet.
static enum aiu_status next_month(const struct follower *f, struct months *months,
                                  char path[PATH_SIZE + MONTHS_NAME_SIZE])
{
    size_t next = 0; // the oldest one, where ours was deleted meanwhile

    TRY(months_of(f->months, months));
    for (size_t i = 0; i < months->count; i++) {
        month_path(f, months->names[i], path);
        next = is_at(&f->place, path, false) ? i + 1 : next;
    }
    if (next >= months->count) {
        return AIU_NOT_FOUND;
    }
    month_path(f, months->names[next], path);
    return AIU_OK;
}

static enum aiu_status go_on(struct follower *f)
{
    char path[PATH_SIZE + MONTHS_NAME_SIZE];
    struct months *months = mem_new(1, sizeof(*months));
    struct place p;

    if (months == NULL) {
        return AIU_NO_MEMORY;
    }
    write_cursor(f, true);
    enum aiu_status st = f->months[0] == '\0' ? AIU_FILE_NOT_FOUND : next_month(f, months, path);
    mem_free(months);
    TRY(st);
    TRY(open_place(path, &p));
    take_place(f, &p, 0);
    write_cursor(f, true);
    return AIU_OK;
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

// AIU_NOT_FOUND: no more for now.
static enum aiu_status take_batch(struct follower *f, struct reader *r, uint64_t durable,
                                  size_t *ret_count)
{
    struct reader_entry entry;

    for (*ret_count = 0; reader_position(r) < durable && *ret_count < FOLLOW_BATCH;) {
        enum aiu_status st = reader_next(r, &entry);
        if (st == AIU_NOT_FOUND) {
            break;
        }
        TRY(st);
        TRY(take_entry(f, &entry));
        (*ret_count)++;
    }
    return AIU_OK;
}

// Entries that are durable, in batches. AIU_NOT_FOUND: all of them are delivered.
static enum aiu_status follow_on(struct follower *f, struct reader *r)
{
    while (!is_stopping(f)) {
        // In this order: what is behind the end of a month that has not ended is not read.
        bool left = has_left(f);
        size_t batch = 0;
        TRY(take_batch(f, r, left ? UINT64_MAX : audit_size(f->o.log), &batch));
        if (batch == 0) {
            return left ? go_on(f) : AIU_NOT_FOUND;
        }
        TRY(flush(f, reader_position(r)));
    }
    return AIU_OK;
}

static enum aiu_status open_reader(struct follower *f, struct reader **ret_reader)
{
    TRY(reader_open(f->place.path, atomic_load(&f->delivered), ret_reader));
    if (is_at(&f->place, f->place.path, false)) {
        return AIU_OK;
    }
    reader_free(*ret_reader); // its month ended just now: it has another name
    return AIU_BUSY;
}

// Where the folder of the place is now.
static enum aiu_status name_place(struct follower *f)
{
    struct months *months = NULL;
    char path[PATH_SIZE + MONTHS_NAME_SIZE];
    enum aiu_status st = AIU_OK;

    if (is_at(&f->place, f->place.path, false) || f->months[0] == '\0') {
        return AIU_OK;
    }
    months = mem_new(1, sizeof(*months));
    st = months == NULL ? AIU_NO_MEMORY : months_of(f->months, months);
    for (size_t i = 0; st == AIU_OK && i < months->count; i++) {
        month_path(f, months->names[i], path);
        if (is_at(&f->place, path, false)) {
            memcpy(f->place.path, path, sizeof(path));
        }
    }
    mem_free(months);
    return st;
}

// One month, until something fails, it is over, or the end is asked for.
static enum aiu_status follow(struct follower *f)
{
    struct reader *r = NULL;

    TRY(name_place(f));
    enum aiu_status st = open_reader(f, &r);
    if (st == AIU_BUSY) {
        return AIU_OK; // at once again
    }
    TRY(st);
    st = AIU_NOT_FOUND;
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
        if (st != AIU_OK && !is_stopping(f)) {
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
    close_place(&f->place);
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
    f->place = (struct place){.folder = -1, .cursors = -1};
    (void)snprintf(f->name, sizeof(f->name), "%s", o->name);
    (void)snprintf(f->name_new, sizeof(f->name_new), "%s.new", f->name);
    (void)snprintf(f->folder, sizeof(f->folder), "%s", o->folder);
    struct span months = span_str(f->folder);
    if (span_ends_with(months, SPAN_OF("/main"))) {
        (void)snprintf(f->months, sizeof(f->months), "%.*s", (int)(months.n - strlen("/main")),
                       f->folder);
    }
    arena_init(&f->arena, ARENA_MOST);
    init_lock(f);
    enum aiu_status st = find_place(f);
    st = st == AIU_OK ? begin(f) : st;
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

uint64_t follow_lag(const struct follower *f)
{
    uint64_t size = audit_size(f->o.log);
    uint64_t delivered = atomic_load(&f->delivered);

    if (atomic_load(&f->left)) {
        return size + 1; // at least: what the former month has left is not counted
    }
    return size > delivered ? size - delivered : 0;
}

uint64_t follow_failures(const struct follower *f)
{
    return atomic_load(&f->failures);
}

const char *follow_name(const struct follower *f)
{
    return f->name;
}
