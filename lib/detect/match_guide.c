// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The three expressions of the guide's ResponseFilter (S54, S55, S56), to the letter, in linear
// time: what Python's `re` finds with IGNORECASE, found without giving anything back.
//
//   card    \b\d{4}[-\s]?\d{4}[-\s]?\d{4}[-\s]?\d{4}\b
//   ssn     \b\d{3}-\d{2}-\d{4}\b
//   e-mail  \b[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Z|a-z]{2,}\b
//
// What is different: digits are ASCII's, of a local part the last 64 characters count and of a
// domain the first 253, and which characters outside ASCII are word characters is told by blocks.
#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/unicode.h"

enum { LOCAL_MOST = 64, DOMAIN_MOST = 253, CHARACTER_MOST = 4 };

// --- \b and \s --------------------------------------------------------------------------------

// The character at `at`, which is `*ret_n` bytes; 0xFFFD where it is none.
static uint32_t character(const struct view *v, size_t at, size_t *ret_n)
{
    static const uint8_t masks[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    size_t n = char_size(v->p[at]);
    uint32_t code = v->p[at] & masks[n];

    *ret_n = n;
    if (n > v->n - at) {
        *ret_n = 1;
        return 0xFFFD;
    }
    for (size_t i = 1; i < n; i++) {
        code = code << 6 | (v->p[at + i] & 0x3F);
    }
    return code;
}

static bool is_within(uint32_t c, uint32_t from, uint32_t to)
{
    return c >= from && c <= to;
}

static bool is_word_outside_ascii(uint32_t c)
{
    if (c < 0xC0) {
        return c == 0xAA || c == 0xB2 || c == 0xB3 || c == 0xB5 || is_within(c, 0xB9, 0xBA) ||
               is_within(c, 0xBC, 0xBE);
    }
    if (c == 0xD7 || c == 0xF7 || c == 0xFFFD || is_within(c, 0x2000, 0x206F)) {
        return false;
    }
    return !is_within(c, 0x20A0, 0x2BFF) && !is_within(c, 0x3000, 0x3004) &&
           !is_within(c, 0x3008, 0x3020) && !is_within(c, 0xE000, 0xF8FF) &&
           !is_within(c, 0xFE10, 0xFE6F) && !is_within(c, 0xFF00, 0xFF0F) &&
           !is_within(c, 0xFF1A, 0xFF20) && !is_within(c, 0xFF3B, 0xFF40) &&
           !is_within(c, 0xFF5B, 0xFF65) && !is_within(c, 0x1F000, 0x1FAFF) && c < 0xE0000;
}

static bool is_word(const struct view *v, size_t at)
{
    uint8_t c = v->p[at];
    size_t n = 0;

    return c < 0x80 ? is_alnum(c) || c == '_' : is_word_outside_ascii(character(v, at, &n));
}

static bool is_word_before(const struct view *v, size_t at)
{
    size_t from = at;

    do {
        if (from == 0) {
            return false;
        }
        from--;
    } while (at - from < CHARACTER_MOST && (v->p[from] & 0xC0) == 0x80);
    return is_word(v, from);
}

// Whether a word ends at `at`, which stands behind a word character.
static enum match word_ends(const struct view *v, size_t at)
{
    if (char_cut(v, at)) {
        return MATCH_MORE;
    }
    return at < v->n && is_word(v, at) ? MATCH_NO : MATCH_YES;
}

// Bytes of the white space at `at`, as str.isspace has it; 0 for none.
static size_t space_at(const struct view *v, size_t at)
{
    size_t n = 0;
    uint32_t c = character(v, at, &n);

    bool is = is_within(c, 9, 13) || is_within(c, 0x1C, 0x20) || c == 0x85 || c == 0xA0 ||
              c == 0x1680 || is_within(c, 0x2000, 0x200A) || is_within(c, 0x2028, 0x2029) ||
              c == 0x202F || c == 0x205F || c == 0x3000;
    return is ? n : 0;
}

// --- numbers ----------------------------------------------------------------------------------

static enum match take_digits(const struct view *v, size_t *at, size_t n)
{
    for (size_t i = 0; i < n; i++, (*at)++) {
        if (*at == v->n) {
            return v->final ? MATCH_NO : MATCH_MORE;
        }
        if (!is_digit(v->p[*at])) {
            return MATCH_NO;
        }
    }
    return MATCH_YES;
}

static enum match take_hyphen(const struct view *v, size_t *at)
{
    if (*at == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return v->p[(*at)++] == '-' ? MATCH_YES : MATCH_NO;
}

static enum match take_separator(const struct view *v, size_t *at)
{
    if (char_cut(v, *at)) {
        return MATCH_MORE;
    }
    if (*at < v->n) {
        *at += v->p[*at] == '-' ? 1 : space_at(v, *at);
    }
    return MATCH_YES;
}

static enum match end_number(const struct view *v, size_t at, struct hit *hit)
{
    hit->end = at;
    return word_ends(v, at);
}

enum match matcher_guide_card(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->start;
    enum match m = MATCH_YES;

    hit->start = at;
    if (is_word_before(v, at)) {
        return MATCH_NO;
    }
    for (int group = 0; group < 4 && m == MATCH_YES; group++) {
        m = group > 0 ? take_separator(v, &at) : MATCH_YES;
        m = m == MATCH_YES ? take_digits(v, &at, 4) : m;
    }
    return m == MATCH_YES ? end_number(v, at, hit) : m;
}

enum match matcher_guide_ssn(const struct view *v, const struct site *anchor, struct hit *hit)
{
    static const size_t groups[] = {3, 2, 4};
    size_t at = anchor->start;
    enum match m = MATCH_YES;

    hit->start = at;
    if (is_word_before(v, at)) {
        return MATCH_NO;
    }
    for (size_t group = 0; group < 3 && m == MATCH_YES; group++) {
        m = group > 0 ? take_hyphen(v, &at) : MATCH_YES;
        m = m == MATCH_YES ? take_digits(v, &at, groups[group]) : m;
    }
    return m == MATCH_YES ? end_number(v, at, hit) : m;
}

// --- e-mail -----------------------------------------------------------------------------------

static bool is_local(uint8_t c)
{
    return is_alnum(c) || c == '.' || c == '_' || c == '%' || c == '+' || c == '-';
}

static bool is_domain(uint8_t c)
{
    return is_alnum(c) || c == '.' || c == '-';
}

static bool is_top(uint8_t c)
{
    return is_alpha(c) || c == '|';
}

// The last place of the top level domain, which begins at `at`, that has a word on one side only;
// 0 for none behind its second character.
static size_t top_end(const struct view *v, size_t at, size_t end)
{
    for (size_t i = end; i >= at + 2; i--) {
        bool word = i < v->n && is_word(v, i);
        if (word != (v->p[i - 1] != '|')) {
            return i;
        }
    }
    return 0;
}

// The expression takes the last dot with which it can match.
static bool find_end(const struct view *v, size_t at, size_t most, struct hit *hit)
{
    for (size_t dot = most; dot > at + 1; dot--) {
        if (v->p[dot - 1] != '.') {
            continue;
        }
        size_t end = dot;
        while (end < v->n && end - at < DOMAIN_MOST && is_top(v->p[end])) {
            end++;
        }
        hit->end = top_end(v, dot, end);
        if (hit->end > 0) {
            return true;
        }
    }
    return false;
}

static size_t domain_end(const struct view *v, size_t at)
{
    size_t end = at;

    while (end < v->n && end - at < DOMAIN_MOST && is_domain(v->p[end])) {
        end++;
    }
    return end;
}

static size_t local_run(const struct view *v, size_t end)
{
    size_t start = end;

    while (start > 0 && end - start < LOCAL_MOST && is_local(v->p[start - 1])) {
        start--;
    }
    return start;
}

// The first place from `at` on that has a word on one side only; `end` for none.
static size_t first_edge(const struct view *v, size_t at, size_t end)
{
    while (at < end && is_word_before(v, at) == is_word(v, at)) {
        at++;
    }
    return at;
}

// "a@b.com-c@d.com" is two addresses: where the one whose "@" stands before `at` ends; 0 for none.
static size_t end_of_other(const struct view *v, size_t at)
{
    struct hit hit = {0};
    size_t sign = at;

    while (sign > 0 && at - sign < LOCAL_MOST &&
           (is_local(v->p[sign - 1]) || v->p[sign - 1] == '|')) {
        sign--;
    }
    if (sign == 0 || v->p[sign - 1] != '@' ||
        first_edge(v, local_run(v, sign - 1), sign - 1) == sign - 1) {
        return 0;
    }
    return find_end(v, sign, domain_end(v, sign), &hit) ? hit.end : 0;
}

// The first place of the local part, behind another address, that has a word on one side only;
// `end` for none.
static size_t local_start(const struct view *v, size_t end)
{
    size_t start = local_run(v, end);

    if (end - start == LOCAL_MOST) {
        return start;
    }
    size_t other = end_of_other(v, start);
    return first_edge(v, other > start && other < end ? other : start, end);
}

enum match matcher_guide_email(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->end, domain = domain_end(v, at), end = domain;

    hit->start = local_start(v, anchor->start);
    if (hit->start == anchor->start) {
        return MATCH_NO;
    }
    while (end < v->n && end - at < DOMAIN_MOST && is_top(v->p[end])) {
        end++;
    }
    if (char_cut(v, end)) {
        return MATCH_MORE;
    }
    return find_end(v, at, domain, hit) ? MATCH_YES : MATCH_NO;
}
