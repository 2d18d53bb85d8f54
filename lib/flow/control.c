// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Readers check one flag; only while a switch is set do they take the lock and read the entries.
// A new file is read into a second list first, so that what changed can be told, and what cannot be
// understood changes nothing but that everything is stopped.
#include "flow/control.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "codec/json.h"

enum { ENTRIES_MOST = 512, SCOPE_MOST = 160, TEXT_MOST = 256 * 1024, NOTE_MOST = 256 };

struct text {
    uint16_t n;
    uint8_t p[NOTE_MOST];
};

struct entry {
    enum control_list list;
    uint8_t scope[SCOPE_MOST]; // "key:app1"
    size_t n;
    uint64_t expires;
    bool cut;
    struct vkey_digest digest; // of a retired key
    struct text reason, actor;
};

struct entries {
    struct entry items[ENTRIES_MOST];
    size_t count;
};

struct control {
    atomic_bool any;
    pthread_mutex_t lock;
    bool fixed;
    bool broken; // the file could not be understood
    struct entries *now, *next;
    struct buf text; // of the file, to see whether it changed
};

static const char *const lists[CONTROL_LISTS] = {
    [CONTROL_MAINTENANCE] = "maintenance",
    [CONTROL_REVOKED] = "revoked",
    [CONTROL_RETIRED] = "retired",
    [CONTROL_PROVIDER_KEYS] = "provider_keys",
};

const char *control_list_text(enum control_list list)
{
    return lists[list];
}

enum aiu_status control_new(struct control **ret_control)
{
    struct control *c = mem_new(1, sizeof(*c));

    if (c == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)pthread_mutex_init(&c->lock, NULL);
    buf_init(&c->text, TEXT_MOST);
    c->now = mem_new(1, sizeof(*c->now));
    c->next = mem_new(1, sizeof(*c->next));
    if (c->now == NULL || c->next == NULL) {
        control_free(c);
        return AIU_NO_MEMORY;
    }
    *ret_control = c;
    return AIU_OK;
}

void control_free(struct control *c)
{
    if (c != NULL) {
        buf_wipe(&c->text);
        mem_free(c->now);
        mem_free(c->next);
        (void)pthread_mutex_destroy(&c->lock);
        mem_free(c);
    }
}

static void set_any(struct control *c)
{
    atomic_store(&c->any, c->fixed || c->broken || c->now->count > 0);
}

void control_set_fixed(struct control *c, bool on)
{
    (void)pthread_mutex_lock(&c->lock);
    c->fixed = on;
    set_any(c);
    (void)pthread_mutex_unlock(&c->lock);
}

// --- reading the file -------------------------------------------------------------------------

static bool is_scope(struct span s)
{
    struct span kind, name;

    if (span_equal(s, SPAN_OF("all"))) {
        return true;
    }
    return span_cut(s, ':', &kind, &name) && name.n > 0 &&
           (span_equal(kind, SPAN_OF("tenant")) || span_equal(kind, SPAN_OF("key")) ||
            span_equal(kind, SPAN_OF("model")) || span_equal(kind, SPAN_OF("provider")));
}

struct reading {
    const struct json_doc *doc;
    struct arena *arena;
    uint32_t item;
};

// The string at `key`; empty where it is not there.
static enum aiu_status take_string(const struct reading *r, struct span key, struct span *ret)
{
    uint32_t token = json_member(r->doc, r->item, key);

    *ret = (struct span){NULL, 0};
    if (token == JSON_NONE) {
        return AIU_OK;
    }
    return json_is(r->doc, token, JSON_STRING) ? json_string(r->doc, token, r->arena, ret)
                                               : AIU_JSON_INVALID;
}

// Notes for people: cut where they are long.
static enum aiu_status take_note(const struct reading *r, struct span key, struct text *ret_note)
{
    struct span s;

