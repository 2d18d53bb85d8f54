// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Telephone numbers in five forms: with + and the calling code; with 00 and the calling code, in
// groups; as North America writes them, which nothing else looks like; any groups of digits that
// a word before or behind says are one; and numbers of regions that are named. The first two and
// the last are compared with the number plans.
#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"
#include "detect/numbers.h"

enum {
    PHONE_MOST = 17,
    PHONE_GROUPS = 15,
    PHONE_BETWEEN = 4,
    NATIONAL_FEWEST = 6,
    NATIONAL_PLAIN = 7, // digits in one
    NATIONAL_MOST = 13,
    EXTENSION_MOST = 6,
    BEHIND_MOST = 36, // how far the words behind are looked for
};

struct phone {
    uint8_t digits[PHONE_MOST];
    size_t n;
    size_t counts[PHONE_GROUPS]; // digits up to the end of each group
    size_t ends[PHONE_GROUPS];
    uint8_t marks[PHONE_GROUPS]; // first byte of what stands behind each group
    size_t groups;
};

// What may stand between two groups of a telephone number, such as ") " and " (".
static size_t phone_between(const struct view *v, size_t at)
{
    size_t begin = at;

    while (at < v->n && at - begin < PHONE_BETWEEN) {
        uint8_t c = v->p[at];
        size_t n = c == '(' || c == ')' || c == '/' ? 1 : number_separator(v, at);
        if (n == 0) {
            break;
        }
        at += n;
    }
    return at - begin;
}

// "+44 (0)20": the zero is dialled inside the country only.
static bool is_trunk_zero(const struct view *v, size_t at)
{
    return at > 0 && at + 1 < v->n && v->p[at] == '0' && v->p[at - 1] == '(' && v->p[at + 1] == ')';
}

// False where the view ends first.
static bool take_phone(const struct view *v, size_t at, bool trunk_counts, struct phone *phone)
{
    phone->n = phone->groups = 0;
    while (phone->groups < PHONE_GROUPS) {
        bool trunk = !trunk_counts && is_trunk_zero(v, at);
        for (; at < v->n && is_digit(v->p[at]); at++) {
            if (phone->n == PHONE_MOST) {
                return true;
            }
            if (!trunk) {
                phone->digits[phone->n++] = v->p[at];
            }
        }
        size_t n = phone_between(v, at);
        if (!trunk) {
            phone->counts[phone->groups] = phone->n;
            phone->marks[phone->groups] = n > 0 ? v->p[at] : 0;
            phone->ends[phone->groups++] = at;
        }
        if (!v->final && at + n + 2 >= v->n) {
            return false;
        }
        if (n == 0 || at + n >= v->n || !is_digit(v->p[at + n])) {
            return true;
        }
        at += n;
    }
    return true;
}

// "x1711" directly behind belongs to the number.
static enum match phone_end(const struct view *v, size_t end, struct hit *hit)
{
    size_t at = end + 1;

    hit->end = end;
    if (end == v->n) {
        return v->final ? MATCH_YES : MATCH_MORE;
    }
    if (v->p[end] != 'x' && v->p[end] != 'X') {
        if (is_alnum(v->p[end]) || v->p[end] == '_') {
            return MATCH_NO;
        }
        bool joined = v->p[end] == '-' || v->p[end] == '.' || v->p[end] == ':' || v->p[end] == '/';
        if (!joined) {
            return MATCH_YES;
        }
        if (end + 2 >= v->n && !v->final) {
            return MATCH_MORE;
        }
        bool one = end + 1 < v->n && is_alpha(v->p[end + 1]) &&
                   (end + 2 == v->n || !is_alpha(v->p[end + 2]));
        return (end + 1 < v->n && is_digit(v->p[end + 1])) || one ? MATCH_NO : MATCH_YES;
    }
    while (at < v->n && at - end <= EXTENSION_MOST && is_digit(v->p[at])) {
        at++;
    }
    if (at == v->n && !v->final) {
        return MATCH_MORE;
    }
    if (at == end + 1 || (at < v->n && is_alnum(v->p[at]))) {
        return MATCH_NO;
    }
    hit->end = at;
    return MATCH_YES;
}

