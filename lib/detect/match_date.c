// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Dates as people write them: 1989-03-15, 15.03.1989, 3/15/89, 15 March 1989, 1989年3月15日. A rule
// says what kind of date it is by the words before it.
#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/ids.h"
#include "detect/matcher.h"

enum { NAME_MOST = 14, DATE_MOST = 40 };

// The beginnings of the months' names in a dozen languages; three to five letters tell them apart.
static const char *const months[12] = {"jan|gen|ene|янв|sty|sty|oca",
                                       "feb|fév|fev|fév|фев|lut|şub|hel",
                                       "mar|mär|mär|mrt|мар|mars|maa",
                                       "apr|avr|abr|апр|kwi|nis|huh",
                                       "may|mai|mag|mei|maj|май|мая|tou",
                                       "jun|juin|giu|июн|cze|haz|kes",
                                       "jul|juil|lug|июл|lip|tem|hei",
                                       "aug|aoû|aou|ago|авг|sie|ağu|elo",
                                       "sep|set|сен|wrz|eyl|syy",
                                       "oct|okt|ott|out|окт|paź|eki|lok",
                                       "nov|ноя|lis|kas|mar",
                                       "dec|dez|déc|dic|дек|gru|ara|jou"};

struct reader_of_date {
    const struct view *v;
    size_t at;
    bool cut; // the view ends first
};

// One or two digits, or four; 0 where there are none.
static unsigned take_number(struct reader_of_date *r, size_t *ret_digits)
{
    unsigned value = 0;
    size_t n = 0;

    while (r->at < r->v->n && n < 5 && is_digit(r->v->p[r->at])) {
        value = value * 10 + (unsigned)(r->v->p[r->at++] - '0');
        n++;
    }
    r->cut = r->cut || (r->at == r->v->n && !r->v->final);
    *ret_digits = n;
    return value;
}

static unsigned month_named(struct span name)
{
    for (unsigned m = 0; m < ARRAY_SIZE(months); m++) {
        struct span left = span_str(months[m]);
        while (left.n > 0) {
            struct span one, rest;
            (void)span_cut(left, '|', &one, &rest);
            if (name.n >= one.n && equal_lowered(name.p, one.p, one.n)) {
                return m + 1;
            }
            left = rest;
        }
    }
    return 0;
}

static bool is_name_byte(uint8_t c)
{
    return is_alpha(c) || c >= 0x80;
}

static unsigned take_month(struct reader_of_date *r)
{
    size_t begin = r->at;

    while (r->at < r->v->n && r->at - begin < NAME_MOST && is_name_byte(r->v->p[r->at])) {
        r->at++;
    }
    r->cut = r->cut || (r->at == r->v->n && !r->v->final);
    return r->at - begin < 3 ? 0 : month_named(span_of(r->v->p + begin, r->at - begin));
}

static bool take_bytes(struct reader_of_date *r, const char *bytes)
{
    size_t n = strlen(bytes);
    size_t left = r->v->n - r->at;

    if (left < n && !r->v->final && memcmp(r->v->p + r->at, bytes, left) == 0) {
        r->cut = true;
        return false;
    }
    if (left < n || memcmp(r->v->p + r->at, bytes, n) != 0) {
        return false;
    }
    r->at += n;
    return true;
}

static void skip_marks(struct reader_of_date *r)
{
    static const char *const marks[] = {"st", "nd", "rd", "th", "º", "er"};

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        if (take_bytes(r, marks[i])) {
            break;
        }
    }
    while (take_bytes(r, ".") || take_bytes(r, ",") || take_bytes(r, " ") || take_bytes(r, "de ") ||
           take_bytes(r, "of ")) {
    }
}

static bool is_year(unsigned year, size_t digits)
{
    return digits == 4 ? year >= 1900 && year <= 2035 : digits == 2;
}

// "15 March 1989", "15. März 1989", "15 de marzo de 1989".
static bool take_named(struct reader_of_date *r, unsigned day)
{
    size_t digits = 0;

    skip_marks(r);
    unsigned month = take_month(r);
    if (month == 0) {
        return false;
    }
    skip_marks(r);
    unsigned year = take_number(r, &digits);
    return is_year(year, digits) && digits == 4 && id_date(year, month, day);
}

// Three numbers with the same mark between.
static bool take_numeric(struct reader_of_date *r, unsigned first, size_t first_digits)
{
    static const char *const marks[] = {"-", "/", ".", "年", "년 "};
    size_t digits[2] = {0, 0};

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        if (!take_bytes(r, marks[i])) {
            continue;
        }
        unsigned second = take_number(r, &digits[0]);
        const char *between = i < 3 ? marks[i] : i == 3 ? "月" : "월 ";
        if (digits[0] == 0 || digits[0] > 2 || !take_bytes(r, between)) {
            return false;
        }
        unsigned third = take_number(r, &digits[1]);
        if (i >= 3 && !take_bytes(r, i == 3 ? "日" : "일")) {
            return false;
        }
        if (first_digits == 4) {
            return is_year(first, 4) && digits[1] <= 2 && id_date(first, second, third);
        }
        unsigned year = digits[1] == 4 ? third : 0;
        return i < 3 && is_year(third, digits[1]) &&
               (id_date(year, second, first) || (i < 2 && id_date(year, first, second)));
    }
    return false;
}

enum match matcher_date(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct reader_of_date r = {v, anchor->start, false};
    size_t digits = 0;

    if (!number_edge_left(v, anchor->start) ||
        (anchor->start > 1 && v->p[anchor->start - 1] == '/' &&
         is_digit(v->p[anchor->start - 2]))) {
        return MATCH_NO;
    }
    hit->start = anchor->start;
    unsigned first = take_number(&r, &digits);
    if (digits == 3 || digits > 4) {
        return MATCH_NO;
    }
    struct reader_of_date named = r;
    bool found = take_numeric(&r, first, digits);
    if (!found && digits < 3 && take_named(&named, first)) {
        found = true;
        r.at = named.at;
    }
    if (r.cut || named.cut) {
        return MATCH_MORE;
    }
    hit->end = r.at;
    return found ? number_edge_right(v, r.at) : MATCH_NO;
}
