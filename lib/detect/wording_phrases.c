// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/wording_phrases.h"

#include <string.h>

enum {
    FIRST_PLACE = 300, // more than any gap
    SENTENCE_GAP = 8,  // words that the end of a sentence counts for
    NOT_NEAR = 3,      // a negation so many words before a phrase takes it back
};

// Where a node was last reached.
struct reached {
    uint32_t place; // of its last word
    uint32_t first; // of the first word of the phrase
    uint32_t start; // byte where the phrase began
};

// `reached` counts where a child is armed, and needs no beginning.
struct search {
    const struct phrases *phrases;
    const struct rule_set *rules;
    struct span text;
    struct phrase_hits *hits;
    struct model_run *model;
    struct span before; // the last word
    uint32_t before_hash;
    uint32_t negated;  // the place of the last negation
    uint32_t sentence; // the place where the last sentence began
    uint64_t armed[PHRASE_NODES / 64];
    uint64_t complete[PHRASE_NODES / 64]; // phrases that were found once
    uint64_t alive[PHRASE_SYMBOLS / 64];  // symbols with armed nodes
    struct reached reached[PHRASE_NODES];
};

// A word, or some characters that are words each.
struct place {
    uint32_t first, last;
    uint32_t start, end; // bytes
};

enum { POINTS_MOST = 200, OTHERS_MOST = 60 };

static void put_hit(struct phrase_hits *hits, const struct phrase_hit *hit)
{
    size_t i = 0;

    while (i < hits->count && hits->items[i].rule != hit->rule) {
        i++;
    }
    if (i == PHRASE_HITS) {
        return;
    }
    struct phrase_hit *have = &hits->items[i];
    if (i == hits->count) {
        *have = *hit;
        have->points = hit->strength;
        hits->count++;
        return;
    }
    uint8_t weaker = have->strength < hit->strength ? have->strength : hit->strength;
    unsigned others = (unsigned)(have->points - have->strength) + weaker / 2;
    if (hit->strength > have->strength) {
        *have = *hit;
    }
    others = others > OTHERS_MOST ? OTHERS_MOST : others;
    have->points =
        (uint8_t)(have->strength + others > POINTS_MOST ? POINTS_MOST : have->strength + others);
}

static void complete(struct search *s, size_t index, const struct reached *r, uint32_t end)
{
    const struct phrase_node *node = &s->phrases->nodes[index];
    uint64_t bit = UINT64_C(1) << (index % 64);
    const uint8_t *p = s->text.p;
    uint32_t n = (uint32_t)s->text.n;

    if ((s->complete[index / 64] & bit) != 0 || !rule_set_has(s->rules, node->rule) ||
        (node->guarded && s->negated + NOT_NEAR >= r->first)) {
        return;
    }
    s->complete[index / 64] |= bit;
    while (end < n && phrase_in_word(p, n, end)) {
        end++; // of a stem, to the end of its word
    }
    struct phrase_hit hit = {node->rule, node->strength, 0, r->start, end};
    put_hit(s->hits, &hit);
}

static void reach(struct search *s, size_t index, const struct reached *now, uint32_t end)
{
    const struct phrase_node *node = &s->phrases->nodes[index];
    const uint16_t *children = s->phrases->children + node->children;

    s->reached[index] = *now;
    for (size_t i = 0; i < node->child_count; i++) {
        uint16_t symbol = s->phrases->nodes[children[i]].symbol;
        s->armed[children[i] / 64] |= UINT64_C(1) << (children[i] % 64);
        s->alive[symbol / 64] |= UINT64_C(1) << (symbol % 64);
    }
    if (node->strength > 0) {
        complete(s, index, now, end);
    }
}

static void try_inner(struct search *s, size_t index, const struct place *at)
{
    const struct phrase_node *node = &s->phrases->nodes[index];
    const struct reached *before = &s->reached[node->parent];

    if (at->first <= before->place) {
        return; // the same word
    }
    if (at->first - before->place - 1 > node->gap) {
        s->armed[index / 64] &= ~(UINT64_C(1) << (index % 64));
        return;
    }
    if (node->sentence == PHRASE_ANY || at->first - s->sentence - 1 <= node->sentence) {
        struct reached now = {at->last, before->first, before->start};
        reach(s, index, &now, at->end);
    }
}

