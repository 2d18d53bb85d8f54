// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// IP addresses. Both begin at a run of decimal digits: an IPv6 address without any is not found.
//
// Deliberately not found: loopback, unspecified, broadcast and netmasks, which name nobody; four
// numbers that are a version.
#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"

enum {
    VERSION_BEFORE = 12, // how far the word "version" may stand before
    IPV6_MOST = 45,
    GROUPS = 8,
};

static enum match octets(const struct view *v, size_t *at, uint8_t octet[4])
{
    size_t i = *at;

    for (int k = 0; k < 4; k++) {
        unsigned value = 0;
        size_t begin = i;
        if (k > 0) {
            if (i == v->n) {
                return v->final ? MATCH_NO : MATCH_MORE;
            }
            if (v->p[i] != '.') {
                return MATCH_NO;
            }
            begin = ++i;
        }
        while (i < v->n && i - begin < 4 && is_digit(v->p[i])) {
            value = value * 10 + (unsigned)(v->p[i++] - '0');
        }
        if (i == v->n && !v->final && i - begin < 4) {
            return MATCH_MORE;
        }
        if (i == begin || i - begin > 3 || value > 255 || (v->p[begin] == '0' && i - begin > 1)) {
            return MATCH_NO;
        }
        octet[k] = (uint8_t)value;
    }
    *at = i;
    return MATCH_YES;
}

// "version 1.2.3.4", "ver. 1.2.3.4"
static bool version_before(const struct view *v, size_t start)
{
    static const char *const words[] = {"version", "ver", "v", "release", "build", "firmware"};
    size_t end = start;

    while (end > 0 && start - end < 3 &&
           (v->p[end - 1] == ' ' || v->p[end - 1] == '.' || v->p[end - 1] == ':' ||
            v->p[end - 1] == '"')) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && end - begin < VERSION_BEFORE && is_alpha(v->p[begin - 1])) {
        begin--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (span_equal_nocase(span_of(v->p + begin, end - begin), span_str(words[i]))) {
            return true;
        }
    }
    return false;
}

// Four single digits are more often a version ("2.1.0.4") than an address, unless all are the same.
static bool names_nobody(const uint8_t octet[4])
{
    bool small = octet[0] < 10 && octet[1] < 10 && octet[2] < 10 && octet[3] < 10;
    bool same = octet[0] == octet[1] && octet[1] == octet[2] && octet[2] == octet[3];

    return octet[0] == 127 || octet[0] == 0 || octet[0] == 255 || (small && !same);
}

// "1.2.3.4-rc" and "pkg-1.2.3.4" are versions.
static enum match ipv4_edges(const struct view *v, size_t start, size_t end)
{
    if (!number_edge_left(v, start) ||
        (start > 0 && (v->p[start - 1] == '.' || v->p[start - 1] == '-'))) {
        return MATCH_NO;
    }
    if (end < v->n && (v->p[end] == '-' || v->p[end] == '.')) {
        if (end + 1 == v->n) {
            return v->final ? MATCH_YES : MATCH_MORE;
        }
        return is_alnum(v->p[end + 1]) && (v->p[end] == '.' || is_alpha(v->p[end + 1])) ? MATCH_NO
                                                                                        : MATCH_YES;
    }
    return number_edge_right(v, end);
}

enum match matcher_ipv4(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t end = anchor->start;
    uint8_t octet[4];

    if (anchor->end < v->n && v->p[anchor->end] != '.') {
        return MATCH_NO;
    }
    if (!number_edge_left(v, anchor->start)) {
        return MATCH_NO;
    }
    enum match m = octets(v, &end, octet);
    if (m == MATCH_YES) {
        m = ipv4_edges(v, anchor->start, end);
    }
    hit->start = anchor->start;
    hit->end = end;
    if (m == MATCH_YES && (names_nobody(octet) || version_before(v, anchor->start))) {
        return MATCH_NO;
    }
    return m;
}

static bool is_group_byte(uint8_t c)
{
    return is_hex(c) || c == ':';
}

// Start of the address whose first decimal digits begin at `at`; SIZE_MAX where an earlier run of
// digits belongs to it, or where it can begin nowhere.
static size_t ipv6_start(const struct view *v, size_t at)
{
    size_t start = at;

    while (start > 0 && is_group_byte(v->p[start - 1])) {
        if (is_digit(v->p[start - 1]) || at - start >= IPV6_MOST) {
            return SIZE_MAX;
        }
        start--;
    }
    if (start > 0 && (is_alnum(v->p[start - 1]) || v->p[start - 1] == '_' ||
                      v->p[start - 1] == '.' || v->p[start - 1] == '-')) {
        return SIZE_MAX;
    }
    return start;
}

struct groups {
    unsigned count; // groups of hexadecimal digits
    unsigned gaps;  // "::"
    unsigned wide;  // groups of three and four digits
    unsigned first; // digits of the first group
};

// RFC 4291 2.2. False where it is no address.
static bool count_groups(struct span text, struct groups *g)
{
    size_t i = 0;

    *g = (struct groups){0};
    while (i < text.n) {
        size_t begin = i;
        while (i < text.n && is_hex(text.p[i])) {
            i++;
        }
        unsigned digits = (unsigned)(i - begin);
        if (digits > 4 || (digits == 0 && i > 0)) {
            return false;
        }
        g->first = begin == 0 ? digits : g->first;
        g->count += digits > 0;
        g->wide += digits > 2;
        if (i == text.n) {
            return g->gaps == 1 ? g->count < GROUPS : g->count == GROUPS;
        }
        i++; // the colon
        if (i < text.n && text.p[i] == ':') {
            g->gaps++;
            i++;
        }
    }
    return text.n > 1 && text.p[text.n - 2] == ':' && g->gaps == 1 && g->count < GROUPS;
}

// Hash fingerprints and hardware addresses are pairs; "a::b" is a name in source code.
static bool is_ipv6(struct span text)
{
    struct groups g;

    if (!count_groups(text, &g)) {
        return false;
    }
    return g.gaps == 0 ? g.wide > 1 : g.count > 1 && g.first > 2;
}

enum match matcher_ipv6(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t end = anchor->end;
    bool more = anchor->end < v->n && is_group_byte(v->p[anchor->end]);

    if (!more && (anchor->start == 0 || !is_group_byte(v->p[anchor->start - 1]))) {
        return MATCH_NO;
    }
    size_t start = ipv6_start(v, anchor->start);
    if (start == SIZE_MAX) {
        return MATCH_NO;
    }
    while (end < v->n && end - start <= IPV6_MOST && is_group_byte(v->p[end])) {
        end++;
    }
    if (end - start > IPV6_MOST) {
        return MATCH_NO;
    }
    if (end == v->n && !v->final) {
        return match_more(hit, start);
    }
    if (end < v->n && (is_alnum(v->p[end]) || v->p[end] == '_')) {
        return MATCH_NO;
    }
    if (v->p[end - 1] == ':' && v->p[end - 2] != ':') {
        end--; // "fe80::1: no route"
    }
    hit->start = start;
    hit->end = end;
    return is_ipv6(span_of(v->p + start, end - start)) ? MATCH_YES : MATCH_NO;
}
