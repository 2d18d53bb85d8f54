// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One round: take what is durable, write tiles, have the root signed, replace the checkpoint. The
// thread sleeps while there is nothing to publish. Whatever fails is tried again a second later,
// from the published tree on: nothing is kept that a failed write may have left unknown.
//
// Under load a round every thousand entries would be dozens a second, each with syncs that the
// committer waits behind. So a round is followed by a pause of PAUSE_TIMES its own length: on a
// slow disk checkpoints come less often and requests stay fast.
#include "audit/publish.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "audit/folder.h"
#include "audit/tile_store.h"
#include "audit/tile_writer.h"
#include "audit/wal.h"
#include "base/alloc.h"
#include "base/num.h"

enum {
    INTERVAL_MS = 1000,
    MANY_ENTRIES = 1000,
    PAUSE_TIMES = 9,
    PAUSE_LEAST_MS = 100,
    IDLE_MS = 60 * 1000,
    CHECKPOINT_BYTES = 64 * 1024
};

static const uint64_t ms_ns = 1000000;

// Something that the signer wants on record, and where it stands by now.
struct announced {
    uint32_t number; // of the latest that was appended; 0: none
    uint64_t index;  // its entry
};

struct publisher {
    struct publish_options options;
    pthread_t thread;
    bool running;
    struct tile_writer *writer;
    bool begun;              // the writer stands where it should
    bool distrust;           // tiles led to a refusal: write all of them again
    uint32_t month;          // of the shard
    struct signer_head head; // what the signer signed last
    struct announced epoch, log_key;
    char vkeys[2 * SIGNER_VKEY_SIZE]; // as LOG/vkey has them; empty: not known
    uint64_t ended_ns, took_ns;       // the last round
    bool failed;                      // it failed

    pthread_mutex_t file; // LOG/checkpoint is being replaced
    pthread_mutex_t lock;
    pthread_cond_t work; // the thread waits here
    pthread_cond_t news; // publish_wait waits here
    bool stopping;
    uint64_t wake_at; // entries waiting from which the thread must be woken; under `lock`
    struct publish_stats stats;
    _Atomic uint64_t published;
};

// Telling

static void tell(struct publisher *p, enum publish_event event, const char *why)
{
    if (p->options.on_event != NULL) {
        p->options.on_event(p->options.on_event_ctx, event, why);
    }
}

static enum aiu_status append(struct publisher *p, enum record_event event,
                              const struct record_field *fields, size_t count, uint64_t *ret_index)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);

    TRY(record_event(&b, &p->options.origin, event, clock_unix_us(&p->options.clock), fields,
                     count));
    return audit_append(p->options.log, buf_span(&b), ret_index);
}

static void record_state(struct publisher *p, const char *state, const char *why)
{
    const struct record_field fields[] = {RECORD_TEXT("state", span_str(state)),
                                          RECORD_TEXT("why", span_str(why))};
    uint64_t index = 0;

    // A log that takes nothing says so itself.
    IGNORE(append(p, RECORD_AUDIT_DEGRADED, fields, ARRAY_SIZE(fields), &index));
}

static void set_degraded(struct publisher *p, bool degraded, const char *why)
{
    pthread_mutex_lock(&p->lock);
    bool changed = p->stats.degraded != degraded;
    p->stats.degraded = degraded;
    pthread_mutex_unlock(&p->lock);
    if (changed) {
        record_state(p, degraded ? "unsigned" : "signed", why);
        tell(p, degraded ? PUBLISH_DEGRADED : PUBLISH_RECOVERED, why);
    }
}

// The log is not the one that was signed: whoever changed it, no request may count on it.
static void refuse(struct publisher *p, const char *why)
{
    pthread_mutex_lock(&p->lock);
    bool changed = !p->stats.refused;
    p->stats.refused = true;
    pthread_mutex_unlock(&p->lock);
    if (changed) {
        audit_condemn(p->options.log);
        record_state(p, "refused", why);
        tell(p, PUBLISH_REFUSED, why);
    }
}

// Keys that the signer wants on record

static enum aiu_status record_key(struct publisher *p, const struct signer_announcement *a,
                                  uint64_t *ret_index)
{
    uint8_t signature[NUM_BASE64_SIZE(SIGN_SIZE)];
    const bool is_epoch = a->kind == SIGNER_EPOCH_KEY;

    num_base64_write(span_of(a->signature, SIGN_SIZE), signature);
    const struct record_field fields[] = {
        RECORD_TEXT("what", is_epoch ? SPAN_OF("") : SPAN_OF("audit_key")),
        RECORD_NUMBER("epoch", a->epoch),
        RECORD_TEXT("vkey", span_str(a->vkey)),
        RECORD_TEXT("by", span_str(a->by)),
        RECORD_TEXT("sig", span_of(signature, sizeof(signature))),
    };
    return append(p, is_epoch ? RECORD_EPOCH_KEY : RECORD_KEY_EVENT, fields, ARRAY_SIZE(fields),
                  ret_index);
}