    TRY(take_string(r, key, &s));
    ret_note->n = (uint16_t)(s.n < NOTE_MOST ? s.n : NOTE_MOST);
    if (s.n > 0) {
        memcpy(ret_note->p, s.p, ret_note->n);
    }
    return AIU_OK;
}

static enum aiu_status set_scope(struct entry *e, struct span kind, struct span name)
{
    if (name.n == 0 || kind.n + name.n > SCOPE_MOST) {
        return AIU_JSON_INVALID;
    }
    memcpy(e->scope, kind.p, kind.n);
    memcpy(e->scope + kind.n, name.p, name.n);
    e->n = kind.n + name.n;
    return AIU_OK;
}

static enum aiu_status take_scope(const struct reading *r, struct entry *e)
{
    struct span s;

    switch (e->list) {
    case CONTROL_MAINTENANCE:
        TRY(take_string(r, SPAN_OF("scope"), &s));
        return is_scope(s) ? set_scope(e, SPAN_OF(""), s) : AIU_JSON_INVALID;
    case CONTROL_REVOKED:
    case CONTROL_RETIRED:
        TRY(take_string(r, SPAN_OF("key"), &s));
        return set_scope(e, SPAN_OF("key:"), s);
    case CONTROL_PROVIDER_KEYS:
        TRY(take_string(r, SPAN_OF("provider"), &s));
        return set_scope(e, SPAN_OF("provider:"), s);
    case CONTROL_LISTS:
        break;
    }
    return AIU_JSON_INVALID;
}

static enum aiu_status take_in_flight(const struct reading *r, struct entry *e)
{
    struct span s;

    TRY(take_string(r, SPAN_OF("in_flight"), &s));
    e->cut = span_equal(s, SPAN_OF("cut"));
    return s.n == 0 || e->cut || span_equal(s, SPAN_OF("finish")) ? AIU_OK : AIU_JSON_INVALID;
}

static enum aiu_status take_digest(const struct reading *r, struct entry *e)
{
    struct span s;

    TRY(take_string(r, SPAN_OF("hash"), &s));
    return vkey_digest_parse(s, &e->digest) == AIU_OK ? AIU_OK : AIU_JSON_INVALID;
}

static enum aiu_status take_entry(const struct reading *r, struct entry *e)
{
    uint32_t expires = json_member(r->doc, r->item, SPAN_OF("expires"));

    TRY(take_scope(r, e));
    if (expires != JSON_NONE && json_u64(r->doc, expires, &e->expires) != AIU_OK) {
        return AIU_JSON_INVALID;
    }
    TRY(take_in_flight(r, e));
    if (e->list == CONTROL_RETIRED) {
        TRY(take_digest(r, e));
    }
    TRY(take_note(r, SPAN_OF("reason"), &e->reason));
    return take_note(r, SPAN_OF("actor"), &e->actor);
}

static enum aiu_status take_list(const struct json_doc *doc, enum control_list list,
                                 struct arena *a, struct entries *into)
{
    uint32_t array = json_member(doc, 0, span_str(lists[list]));

    if (array == JSON_NONE) {
        return AIU_OK;
    }
    if (!json_is(doc, array, JSON_ARRAY)) {
        return AIU_JSON_INVALID;
    }
    for (uint32_t item = json_first(doc, array); item != JSON_NONE;
         item = json_next(doc, array, item)) {
        const struct reading r = {doc, a, item};
        if (into->count == ENTRIES_MOST || !json_is(doc, item, JSON_OBJECT)) {
            return AIU_JSON_INVALID;
        }
        struct entry *e = &into->items[into->count];
        *e = (struct entry){.list = list};
        TRY(take_entry(&r, e));
        into->count++;
    }
    return AIU_OK;
}

static bool is_list(const struct json_doc *doc, uint32_t key)
{
    for (size_t i = 0; i < CONTROL_LISTS; i++) {
        if (json_equal(doc, key, span_str(lists[i]))) {
            return true;
        }
    }
    return false;
}

