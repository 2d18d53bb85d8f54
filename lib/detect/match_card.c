// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Payment cards (guide S54), in one run of digits or in groups. One number in forty of sixteen
// digits has a network's prefix and the right check digit, so logs, tables and programs are full of
// what could be cards. Without a word that says so, a card is one where it stands in prose, or in
// groups as cards are printed (`card`); beside such a word all networks, lengths and groupings are
// (`card_named`).
#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/numbers.h"

enum { CARD_MOST = 19, CARD_FEWEST = 12, GROUPS_MOST = 20 };

struct chain {
    uint8_t digits[CARD_MOST + 1];
    size_t n;
    uint8_t sizes[GROUPS_MOST];
    size_t ends[GROUPS_MOST];
    size_t count;
    struct span between; // the separator
    bool cut;            // the view ends first
};

static size_t take_group(const struct view *v, size_t at, struct chain *c)
{
    size_t begin = at;

    while (at < v->n && is_digit(v->p[at]) && c->n <= CARD_MOST) {
        c->digits[c->n++] = v->p[at++];
    }
    c->sizes[c->count] = (uint8_t)(at - begin);
    c->ends[c->count++] = at;
    return at;
}

static void take_chain(const struct view *v, size_t at, struct chain *c)
{
    c->n = c->count = 0;
    c->between = span_of(NULL, 0);
    c->cut = false;
    while (c->count < GROUPS_MOST) {
        at = take_group(v, at, c);
        if (c->n > CARD_MOST) {
            return;
        }
        if (number_separator_cut(v, at)) {
            c->cut = true;
            return;
        }
        size_t n = number_separator(v, at);
        struct span between = span_of(v->p + at, n);
        if (n == 0 || (c->between.n > 0 && !span_equal(between, c->between))) {
            return;
        }
        at += n;
        if (at == v->n && !v->final) {
            c->cut = true;
            return;
        }
        if (at == v->n || !is_digit(v->p[at])) {
            return;
        }
        c->between = between;
    }
}

static bool sizes_are(const struct chain *c, size_t groups, const char *sizes)
{
    for (size_t i = 0; i < groups; i++) {
        if (c->sizes[i] != (uint8_t)(sizes[i] - '0')) {
            return false;
        }
    }
    return sizes[groups] == '\0';
}

static bool all_of_four(const struct chain *c, size_t groups)
{
    for (size_t i = 0; i + 1 < groups; i++) {
        if (c->sizes[i] != 4) {
            return false;
        }
    }
    return groups >= 3 && c->sizes[groups - 1] <= 4;
}

// One by one, and nothing but them.
static bool all_single(const struct chain *c, size_t groups)
{
    return groups == c->n && groups == c->count;
}

// The ways cards are printed.
static bool card_grouping(const struct chain *c, size_t groups)
{
    return groups == 1 || all_of_four(c, groups) || sizes_are(c, groups, "465") ||
           sizes_are(c, groups, "464") || sizes_are(c, groups, "445") ||
           sizes_are(c, groups, "88") || sizes_are(c, groups, "4446") ||
           (groups == 2 && c->sizes[0] == 6 && c->sizes[1] >= 10) || all_single(c, groups);
}

static bool is_card(const struct chain *c, size_t groups, size_t digits)
{
    return digits >= CARD_FEWEST && digits <= CARD_MOST && card_grouping(c, groups) &&
           card_network(c->digits, digits) && luhn_valid(c->digits, digits);
}

// A chain that goes on behind the card: "4111 1111 1111 1111 123" may, "4111-...-1111-1" may not.
static bool may_end(const struct chain *c, size_t groups)
{
    return groups == c->count || c->between.p[0] == ' ';
}

// A short run is a card only where a separator follows, and one digit only as the first of many.
static bool may_be_grouped(const struct view *v, const struct site *anchor)
{
    size_t n = anchor->end - anchor->start;

    if (n >= CARD_FEWEST || anchor->end == v->n) {
        return true;
    }
    if (number_separator(v, anchor->end) == 0 && !number_separator_cut(v, anchor->end)) {
        return false;
    }
    return n > 1 || anchor->start < 2 || !is_digit(v->p[anchor->start - 2]);
}

enum { CODE_MOST = 6 }; // of a table of code points, "72A0 7902 9BD1"

// A character of a code: a digit, or a letter up to F in the case of the letters so far.
static bool is_code(uint8_t c, uint8_t *letters)
{
    if (is_digit(c)) {
        return true;
    }
    if (!is_hex(c) || (*letters != 0 && is_upper(*letters) != is_upper(c))) {
        return false;
    }
    *letters = c;
    return true;
}

