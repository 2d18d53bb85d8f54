// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// At each place where a word can begin, the words of its bucket are compared. Each byte is read
// once; only a word that ends behind the candidate, which does not count for it but may for the
// next one, is read again.
#include "detect/context.h"

#include <string.h>

#include "detect/ascii.h"

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

void context_begins(const struct catalog *c, struct byte_class *ret_begins)
{
    *ret_begins = (struct byte_class){{0}};
    for (size_t i = 0; i < c->context_buckets[CONTEXT_BUCKETS]; i++) {
        uint8_t first = c->pool[c->context_words[i].at];
        class_add(ret_begins, first);
        if (is_alpha(first)) {
            class_add(ret_begins, first ^ 0x20);
        }
    }
}

void context_init(struct context_reader *r, const struct view *v)
{
    r->view = v;
    r->read = r->active_count = 0;
    memset(r->last, 0, r->catalog->context_count * sizeof(*r->last));
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
    bool before = at > 0 && is_alnum(r->view->p[at - 1]);
    for (; at + 2 <= upto; at++) {
        uint8_t c = r->view->p[at];
        bool letter = is_alnum(c);
        if ((letter ? !before : c >= 0xC0) && class_has(r->begins, c) && !read_at(r, at, upto) &&
            again == SIZE_MAX) {
            again = at;
        }
        before = letter;
    }
    at = again < at ? again : at;
    r->read = at > r->read ? at : r->read;
}
