// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Identifiers of the Americas.
#include "detect/ids.h"

#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"

bool id_ai_tin(const struct id *d)
{
    return id_like(d, "9999999999") && id_one_of(d->c[0], "12");
}

static unsigned threes(const struct id *d, size_t from, size_t n)
{
    static const uint8_t weights[] = {3, 1, 7, 9};
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += weights[i % 4] * id_value(d, from + n - 1 - i);
    }
    return (10 - sum % 10) % 10;
}

bool id_ar_cbu(const struct id *d)
{
    return id_like(d, "9999999999999999999999") && threes(d, 0, 7) == id_value(d, 7) &&
           threes(d, 8, 13) == id_value(d, 21);
}

bool id_ar_cuit(const struct id *d)
{
    return id_like(d, "99999999999") && id_in(d, 0, 2, "20 23 24 27 30 33 34 50 51 55") &&
           (uint8_t) "012345678990"[11 - id_sum(d, 0, "5432765432") % 11] == d->c[10];
}

bool id_ar_dni(const struct id *d)
{
    return (id_like(d, "99999999") || id_like(d, "9999999")) && d->c[0] != '0';
}

// The department that issued the card, and where two people had a number, a complement.
bool id_bo_ci(const struct id *d)
{
    size_t digits = d->n > 7 && is_digit(d->c[7]) ? 8 : 7;

    if (!is_digit(d->c[0]) || d->n < digits + 2 || d->n > digits + 4) {
        return false;
    }
    if (!id_in(d, digits, 2, "LP CB SC OR PT CH TJ BE BN PD PA PO PN")) {
        return false;
    }
    size_t more = d->n - digits - 2;
    return more < 2 || (is_digit(d->c[d->n - 1]) == is_digit(d->c[d->n - 2])) == (more == 2);
}

static bool br_check(const struct id *d, size_t n, const uint8_t *weights)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * (unsigned)(d->c[i] - '0');
    }
    unsigned rest = sum % 11;
    return (rest < 2 ? 0 : 11 - rest) == id_value(d, n);
}

// Since 2026 the first twelve may be letters: each counts as its ASCII code less 48.
bool id_br_cnpj(const struct id *d)
{
    static const uint8_t weights[] = {6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2};

    return id_like(d, "XXXXXXXXXXXX99") && !id_repeats(d) && br_check(d, 12, weights + 1) &&
           br_check(d, 13, weights);
}

bool id_br_cpf(const struct id *d)
{
    static const uint8_t weights[] = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};

    return id_like(d, "99999999999") && !id_repeats(d) && br_check(d, 9, weights + 1) &&
           br_check(d, 10, weights);
}

bool id_br_pis(const struct id *d)
{
    return id_like(d, "99999999999") && !id_repeats(d) &&
           id_left_of_11(id_sum(d, 0, "3298765432")) % 10 == id_value(d, 10);
}

bool id_bz_tin(const struct id *d)
{
    return id_like(d, "99999999") && id_in(d, 6, 2, "10 13 66");
}

bool id_ca_bc_phn(const struct id *d)
{
    return id_like(d, "9999999999") && d->c[0] == '9' &&
           id_left_of_11(id_sum(d, 1, "2485A973")) == id_value(d, 9);
}

bool id_ca_sin(const struct id *d)
{
    return id_like(d, "999999999") && !id_one_of(d->c[0], "08") && id_luhn(d, 0, 9);
}

bool id_ca_bn(const struct id *d)
{
    return (id_like(d, "999999999") ||
            (id_like(d, "999999999AA9999") && id_in(d, 9, 2, "RC RM RP RT RR RZ") &&
             id_number(d, 11, 4) > 0)) &&
           id_luhn(d, 0, 9);
}

bool id_ca_gst(const struct id *d)
{
    return id_like(d, "999999999RT9999") && id_number(d, 11, 4) > 0 && id_luhn(d, 0, 9);
}

bool id_ca_pst(const struct id *d)
{
    return id_like(d, "PST99999999");
}

bool id_ca_qst(const struct id *d)
{
    if (!id_like(d, "9999999999TQ9999") || id_number(d, 12, 4) == 0) {
        return false;
    }
    unsigned check = id_left_of_11(id_sum(d, 0, "432765432"));
    return (check == 0 ? 1 : check == 10 ? 0 : check) == id_value(d, 9);
}

