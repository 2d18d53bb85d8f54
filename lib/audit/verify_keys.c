// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A day ends where the log has the key of the next. The signer takes that key with the next
// checkpoint, or, after a restart in between, when the record has been repeated: until then the key
// before it signs. Nothing here goes by time stamps, which are the writer's word.
//
// Records are read as the gateway writes them, byte for byte: what looks otherwise brings no key.
#include "audit/verify_keys.h"

#include <stdio.h>

#include "audit/verify_private.h"
#include "base/num.h"

enum { MESSAGE_MOST = NOTE_KEY_TEXT_MOST + 32 };

static const struct span epoch_head = SPAN("{\"v\":1,\"t\":\"epoch_key\",");
static const struct span event_head = SPAN("{\"v\":1,\"t\":\"key_event\",");

bool verify_keys_is_record(struct span entry)
{
    const struct span what = SPAN_OF(",\"what\":\"audit_key\",");

    return span_starts_with(entry, epoch_head) ||
           (span_starts_with(entry, event_head) && span_find_span(entry, what) < entry.n);
}

// Reading a record

// The text behind `name` (`"vkey":"`), which has no escapes but those of quotes and backslashes.
static bool read_text(struct span entry, struct span name, char *out, size_t size,
                      struct span *ret_text)
{
    struct span rest = span_drop_first(entry, span_find_span(entry, name));
    size_t n = 0;

    rest = span_drop_first(rest, rest.n > 0 ? name.n : 0);
    for (size_t i = 0; i < rest.n && n < size; i++) {
        uint8_t c = rest.p[i];
        if (c == '"') {
            *ret_text = span_of(out, n);
            return true;
        }
        if (c == '\\' && ++i < rest.n) {
            c = rest.p[i];
            if (c != '"' && c != '\\') {
                return false;
            }
        }
        out[n++] = (char)c;
    }
    return false;
}

static bool read_number(struct span entry, uint32_t *ret_number)
{
    const struct span name = SPAN_OF(",\"epoch\":");
    struct span rest = span_drop_first(entry, span_find_span(entry, name));
    uint64_t value = 0;

    rest = span_drop_first(rest, rest.n > 0 ? name.n : 0);
    if (num_parse_u64(span_first(rest, span_find_byte(rest, ',')), UINT32_MAX, &value) != AIU_OK) {
        return false;
    }
    *ret_number = (uint32_t)value;
    return true;
}

bool verify_keys_read(struct span entry, struct key_record *ret_record)
{
    struct key_record *r = ret_record;
    uint8_t signature[SIGN_SIZE];
    char sig_text[2 * SIGN_SIZE], message[MESSAGE_MOST];
    struct span vkey = {0}, by = {0}, sig = {0};

    *r = (struct key_record){.number = 0};
    r->is_epoch = span_starts_with(entry, epoch_head);
    if ((r->is_epoch && !read_number(entry, &r->number)) ||
        !read_text(entry, SPAN_OF(",\"vkey\":\""), r->vkey, sizeof(r->vkey), &vkey) ||
        !read_text(entry, SPAN_OF(",\"by\":\""), r->by_text, sizeof(r->by_text), &by) ||
        !read_text(entry, SPAN_OF(",\"sig\":\""), sig_text, sizeof(sig_text), &sig) ||
        note_key_parse(vkey, &r->key) != AIU_OK || note_key_parse(by, &r->by) != AIU_OK ||
        !num_base64_read(sig, signature, sizeof(signature))) {
        return false;
    }
    int n = snprintf(message, sizeof(message), "aiu/audit-key/v1\n%.*s\n", (int)vkey.n,
                     (const char *)vkey.p);
    return sign_verify(r->by.public_key, span_of(message, (size_t)n), signature);
}

// The chain

static struct verify_epoch *epoch_at(const struct verify *v, size_t i)
{
    return (struct verify_epoch *)(void *)v->keys.epochs.p + i;
}

static size_t epochs_of(const struct verify *v)
{
    return v->keys.epochs.n / sizeof(struct verify_epoch);
}

static bool is_same_key(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, SIGN_PUBLIC_SIZE) == 0;
}

static enum aiu_status push(struct verify *v, const struct verify_epoch *e)
{
    return buf_append(&v->keys.epochs, span_of(e, sizeof(*e)));
}

// The key that vouched for `e`, in its place before it.
static enum aiu_status push_before(struct verify *v, const struct verify_epoch *e)
{
    struct verify_epoch before = {.known = true, .number = e->number - 1};

    if (e->by_log) {
        return AIU_OK;
    }
    memcpy(before.public_key, e->by, SIGN_PUBLIC_SIZE);
    return push(v, &before);
}