static enum match phone_right(const struct view *v, const struct phone *phone, size_t group,
                              struct hit *hit)
{
    enum match m = phone_end(v, phone->ends[group], hit);

    if (m != MATCH_NO || group + 1 == phone->groups) {
        return m;
    }
    return phone->marks[group] == ' ' ? MATCH_YES : MATCH_NO;
}

// The longest row of groups that fits a plan, or else one that fits the length of its country.
static enum match international(const struct view *v, const struct phone *phone, size_t skip,
                                enum phone_fit least, struct hit *hit)
{
    for (enum phone_fit fit = PHONE_PLANNED; fit >= least; fit--) {
        for (size_t i = phone->groups; i-- > 0;) {
            size_t n = phone->counts[i];
            if (n < skip + 7 || phone_fits(phone->digits + skip, n - skip) < fit ||
                (fit == PHONE_LENGTH && n - skip < 9)) {
                continue;
            }
            return phone_right(v, phone, i, hit);
        }
    }
    return MATCH_NO;
}

enum match matcher_phone(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct phone phone __attribute__((uninitialized)); // take_phone() begins it
    size_t start = anchor->start;

    start -= start > 0 && v->p[start - 1] == '(';
    if (start == 0 || v->p[start - 1] != '+') {
        return MATCH_NO;
    }
    start--;
    if (start > 0 && v->p[start - 1] == '(' && anchor->end < v->n && v->p[anchor->end] == ')') {
        start--;
    }
    if (start > 0 && (is_alnum(v->p[start - 1]) || v->p[start - 1] == '+')) {
        return MATCH_NO;
    }
    hit->start = start;
    return take_phone(v, anchor->start, false, &phone)
               ? international(v, &phone, 0, PHONE_LENGTH, hit)
               : MATCH_MORE;
}

bool phone_edge_left(const struct view *v, size_t at)
{
    uint8_t before = at > 0 ? v->p[at - 1] : '\n';

    if (is_alnum(before)) {
        return false;
    }
    switch (before) {
    case '_':
    case '#':
    case '$':
    case '+':
    case '.':
    case '*':
    case '\\':
    case '/':
        return false;
    case '-':
    case ' ':
    case ':':
    case ',':
    case ')':
        return at < 2 || !is_digit(v->p[at - 2]);
    default:
        return true;
    }
}

static size_t phone_start(const struct view *v, const struct site *anchor)
{
    bool open = anchor->start > 0 && v->p[anchor->start - 1] == '(';
    bool closed = anchor->end < v->n && v->p[anchor->end] == ')';

    return anchor->start - (open && closed);
}

// "0069 0307 0300", code points: no second group of four begins with a zero.
static bool is_row_of_codes(const struct phone *phone)
{
    return phone->counts[0] == 4 && phone->counts[1] == 8 && phone->digits[4] == '0';
}

enum match matcher_phone_exit(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct phone phone __attribute__((uninitialized)); // take_phone() begins it

    hit->start = anchor->start;
    if (anchor->end - anchor->start < 3 || v->p[anchor->start] != '0' ||
        v->p[anchor->start + 1] != '0' || !phone_edge_left(v, anchor->start)) {
        return MATCH_NO;
    }
    if (!take_phone(v, anchor->start, false, &phone)) {
        return MATCH_MORE;
    }
    if (phone.groups < 2 || is_row_of_codes(&phone)) {
        return MATCH_NO;
    }
    return international(v, &phone, 2, PHONE_PLANNED, hit);
}

// Groups of 3, 3 and 4 digits, with a 1 in front or without: area and exchange begin with 2 to 9.
enum match matcher_phone_nanp(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct phone phone __attribute__((uninitialized)); // take_phone() begins it
    size_t start = phone_start(v, anchor);
    size_t first = anchor->end - anchor->start == 1 ? 1 : 0;

    hit->start = start;
    if (!phone_edge_left(v, start) || (first == 1 && v->p[anchor->start] != '1')) {
        return MATCH_NO;
    }
    if (!take_phone(v, anchor->start, true, &phone)) {
        return MATCH_MORE;
    }
    if (phone.groups < first + 3 || phone.counts[first] != first + 3 ||
        phone.counts[first + 1] != first + 6 || phone.counts[first + 2] != first + 10 ||
        phone.digits[first] < '2' || phone.digits[first + 3] < '2') {
        return MATCH_NO;
    }
    uint8_t one = phone.marks[first];
    uint8_t two = phone.marks[first + 1];
    bool alike = one == ')' ? two == '-' || two == ' ' || two == '.' : one == two && one != ' ';
    if (!alike || one == '/' || (phone.groups > first + 3 && phone.marks[first + 2] != ' ')) {
        return MATCH_NO;
    }
    return phone_right(v, &phone, first + 2, hit);
}