bool id_cl_rut(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "99999999X") && !id_like(d, "9999999X")) {
        return false;
    }
    for (size_t i = 0; i + 1 < d->n; i++) {
        sum += id_value(d, d->n - 2 - i) * (unsigned)(2 + i % 6);
    }
    return sum > 0 && (uint8_t) "0123456789K"[id_left_of_11(sum)] == d->c[d->n - 1];
}

bool id_co_nit(const struct id *d)
{
    static const uint8_t weights[] = {3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71};
    unsigned sum = 0;

    if (d->n < 8 || d->n > 16) {
        return false;
    }
    for (size_t i = 0; i + 1 < d->n; i++) {
        if (!is_digit(d->c[i])) {
            return false;
        }
        sum += weights[i] * id_value(d, d->n - 2 - i);
    }
    return sum > 0 && (uint8_t) "01987654321"[sum % 11] == d->c[d->n - 1];
}

bool id_cr_cpf(const struct id *d)
{
    return (id_like(d, "999999999") && d->c[0] != '0') || id_like(d, "0999999999");
}

bool id_cr_cpj(const struct id *d)
{
    if (!id_like(d, "9999999999")) {
        return false;
    }
    uint64_t class = id_number(d, 1, 3);
    switch (d->c[0]) {
    case '2':
        return class == 100 || class == 200 || class == 300 || class == 400;
    case '3':
        return (class >= 2 && class <= 14) || (class >= 101 && class <= 110);
    case '4':
        return class == 0;
    default:
        return d->c[0] == '5' && class == 1;
    }
}

bool id_cr_cr(const struct id *d)
{
    return id_like(d, "19999999999") || id_like(d, "199999999999");
}

// The seventh digit tells the century.
bool id_cu_ni(const struct id *d)
{
    if (!id_like(d, "99999999999")) {
        return false;
    }
    unsigned century = d->c[6] == '9' ? 1800 : d->c[6] <= '5' ? 1900 : 2000;
    return id_date(century + (unsigned)id_number(d, 0, 2), (unsigned)id_number(d, 2, 2),
                   (unsigned)id_number(d, 4, 2));
}

bool id_do_cedula(const struct id *d)
{
    return id_like(d, "99999999999") && id_luhn(d, 0, 11) && id_number(d, 0, 10) > 0;
}

bool id_do_rnc(const struct id *d)
{
    return id_like(d, "999999999") && id_number(d, 0, 8) > 0 &&
           (10 - id_sum(d, 0, "79865432") % 11 + 9) % 9 + 1 == id_value(d, 8);
}

bool id_do_ncf(const struct id *d)
{
    return (id_like(d, "B9999999999") && id_in(d, 1, 2, "01 02 03 04 11 12 13 14 15 16 17")) ||
           (id_like(d, "E999999999999") && id_in(d, 1, 2, "31 32 33 34 41 43 44 45 46 47"));
}

static bool ec_province(const struct id *d)
{
    return (id_number(d, 0, 2) >= 1 && id_number(d, 0, 2) <= 24) || id_in(d, 0, 2, "30 50");
}

bool id_ec_ci(const struct id *d)
{
    return id_like(d, "9999999999") && ec_province(d) && d->c[2] <= '6' && id_luhn(d, 0, 10);
}

bool id_ec_ruc(const struct id *d)
{
    struct id ci = *d;

    if (!id_like(d, "9999999999999") || !ec_province(d)) {
        return false;
    }
    ci.n = 10;
    if (id_number(d, 10, 3) > 0 && id_ec_ci(&ci)) {
        return true;
    }
    if (d->c[2] == '6') {
        return id_number(d, 9, 4) > 0 && id_left_of_11(id_sum(d, 0, "32765432")) == id_value(d, 8);
    }
    return d->c[2] == '9' && id_number(d, 10, 3) > 0 &&
           id_left_of_11(id_sum(d, 0, "432765432")) == id_value(d, 9);
}

bool id_gt_cui(const struct id *d)
{
    if (!id_like(d, "9999999999999")) {
        return false;
    }
    uint64_t department = id_number(d, 9, 2);
    return department >= 1 && department <= 22 && id_number(d, 11, 2) >= 1 &&
           id_number(d, 11, 2) <= 40 && id_sum(d, 0, "23456789") % 11 == id_value(d, 8);
}