enum aiu_status verify_keys_begin(struct verify *v)
{
    const struct verify_epoch *left = v->options->epoch;

    buf_reset(&v->keys.epochs);
    v->keys.logs_count = 0;
    v->report->epoch_keys = 0;
    v->report->epoch_open = false;
    if (left == NULL || !left->known) {
        return AIU_OK;
    }
    struct verify_epoch e = *left;
    e.first = 0;
    e.last = 0;
    TRY(push_before(v, &e));
    return push(v, &e);
}

static bool is_log_key(const struct verify *v, const uint8_t *public_key)
{
    const struct trust *t = v->options->trust;

    for (size_t i = 0; i < t->logs_count; i++) {
        if (is_same_key(t->logs[i].public_key, public_key)) {
            return true;
        }
    }
    for (size_t i = 0; i < v->keys.logs_count; i++) {
        if (is_same_key(v->keys.logs[i], public_key)) {
            return true;
        }
    }
    return false;
}

static struct span own_note(const struct verify *v)
{
    return v->options->checkpoint != NULL ? *v->options->checkpoint : buf_span(&v->note);
}

// During a rotation one of both keys may be all that was given. The other has signed the checkpoint
// as well: that is no proof of who it is, so the report says that somebody unknown has vouched.
static bool is_other_log_key(struct verify *v, const struct note_key *key)
{
    struct note_signers signers;
    struct note n;

    if (!span_equal(key->name, span_str(v->report->origin)) ||
        note_parse(own_note(v), &n) != AIU_OK || note_verify(&n, key, 1, &signers) != AIU_OK) {
        return false;
    }
    v->report->epoch_open = true;
    return true;
}

// A key that the log is signed with from now on. It may be on record more than once.
static bool take_log_key(struct verify *v, const struct key_record *r)
{
    struct verify_keys *k = &v->keys;

    if (!is_log_key(v, r->by.public_key) && !is_other_log_key(v, &r->by)) {
        return false;
    }
    if (!is_log_key(v, r->key.public_key) && k->logs_count < TRUST_LOGS_MOST) {
        memcpy(k->logs[k->logs_count++], r->key.public_key, SIGN_PUBLIC_SIZE);
    }
    return true;
}

// `*ret_good` is false where no key that came before has vouched for this one.
static enum aiu_status take_epoch(struct verify *v, const struct key_record *r, uint64_t index,
                                  bool *ret_good)
{
    size_t count = epochs_of(v);
    struct verify_epoch *newest = count == 0 ? NULL : epoch_at(v, count - 1);
    struct verify_epoch e = {.known = true, .number = r->number, .first = index, .last = index};

    memcpy(e.public_key, r->key.public_key, SIGN_PUBLIC_SIZE);
    memcpy(e.by, r->by.public_key, SIGN_PUBLIC_SIZE);
    e.by_log = is_log_key(v, e.by) || is_other_log_key(v, &r->by);
    *ret_good = true;
    v->report->epoch_keys++;
    if (newest != NULL && newest->number == e.number &&
        is_same_key(newest->public_key, e.public_key)) {
        *ret_good = e.by_log || is_same_key(newest->by, e.by);
        newest->last = index;
        return AIU_OK;
    }
    if (newest == NULL && !e.by_log) {
        // Of a month that is not here: nobody can tell.
        v->report->epoch_open = true;
        TRY(push_before(v, &e));
        return push(v, &e);
    }
    *ret_good =
        e.by_log || (is_same_key(newest->public_key, e.by) && e.number == newest->number + 1);
    return push(v, &e);
}

static enum aiu_status take_record(struct verify *v, uint64_t index, struct span entry,
                                   bool *ret_good)
{
    struct key_record r;

    *ret_good = verify_keys_read(entry, &r);
    if (*ret_good && r.is_epoch) {
        return take_epoch(v, &r, index, ret_good);
    }
    *ret_good = *ret_good && take_log_key(v, &r);
    return AIU_OK;
}

enum aiu_status verify_keys_take(struct verify *v, const struct job *job)
{
    for (struct span rest = buf_span(&job->keys); rest.n > 0 && v->options->trust != NULL;) {
        struct job_key_record head;
        bool good = true;
        memcpy(&head, rest.p, sizeof(head));
        rest = span_drop_first(rest, sizeof(head));
        TRY(take_record(v, head.index, span_first(rest, head.n), &good));
        if (!good && v->bad_key_until == 0) {
            v->bad_key_until = head.index + 1;
        }
        rest = span_drop_first(rest, head.n);
    }
    return AIU_OK;
}

// Signatures

struct judged {
    uint64_t size;
    size_t current; // of the epochs; SIZE_MAX: none is on record by then
    size_t signer;  // SIZE_MAX: none
    bool is_signed; // there is a signature of some day's key, whoever's
    bool is_bad;    // in the name of a key that is known, and not by it
};

