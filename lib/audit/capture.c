// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Everything that touches the disk is a job of one queue, in order: the file of a new key before
// the records under it, an erasure behind every key that was made before it. So an erasure that
// forgets the key and queues its job in one go destroys all keys from before and none from after.
//
// The lock is never held over a system call but those of guarded memory, so whoever holds a loop
// waits for nobody's disk. A batch of files shares its syncs: one by one while they are few, one
// syncfs when they are many.
#include "audit/capture.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/num.h"
#include "secret/hash.h"
#include "secret/mac.h"

enum { FOLDER_MOST = 4096, SYNCED_ONE_BY_ONE = 2, GATHER_MS = 100, JOB_COST = 512 };

enum job_kind { JOB_KEY, JOB_RECORD, JOB_ERASE, JOB_PURGE };

struct job {
    struct job *next;
    enum job_kind kind;
    struct capture_key_name key;  // KEY; the subject of ERASE
    char name[CAPTURE_NAME_MOST]; // RECORD; the month of PURGE
    struct buf bytes;             // sealed
    size_t cost;                  // counted in the queue
    bool written;
};

struct cached_key {
    struct capture_key_name name;
    struct secret *key;
    uint64_t used;
};

struct capture {
    struct capture_options o;
    char folder[FOLDER_MOST];
    struct capture_store store;
    pthread_t thread;
    bool failing; // of the thread
    pthread_mutex_t lock;
    pthread_cond_t work;
    // Under the lock:
    struct mac *subjects;
    struct cached_key keys[CAPTURE_KEYS_MOST];
    size_t key_count;
    uint64_t uses;
    struct job *first, **last;
    size_t jobs, bytes, erasing;
    bool started, stopping;
    bool asleep; // the thread: whoever has work wakes it
};

// --- the queue --------------------------------------------------------------------------------

static void job_free(struct job *j)
{
    if (j != NULL) {
        buf_wipe(&j->bytes);
        mem_free(j);
    }
}

static void job_done(struct job **j)
{
    job_free(*j);
    *j = NULL;
}

static struct job *job_new(enum job_kind kind, size_t most)
{
    struct job *j = mem_new(1, sizeof(*j));

    if (j != NULL) {
        j->kind = kind;
        buf_init(&j->bytes, most);
    }
    return j;
}

// Room for one more of `n` bytes; with the lock held.
static bool reserve(struct capture *c, size_t n)
{
    if (!c->started || c->jobs >= CAPTURE_QUEUE_JOBS || n > c->o.queue - c->bytes) {
        return false;
    }
    c->jobs++;
    c->bytes += n;
    return true;
}

static void give_back(struct capture *c, size_t n)
{
    c->jobs--;
    c->bytes -= n;
}

// Whether the thread should not wait for more to write at once; with the lock held.
static bool is_urgent(const struct capture *c)
{
    return c->stopping || c->erasing > 0 || c->jobs >= CAPTURE_QUEUE_JOBS / 4 ||
           c->bytes >= c->o.queue / 4;
}

// What was reserved is taken over; with the lock held.
static void push(struct capture *c, struct job *j)
{
    j->next = NULL;
    *c->last = j;
    c->last = &j->next;
    if (c->asleep || is_urgent(c)) {
        (void)pthread_cond_signal(&c->work);
    }
}

// What has to happen however long the queue is; with the lock held.
static bool push_always(struct capture *c, struct job *j)
{
    if (!c->started) {
        return false;
    }
    c->jobs++;
    push(c, j);
    return true;
}

// --- keys -------------------------------------------------------------------------------------

static struct cached_key *find_key(struct capture *c, const char *subject)
{
    for (size_t i = 0; i < c->key_count; i++) {
        if (memcmp(c->keys[i].name.subject, subject, CAPTURE_SUBJECT_SIZE) == 0) {
            return &c->keys[i];
        }
    }
    return NULL;
}

// A free place, or that of the key not used for longest: its subject gets another one next time.
static struct cached_key *place_for_key(struct capture *c)
{
    struct cached_key *oldest = &c->keys[0];

    if (c->key_count < CAPTURE_KEYS_MOST) {
        return &c->keys[c->key_count++];
    }
    for (size_t i = 1; i < CAPTURE_KEYS_MOST; i++) {
        oldest = c->keys[i].used < oldest->used ? &c->keys[i] : oldest;
    }
    secret_unref(oldest->key);
    return oldest;
}