bool id_gt_nit(const struct id *d)
{
    unsigned sum = 0;

    if (d->n < 2 || d->n > 12) {
        return false;
    }
    for (size_t i = 0; i + 1 < d->n; i++) {
        if (!is_digit(d->c[i])) {
            return false;
        }
        sum += (unsigned)(d->n - i) * id_value(d, i);
    }
    return sum > 0 && (uint8_t) "0123456789K"[id_left_of_11(sum)] == d->c[d->n - 1];
}

bool id_mx_clabe(const struct id *d)
{
    unsigned sum = 0;

    for (size_t i = 0; i < 17 && d->n == 18; i++) {
        sum += id_value(d, i) * (unsigned)("371"[i % 3] - '0') % 10;
    }
    return id_like(d, "999999999999999999") && id_number(d, 0, 3) >= 2 &&
           (10 - sum % 10) % 10 == id_value(d, 17);
}

bool id_mx_curp(const struct id *d)
{
    static const char states[] =
        "AS BC BS CC CL CM CS CH DF DG GT GR HG JC MC MN MS NT NL OC PL QT "
        "QR SP SL SR TC TS TL VZ YN ZS NE";
    unsigned sum = 0;

    if (!id_like(d, "AAAA999999AAAAAAX9") || !id_one_of(d->c[10], "HMX") || !id_yymmdd(d, 4) ||
        !id_in(d, 11, 2, states)) {
        return false;
    }
    for (size_t i = 0; i < 17; i++) {
        // N is followed by a letter that is not in ASCII.
        unsigned v = id_value(d, i) + (d->c[i] > 'N' ? 1 : 0);
        sum += (unsigned)(18 - i) * v;
    }
    return (10 - sum % 10) % 10 == id_value(d, 17);
}

// Thirteen for a person, twelve for a company; the last is the check digit.
bool id_mx_rfc(const struct id *d)
{
    size_t letters = d->n == 12 || d->n == 9 ? 3 : 4;
    unsigned sum = 0;

    if (!id_like(d, "AAAA999999XX9") && !id_like(d, "AAAA999999XXA") && !id_like(d, "AAAA999999") &&
        !id_like(d, "AAA999999XX9") && !id_like(d, "AAA999999XXA")) {
        return false;
    }
    if (!id_yymmdd(d, letters)) {
        return false;
    }
    if (d->n == 10 || memcmp(d->c + 4, "010101000", 9) == 0) {
        return d->n == 10 || d->n == 13;
    }
    for (size_t i = 0; i + 1 < d->n; i++) {
        // An ampersand stands behind N.
        unsigned v = id_value(d, i) + (d->c[i] > 'N' ? 1 : 0);
        sum += (unsigned)(d->n - i) * v;
    }
    sum += letters == 3 ? 13 * 37 : 0; // a blank in front
    return (uint8_t) "0123456789A"[id_left_of_11(sum)] == d->c[d->n - 1];
}

bool id_pe_ce(const struct id *d)
{
    return id_like(d, "999999999");
}

bool id_pe_cui(const struct id *d)
{
    if (!id_like(d, "99999999X")) {
        return false;
    }
    unsigned rest = id_sum(d, 0, "32765432") % 11;
    return d->c[8] == (uint8_t) "65432110987"[rest] || d->c[8] == (uint8_t) "KJIHGFEDCBA"[rest];
}

bool id_pe_ruc(const struct id *d)
{
    return id_like(d, "99999999999") && id_in(d, 0, 2, "10 15 16 17 20") &&
           (11 - id_sum(d, 0, "5432765432") % 11) % 10 == id_value(d, 10);
}

bool id_py_cedula(const struct id *d)
{
    return d->n >= 5 && d->n <= 7 && d->c[0] != '0';
}

bool id_py_ruc(const struct id *d)
{
    unsigned sum = 0;

    if (d->n < 5 || d->n > 9) {
        return false;
    }
    for (size_t i = 0; i + 1 < d->n; i++) {
        sum += (unsigned)(d->n - i) * id_value(d, i);
    }
    return id_left_of_11(sum) % 10 == id_value(d, d->n - 1);
}

// Older numbers have serials up to 100 and other weights.
bool id_sv_nit(const struct id *d)
{
    if (!id_like(d, "99999999999999") || !id_one_of(d->c[0], "019")) {
        return false;
    }
    unsigned check = id_number(d, 10, 3) <= 100 ? id_sum(d, 0, "EDCBA98765432") % 11 % 10
                                                : id_left_of_11(id_sum(d, 0, "2765432765432")) % 10;
    return check == id_value(d, 13);
}