static size_t group_size(const struct phone *phone, size_t i)
{
    return phone->counts[i] - (i == 0 ? 0 : phone->counts[i - 1]);
}

static unsigned group_value(const struct phone *phone, size_t i)
{
    unsigned value = 0;

    for (size_t k = i == 0 ? 0 : phone->counts[i - 1]; k < phone->counts[i]; k++) {
        value = value * 10 + (unsigned)(phone->digits[k] - '0');
    }
    return value;
}

static bool is_year(const struct phone *phone, size_t i)
{
    return group_size(phone, i) == 4 && group_value(phone, i) >= 1900 &&
           group_value(phone, i) < 2100;
}

// Dates, years, addresses of the internet, amounts, social security numbers.
static bool is_other(const struct phone *phone, size_t groups)
{
    if (groups >= 3 && ((is_year(phone, 0) && group_size(phone, 1) <= 2) ||
                        (is_year(phone, 2) && group_size(phone, 0) <= 2 && groups == 3))) {
        return true;
    }
    if (groups == 2 &&
        (is_year(phone, 0) ||
         (phone->marks[0] == '.' && (group_size(phone, 1) < 3 || group_size(phone, 0) < 3)))) {
        return true;
    }
    if (groups == 3 && phone->marks[0] == '/' && phone->marks[1] == '/' && phone->counts[2] <= 8 &&
        group_size(phone, 0) <= 2) {
        return true;
    }
    if (groups == 3 && group_size(phone, 0) == 3 && group_size(phone, 1) == 2 &&
        group_size(phone, 2) == 4) {
        return true;
    }
    bool points = groups == 4;
    for (size_t i = 0; i < groups && points; i++) {
        points = group_size(phone, i) <= 3 && (i + 1 == groups || phone->marks[i] == '.');
    }
    return points;
}

// In one, without a country: no date, no count of fingers (12345678), and more than eleven digits
// only with a calling code in front.
static bool is_plain(const struct phone *phone)
{
    const uint8_t *d = phone->digits;
    size_t n = phone->counts[0];
    size_t steps = 0;

    for (size_t i = 1; i < n; i++) {
        steps += d[i] == (uint8_t)((d[i - 1] - '0' + 1) % 10 + '0') || d[i] == d[i - 1];
    }
    bool date = n == 8 && (memcmp(d, "19", 2) == 0 || memcmp(d, "20", 2) == 0) && d[4] <= '1' &&
                d[6] <= '3';
    return n >= NATIONAL_PLAIN && !date && steps + 1 < n &&
           (n < 12 || d[0] == '0' || phone_fits(d, n) == PHONE_PLANNED);
}

static bool is_national(const struct phone *phone, size_t groups)
{
    size_t n = phone->counts[groups - 1];

    return n <= NATIONAL_MOST && (groups == 1 ? is_plain(phone) : n >= NATIONAL_FEWEST) &&
           !is_other(phone, groups) && group_size(phone, groups - 1) > 1;
}

// A short run needs another one behind it.
static bool may_go_on(const struct view *v, const struct site *anchor)
{
    if (anchor->end - anchor->start >= NATIONAL_PLAIN) {
        return true;
    }
    size_t n = phone_between(v, anchor->end);
    if (number_separator_cut(v, anchor->end + n)) {
        return true;
    }
    return anchor->end + n >= v->n ? !v->final : n > 0 && is_digit(v->p[anchor->end + n]);
}

