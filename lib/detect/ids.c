// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the validators of identifiers share.
#include "detect/ids.h"

#include <string.h>

#include "detect/ascii.h"
#include "detect/numbers.h"

bool ids_read(struct span text, struct id *ret_id)
{
    *ret_id = (struct id){0};
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if (is_alnum(c)) {
            if (ret_id->n == ID_MOST) {
                return false;
            }
            ret_id->c[ret_id->n++] = is_alpha(c) ? (uint8_t)(c & 0xDF) : c;
        } else if (!id_one_of(c, " -./()+")) {
            return false;
        }
    }
    return true;
}

static bool fits(uint8_t c, char shape)
{
    switch (shape) {
    case '9':
        return is_digit(c);
    case 'A':
        return is_upper(c);
    case 'X':
        return true;
    default:
        return c == (uint8_t)shape;
    }
}

bool id_like(const struct id *d, const char *shape)
{
    size_t i = 0;

    while (i < d->n && shape[i] != '\0' && fits(d->c[i], shape[i])) {
        i++;
    }
    return i == d->n && shape[i] == '\0';
}

struct id id_without(const struct id *d, const char *code)
{
    struct id rest = *d;
    size_t n = strlen(code);

    if (d->n > n && memcmp(d->c, code, n) == 0) {
        rest.n -= n;
        memmove(rest.c, d->c + n, rest.n);
    }
    return rest;
}

bool id_one_of(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

bool id_in(const struct id *d, size_t from, size_t n, const char *list)
{
    for (const char *p = list; strlen(p) >= n; p += n + 1) {
        if (memcmp(p, d->c + from, n) == 0) {
            return true;
        }
        if (p[n] == '\0') {
            break;
        }
    }
    return false;
}

uint64_t id_number(const struct id *d, size_t from, size_t n)
{
    uint64_t value = 0;

    for (size_t i = from; i < from + n; i++) {
        value = value * 10 + (uint64_t)(d->c[i] - '0');
    }
    return value;
}

unsigned id_sum(const struct id *d, size_t from, const char *weights)
{
    unsigned sum = 0;

    for (size_t i = 0; weights[i] != '\0'; i++) {
        uint8_t w = (uint8_t)weights[i];
        sum += (unsigned)(w <= '9' ? w - '0' : w - 'A' + 10) * id_value(d, from + i);
    }
    return sum;
}

bool id_repeats(const struct id *d)
{
    for (size_t i = 1; i < d->n; i++) {
        if (d->c[i] != d->c[0]) {
            return false;
        }
    }
    return true;
}

bool id_luhn(const struct id *d, size_t from, size_t n)
{
    return luhn_valid(d->c + from, n);
}

bool id_mod11_10(const struct id *d, size_t n)
{
    unsigned check = 5;

    for (size_t i = 0; i < n; i++) {
        check = ((check == 0 ? 10 : check) * 2 % 11 + id_value(d, i)) % 10;
    }
    return check == 1;
}

bool id_verhoeff(const struct id *d)
{
    static const uint8_t product[10][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
        {2, 3, 4, 0, 1, 7, 8, 9, 5, 6}, {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
        {4, 0, 1, 2, 3, 9, 5, 6, 7, 8}, {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
        {6, 5, 9, 8, 7, 1, 0, 4, 3, 2}, {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
        {8, 7, 6, 5, 9, 3, 2, 1, 0, 4}, {9, 8, 7, 6, 5, 4, 3, 2, 1, 0}};
    static const uint8_t turned[8][10] = {
        {0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
        {5, 8, 0, 3, 7, 9, 6, 1, 4, 2}, {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
        {9, 4, 5, 3, 1, 2, 6, 8, 7, 0}, {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
        {2, 7, 9, 3, 8, 0, 6, 4, 1, 5}, {7, 0, 4, 6, 9, 1, 3, 2, 5, 8}};
    uint8_t check = 0;

    for (size_t i = 0; i < d->n; i++) {
        check = product[check][turned[i % 8][id_value(d, d->n - 1 - i)]];
    }
    return check == 0;
}

enum { YEAR_FIRST = 1850, YEAR_LAST = 2035 };

bool id_date(unsigned year, unsigned month, unsigned day)
{
    static const uint8_t days[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    if (month < 1 || month > 12 || day < 1 || day > days[month - 1]) {
        return false;
    }
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return year == 0 ||
           (year >= YEAR_FIRST && year <= YEAR_LAST && (leap || month != 2 || day < 29));
}

bool id_ddmmyy(const struct id *d, size_t at)
{
    return id_date(0, (unsigned)id_number(d, at + 2, 2), (unsigned)id_number(d, at, 2));
}

bool id_yymmdd(const struct id *d, size_t at)
{
    return id_date(0, (unsigned)id_number(d, at + 2, 2), (unsigned)id_number(d, at + 4, 2));
}