// Sums of the Federal Reserve's routing numbers: 3, 7, 1.
bool id_us_aba(const struct id *d)
{
    uint64_t district =
        d->n == 9 && is_digit(d->c[0]) && is_digit(d->c[1]) ? id_number(d, 0, 2) : 99;

    return id_like(d, "999999999") && id_sum(d, 0, "371371371") % 10 == 0 &&
           id_number(d, 0, 9) > 0 &&
           (district <= 12 || (district >= 21 && district <= 32) ||
            (district >= 61 && district <= 72) || district == 80);
}

bool id_us_itin(const struct id *d)
{
    if (!id_like(d, "999999999") || d->c[0] != '9' || id_number(d, 0, 8) == 98765432) {
        return false; // 987-65-4320 to -4329 are for advertisements
    }
    uint64_t group = id_number(d, 3, 2);
    return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
           (group >= 90 && group <= 92) || (group >= 94 && group <= 99);
}

bool id_us_atin(const struct id *d)
{
    return id_like(d, "999939999") && d->c[0] == '9' && id_number(d, 3, 2) == 93;
}

bool id_us_ein(const struct id *d)
{
    return id_like(d, "999999999") &&
           id_in(d, 0, 2,
                 "01 02 03 04 05 06 10 11 12 13 14 15 16 20 21 22 23 24 25 26 27 30 31 32 33 34 35 "
                 "36 37 38 39 40 41 42 43 44 45 46 47 48 50 51 52 53 54 55 56 57 58 59 60 61 62 63 "
                 "64 65 66 67 68 71 72 73 74 75 76 77 80 81 82 83 84 85 86 87 88 90 91 92 93 94 95 "
                 "98 99");
}

// Doctors: the Luhn check digit with the prefix of the United States' health industry.
bool id_us_npi(const struct id *d)
{
    struct id n = {.n = 15};

    if (!id_like(d, "9999999999") || !id_one_of(d->c[0], "12")) {
        return false;
    }
    memcpy(n.c, "80840", 5);
    memcpy(n.c + 5, d->c, 10);
    return id_luhn(&n, 0, 15);
}

bool id_us_dea(const struct id *d)
{
    if (!id_like(d, "AX9999999") || !id_one_of(d->c[0], "ABCDEFGHJKLMPRSTUX") ||
        (!is_upper(d->c[1]) && d->c[1] != '9')) {
        return false;
    }
    return (id_sum(d, 2, "101010") + 2 * id_sum(d, 2, "010101")) % 10 == id_value(d, 8);
}

// Medicare: letters without those that look like digits, at fixed places.
bool id_us_mbi(const struct id *d)
{
    if (!id_like(d, "9AX9AX9AA99") || d->c[0] == '0') {
        return false;
    }
    for (size_t i = 1; i < 9; i++) {
        if (id_one_of(d->c[i], "SLOIBZ")) {
            return false;
        }
    }
    return true;
}

bool id_uy_cedula(const struct id *d)
{
    return id_like(d, "99999999") && (10 - id_sum(d, 0, "2987634") % 10) % 10 == id_value(d, 7);
}

bool id_uy_nie(const struct id *d)
{
    return id_like(d, "999999999") && d->c[0] == '9' &&
           (10 - id_sum(d, 0, "82987634") % 10) % 10 == id_value(d, 8);
}

bool id_uy_rut(const struct id *d)
{
    return id_like(d, "999999999999") && id_number(d, 0, 2) >= 1 && id_number(d, 0, 2) <= 22 &&
           id_number(d, 2, 6) > 0 && id_number(d, 8, 3) == 1 &&
           id_left_of_11(id_sum(d, 0, "43298765432")) == id_value(d, 11);
}

bool id_ve_rif(const struct id *d)
{
    static const char kinds[] = "VEJPG";
    const char *kind = strchr(kinds, d->c[0]);

    if (!id_like(d, "A999999999") || (kind == NULL && d->c[0] != 'C')) {
        return false;
    }
    unsigned first = kind == NULL ? 12 : 4 * (unsigned)(kind - kinds + 1);
    return d->c[9] == (uint8_t) "00987654321"[(first + id_sum(d, 1, "32765432")) % 11];
}
