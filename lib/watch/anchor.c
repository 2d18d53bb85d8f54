// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Cosignatures are collected in a file of their own: LOG/checkpoint belongs to the publisher and
// may be a newer one by the time that a witness has answered.
#include "watch/anchor.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "audit/checkpoint.h"
#include "audit/folder.h"
#include "base/alloc.h"

struct site {
    uint64_t size; // that the witness remembers, as far as we know
    bool done;     // it has cosigned the checkpoint of now
    bool troubled; // and with what, so that it is told once
    enum anchor_trouble trouble;
};

struct anchor {
    struct anchor_options options;
    char *folder;
    int folder_fd; // of this round: a new month is another folder of the same name
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;    // under the lock
    atomic_bool halt; // the same, for whoever waits for a witness
    struct site sites[ANCHOR_WITNESSES_MOST];
    struct buf note;     // the checkpoint that was taken last, as it was read first
    struct buf cosigned; // lines that came back for it
    bool sent;           // the targets have it
    _Atomic uint64_t size;
};

// Trouble

static enum anchor_trouble trouble_of(enum aiu_status st)
{
    if (st == AIU_AUDIT_UNVERIFIED) {
        return ANCHOR_CONFLICT;
    }
    return st == AIU_NOT_FOUND || st == AIU_FORBIDDEN ? ANCHOR_REFUSED : ANCHOR_UNREACHABLE;
}

static void tell(struct anchor *a, size_t i, enum aiu_status st)
{
    const struct anchor_witness *w = &a->options.witnesses[i];
    struct site *site = &a->sites[i];
    enum anchor_trouble trouble = trouble_of(st);

    if (site->troubled && site->trouble == trouble) {
        return;
    }
    site->troubled = true;
    site->trouble = trouble;
    log_event(a->options.logger, trouble == ANCHOR_CONFLICT ? LOG_CRITICAL : LOG_ERROR,
              "witness_failed", LOG_ID("witness", w->name),
              LOG_NAME("code", aiu_status_info(st)->code));
    if (a->options.on_trouble != NULL) {
        a->options.on_trouble(a->options.ctx, w, trouble);
    }
}

static void tell_well(struct anchor *a, size_t i)
{
    if (a->sites[i].troubled) {
        log_event(a->options.logger, LOG_INFO, "witness_recovered",
                  LOG_ID("witness", a->options.witnesses[i].name));
    }
    a->sites[i].troubled = false;
}

// A round

static enum aiu_status read_checkpoint(struct anchor *a, struct buf *note)
{
    uint8_t *p = NULL;
    ssize_t n = 1;
    int fd = openat(a->folder_fd, "checkpoint", O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

    if (fd < 0) {
        return errno == ENOENT ? AIU_FILE_NOT_FOUND : AIU_IO;
    }
    enum aiu_status st = AIU_OK;
    while (n != 0 && st == AIU_OK) {
        st = buf_reserve(note, 4096, &p);
        n = st == AIU_OK ? read(fd, p, 4096) : 0;
        if (n < 0) {
            st = AIU_IO;
        }
        buf_grow(note, n > 0 ? (size_t)n : 0);
    }
    (void)close(fd);
    return st;
}

static enum aiu_status size_of(const struct buf *note, uint64_t *ret_size)
{
    struct checkpoint c;
    struct note n;

    TRY(note_parse(buf_span(note), &n));
    TRY(checkpoint_parse(n.text, &c));
    *ret_size = c.size;
    return AIU_OK;
}

static enum aiu_status write_cosigned(struct anchor *a)
{
    CLEANUP(buf_wipe) struct buf all = BUF_OF(NOTE_MOST);

    TRY(buf_append(&all, buf_span(&a->note)));
    TRY(buf_append(&all, buf_span(&a->cosigned)));
    return folder_replace(a->folder_fd, "cosigned", buf_span(&all));
}

static bool is_stopping(struct anchor *a)
{
    (void)pthread_mutex_lock(&a->lock);
    bool stopping = a->stopping;
    (void)pthread_mutex_unlock(&a->lock);
    return stopping;
}

static struct span text_of(const struct buf *note)
{
    struct note n;

    return note_parse(buf_span(note), &n) == AIU_OK ? n.text : (struct span){NULL, 0};
}

static enum aiu_status ask_witness(struct anchor *a, size_t i)
{
    size_t before = a->cosigned.n;
    struct anchor_witness w = a->options.witnesses[i];

