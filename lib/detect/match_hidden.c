// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Text that people do not see and models read. "Any zero-width character is an attack" is wrong on
// one in nine ordinary emoji and non-Latin texts, so each rule names what no script and no emoji
// needs: tag characters outside the three flags (UTS 51, ED-14a), two variation selectors in a row,
// zero-width characters between two Latin letters or many in a row, terminal escapes.
#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/fold_table.h"
#include "detect/matcher.h"
#include "detect/unicode.h"

size_t char_size(uint8_t first)
{
    if (first < 0xC2) {
        return 1;
    }
    return first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 1;
}

bool char_cut(const struct view *v, size_t at)
{
    return !v->final && (at >= v->n || v->n - at < char_size(v->p[at]));
}

static bool begins(const struct view *v, size_t at, const char *bytes, size_t n, size_t size)
{
    return v->n - at >= size && at < v->n && memcmp(v->p + at, bytes, n) == 0;
}

size_t tag_at(const struct view *v, size_t at)
{
    return begins(v, at, "\xF3\xA0\x80", 3, 4) || begins(v, at, "\xF3\xA0\x81", 3, 4) ? 4 : 0;
}

size_t selector_at(const struct view *v, size_t at)
{
    if (begins(v, at, "\xEF\xB8", 2, 3) && v->p[at + 2] < 0x90) {
        return 3;
    }
    return begins(v, at, "\xF3\xA0", 2, 4) && v->p[at + 2] >= 0x84 && v->p[at + 2] < 0x88 ? 4 : 0;
}

size_t mark_at(const struct view *v, size_t at)
{
    return begins(v, at, "\xCC", 1, 2) || (begins(v, at, "\xCD", 1, 2) && v->p[at + 1] < 0xB0) ? 2
                                                                                               : 0;
}

size_t private_at(const struct view *v, size_t at)
{
    if (at >= v->n || v->n - at < 4) {
        return 0;
    }
    const uint8_t *p = v->p + at;
    return (p[0] == 0xF3 && p[1] >= 0xB0) || (p[0] == 0xF4 && p[1] < 0x90) ? 4 : 0;
}

size_t zero_width_at(const struct view *v, size_t at)
{
    if (begins(v, at, "\xE2\x80", 2, 3)) {
        uint8_t c = v->p[at + 2];
        return (c >= 0x8B && c <= 0x8F) || (c >= 0xAA && c <= 0xAC) ? 3 : 0;
    }
    if (begins(v, at, "\xE2\x81", 2, 3)) {
        return v->p[at + 2] >= 0xA0 && v->p[at + 2] <= 0xAF ? 3 : 0;
    }
    if (begins(v, at, "\xEF\xBB\xBF", 3, 3) || begins(v, at, "\xE1\xA0\x8E", 3, 3)) {
        return 3;
    }
    return begins(v, at, "\xCD\x8F", 2, 2) || begins(v, at, "\xD8\x9C", 2, 2) ? 2 : 0;
}

// U+1F3F4 and the tags of England, Scotland and Wales, each with its end.
static const struct span black_flag = SPAN("\xF0\x9F\x8F\xB4");
static const char *const regions[] = {"gbeng\x7F", "gbsct\x7F", "gbwls\x7F"};
enum { REGION_TAGS = 6, REGION_SIZE = 4 * REGION_TAGS };

static uint8_t tag_ascii(const uint8_t *p)
{
    return (uint8_t)((p[2] & 1) << 6 | (p[3] & 0x3F));
}

// Whether the tags at `at` are a region that the black flag before them makes a flag. MATCH_MORE
// where the view ends before that is known.
static enum match region_at(const struct view *v, size_t at)
{
    char tags[REGION_TAGS + 1] = {0};
    size_t n = 0;

    if (at < black_flag.n ||
        !span_equal(span_of(v->p + at - black_flag.n, black_flag.n), black_flag)) {
        return MATCH_NO;
    }
    for (; n < REGION_TAGS && tag_at(v, at + 4 * n) > 0; n++) {
        tags[n] = (char)tag_ascii(v->p + at + 4 * n);
    }
    if (n < REGION_TAGS) {
        return char_cut(v, at + 4 * n) ? MATCH_MORE : MATCH_NO;
    }
    for (size_t i = 0; i < ARRAY_SIZE(regions); i++) {
        if (memcmp(tags, regions[i], REGION_TAGS) == 0) {
            return MATCH_YES;
        }
    }
    return MATCH_NO;
}

