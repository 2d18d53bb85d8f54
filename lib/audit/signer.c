// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A request is judged against what was signed last and nothing else: no file of the log is read, so
// nothing that the log's writer can do to its files changes what is signed here.
#include "audit/signer.h"

#include <stdio.h>

#include "audit/signer_keys.h"
#include "base/alloc.h"

enum { DAY_S = 24 * 60 * 60 };

struct signer {
    struct signer_options options;
    char origin[SIGNER_ORIGIN_MOST + 1];
    struct signer_state state;
    struct signer_keys keys;
    uint64_t tokens_ns; // of the rate: a signature costs a second / SIGNER_RATE
    uint64_t filled_ns; // when that was counted
    uint32_t announced_epoch;
    bool announced_log_key;
};

// Months

uint32_t signer_month(uint64_t unix_us)
{
    char stamp[CLOCK_STAMP_SIZE + 2] = "x/";

    clock_stamp(unix_us, stamp + 2);
    return signer_name_month(span_of(stamp, 9));
}

void signer_month_text(uint32_t month, char out[8])
{
    (void)snprintf(out, 8, "%04u-%02u", month / 12 % 10000, month % 12 + 1);
}

// Opening

enum aiu_status signer_new(const struct signer_options *options, struct signer **ret_signer)
{
    CLEANUP(signer_done) struct signer *s = NULL;

    if (options->origin.n > SIGNER_ORIGIN_MOST || !note_name_valid(options->origin)) {
        return AIU_USAGE;
    }
    s = mem_new(1, sizeof(*s));
    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->options = *options;
    memcpy(s->origin, options->origin.p, options->origin.n);
    s->options.origin = span_of(s->origin, options->origin.n);
    TRY(signer_state_load(options->folder, &s->state));
    TRY(signer_keys_open(options->folder, &s->state, &s->keys));
    *ret_signer = TAKE_PTR(s);
    return AIU_OK;
}

void signer_free(struct signer *s)
{
    if (s != NULL) {
        signer_keys_done(&s->keys);
        mem_free(s);
    }
}

struct signer_head signer_head(const struct signer *s)
{
    return s->state.head;
}

const char *signer_text(enum signer_verdict verdict)
{
    switch (verdict) {
    case SIGNER_SIGNED:
        return "signed";
    case SIGNER_MALFORMED:
        return "not a request";
    case SIGNER_STALE:
        return "another tree was signed in between";
    case SIGNER_SMALLER:
        return "the log is shorter than what was signed";
    case SIGNER_FORK:
        return "the log does not continue what was signed";
    case SIGNER_SHARD:
        return "the month of the log was left, or has not begun";
    case SIGNER_HURRIED:
        return "too many requests";
    case SIGNER_DISK:
        break;
    }
    return "the signer's state cannot be written";
}

// Judging

static bool spend(struct signer *s)
{
    const uint64_t cost = UINT64_C(1000000000) / SIGNER_RATE;
    const uint64_t most = UINT64_C(1000000000);
    uint64_t now = clock_monotonic_ns(&s->options.clock);
    uint64_t since = s->filled_ns == 0 ? most : now - s->filled_ns;

    s->tokens_ns = since > most - s->tokens_ns ? most : s->tokens_ns + since;
    s->filled_ns = now;
    if (s->tokens_ns < cost) {
        return false;
    }
    s->tokens_ns -= cost;
    return true;
}

static enum signer_verdict judge_new_shard(const struct signer *s, const struct signer_request *r)
{
    // A day of grace: the clocks of two processes are one, but may be set.
    uint64_t now_us = clock_unix_us(&s->options.clock);

    if (r->month > signer_month(now_us + DAY_S * UINT64_C(1000000))) {
        return SIGNER_SHARD;
    }
    return r->older == 0 ? SIGNER_SIGNED : SIGNER_STALE;
}

static enum signer_verdict judge(const struct signer *s, const struct signer_request *r)
{
    const struct signer_head *head = &s->state.head;

    if (r->proof.count > PROOF_MOST || r->newer.size == 0 || r->month == 0) {
        return SIGNER_MALFORMED;
    }
    if (r->month < head->month) {
        return SIGNER_SHARD;
    }
    if (r->month > head->month) {
        return judge_new_shard(s, r);
    }
    if (r->older != head->tree.size) {
        return SIGNER_STALE;
    }
    if (r->newer.size < r->older) {
        return SIGNER_SMALLER;
    }
    return proof_check_consistency(&r->proof, &head->tree, &r->newer) ? SIGNER_SIGNED : SIGNER_FORK;
}

// The state is durable before there is a signature.
static enum aiu_status remember(struct signer *s, const struct signer_request *r)
{
    struct signer_state next = s->state;
    char month[8];

    if (r->month == next.head.month && r->newer.size == next.head.tree.size) {
        return AIU_OK;
    }
    if (r->month != next.head.month) {
        signer_month_text(r->month, month);
        (void)snprintf(next.head.origin, sizeof(next.head.origin), "%s/%s", s->origin, month);
        next.head.month = r->month;
    }
    next.head.tree = r->newer;
    TRY(signer_state_save(s->options.folder, &next));
    s->state = next;
    return AIU_OK;
}

// Signing

// The name of epoch keys: the origin of the log in the place of the month.
static void epoch_key_name(const struct signer *s, char out[SIGNER_NAME_SIZE])
{
    (void)snprintf(out, SIGNER_NAME_SIZE, "%s/epoch", s->origin);
}