static bool is_of_trust(const struct trust *t, const struct note_signature *s)
{
    for (size_t i = 0; i < t->logs_count; i++) {
        if (t->logs[i].id == s->id && span_equal(t->logs[i].name, s->name)) {
            return true;
        }
    }
    return false;
}

// By name and length: a witness that is called so has a longer signature.
static bool is_epoch_line(const struct verify *v, const struct note_signature *s)
{
    return span_ends_with(s->name, SPAN_OF("/epoch")) &&
           s->base64.n == NUM_BASE64_SIZE(4 + SIGN_SIZE) && !is_of_trust(v->options->trust, s);
}

static void judge_line(const struct verify *v, struct span text, const struct note_signature *s,
                       struct judged *j)
{
    uint8_t bytes[4 + SIGN_SIZE];
    struct note_key key;

    j->is_signed = true;
    for (size_t i = epochs_of(v); i-- > 0;) {
        const struct verify_epoch *e = epoch_at(v, i);
        if (note_key_init(&key, s->name, NOTE_SIGNATURE, e->public_key) != AIU_OK ||
            key.id != s->id) {
            continue;
        }
        if (!num_base64_read(s->base64, bytes, sizeof(bytes)) ||
            !sign_verify(e->public_key, text, bytes + 4)) {
            j->is_bad = true;
        }
        j->signer = i;
        return;
    }
}

static bool is_in_force(const struct verify *v, const struct judged *j)
{
    size_t count = epochs_of(v), current = j->current;

    if (current == SIZE_MAX) {
        return true;
    }
    const struct verify_epoch *e = epoch_at(v, current);
    bool is_beginning = j->size <= e->last || current + 1 == count;
    if (j->signer == SIZE_MAX) {
        // Before the first key there is none; where a key's file was lost, neither.
        return !j->is_signed && ((e->by_log && is_beginning) ||
                                 (current + 1 < count && epoch_at(v, current + 1)->by_log));
    }
    return j->signer == current || (j->signer + 1 == current && is_beginning && !e->by_log);
}

static void blame(struct verify *v, const struct judged *j, size_t since)
{
    uint64_t at = epoch_at(v, j->current)->first;

    if (j->signer != SIZE_MAX && j->signer > j->current) {
        at = epoch_at(v, j->signer)->first; // not on record before
    } else if (j->signer != SIZE_MAX && j->signer < j->current) {
        at = epoch_at(v, j->signer + 1)->first; // which ended its day
    }
    verify_find(v, VERIFY_EPOCH, at, at + 1);
    if (since == SIZE_MAX) {
        verify_place(v, "checkpoint");
    } else {
        v->report->since = since;
    }
}

static enum aiu_status judge_note(struct verify *v, struct span bytes, size_t since)
{
    struct judged j = {.current = SIZE_MAX, .signer = SIZE_MAX};
    struct note_signature s;
    struct checkpoint c;
    struct note n;

    TRY(note_parse(bytes, &n));
    TRY(checkpoint_parse(n.text, &c));
    j.size = c.size;
    for (size_t i = 0; i < epochs_of(v); i++) {
        const struct verify_epoch *e = epoch_at(v, i);
        j.current = e->first < j.size || e->first == 0 ? i : j.current;
    }
    for (struct span lines = n.signatures; note_next(&lines, &s) && !j.is_bad;) {
        if (is_epoch_line(v, &s)) {
            judge_line(v, n.text, &s, &j);
        }
    }
    if (j.current != SIZE_MAX && (j.is_bad || !is_in_force(v, &j))) {
        blame(v, &j, since);
    } else if (since == SIZE_MAX && j.signer != SIZE_MAX) {
        v->report->epoch_signed = epoch_at(v, j.signer)->number;
    }
    return AIU_OK;
}

enum aiu_status verify_keys_judge(struct verify *v)
{
    const struct verify_options *o = v->options;
    size_t count = epochs_of(v);

    if (o->trust == NULL || (!v->report->has_wal && !v->report->has_bundles)) {
        return AIU_OK; // hashes alone do not tell
    }
    if (v->bad_key_until > 0) {
        verify_find(v, VERIFY_KEY_RECORD, v->bad_key_until - 1, v->bad_key_until);
        return AIU_OK;
    }
    for (size_t i = 0; i < o->since_count; i++) {
        TRY(judge_note(v, o->since[i], i));
    }
    TRY(judge_note(v, own_note(v), SIZE_MAX));
    if (count > 0) {
        v->report->epoch = *epoch_at(v, count - 1);
    }
    return AIU_OK;
}
