// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A chain goes to the right as long as letters and digits have at most one separator (or two
// blanks) between them. To the left only letters are looked at: a window holds those back, and no
// blank, until the digits come (catalog.h, `inside`).
#include "detect/shape.h"

#include <string.h>

#include "detect/ascii.h"

enum { ALONE_BLANKS = 16, ALONE_CODE = 3 };

static uint8_t separator_of(uint8_t c)
{
    switch (c) {
    case ' ':
        return SHAPE_BLANK;
    case '-':
        return SHAPE_DASH;
    case '.':
        return SHAPE_POINT;
    case '/':
        return SHAPE_SLASH;
    default:
        return 0;
    }
}

static uint8_t upper(uint8_t c)
{
    return is_alpha(c) ? (uint8_t)(c & 0xDF) : c;
}

size_t letters_before_blank(const struct view *v, size_t at)
{
    size_t n = 0;

    if (at < 2 || v->p[at - 1] != ' ') {
        return 0;
    }
    while (n < SHAPE_CODE && n + 1 < at && is_upper(v->p[at - 2 - n])) {
        n++;
    }
    bool edge = n + 1 == at || !(is_alnum(v->p[at - 2 - n]) || v->p[at - 2 - n] == '_');
    return edge ? n : 0;
}

static void read_lead(const struct view *v, struct chain *c)
{
    size_t end = c->start;

    if (end > 0 && (v->p[end - 1] == '-' || v->p[end - 1] == '.')) {
        end--;
    }
    size_t code = letters_before_blank(v, end);
    end -= code > 0;
    size_t at = end;
    while (at > 0 && c->lead < SHAPE_LEAD && is_alpha(v->p[at - 1])) {
        c->lead++;
        c->text[SHAPE_LEAD - c->lead] = upper(v->p[--at]);
    }
    c->lead_start = c->lead > 0 ? at : c->start;
}

void chain_read(const struct view *v, size_t start, struct chain *ret_chain)
{
    struct chain *c = ret_chain;
    uint8_t between = 0;
    size_t at = start;

    c->start = start;
    c->signature = 0;
    c->n = c->lead = 0;
    c->cut = false;
    read_lead(v, c);
    while (c->n < SHAPE_MOST) {
        if (at < v->n && is_alnum(v->p[at])) {
            uint8_t kind = is_digit(v->p[at]) ? SHAPE_DIGIT : SHAPE_LETTER;
            c->text[SHAPE_LEAD + c->n] = upper(v->p[at]);
            c->signature |= (uint64_t)kind << (2 * c->n);
            c->between[c->n] = between;
            c->ends[c->n++] = (uint32_t)++at;
            continue;
        }
        uint8_t separator = at < v->n ? separator_of(v->p[at]) : 0;
        size_t next = at + 1;
        next += separator == SHAPE_BLANK && next < v->n && v->p[next] == ' ';
        if (at == v->n || (separator != 0 && next >= v->n)) {
            c->cut = !v->final;
            return;
        }
        if (separator == 0 || !is_alnum(v->p[next])) {
            return;
        }
        between |= separator;
        at = next;
    }
}

// Where the shape begins when its own letters are in front of the run; SIZE_MAX where it can not.
static size_t shape_start(const struct catalog *c, const struct shape *s, const struct view *v,
                          const struct chain *chain)
{
    bool adjacent = chain->lead > 0 && is_alpha(v->p[chain->start - 1]);
    size_t prefix = s->prefix_n;
    const uint8_t *lead = chain->text + SHAPE_LEAD - chain->lead;

    if (s->lead == 0 && !adjacent && (chain->lead != prefix || prefix == 0)) {
        return chain->start;
    }
    if (chain->lead == s->lead) {
        return chain->lead_start;
    }
    if (prefix > 0 && chain->lead == s->lead + prefix &&
        memcmp(lead, c->pool + s->prefix_at, prefix) == 0) {
        return chain->lead_start;
    }
    return s->lead == 0 && !adjacent ? chain->start : SIZE_MAX;
}

