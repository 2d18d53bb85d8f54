// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Two hash tables find a value and a token. Their hashes are taken from keyed ones, so nobody who
// writes the text can make them long.
#include "detect/pseudonym.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "detect/ascii.h"

enum { FIRST_SLOTS = 32, PROBES = 64, MESSAGE_MOST = 64 + PSEUDONYM_VALUE_MOST, TOKEN_MOST = 2048 };

void pseudonyms_init(struct pseudonyms *p, const struct pseudonym_keyer *keyer, size_t cap)
{
    *p = (struct pseudonyms){.keyer = *keyer};
    arena_init(&p->arena, cap);
}

void pseudonyms_done(struct pseudonyms *p)
{
    mem_free(p->items);
    mem_free(p->sorted);
    mem_free(p->by_value);
    mem_free(p->by_token);
    arena_done(&p->arena);
    *p = (struct pseudonyms){.keyer = p->keyer, .arena = p->arena};
}

// --- tables -----------------------------------------------------------------------------------

// FNV-1a; a token is the picture of a keyed hash already.
static uint64_t hash_of(struct span s)
{
    uint64_t h = UINT64_C(0xCBF29CE484222325);

    for (size_t i = 0; i < s.n; i++) {
        h = (h ^ s.p[i]) * UINT64_C(0x100000001B3);
    }
    return h ^ h >> 32;
}

static void put_slot(uint32_t *table, size_t slots, uint64_t hash, size_t number)
{
    size_t at = hash & (slots - 1);

    while (table[at] != 0) {
        at = (at + 1) & (slots - 1);
    }
    table[at] = (uint32_t)number + 1;
}

static enum aiu_status grow(struct pseudonyms *p)
{
    size_t slots = p->slots == 0 ? FIRST_SLOTS : 2 * p->slots;
    size_t capacity = slots / 2;
    struct pseudonym **items =
        mem_resize_wiped(p->items, p->capacity * sizeof(*items), capacity * sizeof(*items));

    if (items == NULL) {
        return AIU_NO_MEMORY;
    }
    p->items = items;
    p->capacity = capacity;
    uint32_t *by_value = mem_new(slots, sizeof(*by_value));
    uint32_t *by_token = mem_new(slots, sizeof(*by_token));
    if (by_value == NULL || by_token == NULL) {
        mem_free(by_value);
        mem_free(by_token);
        return AIU_NO_MEMORY;
    }
    mem_free(p->by_value);
    mem_free(p->by_token);
    p->by_value = by_value;
    p->by_token = by_token;
    p->slots = slots;
    for (size_t i = 0; i < p->count; i++) {
        put_slot(by_value, slots, p->items[i]->identity, i);
        put_slot(by_token, slots, hash_of(p->items[i]->folded), i);
    }
    return AIU_OK;
}

const struct pseudonym *pseudonyms_find(const struct pseudonyms *p, uint64_t identity,
                                        struct span value)
{
    for (size_t at = identity & (p->slots - 1); p->slots > 0 && p->by_value[at] != 0;
         at = (at + 1) & (p->slots - 1)) {
        const struct pseudonym *e = p->items[p->by_value[at] - 1];
        if (e->identity == identity && span_equal(e->value, value)) {
            return e;
        }
    }
    return NULL;
}

// Another value has the token: the same symbols, unless they are the same value's in another
// spelling.
static bool is_taken(const struct pseudonyms *p, const struct pseudonym *wanted)
{
    for (size_t at = hash_of(wanted->folded) & (p->slots - 1); p->slots > 0 && p->by_token[at] != 0;
         at = (at + 1) & (p->slots - 1)) {
        const struct pseudonym *e = p->items[p->by_token[at] - 1];
        if (e->group == wanted->group && span_equal(e->folded, wanted->folded) &&
            (e->identity != wanted->identity || span_equal(e->token, wanted->token))) {
            return true;
        }
    }
    return span_equal(wanted->token, wanted->value);
}