    w.stop = &a->halt;
    TRY(anchor_ask(&w, a->folder_fd, buf_span(&a->note), &a->sites[i].size, &a->cosigned));
    a->sites[i].done = true;
    TRY(write_cosigned(a));
    if (a->options.on_cosigned != NULL) {
        a->options.on_cosigned(a->options.ctx, text_of(&a->note),
                               span_drop_first(buf_span(&a->cosigned), before));
    }
    return AIU_OK;
}

// True where all witnesses have cosigned.
static bool ask_witnesses(struct anchor *a)
{
    bool all = true;

    for (size_t i = 0; i < a->options.witness_count && !is_stopping(a); i++) {
        if (!a->sites[i].done) {
            enum aiu_status st = ask_witness(a, i);
            if (st == AIU_OK) {
                tell_well(a, i);
            } else if (!is_stopping(a)) {
                tell(a, i, st);
            }
        }
        all = all && a->sites[i].done;
    }
    return all;
}

static bool send_to_targets(struct anchor *a)
{
    bool all = true;

    for (size_t i = 0; i < a->options.target_count && !is_stopping(a); i++) {
        const struct anchor_target *t = &a->options.targets[i];
        enum aiu_status st = t->send(t->ctx, buf_span(&a->note));
        if (st != AIU_OK) {
            log_event(a->options.logger, LOG_ERROR, "checkpoint_not_sent",
                      LOG_ID("target", t->name), LOG_NAME("code", aiu_status_info(st)->code));
        }
        all = all && st == AIU_OK;
    }
    return all;
}

static enum aiu_status take(struct anchor *a, const struct buf *note)
{
    if (a->note.n > 0 && span_equal(text_of(note), text_of(&a->note))) {
        return AIU_OK;
    }
    buf_reset(&a->note);
    buf_reset(&a->cosigned);
    a->sent = false;
    for (size_t i = 0; i < ANCHOR_WITNESSES_MOST; i++) {
        a->sites[i].done = false;
    }
    return buf_append(&a->note, buf_span(note));
}

static void take_newest(struct anchor *a)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(CHECKPOINT_MOST);
    uint64_t size = 0;

    if (read_checkpoint(a, &note) != AIU_OK || size_of(&note, &size) != AIU_OK ||
        take(a, &note) != AIU_OK) {
        return; // the publisher will make one, and says itself what is wrong
    }
    if (ask_witnesses(a) && a->options.witness_count > 0) {
        atomic_store(&a->size, size);
    }
    a->sent = a->sent || send_to_targets(a);
}

static void round_of(struct anchor *a)
{
    a->folder_fd = open(a->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (a->folder_fd >= 0) {
        take_newest(a);
        (void)close(a->folder_fd);
    }
}

// The thread

static bool wait_for_next(struct anchor *a)
{
    struct timespec until;

    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(a->options.interval_ms / 1000);
    until.tv_nsec += (long)(a->options.interval_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    (void)pthread_mutex_lock(&a->lock);
    int st = 0;
    while (!a->stopping && st != ETIMEDOUT) {
        st = pthread_cond_timedwait(&a->changed, &a->lock, &until);
    }
    bool go_on = !a->stopping;
    (void)pthread_mutex_unlock(&a->lock);
    return go_on;
}

static void *run(void *ctx)
{
    struct anchor *a = ctx;

    do {
        round_of(a);
    } while (wait_for_next(a));
    return NULL;
}

static void anchor_free(struct anchor *a)
{
    mem_free(a->folder);
    buf_wipe(&a->note);
    buf_wipe(&a->cosigned);
    (void)pthread_cond_destroy(&a->changed);
    (void)pthread_mutex_destroy(&a->lock);
    mem_free(a);
}

static enum aiu_status make(const struct anchor_options *o, struct anchor **ret_anchor)
{
    pthread_condattr_t monotonic;
    struct anchor *a = mem_new(1, sizeof(*a));

    char *folder = mem_dup(o->folder, strlen(o->folder));

    if (a == NULL || folder == NULL) {
        mem_free(a);
        mem_free(folder);
        return AIU_NO_MEMORY;
    }
    a->options = *o;
    a->folder = folder;
    buf_init(&a->note, CHECKPOINT_MOST);
    buf_init(&a->cosigned, CHECKPOINT_MOST);
    CHECK(pthread_condattr_init(&monotonic) == 0);
    CHECK(pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC) == 0);
    CHECK(pthread_cond_init(&a->changed, &monotonic) == 0);
    (void)pthread_condattr_destroy(&monotonic);
    CHECK(pthread_mutex_init(&a->lock, NULL) == 0);
    *ret_anchor = a;
    return AIU_OK;
}

enum aiu_status anchor_start(const struct anchor_options *options, struct anchor **ret_anchor)
{
    struct anchor *a = NULL;

    if (options->witness_count > ANCHOR_WITNESSES_MOST ||
        options->target_count > ANCHOR_TARGETS_MOST || options->interval_ms == 0) {
        return AIU_USAGE;
    }
    if (access(options->folder, F_OK) != 0) {
        return AIU_FILE_NOT_FOUND;
    }
    TRY(make(options, &a));
    if (pthread_create(&a->thread, NULL, run, a) != 0) {
        anchor_free(a);
        return AIU_NO_MEMORY;
    }
    *ret_anchor = a;
    return AIU_OK;
}

void anchor_stop(struct anchor *a)
{
    if (a == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&a->lock);
    a->stopping = true;
    atomic_store(&a->halt, true);
    (void)pthread_cond_signal(&a->changed);
    (void)pthread_mutex_unlock(&a->lock);
    (void)pthread_join(a->thread, NULL);
    anchor_free(a);
}

uint64_t anchor_cosigned(const struct anchor *a)
{
    return atomic_load(&a->size);
}
