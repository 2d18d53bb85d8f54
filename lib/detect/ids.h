// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// National identifiers, tax and account numbers: whether the letters and digits of one obey the
// rules of who issues it. One function a kind, `id_COUNTRY_NAME`, all in ids.def; the sources are
// the issuers' publications of their check digits.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum { ID_MOST = 40 };

// Letters in upper case and digits; separators are left out.
struct id {
    uint8_t c[ID_MOST];
    size_t n;
};

#define ID(name) bool id_##name(const struct id *d);
#include "detect/ids.def"
#undef ID

// False where there are more than ID_MOST characters, or others than letters, digits, blanks and
// the marks - . / ( ) + between them.
bool ids_read(struct span text, struct id *ret_id);

// Whether it looks like `shape`: 9 a digit, A a letter, X either, anything else itself.
bool id_like(const struct id *d, const char *shape);
// The same without the letters `code` in front, where they stand there ("PL" of a VAT number).
struct id id_without(const struct id *d, const char *code);
// Whether a character is one of `set`.
bool id_one_of(uint8_t c, const char *set);
// Whether `n` digits from `from` on are one of the blank-separated words of `list`.
bool id_in(const struct id *d, size_t from, size_t n, const char *list);

// The value of a digit or letter: A is 10, as ISO 7064 and ICAO 9303 have it.
static inline unsigned id_value(const struct id *d, size_t i)
{
    return d->c[i] <= '9' ? (unsigned)(d->c[i] - '0') : (unsigned)(d->c[i] - 'A') + 10;
}

uint64_t id_number(const struct id *d, size_t from, size_t n);
// The sum of values times weights, one character each ("12A": 1, 2, 10), from `from` on.
unsigned id_sum(const struct id *d, size_t from, const char *weights);
// All `n` characters the same.
bool id_repeats(const struct id *d);

bool id_luhn(const struct id *d, size_t from, size_t n);
// ISO 7064 MOD 11,10 of `n` digits, the last of them the check digit.
bool id_mod11_10(const struct id *d, size_t n);
bool id_verhoeff(const struct id *d);
// Sum modulo 11 as a check digit: 11 - sum % 11, with 11 as 0; 10 stays.
static inline unsigned id_left_of_11(unsigned sum)
{
    return (11 - sum % 11) % 11;
}

// A day that was or may be soon; a year of zero is one that is not known.
bool id_date(unsigned year, unsigned month, unsigned day);
// Two digits each at `at`: day, month, year without century.
bool id_ddmmyy(const struct id *d, size_t at);
bool id_yymmdd(const struct id *d, size_t at);
