// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// At each place where a word can begin, the words of its bucket are compared. Each byte is read
// once; only a word that ends behind the candidate, which does not count for it but may for the
// next one, is read again.
#include "detect/context.h"

#include "detect/ascii.h"

enum { BYTE_OF_WORD = 1, BYTE_BEGINS = 2, BYTE_BEGINS_ANYWHERE = 4 };

// Whether letters or digits stand on both sides of `at`.
static bool inside_word(const struct view *v, size_t at)
{
    return at > 0 && at < v->n && is_alnum(v->p[at - 1]) && is_alnum(v->p[at]);
}

// The words at `at`; false where one ends behind `upto`, so that it counts for what comes later.
static inline bool read_at(struct context_reader *r, size_t at, size_t upto)
{
    const struct catalog *c = r->catalog;
    const struct view *v = r->view;
    unsigned bucket = context_bucket(v->p + at, v->n - at);
    bool whole = true;

    for (size_t i = c->context_buckets[bucket]; i < c->context_buckets[bucket + 1U]; i++) {
        const struct context_word *word = &c->context_words[i];
        if (word->n > v->n - at || !equal_lowered(v->p + at, c->pool + word->at, word->n) ||
            inside_word(v, at + word->n)) {
            continue;
        }
        if (word->n > upto - at) {
            whole = false;
        } else if (r->last[word->group] < at + 1) {
            if (r->last[word->group] == 0) {
                r->active[r->active_count++] = word->group;
            }
            r->last[word->group] = (uint32_t)at + 1;
        }
    }
    return whole;
}

void context_bytes_of(const struct catalog *c, struct context_bytes *ret_bytes)
{
    *ret_bytes = (struct context_bytes){{0}};
    for (size_t i = 0; i < c->context_buckets[CONTEXT_BUCKETS]; i++) {
        uint8_t first = c->pool[c->context_words[i].at];
        uint8_t begins = first >= 0xC0 ? BYTE_BEGINS_ANYWHERE : is_alnum(first) ? BYTE_BEGINS : 0;
        ret_bytes->of[first] |= begins;
        ret_bytes->of[is_alpha(first) ? first ^ 0x20 : first] |= begins;
    }
    for (unsigned byte = 0; byte < 0x80; byte++) {
        ret_bytes->of[byte] |= is_alnum((uint8_t)byte) ? BYTE_OF_WORD : 0;
    }
}

void context_init(struct context_reader *r, const struct view *v)
{
    for (size_t i = 0; i < r->active_count; i++) {
        r->last[r->active[i]] = 0;
    }
    r->view = v;
    r->read = r->active_count = 0;
}

void context_prune(struct context_reader *r, size_t upto)
{
    size_t kept = 0;

    for (size_t i = 0; i < r->active_count; i++) {
        uint16_t group = r->active[i];
        if (upto - (r->last[group] - 1) <= CATALOG_NEAR + CONTEXT_LEAD) {
            r->active[kept++] = group;
        } else {
            r->last[group] = 0;
        }
    }
    r->active_count = kept;
}

void context_read(struct context_reader *r, size_t upto)
{
    size_t back_to = CATALOG_NEAR + CONTEXT_LEAD;
    size_t at = upto > back_to ? upto - back_to : 0;
    size_t again = SIZE_MAX;

    at = at > r->read ? at : r->read;
    const uint8_t *p = r->view->p;
    const uint8_t *of = r->bytes->of;
    uint8_t before = at > 0 ? of[p[at - 1]] : 0;
    for (; at + 2 <= upto; at++) {
        uint8_t now = of[p[at]];
        bool begins = (now & BYTE_BEGINS_ANYWHERE) != 0 ||
                      ((now & BYTE_BEGINS) != 0 && (before & BYTE_OF_WORD) == 0);
        if (begins && !read_at(r, at, upto) && again == SIZE_MAX) {
            again = at;
        }
        before = now;
    }
    at = again < at ? again : at;
    r->read = at > r->read ? at : r->read;
}
