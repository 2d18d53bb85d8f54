// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Numbers that people write in groups: payment cards (guide S54), IBANs. Each begins at a run of
// digits; what is between the groups is one separator, of those that people and typesetters use.
#include <string.h>

#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/numbers.h"

enum { CARD_MOST = 19, CARD_FEWEST = 12, GROUPS_MOST = 20 };

struct chain {
    uint8_t digits[CARD_MOST + 1];
    size_t n;
    uint8_t sizes[GROUPS_MOST];
    size_t ends[GROUPS_MOST];
    size_t count;
    struct span between; // the separator
    bool cut;            // the view ends first
};

static size_t take_group(const struct view *v, size_t at, struct chain *c)
{
    size_t begin = at;

    while (at < v->n && is_digit(v->p[at]) && c->n <= CARD_MOST) {
        c->digits[c->n++] = v->p[at++];
    }
    c->sizes[c->count] = (uint8_t)(at - begin);
    c->ends[c->count++] = at;
    return at;
}

static void take_chain(const struct view *v, size_t at, struct chain *c)
{
    c->n = c->count = 0;
    c->between = span_of(NULL, 0);
    c->cut = false;
    while (c->count < GROUPS_MOST) {
        at = take_group(v, at, c);
        if (c->n > CARD_MOST) {
            return;
        }
        if (number_separator_cut(v, at)) {
            c->cut = true;
            return;
        }
        size_t n = number_separator(v, at);
        struct span between = span_of(v->p + at, n);
        if (n == 0 || (c->between.n > 0 && !span_equal(between, c->between))) {
            return;
        }
        at += n;
        if (at == v->n && !v->final) {
            c->cut = true;
            return;
        }
        if (at == v->n || !is_digit(v->p[at])) {
            return;
        }
        c->between = between;
    }
}

static bool sizes_are(const struct chain *c, size_t groups, const char *sizes)
{
    for (size_t i = 0; i < groups; i++) {
        if (c->sizes[i] != (uint8_t)(sizes[i] - '0')) {
            return false;
        }
    }
    return sizes[groups] == '\0';
}

static bool all_of_four(const struct chain *c, size_t groups)
{
    for (size_t i = 0; i + 1 < groups; i++) {
        if (c->sizes[i] != 4) {
            return false;
        }
    }
    return groups >= 3 && c->sizes[groups - 1] <= 4;
}

// One by one, and nothing but them.
static bool all_single(const struct chain *c, size_t groups)
{
    return groups == c->n && groups == c->count;
}

// The ways cards are printed.
static bool card_grouping(const struct chain *c, size_t groups)
{
    return groups == 1 || all_of_four(c, groups) || sizes_are(c, groups, "465") ||
           sizes_are(c, groups, "464") || sizes_are(c, groups, "445") ||
           sizes_are(c, groups, "88") || (groups == 2 && c->sizes[0] == 6 && c->sizes[1] >= 10) ||
           all_single(c, groups);
}

static bool is_card(const struct chain *c, size_t groups, size_t digits)
{
    return digits >= CARD_FEWEST && digits <= CARD_MOST && card_grouping(c, groups) &&
           card_network(c->digits, digits) && luhn_valid(c->digits, digits);
}

// A chain that goes on behind the card: "4111 1111 1111 1111 123" may, "4111-...-1111-1" may not.
static bool may_end(const struct chain *c, size_t groups)
{
    return groups == c->count || c->between.p[0] == ' ';
}

// A short run is a card only where a separator follows, and one digit only as the first of many.
static bool may_be_grouped(const struct view *v, const struct site *anchor)
{
    size_t n = anchor->end - anchor->start;

    if (n >= CARD_FEWEST || anchor->end == v->n) {
        return true;
    }
    if (number_separator(v, anchor->end) == 0 && !number_separator_cut(v, anchor->end)) {
        return false;
    }
    return n > 1 || anchor->start < 2 || !is_digit(v->p[anchor->start - 2]);
}

enum { CODE_MOST = 6 }; // of a table of code points, "72A0 7902 9BD1"

struct neighbour {
    bool code;   // four to six digits, or capital letters up to F, between blanks
    bool letter; // with such a letter
    bool cut;    // the view ends first
};

static void note_code(struct neighbour *n, uint8_t c, size_t *count)
{
    n->letter = n->letter || is_upper(c);
    (*count)++;
}

static struct neighbour code_before(const struct view *v, size_t start)
{
    struct neighbour n = {0};
    size_t count = 0;