enum match matcher_tag_block(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->start;
    struct view before = {v->p, at, true, v->first, NULL};

    if (tag_at(v, at) == 0) {
        return char_cut(v, at) ? match_more(hit, at) : MATCH_NO;
    }
    // Only the first of a run counts, or the first behind a flag.
    if (at >= 4 && tag_at(&before, at - 4) > 0 &&
        !(at >= REGION_SIZE && region_at(&before, at - REGION_SIZE) == MATCH_YES)) {
        return MATCH_NO;
    }
    enum match region = region_at(v, at);
    if (region == MATCH_MORE) {
        return match_more(hit, at);
    }
    *hit = (struct hit){.start = at, .end = at + 4, .flow = {.kind = FLOW_TAGS}};
    return region == MATCH_YES ? MATCH_NO : MATCH_YES;
}

// Bytes of the character of the class that ends at `at`, else 0.
static size_t before_at(const struct view *v, size_t at,
                        size_t (*class)(const struct view *v, size_t at))
{
    struct view before = {v->p, at, true, v->first, NULL};

    for (size_t n = 2; n <= 4 && n <= at; n++) {
        if (class(&before, at - n) == n) {
            return n;
        }
    }
    return 0;
}

enum match matcher_selectors(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->start;
    size_t n = selector_at(v, at);

    if (n == 0) {
        return char_cut(v, at) ? match_more(hit, at) : MATCH_NO;
    }
    if (before_at(v, at, selector_at) > 0) {
        return MATCH_NO;
    }
    size_t second = selector_at(v, at + n);
    if (second == 0) {
        return char_cut(v, at + n) ? match_more(hit, at) : MATCH_NO;
    }
    *hit = (struct hit){.start = at, .end = at + n + second, .flow = {.kind = FLOW_SELECTORS}};
    return MATCH_YES;
}

// A run of `least` characters of a class and more; only its first one counts.
static enum match run_of(const struct view *v, size_t at, int least, enum flow_kind flow,
                         size_t (*class)(const struct view *v, size_t at), struct hit *hit)
{
    size_t end = at;
    int count = 0;

    if (class(v, at) == 0) {
        return char_cut(v, at) ? match_more(hit, at) : MATCH_NO;
    }
    if (before_at(v, at, class) > 0) {
        return MATCH_NO;
    }
    for (size_t n = 0; count < least && (n = class(v, end)) > 0; count++) {
        end += n;
    }
    *hit = (struct hit){.start = at, .end = end, .flow = {.kind = (uint8_t)flow}};
    if (count == least) {
        return MATCH_YES;
    }
    return char_cut(v, end) ? match_more(hit, at) : MATCH_NO;
}

enum match matcher_marks(const struct view *v, const struct site *anchor, struct hit *hit)
{
    return run_of(v, anchor->start, 10, FLOW_MARKS, mark_at, hit);
}

enum match matcher_private(const struct view *v, const struct site *anchor, struct hit *hit)
{
    return run_of(v, anchor->start, 4, FLOW_PRIVATE, private_at, hit);
}

// ASCII letters, and U+00C0 to U+024F without the multiplication and division signs.
static bool latin_before(const struct view *v, size_t at)
{
    if (at == 0 || v->p[at - 1] < 0x80) {
        return at > 0 && is_alpha(v->p[at - 1]);
    }
    return at > 1 && v->p[at - 2] >= 0xC3 && v->p[at - 2] <= 0xC9;
}

static bool latin_at(const struct view *v, size_t at)
{
    return at < v->n && (is_alpha(v->p[at]) || (v->p[at] >= 0xC3 && v->p[at] <= 0xC9));
}

enum { ZERO_WIDTH_MANY = 8 };

enum match matcher_zero_width(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->start;
    size_t end = at;
    int count = 0;

    if (zero_width_at(v, at) == 0) {
        return char_cut(v, at) ? match_more(hit, at) : MATCH_NO;
    }
    if (before_at(v, at, zero_width_at) > 0) {
        return MATCH_NO;
    }
    for (size_t n = 0; count < ZERO_WIDTH_MANY && (n = zero_width_at(v, end)) > 0; count++) {
        end += n;
    }
    *hit = (struct hit){.start = at, .end = end};
    if (count == ZERO_WIDTH_MANY) {
        hit->flow.kind = FLOW_ZERO_WIDTH;
        return MATCH_YES;
    }
    if (char_cut(v, end)) {
        return MATCH_MORE;
    }
    return latin_before(v, at) && latin_at(v, end) ? MATCH_YES : MATCH_NO;
}

// A soft hyphen shows where a long word may break. One letter behind the other there is no break.
enum match matcher_soft_hyphen(const struct view *v, const struct site *anchor, struct hit *hit)
{
    static const struct span hyphen = SPAN("\xC2\xAD");
    size_t at = anchor->end;