struct neighbour {
    bool code;    // four to six digits, or letters up to F, between blanks
    bool letter;  // with such a letter
    bool cut;     // the view ends first
    size_t start; // of the one before
};

static struct neighbour code_before(const struct view *v, size_t start)
{
    struct neighbour n = {0};
    uint8_t letters = 0;
    size_t count = 0;

    if (start == 0 || !is_blank(v->p[start - 1])) {
        return n;
    }
    size_t at = start - 1;
    while (at > 0 && count <= CODE_MOST && is_code(v->p[at - 1], &letters)) {
        at--;
        count++;
    }
    n.letter = letters != 0;
    n.start = at;
    n.code = count >= 4 && count <= CODE_MOST && (at == 0 || is_blank(v->p[at - 1]));
    return n;
}

static struct neighbour code_after(const struct view *v, size_t end)
{
    struct neighbour n = {0};
    uint8_t letters = 0;
    size_t at = end + 1;
    size_t count = 0;

    if (end < v->n && !is_blank(v->p[end])) {
        return n;
    }
    while (at < v->n && count <= CODE_MOST && is_code(v->p[at], &letters)) {
        at++;
        count++;
    }
    n.letter = letters != 0;
    n.cut = at >= v->n && !v->final;
    n.code = count >= 4 && count <= CODE_MOST && (at >= v->n || is_blank(v->p[at]));
    return n;
}

static bool two_codes_before(const struct view *v, size_t start)
{
    struct neighbour n = code_before(v, start);

    return n.code && code_before(v, n.start).code;
}

enum { FOURS = 19 }; // characters of "4111 1111 1111 1111"

// Another card in groups of four before this one, which is no row of a table then.
static bool card_before(const struct view *v, size_t start)
{
    uint8_t digits[16];
    size_t n = 0;

    if (start < FOURS + 1) {
        return false;
    }
    for (const uint8_t *p = v->p + start - 1 - FOURS; n < sizeof(digits); p++) {
        if (is_digit(*p)) {
            digits[n++] = *p;
        } else if (n == 0 || n % 4 != 0 || *p != ' ' || p[-1] == ' ') {
            return false;
        }
    }
    return v->p[start - 2] == digits[15] && card_network(digits, n) && luhn_valid(digits, n);
}

// Groups with blanks among more of the like are a table, not a card.
static enum match among_codes(const struct view *v, size_t start, size_t end)
{
    struct neighbour before = code_before(v, start);
    struct neighbour after = code_after(v, end);

    if (before.code && before.letter) {
        return MATCH_NO;
    }
    if (after.cut) {
        return MATCH_MORE;
    }
    return (after.code && (after.letter || before.code)) ? MATCH_NO : MATCH_YES;
}

// The card at the anchor, in `c` the chain that it begins; MATCH_NO where there is none.
static enum match find_card(const struct view *v, const struct site *anchor, struct chain *c,
                            struct hit *hit, size_t *ret_groups)
{
    uint8_t first = v->p[anchor->start];

    if (first < '2' || first == '7' || !number_edge_left(v, anchor->start) ||
        !may_be_grouped(v, anchor)) {
        return MATCH_NO;
    }
    take_chain(v, anchor->start, c);
    if (c->cut) {
        return match_more(hit, anchor->start);
    }
    bool point = anchor->start > 0 && v->p[anchor->start - 1] == '.';
    if (point && c->between.n > 0 && c->between.p[0] == '.') {
        return MATCH_NO; // weights of collation, "[.4300.0020.0011.0002]"
    }
    size_t digits = c->n;
    for (size_t groups = c->count; groups > 0; digits -= c->sizes[--groups]) {
        if (is_card(c, groups, digits) && may_end(c, groups)) {
            hit->start = anchor->start;
            hit->end = c->ends[groups - 1];
            *ret_groups = groups;
            return number_edge_right(v, hit->end);
        }
    }
    return MATCH_NO;
}

enum match matcher_card_named(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct chain c __attribute__((uninitialized)); // take_chain() begins it
    size_t groups = 0;
    enum match m = find_card(v, anchor, &c, hit, &groups);
    bool blanks = groups > 1 && c.between.p[0] == ' ';

    return m == MATCH_YES && blanks ? among_codes(v, hit->start, hit->end) : m;
}

static unsigned value_of(const uint8_t *digits, size_t n)
{
    unsigned value = 0;

    for (size_t i = 0; i < n; i++) {
        value = value * 10 + (unsigned)(digits[i] - '0');
    }
    return value;
}

