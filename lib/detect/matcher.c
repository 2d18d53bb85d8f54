// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The table of matchers, and the edges of numbers that several of them share.
#include "detect/matcher.h"

#include "detect/ascii.h"

static const struct {
    const char *name;
    bool flows;
    enum match (*run)(const struct view *v, const struct site *anchor, struct hit *hit);
} matchers[MATCHER_COUNT] = {
#define MATCHER(name, flows) [MATCHER_##name] = {#name, flows, matcher_##name},
#include "detect/matchers.def"
#undef MATCHER
};

enum matcher matcher_find(struct span name)
{
    for (unsigned i = MATCHER_NONE + 1; i < MATCHER_COUNT; i++) {
        if (span_equal(name, span_str(matchers[i].name))) {
            return (enum matcher)i;
        }
    }
    return MATCHER_NONE;
}

bool matcher_flows(enum matcher matcher)
{
    return matchers[matcher].flows;
}

enum match matcher_run(enum matcher matcher, const struct view *v, const struct site *anchor,
                       struct hit *hit)
{
    *hit = (struct hit){.start = v->n};
    return matchers[matcher].run(v, anchor, hit);
}

bool number_edge_left(const struct view *v, size_t at)
{
    if (at == 0) {
        return true;
    }
    uint8_t before = v->p[at - 1];
    if (is_alnum(before) || before == '_') {
        return false;
    }
    return !((before == '-' || before == '.') && at > 1 && is_digit(v->p[at - 2]));
}

enum match number_edge_right(const struct view *v, size_t at)
{
    enum match unseen = v->final ? MATCH_YES : MATCH_MORE;

    if (at == v->n) {
        return unseen;
    }
    uint8_t after = v->p[at];
    if (is_alnum(after) || after == '_') {
        return MATCH_NO;
    }
    if (after != '-' && after != '.') {
        return MATCH_YES;
    }
    if (at + 1 == v->n) {
        return unseen;
    }
    return is_digit(v->p[at + 1]) ? MATCH_NO : MATCH_YES;
}

// Bytes of the separator at `at`, 0 where there is none: a blank or two, a point, a dash, and their
// Unicode kin (no-break, thin and narrow blanks, hyphens, dashes, the minus sign).
size_t number_separator(const struct view *v, size_t at)
{
    size_t left = v->n - at;
    const uint8_t *p = v->p + at;

    if (left == 0) {
        return 0;
    }
    if (p[0] == ' ') {
        return left > 1 && p[1] == ' ' ? 2 : 1;
    }
    if (p[0] == '-' || p[0] == '.') {
        return 1;
    }
    if (left > 1 && p[0] == 0xC2 && p[1] == 0xA0) {
        return 2;
    }
    if (left < 3 || p[0] != 0xE2) {
        return 0;
    }
    bool general = p[1] == 0x80 && (p[2] == 0x89 || p[2] == 0xAF || (p[2] >= 0x90 && p[2] <= 0x95));
    return general || (p[1] == 0x88 && p[2] == 0x92) ? 3 : 0;
}

// Whether the view ends inside what may be a separator.
bool number_separator_cut(const struct view *v, size_t at)
{
    size_t left = v->n - at;

    if (v->final || left > 2) {
        return false;
    }
    return left == 0 || v->p[at] == 0xE2 || (left == 1 && (v->p[at] == 0xC2 || v->p[at] == ' '));
}