static void take_announcement(struct publisher *p, const struct signer_announcement *a)
{
    struct announced *known = a->kind == SIGNER_EPOCH_KEY ? &p->epoch : &p->log_key;
    uint32_t number = a->kind == SIGNER_EPOCH_KEY ? a->epoch : 1;
    uint64_t index = 0;

    if (a->kind == SIGNER_NO_KEY || known->number == number) {
        return;
    }
    if (record_key(p, a, &index) == AIU_OK) {
        *known = (struct announced){number, index};
    }
}

static bool stands_in(const struct announced *a, uint64_t size)
{
    return a->number != 0 && a->index < size;
}

// Signing

static enum aiu_status learn_head(struct publisher *p)
{
    const struct signer_request hello = {.month = 0};
    struct signer_reply reply;

    TRY(p->options.ask(p->options.ask_ctx, &hello, &reply));
    p->head = reply.head;
    return AIU_OK;
}

static enum aiu_status ask_for(struct publisher *p, const struct tree_head *now,
                               struct signer_reply *reply)
{
    struct signer_request r = {
        .month = p->month,
        .older = p->head.month == p->month ? p->head.tree.size : 0,
        .newer = *now,
        .announced_epoch = stands_in(&p->epoch, now->size) ? p->epoch.number : 0,
        .announced_log_key = stands_in(&p->log_key, now->size),
    };

    if (r.older > now->size) {
        reply->verdict = SIGNER_SMALLER;
        return AIU_OK;
    }
    if (r.older > 0) {
        TRY(tile_writer_prove(p->writer, r.older, &r.proof));
    }
    TRY(p->options.ask(p->options.ask_ctx, &r, reply));
    p->head = reply->head;
    return AIU_OK;
}

static enum aiu_status get_signature(struct publisher *p, const struct tree_head *now,
                                     struct signer_reply *reply)
{
    TRY(ask_for(p, now, reply));
    return reply->verdict == SIGNER_STALE ? ask_for(p, now, reply) : AIU_OK;
}

static enum aiu_status judge_refusal(struct publisher *p, const struct signer_reply *reply)
{
    switch (reply->verdict) {
    case SIGNER_SIGNED:
        return AIU_OK;
    case SIGNER_FORK:
        if (!p->distrust) {
            // Perhaps it is a tile that was changed, and not the log.
            p->distrust = true;
            p->begun = false;
            return AIU_AUDIT_UNVERIFIED;
        }
        refuse(p, signer_text(reply->verdict));
        return AIU_AUDIT_UNVERIFIED;
    case SIGNER_SMALLER:
    case SIGNER_SHARD:
        refuse(p, signer_text(reply->verdict));
        return AIU_AUDIT_UNVERIFIED;
    case SIGNER_STALE:
    case SIGNER_HURRIED:
    case SIGNER_DISK:
    case SIGNER_MALFORMED:
        break;
    }
    return AIU_BUSY;
}

// A round

static enum aiu_status write_small(struct publisher *p, const char *name, struct span bytes)
{
    return tile_store_replace(tile_writer_folder(p->writer), name, bytes,
                              !p->options.unsafe_no_sync);
}

static enum aiu_status write_vkeys(struct publisher *p, const struct signer_reply *reply)
{
    if (strncmp(p->vkeys, reply->vkeys, sizeof(p->vkeys)) == 0) {
        return AIU_OK;
    }
    TRY(write_small(p, "vkey", span_of(reply->vkeys, strnlen(reply->vkeys, sizeof(p->vkeys)))));
    memcpy(p->vkeys, reply->vkeys, sizeof(p->vkeys));
    return AIU_OK;
}

// With the lock held.
static void set_published(struct publisher *p, uint64_t size)
{
    p->stats.size = size;
    atomic_store(&p->published, size);
    pthread_cond_broadcast(&p->news);
}

static enum aiu_status publish_tree(struct publisher *p)
{
    const struct tree_head now = tile_writer_head(p->writer);
    struct signer_reply reply = {.verdict = SIGNER_MALFORMED};

    TRY(get_signature(p, &now, &reply));
    TRY(judge_refusal(p, &reply));
    p->distrust = false;
    if (reply.note_n == 0 || reply.note_n > sizeof(reply.note)) {
        return AIU_IO;
    }
    TRY(write_vkeys(p, &reply));
    pthread_mutex_lock(&p->file);
    enum aiu_status st = write_small(p, "checkpoint", span_of(reply.note, reply.note_n));
    pthread_mutex_unlock(&p->file);
    TRY(st);
    take_announcement(p, &reply.announcement);
    tile_writer_tidy(p->writer, now.size);
    pthread_mutex_lock(&p->lock);
    set_published(p, now.size);
    p->stats.rounds++;
    pthread_mutex_unlock(&p->lock);
    return AIU_OK;
}

// The bytes of LOG/checkpoint as a note.
static bool read_note(int folder, uint8_t bytes[CHECKPOINT_BYTES], size_t *ret_n,
                      struct note *ret_note)
{
    CLEANUP(folder_close_fd) int fd = -1;

    if (folder_open_file(folder, "checkpoint", O_RDONLY | O_NONBLOCK, &fd) != AIU_OK) {
        return false;
    }
    ssize_t got = read(fd, bytes, CHECKPOINT_BYTES);
    if (got <= 0 || note_parse(span_of(bytes, (size_t)got), ret_note) != AIU_OK) {
        return false;
    }
    *ret_n = (size_t)got;
    return true;
}