static bool left_edge(const struct shape *s, const struct view *v, size_t at, uint8_t between)
{
    if (!number_edge_left(v, at)) {
        return false;
    }
    if (at < 2 || !is_digit(v->p[at - 2])) {
        return true;
    }
    bool grouped = (between & SHAPE_BLANK) != 0 && v->p[at - 1] == ' ';
    return !grouped && !(v->p[at - 1] == '/' && (s->between & SHAPE_SLASH) != 0);
}

static enum match right_edge(const struct view *v, size_t at, uint8_t between)
{
    if (at == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    uint8_t after = v->p[at];
    if (is_alnum(after) || after == '_') {
        return MATCH_NO;
    }
    if (separator_of(after) == 0 || (after == ' ' && (between & SHAPE_BLANK) == 0)) {
        return MATCH_YES;
    }
    if (at + 1 == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    return is_digit(v->p[at + 1]) ? MATCH_NO : MATCH_YES;
}

enum match shape_match(const struct catalog *c, const struct shape *shape, const struct view *v,
                       const struct chain *chain, struct hit *hit, struct span *ret_text)
{
    size_t n = shape->length - shape->lead;
    size_t seen = n < chain->n ? n : chain->n;
    uint64_t mask = seen == 32 ? UINT64_MAX : (UINT64_C(1) << (2 * seen)) - 1;

    if (((chain->signature ^ shape->want) & shape->care & mask) != 0 || (seen < n && !chain->cut) ||
        seen == 0 || (chain->between[seen - 1] & ~shape->between) != 0 ||
        chain->lead < shape->lead) {
        return MATCH_NO;
    }
    uint8_t between = chain->between[seen - 1];
    size_t start = shape_start(c, shape, v, chain);
    if (start == SIZE_MAX || !left_edge(shape, v, start, between)) {
        return MATCH_NO;
    }
    hit->start = start;
    if (seen < n) {
        return MATCH_MORE;
    }
    hit->end = chain->ends[n - 1];
    *ret_text = span_of(chain->text + SHAPE_LEAD - shape->lead, shape->length);
    return right_edge(v, hit->end, between);
}

static bool is_nothing(uint8_t c)
{
    return is_blank(c) || c == '"' || c == '\'' || c == '`';
}

bool may_stand_alone(const struct view *v, size_t start)
{
    size_t at = start;

    if (!v->first || start > ALONE_BLANKS + ALONE_CODE + 1) {
        return false;
    }
    if (at > 2 && v->p[at - 1] == ' ' && is_upper(v->p[at - 2]) && is_upper(v->p[at - 3])) {
        at -= at > 3 && is_upper(v->p[at - 4]) ? 4 : 3;
    }
    while (at > 0 && is_nothing(v->p[at - 1])) {
        at--;
    }
    return at == 0;
}

// Digits that count ("12345678") or stay ("0000 0000"): examples of a number, and nobody's.
static bool counts_or_stays(const struct view *v, size_t start, size_t end)
{
    uint8_t last = 0;
    unsigned steps = 0; // 1: stays, 2: counts up, 4: any other
    bool any = false;

    for (size_t at = start; at < end; at++) {
        uint8_t c = v->p[at];
        if (is_alpha(c)) {
            return false;
        }
        if (!is_digit(c)) {
            continue;
        }
        unsigned step = (unsigned)(c - last + 10) % 10;
        steps |= !any ? 0 : step == 0 ? 1U : step == 1 ? 2U : 4U;
        last = c;
        any = true;
    }
    return steps == 1 || steps == 2;
}

enum match stands_alone(const struct view *v, size_t start, size_t end)
{
    size_t at = end;

    if (!may_stand_alone(v, start) || counts_or_stays(v, start, end)) {
        return MATCH_NO;
    }
    while (at < v->n && at - end <= ALONE_BLANKS && is_nothing(v->p[at])) {
        at++;
    }
    if (at - end > ALONE_BLANKS || at < v->n) {
        return MATCH_NO;
    }
    return v->final ? MATCH_YES : MATCH_MORE;
}
