// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// At each place where a word can begin, the words of its bucket are compared. A word that ends
// behind the candidate does not count for it but may for the next one, so reading goes back by the
// length of the longest word.
#include "detect/context.h"

#include <string.h>

#include "detect/ascii.h"

// Whether letters or digits stand on both sides of `at`.
static bool inside_word(const struct view *v, size_t at)
{
    return at > 0 && at < v->n && is_alnum(v->p[at - 1]) && is_alnum(v->p[at]);
}

static void read_at(struct context_reader *r, size_t at, size_t upto)
{
    const struct catalog *c = r->catalog;
    const struct view *v = r->view;
    unsigned bucket = context_bucket(to_lower(v->p[at]), to_lower(v->p[at + 1]));

    for (size_t i = c->context_buckets[bucket]; i < c->context_buckets[bucket + 1U]; i++) {
        const struct context_word *word = &c->context_words[i];
        if (word->n <= upto - at && equal_lowered(v->p + at, c->pool + word->at, word->n) &&
            !inside_word(v, at + word->n) && r->last[word->group] < at + 1) {
            if (r->last[word->group] == 0) {
                r->active[r->active_count++] = word->group;
            }
            r->last[word->group] = (uint32_t)at + 1;
        }
    }
}

void context_init(struct context_reader *r, const struct catalog *c, const struct view *v,
                  uint32_t *last, uint16_t *active)
{
    *r = (struct context_reader){.catalog = c, .view = v, .last = last, .active = active};
    memset(last, 0, c->context_count * sizeof(*last));
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
    size_t longest = r->catalog->context_longest;

    for (at = at > r->read ? at : r->read; at + 2 <= upto; at++) {
        if (!inside_word(r->view, at)) {
            read_at(r, at, upto);
        }
    }
    size_t back = upto > longest ? upto - longest : 0;
    r->read = back > r->read ? back : r->read;
}