enum { STEP_MOST = 64 };

// "5625 5626 5627 5651": groups of four that count upwards are rows of a table.
static bool counts_upwards(const struct chain *c)
{
    size_t small = 0;

    for (size_t i = 4; i + 4 <= c->n; i += 4) {
        unsigned step = value_of(c->digits + i, 4) - value_of(c->digits + i - 4, 4);
        small += step - 1 < STEP_MOST;
    }
    return small >= 2;
}

static enum match is_whole_text(const struct view *v, const struct hit *hit)
{
    if (hit->start > 0 || !v->first || hit->end < v->n) {
        return MATCH_NO;
    }
    return v->final ? MATCH_YES : MATCH_MORE;
}

// Groups as cards of fourteen digits and more are printed, of nothing more.
static enum match stands_in_groups(const struct view *v, const struct chain *c, size_t groups,
                                   const struct hit *hit)
{
    bool fours = groups >= 4 && (all_of_four(c, groups) || sizes_are(c, groups, "4446"));

    if (!fours && !sizes_are(c, groups, "465") && !sizes_are(c, groups, "464") &&
        !(all_single(c, groups) && groups == 16)) {
        return is_whole_text(v, hit);
    }
    if (c->between.p[0] != ' ' || !fours) {
        return MATCH_YES;
    }
    return counts_upwards(c) || (two_codes_before(v, hit->start) && !card_before(v, hit->start))
               ? MATCH_NO
               : among_codes(v, hit->start, hit->end);
}

// Of one number in prose: how far is looked for what is no prose.
enum { LOOK_LEFT = 96, LOOK_RIGHT = 32, LONG_RUN = 5, PROSE_FEWEST = 13 };

// What tables, programs and records are made with, and prose is not.
static bool is_machine_byte(uint8_t c)
{
    return c < ' ' || c == '=' || c == '{' || c == '}' || c == '[' || c == ']' || c == '|' ||
           c == '<' || c == '>' || c == '\\' || c == '_';
}

static bool is_machine_pair(uint8_t a, uint8_t b)
{
    return (a == '"' && (b == ':' || b == ',')) || (is_digit(a) && b == ':') ||
           (a == ':' && is_digit(b)) || (a == ',' && is_digit(b));
}

// The digits from `at` on are many, and no card: an identifier, a time, a size. What `end` cuts is
// not judged.
static bool is_other_number(const struct view *v, size_t at, size_t end)
{
    size_t n = end - at;

    return n >= LONG_RUN && !(end < v->n && is_digit(v->p[end])) &&
           !(n >= CARD_FEWEST && n <= CARD_MOST && card_network(v->p + at, n) &&
             luhn_valid(v->p + at, n));
}

// Whether the bytes from `at` to `end` have what prose has not.
static bool is_machine_text(const struct view *v, size_t at, size_t end)
{
    while (at < end) {
        size_t from = at;
        if (is_machine_byte(v->p[at]) ||
            (at + 1 < end && is_machine_pair(v->p[at], v->p[at + 1]))) {
            return true;
        }
        while (at < end && is_digit(v->p[at])) {
            at++;
        }
        if (is_other_number(v, from, at)) {
            return true;
        }
        at += at == from;
    }
    return false;
}

static bool is_line_end(uint8_t c)
{
    return c == '\n' || c == '\r';
}

// What goes before a number in prose: nothing, a blank, an opening bracket or quote, or a character
// that is not of ASCII.
static bool prose_before(const struct view *v, size_t start)
{
    if (start == 0) {
        return true;
    }
    uint8_t c = v->p[start - 1];
    if (c == '(' || c == '"' || c == '\'' || c == '*' || c == '`') {
        return start == 1 || is_blank(v->p[start - 2]) || v->p[start - 2] == c;
    }
    return c == ' ' || is_line_end(c) || c >= 0x80;
}

// The words that name other numbers.
static bool names_other(const struct view *v, size_t start)
{
    static const char *const words[] = {
        "id",    "ids",    "order",   "request",   "trace",  "span",   "session", "offset",
        "bytes", "size",   "isbn",    "ean",       "gtin",   "imei",   "job",     "timestamp",
        "seq",   "batch",  "build",   "tracking",  "ticket", "user",   "message", "transaction",
        "count", "serial", "invoice", "reference", "return", "number", "inode",   "sequence",
    };
    size_t end = start;

    while (end > 0 && start - end < 4 && !is_alnum(v->p[end - 1]) && v->p[end - 1] < 0x80) {
        end--;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        size_t n = strlen(words[i]);
        if (n <= end && equal_lowered(v->p + end - n, (const uint8_t *)words[i], n) &&
            (n == end || !is_alnum(v->p[end - n - 1]))) {
            return true;
        }
    }
    return false;
}