static enum aiu_status add_line(const char *name, const struct sign_key *key, struct span text,
                                struct buf *note)
{
    struct note_key k;
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    if (key == NULL) {
        return AIU_OK;
    }
    sign_key_public(key, public_key);
    TRY(note_key_init(&k, span_str(name), NOTE_SIGNATURE, public_key));
    return note_sign(&k, key, text, 0, note);
}

static enum aiu_status write_note(const struct signer *s, struct buf *note)
{
    const struct signer_head *head = &s->state.head;
    const struct checkpoint c = {
        .origin = span_str(head->origin), .size = head->tree.size, .root = head->tree.root};
    char epoch[SIGNER_NAME_SIZE];
    char text[SIGNER_NOTE_MOST];

    epoch_key_name(s, epoch);
    TRY(checkpoint_write(&c, note));
    struct span signed_text = span_of(text, note->n);
    memcpy(text, note->p, note->n);
    TRY(buf_append_byte(note, '\n'));
    TRY(add_line(head->origin, s->keys.log, signed_text, note));
    TRY(add_line(head->origin, s->keys.next, signed_text, note));
    return add_line(epoch, s->keys.epoch, signed_text, note);
}

// Keys that follow

static enum aiu_status write_vkey(const char *name, const struct sign_key *key,
                                  char out[SIGNER_VKEY_SIZE])
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(SIGNER_VKEY_SIZE - 1);
    struct note_key k;
    uint8_t public_key[SIGN_PUBLIC_SIZE];

    sign_key_public(key, public_key);
    TRY(note_key_init(&k, span_str(name), NOTE_SIGNATURE, public_key));
    TRY(note_key_write(&k, &b));
    memcpy(out, b.p, b.n);
    out[b.n] = '\0';
    return AIU_OK;
}

static enum aiu_status announce(const struct signer *s, struct signer_announcement *a)
{
    const struct signer_keys *k = &s->keys;
    const char *origin = s->state.head.origin;
    char epoch[SIGNER_NAME_SIZE];

    epoch_key_name(s, epoch);
    if (k->next != NULL && !s->announced_log_key) {
        TRY(write_vkey(origin, k->next, a->vkey));
        TRY(write_vkey(origin, k->log, a->by));
        signer_keys_vouch(k->log, a->vkey, a->signature);
        a->kind = SIGNER_LOG_KEY;
        return AIU_OK;
    }
    if (k->epoch_next == NULL) {
        return AIU_OK;
    }
    const struct sign_key *by = k->epoch != NULL ? k->epoch : k->log;
    TRY(write_vkey(epoch, k->epoch_next, a->vkey));
    TRY(write_vkey(k->epoch != NULL ? epoch : origin, by, a->by));
    signer_keys_vouch(by, a->vkey, a->signature);
    a->epoch = s->state.epoch + 1;
    a->kind = SIGNER_EPOCH_KEY;
    return AIU_OK;
}

// The public keys of this shard, for LOG/vkey.
static enum aiu_status write_vkeys(const struct signer *s, struct signer_reply *reply)
{
    const char *origin = s->state.head.origin;
    char first[SIGNER_VKEY_SIZE], second[SIGNER_VKEY_SIZE] = "";

    TRY(write_vkey(origin, s->keys.log, first));
    TRY(s->keys.next == NULL ? AIU_OK : write_vkey(origin, s->keys.next, second));
    (void)snprintf(reply->vkeys, sizeof(reply->vkeys), "%s\n%s%s", first, second,
                   second[0] == '\0' ? "" : "\n");
    return AIU_OK;
}

// Before a signature: take note of what stands in the log, and look what is due.
static enum aiu_status keep_keys(struct signer *s, const struct signer_request *r)
{
    uint64_t now_s = clock_unix_us(&s->options.clock) / 1000000;
    struct signer_state *state = &s->state;

    s->announced_log_key = s->announced_log_key || r->announced_log_key != 0;
    TRY(signer_keys_look(&s->keys));
    if (r->month != state->head.month && state->head.month != 0 && s->announced_log_key) {
        TRY(signer_keys_end_rotation(&s->keys));
        s->announced_log_key = false;
    }
    if (r->announced_epoch == state->epoch + 1) {
        TRY(signer_keys_find_epoch(&s->keys, state));
        TRY(s->keys.epoch_next == NULL ? AIU_OK : signer_keys_begin_epoch(&s->keys, state, now_s));
    }
    if (s->keys.epoch == NULL || now_s / DAY_S > state->epoch_began_s / DAY_S) {
        TRY(signer_keys_prepare_epoch(&s->keys, state));
    }
    return AIU_OK;
}

static enum signer_verdict sign(struct signer *s, const struct signer_request *r,
                                struct signer_reply *reply)
{
    CLEANUP(buf_wipe) struct buf note = BUF_OF(SIGNER_NOTE_MOST);

    if (keep_keys(s, r) != AIU_OK || remember(s, r) != AIU_OK || write_note(s, &note) != AIU_OK ||
        write_vkeys(s, reply) != AIU_OK || announce(s, &reply->announcement) != AIU_OK) {
        return SIGNER_DISK;
    }
    memcpy(reply->note, note.p, note.n);
    reply->note_n = (uint32_t)note.n;
    return SIGNER_SIGNED;
}

void signer_sign(struct signer *s, const struct signer_request *request,
                 struct signer_reply *ret_reply)
{
    struct signer_reply *r = ret_reply;

    memset(r, 0, sizeof(*r));
    r->verdict = spend(s) ? judge(s, request) : SIGNER_HURRIED;
    if (r->verdict == SIGNER_SIGNED) {
        r->verdict = sign(s, request, r);
    }
    r->head = s->state.head;
}