static void forget_key(struct capture *c, const char *subject)
{
    struct cached_key *k = find_key(c, subject);

    if (k != NULL) {
        secret_unref(k->key);
        *k = c->keys[--c->key_count];
        c->keys[c->key_count] = (struct cached_key){0};
    }
}

// Make a key and queue its file.
static enum aiu_status make_key(struct capture *c, const char *subject,
                                const struct cached_key **ret_key)
{
    CLEANUP(job_done) struct job *j = job_new(JOB_KEY, FOLDER_MOST);
    struct secret *key = NULL;

    if (j == NULL) {
        return AIU_NO_MEMORY;
    }
    memcpy(j->key.subject, subject, CAPTURE_SUBJECT_SIZE + 1);
    TRY(capture_key_new(c->o.master, &j->key, &j->bytes, &key));
    j->cost = JOB_COST;
    if (!reserve(c, j->cost)) {
        secret_unref(key);
        return AIU_OVERLOADED;
    }
    struct cached_key *k = place_for_key(c);
    *k = (struct cached_key){.name = j->key, .key = key};
    push(c, TAKE_PTR(j));
    *ret_key = k;
    return AIU_OK;
}

static enum aiu_status take_key(struct capture *c, const char *subject,
                                struct capture_key_name *ret_name, struct secret **ret_key)
{
    const struct cached_key *known = find_key(c, subject);

    if (known == NULL) {
        TRY(make_key(c, subject, &known));
    }
    c->keys[known - c->keys].used = ++c->uses;
    *ret_name = known->name;
    *ret_key = secret_ref(known->key);
    return AIU_OK;
}

// --- putting ----------------------------------------------------------------------------------

enum aiu_status capture_name(struct capture *c, struct span tenant, const char *kind,
                             struct span name, char ret[CAPTURE_SUBJECT_SIZE + 1])
{
    (void)pthread_mutex_lock(&c->lock);
    enum aiu_status st = capture_subject(c->subjects, tenant, kind, name, ret);
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

static enum aiu_status seal_item(const struct capture_item *item, const struct secret *key,
                                 size_t size, struct job *j)
{
    CLEANUP(buf_wipe) struct buf plain = BUF_OF(CAPTURE_MOST);
    uint8_t *p = NULL;

    if (item->count == 1) {
        return capture_record_seal(key, &j->key, j->name, item->pieces[0], &j->bytes);
    }
    TRY(buf_reserve(&plain, size, &p));
    for (size_t i = 0; i < item->count; i++) {
        TRY(buf_append(&plain, item->pieces[i]));
    }
    return capture_record_seal(key, &j->key, j->name, buf_span(&plain), &j->bytes);
}

static enum aiu_status hash_of(struct span bytes, uint8_t ret_hash[CAPTURE_HASH_SIZE])
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    uint8_t digest[SHA256_SIZE];

    sha256(bytes, digest);
    TRY(num_append_hex(&hex, span_of(digest, sizeof(digest))));
    memcpy(ret_hash, hex.p, CAPTURE_HASH_SIZE);
    return AIU_OK;
}

// A place in the queue, and the key; before anything is sealed in vain.
static enum aiu_status admit(struct capture *c, const char *subject, struct job *j,
                             struct secret **ret_key)
{
    enum aiu_status st = AIU_OVERLOADED;

