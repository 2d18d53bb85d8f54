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
    WORD_BEFORE = 12, // of a word that tells what follows
    BLANKS_BEFORE = 4,
    DOUBTFUL = 10, // characters, with the dots
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

// The word that stands before `at`, with a blank or a mark between.
static struct span word_before(const struct view *v, size_t at)
{
    size_t end = at;

    while (end > 0 && at - end < BLANKS_BEFORE && v->p[end - 1] != '\n' && v->p[end - 1] < 0x80 &&
           !is_alnum(v->p[end - 1])) {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && end - begin < WORD_BEFORE && is_alnum(v->p[begin - 1])) {
        begin--;
    }
    return span_of(v->p + begin, end - begin);
}

static bool is_word(struct span word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_equal_nocase(word, span_str(words[i]))) {
            return true;
        }
    }
    return false;
}

// "version 1.2.3.4", "ver. 1.2.3.4"
static bool version_before(const struct view *v, size_t start)
{
    static const char *const words[] = {"version", "ver",     "v",        "release",
                                        "build",   "rev",     "revision", "firmware",
                                        "section", "chapter", "oid",      "step"};

    return is_word(word_before(v, start), words, ARRAY_SIZE(words));
}

static bool host_beside(const struct view *v, size_t start, size_t end)
{
    static const char *const words[] = {"ip",     "ips",    "ipv4",    "host",   "address", "addr",
                                        "server", "client", "gateway", "router", "dns",     "ping",
                                        "ssh",    "subnet", "network", "proxy",  "peer",    "from"};
    uint8_t before = start > 0 ? v->p[start - 1] : ' ';
    uint8_t after = end < v->n ? v->p[end] : ' ';

    return before == '@' || before == '/' || after == ':' || after == '/' ||
           is_word(word_before(v, start), words, ARRAY_SIZE(words));
}

static bool names_nobody(const uint8_t octet[4])
{
    return octet[0] == 127 || octet[0] == 0 || octet[0] == 255;
}

// Four short numbers are more often a section or a version ("22.2.1.5") than an address. Private
// networks, four equal numbers and longer ones are addresses.
static bool is_doubtful(const uint8_t octet[4], size_t n)
{
    bool same = octet[0] == octet[1] && octet[1] == octet[2] && octet[2] == octet[3];
    bool private = octet[0] == 10 || (octet[0] == 192 && octet[1] == 168);

    return n < DOUBTFUL && !same && !private;
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

// "1.5 3.51.98.32 2.03": coordinates of a drawing, not an address.
static bool fraction_before(const struct view *v, size_t start)
{
    size_t at = start;
    unsigned points = 0;

    if (at < 2 || v->p[at - 1] != ' ' || !is_digit(v->p[at - 2])) {
        return false;
    }
    for (at--; at > 0 && start - at < BLANKS_BEFORE + WORD_BEFORE; at--) {
        if (!is_digit(v->p[at - 1]) && v->p[at - 1] != '.') {
            break;
        }
        points += v->p[at - 1] == '.';
    }
    return points == 1 || points == 2;
}

// "10.0.0.0/24" is a network.
static enum match is_network(const struct view *v, size_t end, const uint8_t octet[4])
{
    if (octet[3] != 0 || end == v->n || v->p[end] != '/') {
        return MATCH_NO;
    }
    if (end + 1 == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return is_digit(v->p[end + 1]) ? MATCH_YES : MATCH_NO;
}

static enum match ipv4(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t end = anchor->start;
    uint8_t octet[4];
    enum match m = octets(v, &end, octet);

    if (m == MATCH_YES) {
        m = ipv4_edges(v, anchor->start, end);
    }
    hit->start = anchor->start;
    hit->end = end;
    if (m != MATCH_YES) {
        return m;
    }
    if (names_nobody(octet) || version_before(v, anchor->start) ||
        fraction_before(v, anchor->start)) {
        return MATCH_NO;
    }
    m = is_network(v, end, octet);
    if (m != MATCH_NO) {
        return m == MATCH_YES ? MATCH_NO : m;
    }
    return is_doubtful(octet, end - anchor->start) && !host_beside(v, anchor->start, end)
               ? MATCH_NO
               : MATCH_YES;
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

static enum match ipv6(const struct view *v, const struct site *anchor, struct hit *hit)
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

enum match matcher_ip(const struct view *v, const struct site *anchor, struct hit *hit)
{
    bool dot = anchor->end < v->n && v->p[anchor->end] == '.';

    return dot ? ipv4(v, anchor, hit) : ipv6(v, anchor, hit);
}
