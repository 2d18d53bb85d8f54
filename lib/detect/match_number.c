// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// International bank account numbers. What may be between the groups is one separator, of those
// that people and typesetters use.
#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/numbers.h"

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