static enum aiu_status take_entries(struct span text, struct arena *a, struct entries *into)
{
    struct json_doc doc;

    into->count = 0;
    if (text.n == 0) {
        return AIU_OK;
    }
    TRY(json_parse(text, a, &json_default_limits, &doc, NULL));
    if (!json_is(&doc, 0, JSON_OBJECT)) {
        return AIU_JSON_INVALID;
    }
    // A member that is no list of ours may be a switch misspelt.
    for (uint32_t key = json_first(&doc, 0); key != JSON_NONE; key = json_next(&doc, 0, key)) {
        if (!is_list(&doc, key)) {
            return AIU_JSON_INVALID;
        }
    }
    for (size_t i = 0; i < CONTROL_LISTS; i++) {
        TRY(take_list(&doc, (enum control_list)i, a, into));
    }
    return AIU_OK;
}

// --- what changed -----------------------------------------------------------------------------

// Entries of the same switch.
static bool is_same_switch(const struct entry *a, const struct entry *b)
{
    return a->list == b->list && span_equal(span_of(a->scope, a->n), span_of(b->scope, b->n)) &&
           memcmp(&a->digest, &b->digest, sizeof(a->digest)) == 0;
}

static bool is_same_setting(const struct entry *a, const struct entry *b)
{
    return is_same_switch(a, b) && a->cut == b->cut && a->expires == b->expires &&
           span_equal(span_of(a->reason.p, a->reason.n), span_of(b->reason.p, b->reason.n));
}

static bool is_among(const struct entries *all, const struct entry *e,
                     bool (*same)(const struct entry *a, const struct entry *b))
{
    for (size_t i = 0; i < all->count; i++) {
        if (same(&all->items[i], e)) {
            return true;
        }
    }
    return false;
}

// Tell of the entries of `these` that are not among `those`: new and changed ones, or gone ones.
static void tell(const struct entries *these, const struct entries *those, bool on,
                 void (*on_change)(void *ctx, const struct control_change *change), void *ctx)
{
    for (size_t i = 0; i < these->count; i++) {
        const struct entry *e = &these->items[i];
        if (!is_among(those, e, on ? is_same_setting : is_same_switch)) {
            const struct control_change change = {e->list,
                                                  on,
                                                  span_of(e->scope, e->n),
                                                  span_of(e->reason.p, e->reason.n),
                                                  span_of(e->actor.p, e->actor.n),
                                                  e->cut,
                                                  e->expires};
            on_change(ctx, &change);
        }
    }
}

static enum aiu_status take_text(struct control *c, struct span text)
{
    CLEANUP(arena_done) struct arena a;

    buf_reset(&c->text);
    TRY(buf_append(&c->text, text));
    arena_init(&a, 4 << 20);
    return take_entries(text, &a, c->next);
}

enum aiu_status control_load(struct control *c, struct span text,
                             void (*on_change)(void *ctx, const struct control_change *change),
                             void *ctx)
{
    if (span_equal(text, buf_span(&c->text))) {
        return c->broken ? AIU_JSON_INVALID : AIU_OK;
    }
    enum aiu_status st = take_text(c, text);
    (void)pthread_mutex_lock(&c->lock);
    c->broken = st != AIU_OK;
    if (st == AIU_OK) {
        struct entries *before = c->now;
        c->now = c->next;
        c->next = before;
    }
    set_any(c);
    (void)pthread_mutex_unlock(&c->lock);
    if (st == AIU_OK) {
        tell(c->now, c->next, true, on_change, ctx);
        tell(c->next, c->now, false, on_change, ctx);
    }
    return st;
}

// --- asking -----------------------------------------------------------------------------------

static bool names(struct span kind, struct span name, const struct control_subject *s)
{
    struct span subject = s->provider;

    if (span_equal(kind, SPAN_OF("tenant"))) {
        subject = s->tenant;
    } else if (span_equal(kind, SPAN_OF("key"))) {
        subject = s->key;
    } else if (span_equal(kind, SPAN_OF("model"))) {
        subject = s->model;
    }
    return subject.n > 0 && span_equal(subject, name);
}