static enum match national(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct phone phone __attribute__((uninitialized)); // take_phone() begins it
    size_t start = phone_start(v, anchor);

    hit->start = start;
    if (!phone_edge_left(v, start) || !may_go_on(v, anchor)) {
        return MATCH_NO;
    }
    if (!take_phone(v, anchor->start, true, &phone)) {
        return MATCH_MORE;
    }
    for (size_t i = phone.groups; i-- > 0;) {
        if (is_national(&phone, i + 1) && (i + 1 == phone.groups || phone.marks[i] == ' ')) {
            return phone_right(v, &phone, i, hit);
        }
    }
    return MATCH_NO;
}

// "41.3851024": a place on earth, an amount.
static bool is_decimal(const struct phone *phone, size_t groups)
{
    return groups == 2 && phone->marks[0] == '.';
}

// A number of a region that is named, as it is dialled there. Nothing beside it is asked for, so it
// must be one in all its digits.
enum match matcher_phone_region(const struct view *v, const struct site *anchor, struct hit *hit)
{
    struct phone phone __attribute__((uninitialized)); // take_phone() begins it
    size_t start = phone_start(v, anchor);

    hit->start = start;
    if (v->regions == NULL || !phone_edge_left(v, start) || !may_go_on(v, anchor)) {
        return MATCH_NO;
    }
    if (!take_phone(v, anchor->start, true, &phone)) {
        return MATCH_MORE;
    }
    for (size_t i = phone.groups; i-- > 0;) {
        if (is_national(&phone, i + 1) && !is_decimal(&phone, i + 1) &&
            (i + 1 == phone.groups || phone.marks[i] == ' ') &&
            phone_regions_have(v->regions, phone.digits, phone.counts[i])) {
            return phone_right(v, &phone, i, hit);
        }
    }
    return MATCH_NO;
}

// The rule asks for a word before it.
enum match matcher_phone_national(const struct view *v, const struct site *anchor, struct hit *hit)
{
    return national(v, anchor, hit);
}

static bool word_at(const struct view *v, size_t at, const char *const *words, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(words[i]);
        if (v->n - at >= length && equal_lowered(v->p + at, (const uint8_t *)words[i], length) &&
            (at + length == v->n || !is_alnum(v->p[at + length]))) {
            return true;
        }
    }
    return false;
}

// A word directly behind, "555 1234 (fax)", or "... is my new mobile number".
static bool phone_word_behind(const struct view *v, size_t end)
{
    static const char *const words[] = {"office",    "fax",      "mobile", "cell",      "home",
                                        "work",      "phone",    "tel",    "telephone", "mobil",
                                        "cellphone", "landline", "direct"};
    static const char *const verbs[] = {"is my", "is our", "is the", "is his", "is her", "is your"};
    static const char *const called[] = {"phone",    "mobile",   "cell",     "telephone",
                                         "fax",      "landline", "whatsapp", "contact number",
                                         "cellphone"};
    size_t at = end;
    size_t most = v->n - end < BEHIND_MOST ? v->n : end + BEHIND_MOST;

    while (at < v->n && at - end < 3 && strchr(" -,:([\\", v->p[at]) != NULL && v->p[at] != 0) {
        at++;
    }
    if (at == end) {
        return false;
    }
    if (word_at(v, at, words, ARRAY_SIZE(words))) {
        return true;
    }
    if (!word_at(v, at, verbs, ARRAY_SIZE(verbs))) {
        return false;
    }
    for (; at < most && v->p[at] != '.' && v->p[at] != '\n'; at++) {
        if (!is_alnum(v->p[at - 1]) && word_at(v, at, called, ARRAY_SIZE(called))) {
            return true;
        }
    }
    return false;
}

enum match matcher_phone_named_behind(const struct view *v, const struct site *anchor,
                                      struct hit *hit)
{
    enum match m = national(v, anchor, hit);

    if (m != MATCH_YES) {
        return m;
    }
    if (!v->final && v->n - hit->end < BEHIND_MOST + 16) {
        // Only where what is seen so far may go on as one of the words.
        size_t at = hit->end;
        bool may = at == v->n || v->p[at] == ' ' || v->p[at] == '-' || v->p[at] == '(';
        return may || phone_word_behind(v, hit->end) ? MATCH_MORE : MATCH_NO;
    }
    return phone_word_behind(v, hit->end) ? MATCH_YES : MATCH_NO;
}
