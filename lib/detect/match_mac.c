// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Hardware addresses: six pairs of hexadecimal digits with colons or dashes (IEEE 802). They begin
// at the first decimal digit; one without any is not found.
//
// Deliberately not found: all pairs alike (broadcast, nothing), and longer rows, which are hashes.
#include "detect/ascii.h"
#include "detect/matcher.h"

enum { MAC_BYTES = 17 };

static bool is_pairs(struct span text)
{
    uint8_t mark = text.p[2];
    bool alike = true;

    for (size_t i = 0; i < text.n; i++) {
        if (i % 3 == 2 ? text.p[i] != mark : !is_hex(text.p[i])) {
            return false;
        }
        alike = alike && (i % 3 == 2 || text.p[i] == text.p[0]);
    }
    return !alike && (mark == ':' || mark == '-');
}

static bool goes_on(uint8_t c)
{
    return is_alnum(c) || c == ':' || c == '-' || c == '_';
}

enum match matcher_mac(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t start = anchor->start;

    while (start > 0 && anchor->start - start <= MAC_BYTES &&
           (is_hex(v->p[start - 1]) || v->p[start - 1] == ':' || v->p[start - 1] == '-')) {
        start--;
        if (is_digit(v->p[start])) {
            return MATCH_NO; // an earlier run of digits belongs to it
        }
    }
    if (anchor->start - start > MAC_BYTES || (start > 0 && goes_on(v->p[start - 1]))) {
        return MATCH_NO;
    }
    hit->start = start;
    for (size_t i = start; i < v->n && i - start < MAC_BYTES; i++) {
        bool mark = (i - start) % 3 == 2;
        if (mark ? v->p[i] != ':' && v->p[i] != '-' : !is_hex(v->p[i])) {
            return MATCH_NO;
        }
    }
    if (v->n - start < MAC_BYTES + 1) {
        if (!v->final) {
            return MATCH_MORE;
        }
        if (v->n - start < MAC_BYTES) {
            return MATCH_NO;
        }
    }
    hit->end = start + MAC_BYTES;
    if (!is_pairs(span_of(v->p + start, MAC_BYTES))) {
        return MATCH_NO;
    }
    return hit->end < v->n && goes_on(v->p[hit->end]) && v->p[hit->end] != ':'          ? MATCH_NO
           : hit->end + 1 < v->n && v->p[hit->end] == ':' && is_hex(v->p[hit->end + 1]) ? MATCH_NO
           : hit->end + 1 == v->n && !v->final                                          ? MATCH_MORE
                                                                                        : MATCH_YES;
}
