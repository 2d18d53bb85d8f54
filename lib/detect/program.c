// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Forwards an item may run into the end of the view, which gives MATCH_MORE; backwards it may not:
// the view always shows as much to the left as a program can ask for (catalog.h).
//
// Deliberately not here: alternatives and giving back. A rule that needs a choice has several
// programs; one that needs more than that has a matcher.
#include "detect/program.h"

#include <string.h>

#include "detect/ascii.h"

static bool same_bytes(const uint8_t *text, const uint8_t *wanted, size_t n, bool nocase)
{
    return nocase ? equal_lowered(text, wanted, n) : memcmp(text, wanted, n) == 0;
}

// One literal at `at`.
static enum match literal_ahead(const struct view *v, size_t at, struct span wanted, bool nocase)
{
    size_t seen = v->n - at < wanted.n ? v->n - at : wanted.n;

    if (!same_bytes(v->p + at, wanted.p, seen, nocase)) {
        return MATCH_NO;
    }
    if (seen == wanted.n) {
        return MATCH_YES;
    }
    return v->final ? MATCH_NO : MATCH_MORE;
}

static size_t item_words(const struct item *item)
{
    return item->kind == ITEM_WORDS ? item->max : 1;
}

static struct span item_word(const struct catalog *c, const struct item *item, size_t i)
{
    if (item->kind == ITEM_WORDS) {
        const struct word *word = &c->words[item->at + i];
        return span_of(c->pool + word->at, word->n);
    }
    return span_of(c->pool + item->at, item->max);
}

static enum match words_forward(const struct catalog *c, const struct item *item,
                                const struct view *v, size_t *at)
{
    for (size_t i = 0; i < item_words(item); i++) {
        struct span word = item_word(c, item, i);
        enum match m = literal_ahead(v, *at, word, item->nocase);
        if (m == MATCH_YES) {
            *at += word.n;
        }
        if (m != MATCH_NO) {
            return m;
        }
    }
    return item->min == 0 ? MATCH_YES : MATCH_NO;
}

static enum match class_forward(const struct catalog *c, const struct item *item,
                                const struct view *v, size_t *at)
{
    const struct byte_class *class = &c->classes[item->at];
    size_t most = item->max;
    size_t i = *at;

    if (item->max == ITEM_OPEN) {
        most = item->min > PROGRAM_CERTAIN ? item->min : PROGRAM_CERTAIN;
    }
    size_t end = v->n - i < most ? v->n : i + most;
    while (i < end && class_has(class, v->p[i])) {
        i++;
    }
    size_t taken = i - *at;
    if (taken < most && i == v->n && !v->final) {
        return MATCH_MORE;
    }
    *at = i;
    return taken < item->min ? MATCH_NO : MATCH_YES;
}

static enum match item_forward(const struct catalog *c, const struct item *item,
                               const struct view *v, size_t *at)
{
    return item->kind == ITEM_CLASS ? class_forward(c, item, v, at) : words_forward(c, item, v, at);
}

static bool words_backward(const struct catalog *c, const struct item *item, const struct view *v,
                           size_t *at)
{
    for (size_t i = 0; i < item_words(item); i++) {
        struct span word = item_word(c, item, i);
        if (word.n <= *at && same_bytes(v->p + *at - word.n, word.p, word.n, item->nocase)) {
            *at -= word.n;
            return true;
        }
    }
    return item->min == 0;
}

static bool item_backward(const struct catalog *c, const struct item *item, const struct view *v,
                          size_t *at)
{
    if (item->kind != ITEM_CLASS) {
        return words_backward(c, item, v, at);
    }
    size_t taken = 0;
    while (taken<item->max && * at> 0 && class_has(&c->classes[item->at], v->p[*at - 1])) {
        taken++;
        (*at)--;
    }
    return taken >= item->min;
}

static bool left_edge(const struct catalog *c, const struct program *program, const struct view *v,
                      size_t at)
{
    if (program->edge == EDGE_NUMBER) {
        return number_edge_left(v, at);
    }
    return program->left == INDEX_NONE || at == 0 ||
           !class_has(&c->classes[program->left], v->p[at - 1]);
}

static enum match right_edge(const struct catalog *c, const struct program *program,
                             const struct view *v, size_t at)
{
    if (program->edge == EDGE_NUMBER) {
        return number_edge_right(v, at);
    }
    if (program->right == INDEX_NONE) {
        return MATCH_YES;
    }
    if (at == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    return class_has(&c->classes[program->right], v->p[at]) ? MATCH_NO : MATCH_YES;
}

static bool run_backward(const struct catalog *c, const struct program *program,
                         const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->start;

    for (size_t i = program->anchor; i-- > 0;) {
        if (i + 1U == program->span_end) {
            hit->end = at;
        }
        if (!item_backward(c, &c->items[program->items + i], v, &at)) {
            return false;
        }
        if (i == program->span_first) {
            hit->start = at;
        }
    }
    return left_edge(c, program, v, at);
}

enum match program_run(const struct catalog *c, const struct program *program, const struct view *v,
                       const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->end;

    // Until the span's start is reached, a finding can begin no earlier than the view ends.
    *hit = (struct hit){.start = v->n, .end = at};
    if (program->span_first == program->anchor) {
        hit->start = anchor->start;
    }
    if (!run_backward(c, program, v, anchor, hit)) {
        return MATCH_NO;
    }
    for (size_t i = program->anchor + 1U; i < program->item_count; i++) {
        const struct item *item = &c->items[program->items + i];
        if (i == program->span_first) {
            hit->start = at;
        }
        size_t began = at;
        enum match m = item_forward(c, item, v, &at);
        if (m != MATCH_YES) {
            return m;
        }
        if (i + 1 == program->span_end) {
            hit->end = at;
        }
        if (item->kind == ITEM_CLASS && item->max == ITEM_OPEN) {
            if (at - began >= PROGRAM_CERTAIN && at - began >= item->min) {
                hit->flow = (struct flow){.kind = FLOW_CLASS, .class = (uint16_t)item->at};
            }
            return MATCH_YES; // an open item is the last one and its own edge
        }
    }
    return right_edge(c, program, v, at);
}