static bool is_in_force(const struct entry *e, uint64_t now_unix_s)
{
    return e->expires == 0 || now_unix_s < e->expires;
}

static enum aiu_status status_of(enum control_list list)
{
    switch (list) {
    case CONTROL_MAINTENANCE:
        return AIU_MAINTENANCE;
    case CONTROL_REVOKED:
        return AIU_KEY_REVOKED;
    case CONTROL_PROVIDER_KEYS:
        return AIU_PROVIDER_KEY_REVOKED;
    case CONTROL_RETIRED:
    case CONTROL_LISTS:
        break;
    }
    return AIU_OK;
}

static enum aiu_status ask(const struct entry *e, const struct control_subject *s)
{
    struct span kind, name;

    if (e->list == CONTROL_RETIRED || !is_in_force(e, s->now_unix_s)) {
        return AIU_OK;
    }
    bool fits = !span_cut(span_of(e->scope, e->n), ':', &kind, &name) || names(kind, name, s);
    return fits ? status_of(e->list) : AIU_OK;
}

enum aiu_status control_check(struct control *c, const struct control_subject *s)
{
    if (!atomic_load_explicit(&c->any, memory_order_acquire)) {
        return AIU_OK;
    }
    (void)pthread_mutex_lock(&c->lock);
    enum aiu_status st = c->fixed || c->broken ? AIU_MAINTENANCE : AIU_OK;
    for (size_t i = 0; i < c->now->count && st == AIU_OK; i++) {
        st = ask(&c->now->items[i], s);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

enum aiu_status control_check_under_way(struct control *c, const struct control_subject *s)
{
    enum aiu_status st = AIU_OK;

    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->now->count && st == AIU_OK; i++) {
        const struct entry *e = &c->now->items[i];
        if (e->cut || e->list == CONTROL_REVOKED) {
            st = ask(e, s);
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

bool control_retired(struct control *c, const struct vkey_digest *digest, uint64_t now_unix_s,
                     struct buf *ret_key)
{
    bool found = false;

    if (!atomic_load_explicit(&c->any, memory_order_acquire)) {
        return false;
    }
    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->now->count && !found; i++) {
        const struct entry *e = &c->now->items[i];
        struct span key = span_drop_first(span_of(e->scope, e->n), strlen("key:"));
        found = e->list == CONTROL_RETIRED && is_in_force(e, now_unix_s) &&
                vkey_digest_equal(&e->digest, digest) && buf_append(ret_key, key) == AIU_OK;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return found;
}

bool control_has_dropped(struct control *c, struct span provider)
{
    const struct control_subject s = {.provider = provider};
    bool dropped = false;

    (void)pthread_mutex_lock(&c->lock);
    for (size_t i = 0; i < c->now->count && !dropped; i++) {
        const struct entry *e = &c->now->items[i];
        dropped = e->list == CONTROL_PROVIDER_KEYS && ask(e, &s) != AIU_OK;
    }
    (void)pthread_mutex_unlock(&c->lock);
    return dropped;
}

static enum aiu_status append_scope(struct buf *b, struct span scope)
{
    if (b->n > 0) {
        TRY(buf_append(b, SPAN_OF(",")));
    }
    return buf_append(b, scope);
}

enum aiu_status control_text(struct control *c, uint64_t now_unix_s, struct buf *b)
{
    enum aiu_status st = AIU_OK;

    (void)pthread_mutex_lock(&c->lock);
    if (c->fixed || c->broken) {
        st = append_scope(b, SPAN_OF("all"));
    }
    for (size_t i = 0; i < c->now->count && st == AIU_OK; i++) {
        const struct entry *e = &c->now->items[i];
        if (e->list == CONTROL_MAINTENANCE && is_in_force(e, now_unix_s)) {
            st = append_scope(b, span_of(e->scope, e->n));
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}