enum aiu_status pseudonyms_add(struct pseudonyms *p, const struct pseudonym *draft,
                               const struct pseudonym **ret_entry)
{
    if (p->count == PSEUDONYMS_MOST) {
        return AIU_INSPECTION_FAILED;
    }
    if (p->count == p->capacity) {
        TRY(grow(p));
    }
    struct pseudonym *e = arena_new(&p->arena, sizeof(*e));
    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    *e = *draft;
    TRY(arena_copy(&p->arena, draft->value, &e->value));
    TRY(arena_copy(&p->arena, draft->token, &e->token));
    TRY(arena_copy(&p->arena, draft->folded, &e->folded));
    put_slot(p->by_value, p->slots, e->identity, p->count);
    put_slot(p->by_token, p->slots, hash_of(e->folded), p->count);
    p->items[p->count++] = e;
    *ret_entry = e;
    return AIU_OK;
}

// --- tokens -----------------------------------------------------------------------------------

// One value on its way to a token.
struct making {
    struct pseudonyms *p;
    uint16_t number;
    const struct rule_info *rule;
    struct span value;
    enum token_style style;
    struct buf message, token, folded;
    size_t probe_at; // in the message
};

static enum aiu_status write_message(struct making *m)
{
    buf_reset(&m->message);
    TRY(buf_append(&m->message, span_of("aiu/token/v1", 13))); // with its NUL
    TRY(buf_append_byte(&m->message, (uint8_t)m->style));
    TRY(buf_append(&m->message, span_of(m->rule->tag, strlen(m->rule->tag) + 1)));
    m->probe_at = m->message.n;
    TRY(buf_append_byte(&m->message, 0));
    return token_canonical(m->style, m->value, &m->message);
}

static uint64_t identity_of(const uint8_t mac[TOKEN_MAC_SIZE])
{
    uint64_t identity = 0;

    memcpy(&identity, mac, sizeof(identity));
    return identity;
}

// `*ret_fits` is false where this token can not be the value's.
static enum aiu_status try_token(struct making *m, const uint8_t mac[TOKEN_MAC_SIZE],
                                 struct pseudonym *draft, bool *ret_fits)
{
    bool whole = false;

    buf_reset(&m->token);
    buf_reset(&m->folded);
    TRY(token_make(m->style, m->rule, m->value, mac, &m->token));
    TRY(token_fold((enum token_group)draft->group, buf_span(&m->token), &m->folded, &whole));
    draft->token = buf_span(&m->token);
    draft->folded = buf_span(&m->folded);
    *ret_fits = whole && !is_taken(m->p, draft);
    return AIU_OK;
}

static enum aiu_status probe(struct making *m, struct pseudonym *draft,
                             const struct pseudonym **ret_entry)
{
    const struct pseudonym_keyer *k = &m->p->keyer;
    uint8_t mac[TOKEN_MAC_SIZE];
    bool fits = false;

    for (int i = 0; i < PROBES && !fits; i++) {
        m->message.p[m->probe_at] = (uint8_t)i;
        TRY(k->mac(k->ctx, buf_span(&m->message), mac));
        if (i == 0) {
            draft->identity = identity_of(mac);
            *ret_entry = pseudonyms_find(m->p, draft->identity, m->value);
            if (*ret_entry != NULL) {
                return AIU_OK;
            }
        }
        TRY(try_token(m, mac, draft, &fits));
    }
    return fits ? pseudonyms_add(m->p, draft, ret_entry) : AIU_OK;
}

// The entry of the value in one style; NULL where its tokens are all taken or could not be read.
static enum aiu_status entry_of(struct making *m, const struct pseudonym **ret_entry)
{
    struct pseudonym draft = {.value = m->value,
                              .rule = m->number,
                              .style = (uint8_t)m->style,
                              .group = (uint8_t)token_group_of(m->style)};

    *ret_entry = NULL;
    TRY(write_message(m));
    return probe(m, &draft, ret_entry);
}

