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

// Where an address whose first decimal digits are at `at` begins; SIZE_MAX where an earlier run of
// digits belongs to it, or where it can not begin.
static size_t mac_start(const struct view *v, size_t at)
{
    size_t start = at;

    while (start > 0 && at - start <= MAC_BYTES &&
           (is_hex(v->p[start - 1]) || v->p[start - 1] == ':' || v->p[start - 1] == '-')) {
        start--;
        if (is_digit(v->p[start])) {
            return SIZE_MAX;
        }
    }
    return at - start > MAC_BYTES || (start > 0 && goes_on(v->p[start - 1])) ? SIZE_MAX : start;
}

// A colon may end a sentence; a pair behind it makes a longer row.
static enum match mac_end(const struct view *v, size_t end)
{
    if (end == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    if (v->p[end] != ':') {
        return goes_on(v->p[end]) ? MATCH_NO : MATCH_YES;
    }
    if (end + 1 == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    return is_hex(v->p[end + 1]) ? MATCH_NO : MATCH_YES;
}

enum match matcher_mac(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t start = mac_start(v, anchor->start);

    if (start == SIZE_MAX) {
        return MATCH_NO;
    }
    hit->start = start;
    hit->end = start + MAC_BYTES;
    for (size_t i = start; i < v->n && i < hit->end; i++) {
        bool mark = (i - start) % 3 == 2;
        if (mark ? v->p[i] != ':' && v->p[i] != '-' : !is_hex(v->p[i])) {
            return MATCH_NO;
        }
    }
    if (v->n < hit->end) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return is_pairs(span_of(v->p + start, MAC_BYTES)) ? mac_end(v, hit->end) : MATCH_NO;
}