    (void)pthread_mutex_lock(&c->lock);
    if (reserve(c, j->cost)) {
        st = take_key(c, subject, &j->key, ret_key);
        if (st != AIU_OK) {
            give_back(c, j->cost);
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

enum aiu_status capture_put(struct capture *c, const struct capture_item *item,
                            uint8_t ret_hash[CAPTURE_HASH_SIZE])
{
    CLEANUP(secret_done) struct secret *key = NULL;
    CLEANUP(job_done) struct job *j = job_new(JOB_RECORD, CAPTURE_SEALED_MOST);
    size_t size = 0;

    for (size_t i = 0; i < item->count; i++) {
        size += item->pieces[i].n;
    }
    if (j == NULL || size > CAPTURE_MOST) {
        return j == NULL ? AIU_NO_MEMORY : AIU_TOO_LONG;
    }
    j->cost = size + JOB_COST;
    TRY(capture_record_name(item->id, item->part, j->name));
    TRY(admit(c, item->subject, j, &key));
    enum aiu_status st = seal_item(item, key, size, j);
    st = st == AIU_OK ? hash_of(buf_span(&j->bytes), ret_hash) : st;
    (void)pthread_mutex_lock(&c->lock);
    if (st == AIU_OK) {
        push(c, TAKE_PTR(j));
    } else {
        give_back(c, j->cost);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

void capture_purge(struct capture *c, const char *month)
{
    struct job *j = job_new(JOB_PURGE, 1);

    if (j == NULL) {
        return;
    }
    (void)snprintf(j->name, sizeof(j->name), "%s", month);
    (void)pthread_mutex_lock(&c->lock);
    bool taken = push_always(c, j);
    (void)pthread_mutex_unlock(&c->lock);
    if (!taken) {
        job_free(j);
    }
}

// --- the thread -------------------------------------------------------------------------------

static void tell(struct capture *c, enum aiu_status st)
{
    bool failed = st != AIU_OK;

    if (failed != c->failing) {
        c->failing = failed;
        c->o.on_event(c->o.ctx, failed ? CAPTURE_FAILED : CAPTURE_RECOVERED, st);
    }
}

static enum aiu_status do_erase(struct capture *c, const struct job *j)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
    const char *subject = j->key.subject;
    struct span actor = {0};
    uint64_t records = 0;

    TRY(capture_pending_read(&c->store, subject, &b, &records, &actor));
    TRY(capture_keys_erase(&c->store, subject));
    TRY(c->o.on_erased(c->o.ctx, subject, actor, records));
    return capture_pending_remove(&c->store, subject);
}

static enum aiu_status write_file(struct capture *c, struct job *j, bool sync)
{
    struct span bytes = buf_span(&j->bytes);
    enum aiu_status st = j->kind == JOB_KEY ? capture_key_write(&c->store, &j->key, bytes, sync)
                                            : capture_record_write(&c->store, j->name, bytes, sync);

    j->written = st == AIU_OK && j->kind == JOB_RECORD;
    return st;
}

// Keys and records, from `first` up to `end`: written, synced; then records get their names, and
// the folder of the last one its sync.
static void write_files(struct capture *c, struct job *first, const struct job *end, size_t count)
{
    bool one_by_one = count <= SYNCED_ONE_BY_ONE;
    const struct job *last = NULL;
    enum aiu_status st = AIU_OK;

    for (struct job *j = first; j != end; j = j->next) {
        enum aiu_status one = write_file(c, j, one_by_one);
        st = one == AIU_OK ? st : one;
    }
    if (!one_by_one && syncfs(c->store.top) != 0) {
        st = AIU_IO;
    }
    for (const struct job *j = first; j != end; j = j->next) {
        if (j->written && capture_record_publish(&c->store, j->name) == AIU_OK) {
            last = j;
        }
    }
    if (last != NULL && capture_record_sync(&c->store, last->name) != AIU_OK) {
        st = AIU_IO;
    }
    tell(c, st);
}

static bool is_file(const struct job *j)
{
    return j->kind == JOB_KEY || j->kind == JOB_RECORD;
}

static void do_batch(struct capture *c, struct job *first)
{
    for (struct job *j = first; j != NULL;) {
        struct job *end = j;
        size_t count = 0;
        for (; end != NULL && is_file(end); end = end->next) {
            count++;
        }
        if (count > 0) {
            write_files(c, j, end, count);
            j = end;
            continue;
        }
        enum aiu_status st =
            j->kind == JOB_ERASE ? do_erase(c, j) : capture_months_remove(&c->store, j->name);
        if (st != AIU_OK) {
            tell(c, st);
        }
        j = j->next;
    }
}

// Free what is done, and count it out; with the lock held.
static void drop_batch(struct capture *c, struct job *first)
{
    while (first != NULL) {
        struct job *j = first;
        first = j->next;
        give_back(c, j->cost);
        c->erasing -= j->kind == JOB_ERASE ? 1 : 0;
        job_free(j);
    }
}

// Sleep until there is work, and then a moment more, so that what comes together shares its syncs;
// with the lock held.
static void gather(struct capture *c)
{
    struct timespec until;
    int waited = 0;

    c->asleep = true;
    while (c->first == NULL && !c->stopping) {
        (void)pthread_cond_wait(&c->work, &c->lock);
    }
    c->asleep = false;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += GATHER_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (!is_urgent(c) && waited == 0) {
        waited = pthread_cond_timedwait(&c->work, &c->lock, &until);
    }
}

static void *run(void *ctx)
{
    struct capture *c = ctx;

    (void)pthread_mutex_lock(&c->lock);
    for (;;) {
        gather(c);
        struct job *batch = TAKE_PTR(c->first);
        c->last = &c->first;
        if (batch == NULL) {
            break;
        }
        (void)pthread_mutex_unlock(&c->lock);
        do_batch(c, batch);
        (void)pthread_mutex_lock(&c->lock);
        drop_batch(c, batch);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return NULL;
}

// --- erasures ---------------------------------------------------------------------------------

static enum aiu_status erase_one(void *ctx, const char *subject)
{
    struct capture *c = ctx;
    struct job *j = job_new(JOB_ERASE, 1);

    if (j == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)snprintf(j->key.subject, sizeof(j->key.subject), "%s", subject);
    (void)pthread_mutex_lock(&c->lock);
    forget_key(c, subject);
    c->erasing++; // before it is pushed: that makes it urgent
    bool taken = push_always(c, j);
    c->erasing -= taken ? 0 : 1;
    (void)pthread_mutex_unlock(&c->lock);
    if (!taken) {
        job_free(j); // the file stays: next time
    }
    return AIU_OK;
}

static bool is_there(const struct capture *c)
{
    return faccessat(AT_FDCWD, c->folder, F_OK, 0) == 0;
}

void capture_poll(struct capture *c)
{
    (void)pthread_mutex_lock(&c->lock);
    bool started = c->started, busy = c->erasing > 0;
    (void)pthread_mutex_unlock(&c->lock);
    if (busy || (!started && (!is_there(c) || capture_start(c) != AIU_OK))) {
        return;
    }
    IGNORE(capture_pending_each(&c->store, erase_one, c));
}

// --- life -------------------------------------------------------------------------------------

enum aiu_status capture_new(const struct capture_options *o, struct capture **ret)
{
    struct capture *c = mem_new(1, sizeof(*c));
    pthread_condattr_t monotonic;

    if (c == NULL) {
        return AIU_NO_MEMORY;
    }
    c->o = *o;
    c->store = (struct capture_store)CAPTURE_STORE_CLOSED;
    c->last = &c->first;
    (void)snprintf(c->folder, sizeof(c->folder), "%s", o->folder);
    enum aiu_status st = capture_subject_mac(o->master, &c->subjects);
    if (st != AIU_OK) {
        mem_free(c);
        return st;
    }
    c->o.master = secret_ref(o->master);
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&c->work, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    *ret = c;
    return AIU_OK;
}

enum aiu_status capture_start(struct capture *c)
{
    sigset_t all, before;

    if (c->started || c->stopping) {
        return AIU_OK;
    }
    TRY(capture_store_open(c->folder, true, &c->store));
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&c->thread, NULL, run, c);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        capture_store_done(&c->store);
        return AIU_NO_MEMORY;
    }
    (void)pthread_mutex_lock(&c->lock);
    c->started = true;
    (void)pthread_mutex_unlock(&c->lock);
    return AIU_OK;
}

void capture_stop(struct capture *c)
{
    if (c == NULL || !c->started) {
        return;
    }
    (void)pthread_mutex_lock(&c->lock);
    c->started = false;
    c->stopping = true;
    (void)pthread_cond_signal(&c->work);
    (void)pthread_mutex_unlock(&c->lock);
    (void)pthread_join(c->thread, NULL);
}

void capture_free(struct capture *c)
{
    if (c == NULL) {
        return;
    }
    capture_stop(c);
    for (size_t i = 0; i < c->key_count; i++) {
        secret_unref(c->keys[i].key);
    }
    capture_store_done(&c->store);
    mac_free(c->subjects);
    secret_unref(c->o.master);
    (void)pthread_mutex_destroy(&c->lock);
    (void)pthread_cond_destroy(&c->work);
    mem_free(c);
}