static void making_done(struct making *m)
{
    buf_wipe(&m->message);
    buf_wipe(&m->token);
    buf_wipe(&m->folded);
}

static bool is_all_digits(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is_digit(s.p[i])) {
            return false;
        }
    }
    return s.n > 0;
}

enum aiu_status pseudonyms_token(struct pseudonyms *p, uint16_t rule, struct span value,
                                 bool number, struct span *ret_token)
{
    const struct pseudonym *entry = NULL;
    CLEANUP(making_done)
    struct making m = {.p = p, .number = rule, .rule = rules_get(rule), .value = value};

    if (m.rule == NULL || p->keyer.mac == NULL) {
        return AIU_INTERNAL;
    }
    if (value.n == 0 || value.n > PSEUDONYM_VALUE_MOST || (number && !is_all_digits(value))) {
        *ret_token = span_of(NULL, 0);
        return AIU_OK;
    }
    buf_init(&m.message, MESSAGE_MOST + 64);
    buf_init(&m.token, TOKEN_MOST);
    buf_init(&m.folded, TOKEN_MOST);
    m.style = token_style_of(m.rule, value, number);
    TRY(entry_of(&m, &entry));
    if (entry == NULL && !number && m.style != TOKEN_WORD) {
        m.style = TOKEN_WORD; // its range is full, or it is written in a way of its own
        TRY(entry_of(&m, &entry));
    }
    *ret_token = entry == NULL ? span_of(NULL, 0) : entry->token;
    return AIU_OK;
}

// --- index ------------------------------------------------------------------------------------

static int by_symbols(const void *a, const void *b)
{
    const struct pseudonym *x = *(struct pseudonym *const *)a;
    const struct pseudonym *y = *(struct pseudonym *const *)b;

    if (x->group != y->group) {
        return x->group < y->group ? -1 : 1;
    }
    int order = span_compare(x->folded, y->folded);
    return order != 0 ? order : span_compare(x->token, y->token);
}

static void mark_start(struct pseudonyms *p, const struct pseudonym *e)
{
    uint8_t first = e->folded.p[0];

    p->starts[first] |= (uint8_t)(1u << e->group);
    if (is_alpha(first)) {
        p->starts[first & ~0x20u] |= (uint8_t)(1u << e->group);
    }
}

// What is new is sorted and merged with what was: a list that grows a little each time costs little
// each time.
static void merge_new(struct pseudonyms *p, struct pseudonym **out)
{
    size_t fresh = p->count - p->indexed, old = p->indexed;

    memcpy(out, p->items + p->indexed, fresh * sizeof(struct pseudonym *));
    qsort(out, fresh, sizeof(struct pseudonym *), by_symbols);
    memmove(out + old, out, fresh * sizeof(struct pseudonym *));
    for (size_t at = 0, i = 0, k = old; at < p->count; at++) {
        bool first = k == p->count || (i < old && by_symbols(&p->sorted[i], &out[k]) <= 0);
        out[at] = first ? p->sorted[i++] : out[k++];
    }
}

enum aiu_status pseudonyms_index(struct pseudonyms *p)
{
    if (pseudonyms_indexed(p)) {
        return AIU_OK;
    }
    struct pseudonym **sorted = mem_new(p->count, sizeof(struct pseudonym *));
    if (sorted == NULL) {
        return AIU_NO_MEMORY;
    }
    merge_new(p, sorted);
    mem_free(p->sorted);
    p->sorted = sorted;
    memset(p->group_from, 0, sizeof(p->group_from));
    for (size_t i = 0; i < p->count; i++) {
        mark_start(p, sorted[i]);
        p->group_from[sorted[i]->group + 1] = i + 1;
    }
    for (size_t g = 1; g <= TOKEN_GROUPS; g++) { // a group without tokens begins where it ends
        p->group_from[g] = p->group_from[g] == 0 ? p->group_from[g - 1] : p->group_from[g];
    }
    p->indexed = p->count;
    return AIU_OK;
}