// The published tree, or an empty one.
static struct tree_head read_checkpoint(int folder)
{
    uint8_t bytes[CHECKPOINT_BYTES];
    struct checkpoint c;
    struct note note;
    size_t n = 0;

    if (!read_note(folder, bytes, &n, &note) || checkpoint_parse(note.text, &c) != AIU_OK) {
        return (struct tree_head){0};
    }
    return (struct tree_head){c.size, c.root};
}

static enum aiu_status append_lines(struct publisher *p, struct span text, struct span lines)
{
    uint8_t bytes[CHECKPOINT_BYTES];
    struct note note;
    size_t n = 0;

    if (!read_note(tile_writer_folder(p->writer), bytes, &n, &note) ||
        !span_equal(note.text, text)) {
        return AIU_OK;
    }
    if (lines.n > sizeof(bytes) - n) {
        return AIU_TOO_LONG;
    }
    memcpy(bytes + n, lines.p, lines.n);
    return write_small(p, "checkpoint", span_of(bytes, n + lines.n));
}

enum aiu_status publish_cosign(struct publisher *p, struct span text, struct span lines)
{
    pthread_mutex_lock(&p->file);
    enum aiu_status st = append_lines(p, text, lines);
    pthread_mutex_unlock(&p->file);
    return st;
}

static enum aiu_status begin(struct publisher *p, uint64_t end)
{
    const struct tree_head head = read_checkpoint(tile_writer_folder(p->writer));
    bool rebuilt = false;

    TRY(learn_head(p));
    TRY(tile_writer_begin(p->writer, p->distrust ? NULL : &head, end, &rebuilt));
    p->begun = true;
    if (rebuilt) {
        tell(p, PUBLISH_REBUILT, "tiles or checkpoint were missing");
    } else {
        pthread_mutex_lock(&p->lock);
        set_published(p, head.size);
        pthread_mutex_unlock(&p->lock);
    }
    return AIU_OK;
}

static enum aiu_status run_round(struct publisher *p)
{
    uint64_t durable = audit_durable(p->options.log);

    TRY(p->begun ? AIU_OK : begin(p, durable));
    if (durable == 0 || durable == atomic_load(&p->published)) {
        return AIU_OK;
    }
    p->begun = false; // until all went well
    TRY(tile_writer_take(p->writer, durable));
    TRY(tile_writer_flush(p->writer));
    p->begun = true;
    return publish_tree(p);
}

static void make_round(struct publisher *p)
{
    uint64_t began = clock_monotonic_ns(&p->options.clock);
    enum aiu_status st = run_round(p);

    p->ended_ns = clock_monotonic_ns(&p->options.clock);
    p->took_ns = p->ended_ns - began;
    p->failed = st != AIU_OK;
    pthread_mutex_lock(&p->lock);
    p->stats.busy_ns += p->took_ns;
    if (p->took_ns > p->stats.busy_ns_longest) {
        p->stats.busy_ns_longest = p->took_ns;
    }
    bool refused = p->stats.refused;
    pthread_mutex_unlock(&p->lock);
    if (!refused) {
        set_degraded(p, p->failed, p->failed ? aiu_status_info(st)->text : "");
    }
}

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
        return p->ended_ns + IDLE_MS * ms_ns;
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
        uint64_t waiting = audit_durable(p->options.log) - atomic_load(&p->published);
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
    uint64_t waiting = audit_durable(p->options.log) - atomic_load(&p->published);

    pthread_mutex_lock(&p->lock);
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
        make_round(p);
    } while (wait_for_work(p));
    make_round(p);
    return NULL;
}

// Starting and stopping

// A shard belongs to the month in which its first segment was begun.
static enum aiu_status read_month(const char *folder, uint32_t *ret_month)
{
    CLEANUP(folder_close_fd) int fd = -1;
    CLEANUP(folder_done) struct folder f = FOLDER_CLOSED;
    uint8_t bytes[WAL_HEADER_SIZE];
    struct wal_header header;
    char name[WAL_NAME_SIZE];

    wal_name(0, name);
    TRY(folder_open_reader(folder, &f));
    TRY(folder_open_file(f.wal, name, O_RDONLY, &fd));
    if (read(fd, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes) ||
        !wal_header_read(bytes, &header)) {
        return AIU_AUDIT_CORRUPT;
    }
    *ret_month = signer_month(header.unix_us);
    return AIU_OK;
}

enum aiu_status publish_expect(const char *folder, const struct signer_head *head,
                               struct tree_head *ret_signed)
{
    uint32_t month = head->month;
    enum aiu_status st = read_month(folder, &month);

    TRY(st == AIU_FILE_NOT_FOUND ? AIU_OK : st);
    if (month < head->month) {
        return AIU_AUDIT_ROLLED_BACK;
    }
    *ret_signed = month == head->month ? head->tree : (struct tree_head){0};
    return AIU_OK;
}

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
    TRY(read_month(options->folder, &p->month));
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
