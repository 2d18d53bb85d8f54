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

#include "base/status.h"
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

// The items from `i` on, from `at` on. All of what is before them matched.
static enum match run_forward(const struct catalog *c, const struct program *program,
                              const struct view *v, size_t i, size_t at, struct hit *hit)
{
    for (; i < program->item_count; i++) {
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

static bool same_case(uint8_t a, uint8_t b)
{
    return is_alpha(a) && is_alpha(b) && is_upper(a) == is_upper(b);
}

// What assigns: "=", ":", "=>", ">" of a tag, "(" of a call, "," between arguments, "|" of "||".
static bool assigns(uint8_t c)
{
    return c == '=' || c == ':' || c == '>' || c == '(' || c == ',' || c == '|';
}

// Whether the gap says that what follows is the checksum of something.
static bool tells_checksum(struct span gap)
{
    static const struct span words[] = {SPAN("sha"),      SPAN("hash"),   SPAN("md5"),
                                        SPAN("digest"),   SPAN("commit"), SPAN("checksum"),
                                        SPAN("integrity")};

    for (size_t i = 0; i < gap.n; i++) {
        for (size_t k = 0; k < ARRAY_SIZE(words); k++) {
            if (words[k].n <= gap.n - i && equal_lowered(gap.p + i, words[k].p, words[k].n)) {
                return true;
            }
        }
    }
    return false;
}

// What the first byte of a value may be: any, where it begins otherwise than with a class.
static const struct byte_class *first_class(const struct catalog *c, const struct program *program)
{
    static const struct byte_class any = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    const struct item *item = &c->items[program->items + 2];

    return item->kind == ITEM_CLASS && item->min > 0 ? &c->classes[item->at] : &any;
}

// Whether the keyword stands at `s` once more: then that one looks for the value.
static enum match again(const struct view *v, const struct site *anchor, size_t s)
{
    return literal_ahead(v, s, span_of(v->p + anchor->start, anchor->end - anchor->start), false);
}

struct gap {
    const struct byte_class *left;  // what may not stand on both sides of the value's beginning
    const struct byte_class *first; // its first byte
    struct site keyword;
    bool assigned; // an operator stood in it, or none is needed
    bool over;     // the keyword came again: no value is behind this one
};

// Whether the value begins at `s`.
static enum match value_at(const struct catalog *c, const struct program *program,
                           const struct view *v, size_t s, struct gap *gap, struct hit *hit)
{
    if (class_has(gap->left, v->p[s - 1]) && class_has(gap->left, v->p[s])) {
        return MATCH_NO;
    }
    enum match m = again(v, &gap->keyword, s);
    if (m != MATCH_NO) {
        gap->over = m == MATCH_YES;
        return gap->over ? MATCH_NO : match_more(hit, s);
    }
    if (!gap->assigned || !class_has(gap->first, v->p[s])) {
        return MATCH_NO;
    }
    m = run_forward(c, program, v, 2, s, hit);
    gap->over =
        m == MATCH_YES && tells_checksum(span_of(v->p + gap->keyword.end, s - gap->keyword.end));
    if (gap->over) {
        return MATCH_NO;
    }
    return m == MATCH_MORE ? match_more(hit, s) : m;
}

// Where may the value begin? At the first place in the gap, with nothing of its alphabet before it,
// from which on all of it matches. A line may end once, and not before a blank line.
static enum match run_gap(const struct catalog *c, const struct program *program,
                          const struct view *v, const struct site *anchor, struct hit *hit)
{
    static const struct byte_class none = {0};
    const struct item *item = &c->items[program->items + 1];
    struct gap gap = {.left = program->left == INDEX_NONE ? &none : &c->classes[program->left],
                      .first = first_class(c, program),
                      .keyword = *anchor,
                      .assigned = item->min == 0};
    unsigned lines = 0;

    for (size_t s = anchor->end; s - anchor->end <= item->max && lines < 2 && !gap.over; s++) {
        if (s == v->n) {
            return v->final ? MATCH_NO : match_more(hit, s);
        }
        enum match m = value_at(c, program, v, s, &gap, hit);
        if (m != MATCH_NO) {
            return m;
        }
        gap.assigned = gap.assigned || assigns(v->p[s]);
        lines += v->p[s] == '\n' && v->p[s - 1] != '\\';
    }
    return MATCH_NO;
}

// Whether `at` stands in a tag, which tells what was there, not what follows: else a text that is
// redacted again, as each turn of a conversation is, would lose more each time.
static bool in_tag(const struct view *v, size_t at)
{
    static const struct span lead = SPAN("[REDACTED:");
    enum { TAG_MOST = 40 };
    size_t least = at > TAG_MOST ? at - TAG_MOST : 0;

    while (at > least && v->p[at - 1] != ':') {
        at--;
    }
    return at >= lead.n && memcmp(v->p + at - lead.n, lead.p, lead.n) == 0;
}

// A keyword begins a word, or a part of a name that is written in camel case.
static bool begins_word(const struct view *v, size_t at)
{
    if (at == 0) {
        return true;
    }
    uint8_t before = v->p[at - 1];
    return !same_case(before, v->p[at]) && !((before == ':' || before == '_') && in_tag(v, at));
}

enum match program_run(const struct catalog *c, const struct program *program, const struct view *v,
                       const struct site *anchor, struct hit *hit)
{
    // Until the span's start is reached, a finding can begin no earlier than the view ends.
    *hit = (struct hit){.start = v->n, .end = anchor->end};
    if (program->item_count > 1 && c->items[program->items + 1].kind == ITEM_GAP) {
        return begins_word(v, anchor->start) ? run_gap(c, program, v, anchor, hit) : MATCH_NO;
    }
    if (program->span_first == program->anchor) {
        hit->start = anchor->start;
    }
    if (!run_backward(c, program, v, anchor, hit)) {
        return MATCH_NO;
    }
    return run_forward(c, program, v, program->anchor + 1U, anchor->end, hit);
}
