// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// At each place a bit a canary is left by two look-ups or none; the few that are left are compared.
#include "detect/canary.h"

#include <string.h>

#include "detect/ascii.h"

static size_t different(struct span text)
{
    bool seen[256] = {false};
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        n += !seen[to_lower(text.p[i])];
        seen[to_lower(text.p[i])] = true;
    }
    return n;
}

static const char *why_not(const struct canaries *set, struct span text)
{
    if (text.n < CANARY_LEAST) {
        return "has fewer than 8 characters: it would stop harmless answers";
    }
    if (text.n > CANARY_MOST) {
        return "has more than 200 characters";
    }
    if (different(text) < CANARY_DIFFERENT) {
        return "has fewer than 5 different characters: it would stop harmless answers";
    }
    return set->count == CANARIES_MOST ? "is one too many: a policy has at most 32" : NULL;
}

static void note_front(struct canaries *set, uint8_t c, size_t place, uint32_t bit)
{
    set->front[place][c] |= bit;
    if (is_alpha(c)) {
        set->front[place][c ^ 0x20] |= bit;
    }
}

enum aiu_status canaries_add(struct canaries *set, struct span text, const char **ret_why)
{
    const char *why = why_not(set, text);

    if (why != NULL) {
        if (ret_why != NULL) {
            *ret_why = why;
        }
        return AIU_CONFIG_INVALID;
    }
    uint32_t bit = UINT32_C(1) << set->count;
    for (size_t i = 0; i < text.n; i++) {
        set->texts[set->count][i] = to_lower(text.p[i]);
        if (i < CANARY_FRONT) {
            note_front(set, to_lower(text.p[i]), i, bit);
        }
    }
    set->sizes[set->count++] = (uint8_t)text.n;
    return AIU_OK;
}

// Those that may begin at `at`, by their first characters as far as they are there.
static uint32_t may_begin(const struct canaries *set, struct span text, size_t at)
{
    uint32_t left = set->front[0][text.p[at]];

    for (size_t i = 1; i < CANARY_FRONT && left != 0 && at + i < text.n; i++) {
        left &= set->front[i][text.p[at + i]];
    }
    return left;
}

// Whether one of those in `left` stands at `at`; `*ret_cut` where one may, but the text ends in it.
static bool stands_at(const struct canaries *set, uint32_t left, struct span text, size_t at,
                      bool *ret_cut)
{
    for (; left != 0; left &= left - 1) {
        size_t i = (size_t)__builtin_ctz(left);
        size_t n = set->sizes[i];
        size_t there = text.n - at < n ? text.n - at : n;
        if (equal_lowered(text.p + at, set->texts[i], there)) {
            if (there == n) {
                return true;
            }
            *ret_cut = true;
        }
    }
    return false;
}

bool canaries_stand_in(const struct canaries *set, struct span text, size_t from, bool final,
                       size_t *ret_clear)
{
    size_t clear = text.n;

    for (size_t at = from; at < text.n; at++) {
        uint32_t left = may_begin(set, text, at);
        bool cut = false;
        if (left == 0) {
            continue;
        }
        if (stands_at(set, left, text, at, &cut)) {
            return true;
        }
        if (cut && !final && clear == text.n) {
            clear = at;
        }
    }
    if (ret_clear != NULL) {
        *ret_clear = clear;
    }
    return false;
}
