// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One round: take what is durable, write tiles, have the root signed, replace the checkpoint.
// Whatever fails is tried again a second later, from the published tree on: nothing is kept that a
// failed write may have left unknown.
#include "audit/publish_inside.h"

#include <fcntl.h>
#include <unistd.h>

#include "audit/folder.h"
#include "audit/tile_store.h"
#include "base/num.h"

// Telling

void publish_tell(struct publisher *p, enum publish_event event, const char *why)
{
    if (p->options.on_event != NULL) {
        p->options.on_event(p->options.on_event_ctx, event, why);
    }
}

enum aiu_status publish_append(struct publisher *p, enum record_event event,
                               const struct record_field *fields, size_t count, uint64_t *ret_index)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);

    if (p->closing) {
        return AIU_BUSY;
    }
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
    IGNORE(publish_append(p, RECORD_AUDIT_DEGRADED, fields, ARRAY_SIZE(fields), &index));
}

static void set_degraded(struct publisher *p, bool degraded, const char *why)
{
    pthread_mutex_lock(&p->lock);
    bool changed = p->stats.degraded != degraded;
    p->stats.degraded = degraded;
    pthread_mutex_unlock(&p->lock);
    if (changed) {
        record_state(p, degraded ? "unsigned" : "signed", why);
        publish_tell(p, degraded ? PUBLISH_DEGRADED : PUBLISH_RECOVERED, why);
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
        publish_tell(p, PUBLISH_REFUSED, why);
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
    return publish_append(p, is_epoch ? RECORD_EPOCH_KEY : RECORD_KEY_EVENT, fields,
                          ARRAY_SIZE(fields), ret_index);
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

static bool stands_in(const struct publisher *p, const struct announced *a, uint64_t size)
{
    // As the month counts, not as callers do.
    return a->number != 0 && a->index - atomic_load(&p->options.log->base) < size;
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
        .announced_epoch = stands_in(p, &p->epoch, now->size) ? p->epoch.number : 0,
        .announced_log_key = stands_in(p, &p->log_key, now->size),
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
void publish_set_size(struct publisher *p, uint64_t size)
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
    publish_set_size(p, now.size);
    p->stats.rounds++;
    pthread_mutex_unlock(&p->lock);
    return AIU_OK;
}

// The bytes of LOG/checkpoint as a note.
bool publish_read_note(int folder, uint8_t bytes[PUBLISH_NOTE_MOST], size_t *ret_n,
                       struct note *ret_note)
{
    CLEANUP(folder_close_fd) int fd = -1;

    if (folder_open_file(folder, "checkpoint", O_RDONLY | O_NONBLOCK, &fd) != AIU_OK) {
        return false;
    }
    ssize_t got = read(fd, bytes, PUBLISH_NOTE_MOST);
    if (got <= 0 || note_parse(span_of(bytes, (size_t)got), ret_note) != AIU_OK) {
        return false;
    }
    *ret_n = (size_t)got;
    return true;
}

// The published tree, or an empty one.
static struct tree_head read_checkpoint(int folder)
{
    uint8_t bytes[PUBLISH_NOTE_MOST];
    struct checkpoint c;
    struct note note;
    size_t n = 0;

    if (!publish_read_note(folder, bytes, &n, &note) || checkpoint_parse(note.text, &c) != AIU_OK) {
        return (struct tree_head){0};
    }
    return (struct tree_head){c.size, c.root};
}

static enum aiu_status append_lines(struct publisher *p, struct span text, struct span lines)
{
    uint8_t bytes[PUBLISH_NOTE_MOST];
    struct note note;
    size_t n = 0;

    if (!publish_read_note(tile_writer_folder(p->writer), bytes, &n, &note) ||
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
    if (rebuilt && !p->fresh) {
        publish_tell(p, PUBLISH_REBUILT, "tiles or checkpoint were missing");
    }
    if (!rebuilt) {
        pthread_mutex_lock(&p->lock);
        publish_set_size(p, head.size);
        pthread_mutex_unlock(&p->lock);
    }
    return AIU_OK;
}

enum aiu_status publish_round(struct publisher *p)
{
    uint64_t durable = audit_size(p->options.log);

    TRY(p->begun ? AIU_OK : begin(p, durable));
    p->fresh = false;
    if (durable == 0 || durable == atomic_load(&p->published)) {
        return AIU_OK;
    }
    p->begun = false; // until all went well
    TRY(tile_writer_take(p->writer, durable));
    TRY(tile_writer_flush(p->writer));
    p->begun = true;
    return publish_tree(p);
}

void publish_make_round(struct publisher *p)
{
    uint64_t began = clock_monotonic_ns(&p->options.clock);
    enum aiu_status st = publish_round(p);

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
