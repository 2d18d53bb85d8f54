// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Readers check one flag; only while something is stopped do they take the lock and read the list.
#include "flow/control.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "codec/json.h"

enum { ENTRIES_MOST = 256, SCOPE_MOST = 128, TEXT_MOST = 256 * 1024 };

struct entry {
    uint8_t scope[SCOPE_MOST];
    size_t n;
    uint64_t expires;
};

struct control {
    atomic_bool any;
    pthread_mutex_t lock;
    bool fixed;
    bool broken; // the file could not be understood
    struct entry entries[ENTRIES_MOST];
    size_t count;
    struct buf text; // of the file, to see whether it changed
};

enum aiu_status control_new(struct control **ret_control)
{
    struct control *c = mem_new(1, sizeof(*c));

    if (c == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)pthread_mutex_init(&c->lock, NULL);
    buf_init(&c->text, TEXT_MOST);
    *ret_control = c;
    return AIU_OK;
}

void control_free(struct control *c)
{
    if (c != NULL) {
        buf_wipe(&c->text);
        (void)pthread_mutex_destroy(&c->lock);
        mem_free(c);
    }
}

static void set_any(struct control *c)
{
    atomic_store(&c->any, c->fixed || c->broken || c->count > 0);
}

void control_set_fixed(struct control *c, bool on)
{
    (void)pthread_mutex_lock(&c->lock);
    c->fixed = on;
    set_any(c);
    (void)pthread_mutex_unlock(&c->lock);
}

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

static enum aiu_status take_entry(const struct json_doc *doc, uint32_t item, struct arena *a,
                                  struct entry *ret_entry)
{
    uint32_t scope = json_member(doc, item, SPAN_OF("scope"));
    uint32_t expires = json_member(doc, item, SPAN_OF("expires"));
    struct span text;

    if (!json_is(doc, scope, JSON_STRING)) {
        return AIU_JSON_INVALID;
    }
    TRY(json_string(doc, scope, a, &text));
    if (!is_scope(text) || text.n > SCOPE_MOST) {
        return AIU_JSON_INVALID;
    }
    *ret_entry = (struct entry){.n = text.n};
    memcpy(ret_entry->scope, text.p, text.n);
    if (expires != JSON_NONE && json_u64(doc, expires, &ret_entry->expires) != AIU_OK) {
        return AIU_JSON_INVALID;
    }
    return AIU_OK;
}

static enum aiu_status take_entries(struct span text, struct arena *a, struct control *c)
{
    struct json_doc doc;

    c->count = 0;
    if (text.n == 0) {
        return AIU_OK;
    }
    TRY(json_parse(text, a, &json_default_limits, &doc, NULL));
    uint32_t list = json_member(&doc, 0, SPAN_OF("maintenance"));
    if (!json_is(&doc, list, JSON_ARRAY)) {
        return AIU_JSON_INVALID;
    }
    for (uint32_t item = json_first(&doc, list); item != JSON_NONE;
         item = json_next(&doc, list, item)) {
        if (c->count == ENTRIES_MOST) {
            return AIU_JSON_INVALID;
        }
        TRY(take_entry(&doc, item, a, &c->entries[c->count]));
        c->count++;
    }
    return AIU_OK;
}

enum aiu_status control_load(struct control *c, struct span text, bool *ret_changed)
{
    CLEANUP(arena_done) struct arena a;
    enum aiu_status st = AIU_OK;

    *ret_changed = false;
    (void)pthread_mutex_lock(&c->lock);
    if (!span_equal(text, buf_span(&c->text))) {
        *ret_changed = true;
        buf_reset(&c->text);
        st = buf_append(&c->text, text);
    }
    arena_init(&a, 4 << 20);
    if (st == AIU_OK && *ret_changed) {
        st = take_entries(text, &a, c);
    }
    c->broken = *ret_changed ? st != AIU_OK : c->broken;
    set_any(c);
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}

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

static bool entry_stops(const struct entry *e, const struct control_subject *s)
{
    struct span kind, name;

    if (!is_in_force(e, s->now_unix_s)) {
        return false;
    }
    return !span_cut(span_of(e->scope, e->n), ':', &kind, &name) || names(kind, name, s);
}

bool control_stops(struct control *c, const struct control_subject *s)
{
    if (!atomic_load_explicit(&c->any, memory_order_acquire)) {
        return false;
    }
    (void)pthread_mutex_lock(&c->lock);
    bool stops = c->fixed || c->broken;
    for (size_t i = 0; i < c->count && !stops; i++) {
        stops = entry_stops(&c->entries[i], s);
    }
    (void)pthread_mutex_unlock(&c->lock);
    return stops;
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
    for (size_t i = 0; i < c->count && st == AIU_OK; i++) {
        if (is_in_force(&c->entries[i], now_unix_s)) {
            st = append_scope(b, span_of(c->entries[i].scope, c->entries[i].n));
        }
    }
    (void)pthread_mutex_unlock(&c->lock);
    return st;
}
