// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// At each byte with which a token begins, the sorted list of tokens is narrowed symbol by symbol.
// No token is longer than a few dozen symbols, so the time is linear in the text.
#include "detect/restore.h"

#include "base/alloc.h"
#include "codec/json_write.h"
#include "detect/ascii.h"
#include "detect/match_output.h"

enum { ESCAPED_MOST = 16 * PSEUDONYM_VALUE_MOST };

// --- tokens_seen --------------------------------------------------------------------------------

void tokens_seen_done(struct tokens_seen *s)
{
    mem_free(s->items);
    *s = (struct tokens_seen){0};
}

enum aiu_status tokens_seen_append(struct tokens_seen *s, const struct token_seen *item)
{
    if (s->count == s->capacity) {
        size_t capacity = s->capacity == 0 ? 4 : 2 * s->capacity;
        struct token_seen *items =
            mem_resize_wiped(s->items, s->capacity * sizeof(*items), capacity * sizeof(*items));
        if (items == NULL) {
            return AIU_NO_MEMORY;
        }
        s->items = items;
        s->capacity = capacity;
    }
    s->items[s->count++] = *item;
    return AIU_OK;
}

void tokens_seen_drop_first(struct tokens_seen *s, size_t n)
{
    if (n > 0) {
        memmove(s->items, s->items + n, (s->count - n) * sizeof(*s->items));
        s->count -= n;
    }
}

// --- search -----------------------------------------------------------------------------------

// Tokens from..to of the sorted list have the symbols read so far.
struct range {
    size_t from, to;
};

// First token in the range whose k-th symbol is at least `symbol`; one that has no k-th comes
// first.
static size_t lower(const struct pseudonyms *p, struct range r, size_t k, unsigned symbol)
{
    while (r.from < r.to) {
        size_t middle = r.from + (r.to - r.from) / 2;
        struct span folded = p->sorted[middle]->folded;
        if (folded.n <= k || folded.p[k] < symbol) {
            r.from = middle + 1;
        } else {
            r.to = middle;
        }
    }
    return r.from;
}

static struct range narrow(const struct pseudonyms *p, struct range r, size_t k, uint8_t symbol)
{
    return (struct range){lower(p, r, k, symbol), lower(p, r, k, symbol + 1u)};
}

// Of tokens with the same symbols, the one that is written like the text, else the first.
static const struct pseudonym *choose(const struct pseudonyms *p, struct range r, size_t k,
                                      struct span text)
{
    for (size_t i = r.from; i < r.to && p->sorted[i]->folded.n == k; i++) {
        if (span_equal(p->sorted[i]->token, text)) {
            return p->sorted[i];
        }
    }
    return p->sorted[r.from];
}

// The longest token of group `g` at `at`.
static enum match token_at(const struct pseudonyms *p, enum token_group g, const struct view *v,
                           size_t at, struct token_seen *best)
{
    struct range r = {p->group_from[g], p->group_from[g + 1]};
    size_t next = at, k = 0;
    uint8_t symbol = 0;

    if (!token_edge_left(g, v, at)) {
        return MATCH_NO;
    }
    for (;;) {
        enum match m = token_symbol(g, v, next, k == 0, &symbol, &next);
        if (m == MATCH_MORE) {
            return m;
        }
        r = m == MATCH_YES ? narrow(p, r, k, symbol) : (struct range){0, 0};
        k++;
        if (r.from == r.to) {
            return best->entry != NULL ? MATCH_YES : MATCH_NO;
        }
        if (p->sorted[r.from]->folded.n != k) {
            continue;
        }
        m = token_edge_right(g, v, next);
        if (m == MATCH_MORE) {
            return m;
        }
        if (m == MATCH_YES && next > best->end) {
            *best = (struct token_seen){at, next, choose(p, r, k, span_of(v->p + at, next - at)),
                                        false, false};
        }
        if (p->sorted[r.to - 1]->folded.n == k) {
            return best->entry != NULL ? MATCH_YES : MATCH_NO;
        }
    }
}

