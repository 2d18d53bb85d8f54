// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/anchors.h"

#include "base/alloc.h"

static enum aiu_status read_key(const struct config_witness *w, struct note_key *ret_key)
{
    return note_key_parse(w->vkey, ret_key) == AIU_OK && ret_key->kind == NOTE_COSIGNATURE
               ? AIU_OK
               : AIU_CONFIG_INVALID;
}

enum aiu_status anchors_check(const struct config *c, size_t *ret_bad)
{
    struct note_key key;

    if (c->witness_count > ANCHOR_WITNESSES_MOST) {
        *ret_bad = ANCHOR_WITNESSES_MOST;
        return AIU_TOO_LONG;
    }
    for (size_t i = 0; i < c->witness_count; i++) {
        *ret_bad = i;
        TRY(read_key(&c->witnesses[i], &key));
    }
    return AIU_OK;
}

static enum aiu_status take_witness(struct anchors *a, const struct config_witness *w)
{
    struct anchor_witness *to = &a->witnesses[a->count];

    *to = (struct anchor_witness){
        .name = w->name, .url = w->url, .allow_plaintext = w->allow_plaintext};
    TRY(read_key(w, &to->key));
    if (w->ca_file.n > 0) {
        a->ca_files[a->count] = mem_dup(w->ca_file.p, w->ca_file.n);
        if (a->ca_files[a->count] == NULL) {
            return AIU_NO_MEMORY;
        }
        to->ca_file = a->ca_files[a->count];
    }
    a->count++;
    return AIU_OK;
}

static bool same_witness(const struct config_witness *a, const struct config_witness *b)
{
    return span_equal(a->name, b->name) && span_equal(a->url, b->url) &&
           span_equal(a->vkey, b->vkey) && span_equal(a->ca_file, b->ca_file) &&
           a->allow_plaintext == b->allow_plaintext;
}

bool anchors_fit(const struct anchors *a, const struct config *c)
{
    size_t count = a->config == NULL ? 0 : a->config->witness_count;

    if (count != c->witness_count || (count > 0 && a->config->anchor_ms != c->anchor_ms)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!same_witness(&a->config->witnesses[i], &c->witnesses[i])) {
            return false;
        }
    }
    return true;
}

enum aiu_status anchors_start(struct anchors *a, struct config *c, const struct anchor_options *o)
{
    struct anchor_options options = *o;
    size_t bad = 0;

    *a = (struct anchors){.anchor = NULL};
    if (c->witness_count == 0 && o->target_count == 0) {
        return AIU_OK;
    }
    TRY(anchors_check(c, &bad));
    a->config = config_ref(c);
    enum aiu_status st = AIU_OK;
    for (size_t i = 0; i < c->witness_count && st == AIU_OK; i++) {
        st = take_witness(a, &c->witnesses[i]);
    }
    options.witnesses = a->witnesses;
    options.witness_count = a->count;
    options.interval_ms = c->anchor_ms;
    st = st == AIU_OK ? anchor_start(&options, &a->anchor) : st;
    if (st != AIU_OK) {
        anchors_stop(a);
    }
    return st;
}

void anchors_stop(struct anchors *a)
{
    anchor_stop(a->anchor);
    for (size_t i = 0; i < ANCHOR_WITNESSES_MOST; i++) {
        mem_free(a->ca_files[i]);
    }
    config_unref(a->config);
    *a = (struct anchors){.anchor = NULL};
}