// The armed nodes of a symbol.
static void say_inner(struct search *s, uint16_t symbol, const struct place *at)
{
    const struct phrase_symbol *y = &s->phrases->symbols[symbol];
    uint64_t left = 0;

    for (size_t word = y->inner / 64; word * 64 < y->roots; word++) {
        uint64_t mask = word == y->inner / 64 ? UINT64_MAX << (y->inner % 64) : UINT64_MAX;
        if (word == y->roots / 64) {
            mask &= ~(UINT64_MAX << (y->roots % 64));
        }
        for (uint64_t bits = s->armed[word] & mask; bits != 0; bits &= bits - 1) {
            try_inner(s, word * 64 + (size_t)__builtin_ctzll(bits), at);
        }
        left |= s->armed[word] & mask;
    }
    if (left == 0) {
        s->alive[symbol / 64] &= ~(UINT64_C(1) << (symbol % 64));
    }
}

static void say_roots(struct search *s, uint16_t symbol, const struct place *at)
{
    const struct phrase_symbol *y = &s->phrases->symbols[symbol];

    if (symbol == PHRASE_NOT) {
        s->negated = at->last;
    }
    for (size_t i = y->roots; i < y->end; i++) {
        uint8_t sentence = s->phrases->nodes[i].sentence;
        if (sentence == PHRASE_ANY || at->first - s->sentence - 1 <= sentence) {
            struct reached now = {at->last, at->first, at->start};
            reach(s, i, &now, at->end);
        }
    }
}

static void say(struct search *s, const struct phrase_entry *e, const struct place *at)
{
    const uint16_t *symbols = s->phrases->entry_symbols + e->symbols;

    for (size_t i = 0; i < e->symbol_count; i++) {
        if ((s->alive[symbols[i] / 64] >> (symbols[i] % 64) & 1) != 0) {
            say_inner(s, symbols[i], at);
        }
        if (i < e->root_count) {
            say_roots(s, symbols[i], at);
        }
    }
}

static void look_up(struct search *s, uint32_t hash, const struct place *at, bool whole)
{
    const struct phrases *p = s->phrases;
    uint32_t bucket = phrase_bucket(hash);

    for (size_t i = p->buckets[bucket]; i < p->buckets[bucket + 1]; i++) {
        const struct phrase_entry *e = &p->entries[i];
        if (e->hash != hash || e->n != at->end - at->start || !(whole || e->stem) ||
            (e->close != 0 && (at->end == s->text.n || s->text.p[at->end] != e->close)) ||
            memcmp(p->pool + e->at, s->text.p + at->start, e->n) != 0) {
            continue;
        }
        say(s, e, at);
    }
}

static bool filtered(const uint64_t *filter, uint32_t hash)
{
    uint32_t slot = phrase_slot(hash);

    return (filter[slot / 64] >> (slot % 64) & 1) != 0;
}

// Whether the word at `at` is the one before once more. It says nothing new, and texts that are
// made of one word are not dearer than others.
static bool is_repeated(const struct search *s, uint32_t at)
{
    struct span left = span_drop_first(s->text, at);
    size_t n = s->before.n;

    return n > 0 && left.n >= n && left.p[0] == s->before.p[0] &&
           memcmp(left.p, s->before.p, n) == 0 &&
           (left.n == n || !phrase_in_word(s->text.p, (uint32_t)s->text.n, at + (uint32_t)n));
}

// What is said by the beginning [at, end) of a word, or by all of it.
static __attribute__((noinline)) void say_beginning(struct search *s, uint32_t hash, uint32_t at,
                                                    uint32_t end, uint32_t place)
{
    const struct place word = {place, place, at, end};
    uint32_t n = (uint32_t)s->text.n;

    look_up(s, hash, &word, end == n || !phrase_in_word(s->text.p, n, end));
}

// The word at `at`: as a whole, and where it is a stem; returns its end.
static uint32_t read_word(struct search *s, uint32_t at, uint32_t place)
{
    const uint8_t *p = s->text.p;
    const uint64_t *stems = s->phrases->stems;
    uint32_t n = (uint32_t)s->text.n;
    uint32_t hash = PHRASE_SEED;
    uint32_t end = at;
    bool stem = false;

    do {
        hash = phrase_hash(hash, p[end++]);
        stem = filtered(stems, hash);
        if (stem) {
            say_beginning(s, hash, at, end, place);
        }
    } while (end < n && phrase_in_word(p, n, end));
    if (!stem && filtered(s->phrases->words, hash)) {
        say_beginning(s, hash, at, end, place);
    }
    if (s->model != NULL) {
        model_add(s->model, hash, end);
    }
    s->before = span_of(p + at, end - at);
    s->before_hash = hash;
    return end;
}