static enum match any_token_at(const struct pseudonyms *p, const struct view *v, size_t at,
                               struct token_seen *best)
{
    unsigned groups = p->starts[v->p[at]];

    *best = (struct token_seen){0};
    for (unsigned g = 0; g < TOKEN_GROUPS; g++) {
        if ((groups >> g & 1) != 0 && token_at(p, (enum token_group)g, v, at, best) == MATCH_MORE) {
            return MATCH_MORE;
        }
    }
    return best->entry != NULL ? MATCH_YES : MATCH_NO;
}

static bool judges_links(const struct rule_set *rules)
{
    for (uint16_t i = 0; rules != NULL && i < rules_count(); i++) {
        if (rule_set_has(rules, i) && rules_get(i)->kind == KIND_OUTPUT) {
            return true;
        }
    }
    return false;
}

// Whether the host of the address around `at`, if there is one, would learn what stands there.
static bool is_linked(const struct rule_set *rules, const struct view *v, size_t at)
{
    size_t start = 0;

    if (rules == NULL || !url_surrounds(v, at, &start) || !judges_links(rules)) {
        return false;
    }
    return rules->hosts == NULL ||
           !url_tells_allowed(span_of(v->p + start, at - start), rules->hosts);
}

enum aiu_status restore_search(const struct pseudonyms *p, const struct rule_set *rules,
                               const struct view *v, size_t from, struct tokens_seen *out,
                               size_t *ret_decided)
{
    struct token_seen seen;
    size_t at = from;

    while (at < v->n) {
        if (p->starts[v->p[at]] == 0) {
            at++;
            continue;
        }
        enum match m = any_token_at(p, v, at, &seen);
        if (m == MATCH_MORE) {
            break;
        }
        if (m == MATCH_YES) {
            seen.linked = is_linked(rules, v, seen.start);
            TRY(tokens_seen_append(out, &seen));
        }
        at = m == MATCH_YES ? seen.end : at + 1;
    }
    *ret_decided = at;
    return AIU_OK;
}

// --- values -----------------------------------------------------------------------------------

static enum aiu_status append_number(struct span value, struct buf *dst, bool *ret_fits)
{
    size_t before = dst->n;

    for (size_t i = 0; i < value.n; i++) {
        if (is_digit(value.p[i])) {
            TRY(buf_append_byte(dst, value.p[i]));
        }
    }
    *ret_fits = dst->n > before && dst->p[before] != '0';
    return AIU_OK;
}

static enum aiu_status append_inner(struct span value, struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf once = BUF_OF(ESCAPED_MOST);

    TRY(json_append_escaped(&once, value));
    return json_append_escaped(dst, buf_span(&once));
}

enum aiu_status restore_append(const struct pseudonym *e, enum restore_form form, struct buf *dst,
                               bool *ret_fits)
{
    *ret_fits = true;
    switch (form) {
    case RESTORE_TEXT:
        return buf_append(dst, e->value);
    case RESTORE_JSON:
        return json_append_escaped(dst, e->value);
    case RESTORE_JSON_INNER:
        return append_inner(e->value, dst);
    case RESTORE_NUMBER:
        return append_number(e->value, dst, ret_fits);
    }
    return AIU_INTERNAL;
}

enum aiu_status restore_text(const struct pseudonyms *p, struct span text, struct buf *dst)
{
    CLEANUP(tokens_seen_done) struct tokens_seen seen = {0};
    const struct view v = {text.p, text.n, true, true, NULL};
    size_t at = 0, decided = 0;

    TRY(restore_search(p, NULL, &v, 0, &seen, &decided));
    for (size_t i = 0; i < seen.count; i++) {
        TRY(buf_append(dst, span_of(text.p + at, seen.items[i].start - at)));
        TRY(buf_append(dst, seen.items[i].entry->value));
        at = seen.items[i].end;
    }
    return buf_append(dst, span_drop_first(text, at));
}