    if (start == 0 || v->p[start - 1] != ' ') {
        return n;
    }
    size_t at = start - 1;
    while (at > 0 && count <= CODE_MOST && is_hex(v->p[at - 1]) &&
           (is_digit(v->p[at - 1]) || is_upper(v->p[at - 1]))) {
        note_code(&n, v->p[--at], &count);
    }
    n.code = count >= 4 && count <= CODE_MOST && (at == 0 || is_blank(v->p[at - 1]));
    return n;
}

static struct neighbour code_after(const struct view *v, size_t end)
{
    struct neighbour n = {0};
    size_t at = end + 1;
    size_t count = 0;

    if (end < v->n && v->p[end] != ' ') {
        return n;
    }
    while (at < v->n && count <= CODE_MOST && is_hex(v->p[at]) &&
           (is_digit(v->p[at]) || is_upper(v->p[at]))) {
        note_code(&n, v->p[at++], &count);
    }
    n.cut = at >= v->n && !v->final;
    n.code = count >= 4 && count <= CODE_MOST && (at >= v->n || is_blank(v->p[at]));
    return n;
}

// Groups with blanks among more of the like are a table, not a card.
static enum match among_codes(const struct view *v, size_t start, size_t end)
{
    struct neighbour before = code_before(v, start);
    struct neighbour after = code_after(v, end);

    if (before.code && before.letter) {
        return MATCH_NO;
    }
    if (after.cut) {
        return MATCH_MORE;
    }
    return (after.code && (after.letter || before.code)) ? MATCH_NO : MATCH_YES;
}

enum match matcher_card(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct chain c __attribute__((uninitialized)); // take_chain() begins it
    uint8_t first = v->p[anchor->start];

    if (first < '2' || first == '7' || !number_edge_left(v, anchor->start) ||
        !may_be_grouped(v, anchor)) {
        return MATCH_NO;
    }
    take_chain(v, anchor->start, &c);
    if (c.cut) {
        return match_more(hit, anchor->start);
    }
    bool point = anchor->start > 0 && v->p[anchor->start - 1] == '.';
    if (point && c.between.n > 0 && c.between.p[0] == '.') {
        return MATCH_NO; // weights of collation, "[.4300.0020.0011.0002]"
    }
    size_t digits = c.n;
    for (size_t groups = c.count; groups > 0; digits -= c.sizes[--groups]) {
        if (is_card(&c, groups, digits) && may_end(&c, groups)) {
            hit->start = anchor->start;
            hit->end = c.ends[groups - 1];
            enum match m = number_edge_right(v, hit->end);
            bool blanks = groups > 1 && c.between.p[0] == ' ';
            return m == MATCH_YES && blanks ? among_codes(v, hit->start, hit->end) : m;
        }
    }
    return MATCH_NO;
}

// Characters of an IBAN from `at` on, blanks between groups of four left out.
static enum match take_iban(const struct view *v, size_t at, uint8_t *text, size_t n,
                            size_t *ret_end)
{
    size_t between = 0;

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && i % 4 == 0 && (between > 0 || i == 4)) {
            if (number_separator_cut(v, at)) {
                return MATCH_MORE;
            }
            size_t here = number_separator(v, at);
            if (i > 4 && here != between) {
                return MATCH_NO;
            }
            between = here;
            at += here;
        }
        if (at == v->n) {
            return v->final ? MATCH_NO : MATCH_MORE;
        }
        if (!is_alnum(v->p[at])) {
            return MATCH_NO;
        }
        text[i] = v->p[at++];
    }
    *ret_end = at;
    return MATCH_YES;
}

enum match matcher_iban(const struct view *v, const struct site *anchor, struct hit *hit)
{
    uint8_t text[IBAN_LONGEST];
    size_t start = anchor->start - 2;

    if (anchor->start < 2 || anchor->end - anchor->start < 2 || !is_alpha(v->p[start]) ||
        !is_alpha(v->p[start + 1]) || !number_edge_left(v, start)) {
        return MATCH_NO;
    }
    uint8_t country[2] = {v->p[start] & 0xDF, v->p[start + 1] & 0xDF};
    size_t n = iban_length(country);
    if (n == 0) {
        return MATCH_NO;
    }
    enum match m = take_iban(v, start, text, n, &hit->end);
    hit->start = start;
    if (m != MATCH_YES) {
        return m;
    }
    if (!iban_valid(text, n)) {
        return MATCH_NO;
    }
    hit->sure = true;
    if (hit->end == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    return is_alnum(v->p[hit->end]) ? MATCH_NO : MATCH_YES;
}