    hit->start = anchor->start;
    if (!latin_before(v, anchor->start)) {
        return MATCH_NO;
    }
    if (!latin_at(v, at)) {
        return at == v->n && !v->final ? MATCH_MORE : MATCH_NO;
    }
    at += char_size(v->p[at]);
    hit->end = at + hyphen.n;
    if (at > v->n || v->n - at < hyphen.n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return span_equal(span_of(v->p + at, hyphen.n), hyphen) ? MATCH_YES : MATCH_NO;
}

// A letter that looks like a blank, where no Korean is written.
enum match matcher_filler(const struct view *v, const struct site *anchor, struct hit *hit)
{
    *hit = (struct hit){.start = anchor->start, .end = anchor->end};
    if (latin_before(v, anchor->start)) {
        return MATCH_YES;
    }
    if (anchor->end == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    return latin_at(v, anchor->end) ? MATCH_YES : MATCH_NO;
}

// The character of two bytes at `at`, if it looks like an ASCII letter (UTS 39) and is of another
// script; NULL where it is another character.
static const struct fold_entry *look_alike_at(const struct view *v, size_t at)
{
    if (v->n - at < 2 || v->p[at] < 0xC2 || v->p[at] >= 0xE0 || (v->p[at + 1] & 0xC0) != 0x80) {
        return NULL;
    }
    const struct fold_entry *e = fold_entry((v->p[at] & 0x1FU) << 6 | (v->p[at + 1] & 0x3FU));
    return (e->flags & CHAR_STRICT) != 0 ? e : NULL;
}

// Latin, one to three look-alikes, Latin, all of one case: no word of any language. The anchor is a
// Latin letter and the first byte behind it.
enum match matcher_mixed_script(const struct view *v, const struct site *anchor, struct hit *hit)
{
    enum { ALIKE_MOST = 3 };
    bool upper = is_upper(v->p[anchor->start]);
    size_t at = anchor->start + 1;

    hit->start = anchor->start;
    for (int n = 0; n <= ALIKE_MOST; n++) {
        if (at >= v->n || v->n - at < char_size(v->p[at])) {
            return v->final ? MATCH_NO : MATCH_MORE;
        }
        if (n > 0 && is_alpha(v->p[at])) {
            hit->end = at + 1;
            return is_upper(v->p[at]) == upper ? MATCH_YES : MATCH_NO;
        }
        const struct fold_entry *e = look_alike_at(v, at);
        if (e == NULL || ((e->flags & CHAR_UPPER) != 0) != upper) {
            return MATCH_NO;
        }
        at += 2;
    }
    return MATCH_NO;
}

enum { CONTROL_MOST = 64, STRING_MOST = 200 };

// ECMA-48 5.4: parameters, intermediates, final byte.
static enum match control_sequence(const struct view *v, size_t at, size_t *ret_end)
{
    size_t begin = at;

    while (at < v->n && at - begin < CONTROL_MOST && v->p[at] >= 0x20 && v->p[at] < 0x40) {
        at++;
    }
    if (at == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    *ret_end = at + 1;
    return v->p[at] >= 0x40 && v->p[at] < 0x7F ? MATCH_YES : MATCH_NO;
}

// A string (OSC, DCS, ...) up to its terminator; only what begins it where there is none near.
static enum match control_string(const struct view *v, size_t at, size_t *ret_end)
{
    size_t begin = at;

    *ret_end = at;
    while (at < v->n && at - begin < STRING_MOST && v->p[at] >= 0x20) {
        at++;
    }
    if (at == v->n || (at + 1 == v->n && v->p[at] == 0x1B)) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    if (v->p[at] == 0x07) {
        *ret_end = at + 1;
    } else if (v->p[at] == 0x1B && v->p[at + 1] == '\\') {
        *ret_end = at + 2;
    }
    return MATCH_YES;
}

// Intermediate bytes, then a final one: "ESC c", "ESC ( B".
static enum match short_escape(const struct view *v, size_t at, size_t *ret_end)
{
    size_t begin = at;

    while (at < v->n && at - begin < 4 && v->p[at] >= 0x20 && v->p[at] < 0x30) {
        at++;
    }
    if (at == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    *ret_end = at + 1;
    return v->p[at] >= 0x30 && v->p[at] < 0x7F ? MATCH_YES : MATCH_NO;
}

// The anchor is ESC, or one character: CSI (U+009B), or what begins a string.
enum match matcher_ansi(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->end;

    hit->start = anchor->start;
    hit->end = at;
    if (anchor->end - anchor->start == 2) {
        if (v->p[at - 1] == 0x9B) {
            return control_sequence(v, at, &hit->end);
        }
        enum match m = control_string(v, at, &hit->end); // counts only with its terminator
        return m == MATCH_YES && hit->end == at ? MATCH_NO : m;
    }
    if (at == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE;
    }
    switch (v->p[at]) {
    case '[':
        return control_sequence(v, at + 1, &hit->end);
    case ']':
    case 'P':
    case 'X':
    case '^':
    case '_':
        return control_string(v, at + 1, &hit->end);
    default:
        return short_escape(v, at, &hit->end);
    }
}