// All entries that begin with the ideograph at `at`; returns the end of the first character.
static uint32_t read_ideographs(struct search *s, uint32_t at, uint32_t place)
{
    enum { MOST = 12, HEADS = 2 };
    const uint8_t *p = s->text.p;
    uint32_t n = (uint32_t)s->text.n;
    uint32_t hash = PHRASE_SEED;
    uint32_t end = at;

    for (uint32_t i = 0; i < MOST && n - end >= 3 && phrase_ideograph(p[end]); i++) {
        hash = phrase_hash(phrase_hash(phrase_hash(hash, p[end]), p[end + 1]), p[end + 2]);
        end += 3;
        if (i == 0 && s->model != NULL) {
            model_add(s->model, hash, end);
        }
        if (filtered(s->phrases->stems, hash)) {
            struct place word = {place, place + i, at, end};
            look_up(s, hash, &word, true);
        }
        if (i < HEADS && !filtered(s->phrases->heads, hash)) {
            break;
        }
    }
    return n - at >= 3 ? at + 3 : n;
}

// Of a mark of `size` bytes: 2 where it ends a sentence, 1 where one may begin behind it, else 0.
static int sentence_mark(const uint8_t *p, uint32_t n, uint32_t at, uint32_t size)
{
    uint32_t end = at + size;

    switch (p[at]) {
    case '.':
    case '!':
    case '?':
        return end == n || p[end] == ' ' || p[end] >= 0x80 ? 2 : 0;
    case ' ':
    case ',':
    case '\'':
        return 0;
    case 0xD8:
        return p[end - 1] == 0x9F ? 2 : 0;
    case 0xE0:
        return 2;
    case 0xE3:
        return p[end - 1] == 0x82 ? 2 : 1;
    default:
        return 1;
    }
}

static void read_text(struct search *s)
{
    const uint8_t *p = s->text.p;
    uint32_t n = (uint32_t)s->text.n;
    uint32_t place = FIRST_PLACE;

    s->sentence = place++;
    for (uint32_t at = 0; at < n;) {
        if (p[at] == ' ') {
            at++;
            continue;
        }
        uint32_t size = phrase_mark(p, n, at);
        int mark = size == 0 ? 0 : sentence_mark(p, n, at, size);
        at += size;
        if (mark > 0) {
            place += mark == 2 ? SENTENCE_GAP : 0;
            s->sentence = place++;
        } else if (size == 0 && is_repeated(s, at)) {
            at += (uint32_t)s->before.n;
            if (s->model != NULL) {
                model_add(s->model, s->before_hash, at);
            }
        } else if (size == 0) {
            at = phrase_ideograph(p[at]) ? read_ideographs(s, at, place) : read_word(s, at, place);
            place++;
        }
    }
}

void phrases_find(const struct phrases *p, const struct rule_set *rules, struct span text,
                  struct phrase_hits *ret_hits, struct model_run *model)
{
    struct search s __attribute__((uninitialized)); // large, and filled as it is needed

    ret_hits->count = 0;
    if (p->symbol_count == 0 || text.n == 0 || text.n >= UINT32_MAX / 4) {
        return;
    }
    s.phrases = p;
    s.rules = rules;
    s.text = text;
    s.hits = ret_hits;
    s.model = model;
    s.negated = 0;
    s.before = span_of(NULL, 0);
    s.before_hash = 0;
    memset(s.armed, 0, sizeof(s.armed));
    memset(s.alive, 0, sizeof(s.alive));
    memset(s.complete, 0, sizeof(s.complete));
    read_text(&s);
}

enum { TOGETHER = 4096 }; // bytes

int phrases_points(const struct phrase_hits *hits)
{
    int most = 0;

    for (size_t i = 0; i < hits->count; i++) {
        size_t from = hits->items[i].start;
        int points = 0;
        for (size_t k = 0; k < hits->count; k++) {
            size_t start = hits->items[k].start;
            points += start >= from && start - from <= TOGETHER ? hits->items[k].points : 0;
        }
        most = points > most ? points : most;
    }
    return most;
}