// Numbers alone on this line before the number: a row of a table.
static bool only_numbers(const struct view *v, size_t at, size_t end)
{
    bool digit = false;

    for (; at < end; at++) {
        if (is_alpha(v->p[at]) || v->p[at] >= 0x80) {
            return false;
        }
        digit = digit || is_digit(v->p[at]);
    }
    return digit;
}

// "INFO queue 4111111111111111 committed"
static bool begins_with_level(const struct view *v, size_t line)
{
    static const char *const levels[] = {"INFO", "WARN", "ERROR", "DEBUG", "TRACE", "FATAL"};

    for (size_t i = 0; i < ARRAY_SIZE(levels); i++) {
        size_t n = strlen(levels[i]);
        if (v->n - line >= n && memcmp(v->p + line, levels[i], n) == 0) {
            return true;
        }
    }
    return false;
}

static bool prose_left(const struct view *v, size_t start)
{
    size_t least = start > LOOK_LEFT ? start - LOOK_LEFT : 0;
    size_t line = start;

    while (line > least && !is_line_end(v->p[line - 1])) {
        line--;
    }
    if (!prose_before(v, start) || names_other(v, start) || only_numbers(v, line, start)) {
        return false;
    }
    size_t before = line; // the end of the line before, which may be a row of a table
    while (before > least && is_blank(v->p[before - 1])) {
        before--;
    }
    size_t run = before;
    while (run > least && is_digit(v->p[run - 1])) {
        run--;
    }
    return !is_other_number(v, run, before) && !is_machine_text(v, line, start) &&
           !begins_with_level(v, line);
}

// What goes behind a number in prose: nothing, a blank, or a mark and then a blank or nothing.
static bool prose_after(const struct view *v, size_t end)
{
    if (end == v->n || is_blank(v->p[end]) || v->p[end] >= 0x80) {
        return true;
    }
    if (v->p[end] == 0 || strchr(".,;:!?)\"'*`", v->p[end]) == NULL) {
        return false;
    }
    return end + 1 == v->n || !is_alnum(v->p[end + 1]);
}

enum { SMALL_OBJECT = 64 };

// The first long number of a text that is a JSON object, as the arguments of a tool are, or a
// member of one.
static bool in_small_object(const struct view *v, size_t start)
{
    if (!v->first || start == 0 || start > SMALL_OBJECT || (v->p[0] != '{' && v->p[0] != '"') ||
        names_other(v, start)) {
        return false;
    }
    for (size_t at = 0; at < start; at++) {
        size_t from = at;
        while (at < start && is_digit(v->p[at])) {
            at++;
        }
        if (at - from >= LONG_RUN) {
            return false;
        }
    }
    return v->p[start - 1] == '"' || v->p[start - 1] == ':' || v->p[start - 1] == ' ';
}

static enum match prose_right(const struct view *v, size_t end)
{
    size_t most = v->n - end > LOOK_RIGHT ? end + LOOK_RIGHT : v->n;
    size_t line = end;

    while (line < most && !is_line_end(v->p[line])) {
        line++;
    }
    if (!prose_after(v, end)) {
        return MATCH_NO;
    }
    if (v->n - end <= LOOK_RIGHT && !v->final) {
        return MATCH_MORE;
    }
    if (is_machine_text(v, end, line)) {
        return MATCH_NO;
    }
    size_t next = line;
    while (next < most && is_blank(v->p[next])) {
        next++;
    }
    size_t run = next;
    while (run < most && is_digit(v->p[run])) {
        run++;
    }
    return is_other_number(v, next, run) ? MATCH_NO : MATCH_YES;
}

enum match matcher_card(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct chain c __attribute__((uninitialized)); // take_chain() begins it
    size_t groups = 0;
    enum match m = find_card(v, anchor, &c, hit, &groups);

    if (m != MATCH_YES) {
        return m;
    }
    if (groups > 1) {
        return stands_in_groups(v, &c, groups, hit);
    }
    size_t n = hit->end - hit->start;
    if (n < PROSE_FEWEST) {
        return MATCH_NO;
    }
    if (in_small_object(v, hit->start)) {
        return MATCH_YES;
    }
    if (!prose_left(v, hit->start)) {
        return MATCH_NO;
    }
    return prose_right(v, hit->end);
}
