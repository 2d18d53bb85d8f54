// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/wording_phrases.h"

#include <string.h>

enum {
    FIRST_PLACE = 300, // more than any gap
    SENTENCE_GAP = 8,  // words that the end of a sentence counts for
};

// Where a step was last reached.
struct reached {
    uint32_t place; // of its last word; 0: never
    uint32_t first; // of the first word of the phrase
    uint32_t start; // byte where the phrase began
};

struct search {
    const struct phrases *phrases;
    const struct rule_set *rules;
    struct span text;
    struct phrase_hits *hits;
    struct model_run *model;
    uint32_t negated; // the place of the last negation
    struct reached reached[PHRASE_STEPS];
};

// A word, or some characters that are words each.
struct place {
    uint32_t first, last;
    uint32_t start, end; // bytes
};

static void put_hit(struct phrase_hits *hits, const struct phrase_hit *hit)
{
    size_t i = 0;

    while (i < hits->count && hits->items[i].rule != hit->rule) {
        i++;
    }
    if (i == PHRASE_HITS || (i < hits->count && hits->items[i].strength >= hit->strength)) {
        return;
    }
    hits->items[i] = *hit;
    hits->count += i == hits->count;
}

// A negation at most so many words before a phrase takes it back ("never again ignore ...").
enum { NOT_NEAR = 3 };

static void complete(struct search *s, const struct phrase_step *step, const struct reached *r,
                     uint32_t end)
{
    const uint8_t *p = s->text.p;
    uint32_t n = (uint32_t)s->text.n;

    if (!rule_set_has(s->rules, step->rule) ||
        (step->guarded && s->negated + NOT_NEAR >= r->first)) {
        return;
    }
    while (end < n && phrase_mark(p, n, end) == 0 && !phrase_ideograph(p[end])) {
        end++; // of a stem, to the end of its word
    }
    struct phrase_hit hit = {step->rule, step->strength, r->start, end};
    put_hit(s->hits, &hit);
}

static void reach(struct search *s, uint16_t symbol, const struct place *at)
{
    const struct phrases *p = s->phrases;

    if (symbol == PHRASE_NOT) {
        s->negated = at->last;
    }
    for (size_t i = p->symbol_first[symbol]; i < p->symbol_first[symbol + 1]; i++) {
        size_t index = p->symbol_steps[i];
        const struct phrase_step *step = &p->steps[index];
        struct reached now = {at->last, at->first, at->start};

        if (step->index > 0) {
            const struct reached *before = &s->reached[index - 1];
            if (at->first - before->place - 1 > step->gap) {
                continue;
            }
            now.first = before->first;
            now.start = before->start;
        }
        s->reached[index] = now;
        if (step->last) {
            complete(s, step, &now, at->end);
        }
    }
}

static void look_up(struct search *s, uint32_t hash, const struct place *at, bool whole)
{
    const struct phrases *p = s->phrases;

    for (size_t i = p->buckets[hash >> 24]; i < p->buckets[(hash >> 24) + 1]; i++) {
        const struct phrase_entry *e = &p->entries[i];
        if (e->hash != hash || e->n != at->end - at->start || !(whole || e->stem) ||
            (e->close != 0 && (at->end == s->text.n || s->text.p[at->end] != e->close)) ||
            memcmp(p->pool + e->at, s->text.p + at->start, e->n) != 0) {
            continue;
        }
        for (size_t k = 0; k < e->symbol_count; k++) {
            reach(s, p->entry_symbols[e->symbols + k], at);
        }
    }
}

static bool filtered(const struct phrases *p, uint32_t hash)
{
    uint32_t slot = phrase_slot(hash);

    return (p->filter[slot / 64] >> (slot % 64) & 1) != 0;
}

// The word at `at`, all its beginnings; returns its end.
static uint32_t read_word(struct search *s, uint32_t at, uint32_t place)
{
    const uint8_t *p = s->text.p;
    uint32_t n = (uint32_t)s->text.n;
    uint32_t hash = PHRASE_SEED;
    uint32_t end = at;

    while (end < n && phrase_mark(p, n, end) == 0 && !phrase_ideograph(p[end])) {
        hash = phrase_hash(hash, p[end++]);
        if (filtered(s->phrases, hash)) {
            struct place word = {place, place, at, end};
            look_up(s, hash, &word, end == n || phrase_mark(p, n, end) > 0);
        }
    }
    if (s->model != NULL) {
        model_add(s->model, hash, end);
    }
    return end;
}

// All entries that begin with the ideograph at `at`; returns the end of the first character.
static uint32_t read_ideographs(struct search *s, uint32_t at, uint32_t place)
{
    enum { MOST = 12 };
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
        if (filtered(s->phrases, hash)) {
            struct place word = {place, place + i, at, end};
            look_up(s, hash, &word, true);
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

static void begin_sentence(struct search *s, uint32_t at, uint32_t place)
{
    struct place begin = {place, place, at, at};

    reach(s, PHRASE_SENTENCE, &begin);
}

static void read_text(struct search *s)
{
    const uint8_t *p = s->text.p;
    uint32_t n = (uint32_t)s->text.n;
    uint32_t place = FIRST_PLACE;

    begin_sentence(s, 0, place++);
    for (uint32_t at = 0; at < n;) {
        uint32_t size = phrase_mark(p, n, at);
        int mark = size == 0 ? 0 : sentence_mark(p, n, at, size);
        at += size;
        if (mark > 0) {
            place += mark == 2 ? SENTENCE_GAP : 0;
            begin_sentence(s, at, place++);
        } else if (size == 0) {
            at = phrase_ideograph(p[at]) ? read_ideographs(s, at, place) : read_word(s, at, place);
            place++;
        }
    }
}

void phrases_find(const struct phrases *p, const struct rule_set *rules, struct span text,
                  struct phrase_hits *ret_hits, struct model_run *model)
{
    struct search s;

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
    memset(s.reached, 0, p->step_count * sizeof(s.reached[0]));
    read_text(&s);
}
