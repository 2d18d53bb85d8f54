// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Postal addresses as English has them: a house number, one to four words in capitals, what kind of
// street it is, and behind a comma perhaps a flat, a town, a state and its code. Words that are
// more than streets ("Court", "Way") need the town.
//
// Deliberately not here: what begins with the street's name; patterns do that (rules/pii.yaml).
#include "base/span.h"
#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"

enum { WORDS_MOST = 5, STREET_MOST = 96, WORD_MOST = 20 };

static const char *const streets[] = {"street",    "st",   "avenue",  "ave",     "road",    "rd",
                                      "boulevard", "blvd", "lane",    "ln",      "drive",   "dr",
                                      "parkway",   "pkwy", "highway", "terrace", "crescent"};
static const char *const doubtful[] = {"court", "ct",     "way",  "place", "pl",   "square",
                                       "sq",    "circle", "cir",  "trail", "loop", "close",
                                       "row",   "walk",   "hill", "park",  "run",  "gardens"};

static bool is_one(struct span word, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_equal_nocase(word, span_str(words[i]))) {
            return true;
        }
    }
    return false;
}

// The word behind a blank at `at`; it begins with a capital or is an ordinal ("5th").
static struct span next_word(const struct view *v, size_t at)
{
    size_t end = at + 1;

    if (at + 1 >= v->n || v->p[at] != ' ' || !(is_upper(v->p[at + 1]) || is_digit(v->p[at + 1]))) {
        return span_of(v->p + at, 0);
    }
    while (end < v->n && end - at <= WORD_MOST &&
           (is_alnum(v->p[end]) || v->p[end] == '\'' || v->p[end] == '-' || v->p[end] >= 0xC3)) {
        end++;
    }
    return span_of(v->p + at + 1, end - at - 1);
}

// Where the licences of free software say to write to.
static bool names_nobody(struct span street)
{
    static const char *const known[] = {"51 Franklin St", "59 Temple P", "675 Mass"};

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (span_starts_with(street, span_str(known[i]))) {
            return true;
        }
    }
    return false;
}

// End of ", Springfield, IL 62701" at `at`, or `at` where there is none.
static size_t town_end(const struct view *v, size_t at)
{
    size_t i = at;

    for (int words = 0; words < 4; words++) {
        i += i < v->n && v->p[i] == ',';
        struct span word = next_word(v, i);
        if (word.n == 0) {
            return at;
        }
        i += 1 + word.n;
        if (word.n == 2 && is_upper(word.p[0]) && is_upper(word.p[1])) {
            struct span code = next_word(v, i);
            size_t digits = 0;
            while (digits < code.n && is_digit(code.p[digits])) {
                digits++;
            }
            return digits == 5 ? i + 1 + code.n : i;
        }
    }
    return at;
}

enum match matcher_street(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t at = anchor->end;
    size_t named = 0;
    bool sure = false;

    if (!number_edge_left(v, anchor->start)) {
        return MATCH_NO;
    }
    hit->start = anchor->start;
    at += at < v->n && is_upper(v->p[at]) && at + 1 < v->n && v->p[at + 1] == ' ';
    for (int words = 0; words <= WORDS_MOST; words++) {
        struct span word = next_word(v, at);
        bool goes_on = at >= v->n || v->p[at] == ' ';
        if (goes_on && at + 1 + word.n + 1 >= v->n && !v->final) {
            return MATCH_MORE;
        }
        if (word.n == 0 || (words == 0 && is_digit(word.p[0]) && !is_alpha(word.p[word.n - 1]))) {
            break;
        }
        at += 1 + word.n;
        bool strong = is_one(word, streets, ARRAY_SIZE(streets));
        if (words > 0 && (strong || is_one(word, doubtful, ARRAY_SIZE(doubtful)))) {
            named = at;
            sure = strong;
        }
    }
    if (named == 0) {
        return MATCH_NO;
    }
    if (v->n - named < STREET_MOST && !v->final) {
        return MATCH_MORE;
    }
    hit->end = town_end(v, named);
    if (names_nobody(span_of(v->p + anchor->start, named - anchor->start))) {
        return MATCH_NO;
    }
    bool year = anchor->end - anchor->start == 4 && v->p[anchor->start] <= '2' &&
                (v->p[anchor->start + 1] == '9' || v->p[anchor->start + 1] == '0');
    return (sure && !year) || hit->end > named ? MATCH_YES : MATCH_NO;
}
