// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Identifiers of Asia, Oceania and Africa, and those of no country.
#include "detect/ids.h"

#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"

static unsigned weigh(const struct id *d, size_t from, const uint8_t *weights, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += weights[i] * id_value(d, from + i);
    }
    return sum;
}

bool id_ao_bi(const struct id *d)
{
    return id_like(d, "999999999AA999");
}

bool id_au_abn(const struct id *d)
{
    static const uint8_t weights[] = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};

    return id_like(d, "99999999999") && d->c[0] != '0' &&
           (weigh(d, 0, weights, ARRAY_SIZE(weights)) - 10) % 89 == 0;
}

bool id_au_acn(const struct id *d)
{
    return id_like(d, "999999999") && id_number(d, 0, 9) > 0 &&
           (10 - id_sum(d, 0, "87654321") % 10) % 10 == id_value(d, 8);
}

bool id_au_tfn(const struct id *d)
{
    return (id_like(d, "999999999") || id_like(d, "99999999")) && id_number(d, 0, d->n) > 0 &&
           id_sum(d, 0, d->n == 8 ? "A7843521" : "14375869A") % 11 == 0;
}

bool id_au_medicare(const struct id *d)
{
    return (id_like(d, "9999999999") || id_like(d, "99999999999")) && id_one_of(d->c[0], "23456") &&
           d->c[9] != '0' && id_sum(d, 0, "13791379") % 10 == id_value(d, 8);
}

bool id_az_tin(const struct id *d)
{
    return id_like(d, "9999999999") && id_one_of(d->c[9], "12");
}

bool id_cn_ric(const struct id *d)
{
    static const uint8_t weights[] = {7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2};

    if (!id_like(d, "99999999999999999X") || !id_one_of(d->c[0], "12345678") || d->c[1] == '0') {
        return false;
    }
    return id_date((unsigned)id_number(d, 6, 4), (unsigned)id_number(d, 10, 2),
                   (unsigned)id_number(d, 12, 2)) &&
           (uint8_t) "10X98765432"[weigh(d, 0, weights, 17) % 11] == d->c[17];
}

bool id_cn_uscc(const struct id *d)
{
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    static const uint8_t weights[] = {1,  3,  9,  27, 19, 26, 16, 17, 20,
                                      29, 25, 13, 8,  24, 10, 30, 28};
    unsigned sum = 0;

    if (!id_like(d, "XX999999XXXXXXXXXX") || !id_one_of(d->c[0], "159Y")) {
        return false;
    }
    for (size_t i = 0; i < 17; i++) {
        const char *at = strchr(letters, d->c[i]);
        if (at == NULL) {
            return false;
        }
        sum += weights[i] * (unsigned)(at - letters);
    }
    return (uint8_t)letters[(31 - sum % 31) % 31] == d->c[17];
}

bool id_dz_nif(const struct id *d)
{
    return id_like(d, "999999999999999") || id_like(d, "99999999999999999999");
}

bool id_eg_tn(const struct id *d)
{
    return id_like(d, "999999999") && d->c[0] != '0';
}

// Century, date, governorate, serial, a digit whose rule is not public.
bool id_eg_national_id(const struct id *d)
{
    if (!id_like(d, "99999999999999") || !id_one_of(d->c[0], "23")) {
        return false;
    }
    uint64_t governorate = id_number(d, 7, 2);
    return id_date((d->c[0] == '2' ? 1900 : 2000) + (unsigned)id_number(d, 1, 2),
                   (unsigned)id_number(d, 3, 2), (unsigned)id_number(d, 5, 2)) &&
           ((governorate >= 1 && governorate <= 35) || governorate == 88);
}

bool id_gh_tin(const struct id *d)
{
    if (!id_like(d, "A999999999X") || !id_one_of(d->c[0], "PCGQV")) {
        return false;
    }
    return (uint8_t) "0123456789X"[id_sum(d, 1, "123456789") % 11] == d->c[10];
}

bool id_gn_nifp(const struct id *d)
{
    return id_like(d, "999999999") && d->c[0] != '0' && id_luhn(d, 0, 9);
}

// The sum of up to two letters (a blank is 36) and six digits, weights 9 to 2.
bool id_hk_hkid(const struct id *d)
{
    size_t at = d->n == 9 ? 1 : 0;

    if (!id_like(d, "A999999X") && !id_like(d, "AA999999X")) {
        return false;
    }
    unsigned first = at == 1 ? id_value(d, 0) : 36;
    unsigned sum = 9 * first + id_sum(d, at, "8765432");
    if (d->c[d->n - 1] == 'A') {
        return (sum + 10) % 11 == 0;
    }
    return is_digit(d->c[d->n - 1]) && (sum + id_value(d, d->n - 1)) % 11 == 0;
}

bool id_id_npwp(const struct id *d)
{
    return id_like(d, "999999999999999") && d->c[0] <= '9' && id_luhn(d, 0, 9) &&
           id_number(d, 0, 9) > 0;
}

// Province, regency, district; day (women have 40 added), month, year; serial.
bool id_id_nik(const struct id *d)
{
    if (!id_like(d, "9999999999999999") || d->c[0] == '0' || id_number(d, 0, 2) < 11) {
        return false;
    }
    unsigned day = (unsigned)id_number(d, 6, 2);
    return id_date(0, (unsigned)id_number(d, 8, 2), day > 40 ? day - 40 : day) &&
           id_number(d, 12, 4) > 0;
}

bool id_il_hp(const struct id *d)
{
    return id_like(d, "599999999") && id_luhn(d, 0, 9);
}

bool id_il_idnr(const struct id *d)
{
    return (id_like(d, "999999999") || id_like(d, "99999999")) && id_luhn(d, 0, d->n) &&
           id_number(d, 0, d->n) > 0;
}

static bool is_palindrome(const struct id *d)
{
    for (size_t i = 0; i < d->n / 2; i++) {
        if (d->c[i] != d->c[d->n - 1 - i]) {
            return false;
        }
    }
    return true;
}

bool id_in_aadhaar(const struct id *d)
{
    return id_like(d, "999999999999") && d->c[0] >= '2' && !is_palindrome(d) && id_verhoeff(d);
}

bool id_in_vid(const struct id *d)
{
    return id_like(d, "9999999999999999") && d->c[0] >= '2' && !id_repeats(d) && id_verhoeff(d);
}

bool id_in_epic(const struct id *d)
{
    return id_like(d, "AAA9999999") && id_luhn(d, 3, 7);
}

bool id_in_pan(const struct id *d)
{
    return id_like(d, "AAAAA9999A") && id_one_of(d->c[3], "ABCFGHJKLPT") && id_number(d, 5, 4) > 0;
}

// State, PAN, a serial, Z, and a Luhn digit over 36 characters.
bool id_in_gstin(const struct id *d)
{
    struct id pan = {.n = 10};
    unsigned sum = 0;

    if (!id_like(d, "99AAAAA9999AXXX")) {
        return false;
    }
    memcpy(pan.c, d->c + 2, 10);
    uint64_t state = id_number(d, 0, 2);
    if (!id_in_pan(&pan) || state == 0 || (state > 38 && state != 97 && state != 99)) {
        return false;
    }
    for (size_t i = 0; i < 15; i++) {
        unsigned v = id_value(d, 14 - i) * (i % 2 == 0 ? 1 : 2);
        sum += v / 36 + v % 36;
    }
    return sum % 36 == 0;
}

bool id_in_passport(const struct id *d)
{
    return id_like(d, "A9999999") && !id_one_of(d->c[0], "QXZ") && d->c[1] != '0' && d->c[7] != '0';
}

bool id_jp_cn(const struct id *d)
{
    return id_like(d, "9999999999999") && d->c[0] != '0' &&
           9 - id_sum(d, 1, "212121212121") % 9 == id_value(d, 0);
}

bool id_jp_my_number(const struct id *d)
{
    unsigned rest = d->n == 12 ? id_sum(d, 0, "65432765432") % 11 : 0;

    return id_like(d, "999999999999") && id_number(d, 0, 11) > 0 &&
           (rest <= 1 ? 0 : 11 - rest) == id_value(d, 11);
}

bool id_ke_pin(const struct id *d)
{
    return id_like(d, "A999999999A") && id_one_of(d->c[0], "AP");
}

bool id_kr_brn(const struct id *d)
{
    return id_like(d, "9999999999") && id_number(d, 0, 3) >= 101 && id_number(d, 3, 2) > 0 &&
           (10 - (id_sum(d, 0, "137137135") + id_value(d, 8) * 5 / 10) % 10) % 10 == id_value(d, 9);
}

// Residents; numbers since October 2020 have no check digit, and are found beside their name only.
bool id_kr_rrn(const struct id *d)
{
    static const uint16_t centuries[] = {1800, 1900, 1900, 2000, 2000,
                                         1900, 1900, 2000, 2000, 1800};

    return id_like(d, "9999999999999") &&
           id_date(centuries[id_value(d, 6)] + (unsigned)id_number(d, 0, 2),
                   (unsigned)id_number(d, 2, 2), (unsigned)id_number(d, 4, 2)) &&
           (11 - id_sum(d, 0, "234567892345") % 11) % 10 == id_value(d, 12);
}

// Days of the year; women have 500 added.
bool id_lk_nic(const struct id *d)
{
    size_t at = 2;

    if (id_like(d, "999999999999") && id_in(d, 0, 2, "18 19 20")) {
        at = 4;
    } else if (!id_like(d, "999999999A") || !id_one_of(d->c[9], "VX")) {
        return false;
    }
    uint64_t day = id_number(d, at, 3) % 500;
    return day >= 1 && day <= 399;
}

bool id_ma_ice(const struct id *d)
{
    return id_like(d, "999999999999999") && id_number(d, 0, 9) > 0 && id_number(d, 0, 15) % 97 == 0;
}

bool id_mu_nid(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "A999999XXXXXXX") || !id_ddmmyy(d, 1)) {
        return false;
    }
    for (size_t i = 0; i < 13; i++) {
        sum += (unsigned)(14 - i) * id_value(d, i);
    }
    return (17 * 500 - sum) % 17 == id_value(d, 13);
}

bool id_my_nric(const struct id *d)
{
    if (!id_like(d, "999999999999") || !id_yymmdd(d, 0)) {
        return false;
    }
    uint64_t place = id_number(d, 6, 2);
    return place >= 1 && place <= 99 && !id_in(d, 6, 2, "17 18 19 20 69 70 73 80 81 94 95 96 97");
}

bool id_mz_bi(const struct id *d)
{
    return id_like(d, "999999999999A");
}

bool id_mz_nuit(const struct id *d)
{
    return id_like(d, "999999999") && id_sum(d, 0, "89456789") % 11 % 10 == id_value(d, 8);
}

// Bank, branch, account, suffix. Most banks use one of two rows of weights, by the account.
bool id_nz_bank(const struct id *d)
{
    struct id n = *d;

    if (id_like(d, "99999999999999")) { // a branch of three digits
        n.n = 15;
        n.c[2] = '0';
        memcpy(n.c + 3, d->c + 2, 12);
        d = &n;
    }
    if (!id_like(d, "999999999999999") && !id_like(d, "9999999999999999")) {
        return false;
    }
    uint64_t bank = id_number(d, 0, 2);
    if ((bank < 1 || bank > 38) && bank != 88) {
        return false;
    }
    uint64_t account = id_number(d, 6, 7);
    unsigned sum = account < 990000 ? id_sum(d, 2, "6379") : 0;
    sum += id_sum(d, 6, "A584210");
    return account > 0 && (sum % 11 == 0 || id_in(d, 0, 2, "08 09 25 26 28 29 31 33"));
}

bool id_nz_ird(const struct id *d)
{
    size_t n = d->n - 1;

    if (!id_like(d, "999999999") && !id_like(d, "99999999")) {
        return false;
    }
    uint64_t value = id_number(d, 0, d->n);
    unsigned check = id_left_of_11(id_sum(d, 0, n == 8 ? "32765432" : "2765432"));
    if (check == 10) {
        check = id_left_of_11(id_sum(d, 0, n == 8 ? "74325276" : "4325276"));
    }
    return value > 10000000 && value < 150000000 && check == id_value(d, n);
}

bool id_pk_cnic(const struct id *d)
{
    return id_like(d, "9999999999999") && id_one_of(d->c[0], "1234567") && d->c[12] != '0';
}

bool id_pk_ntn(const struct id *d)
{
    return id_like(d, "9999999");
}

bool id_sg_nric(const struct id *d)
{
    if (!id_like(d, "A9999999A") || !id_one_of(d->c[0], "STFGM")) {
        return false;
    }
    unsigned sum = id_sum(d, 1, "2765432");
    switch (d->c[0]) {
    case 'S':
    case 'T':
        return d->c[8] == (uint8_t) "JZIHGFEDCBA"[(sum + (d->c[0] == 'T' ? 4 : 0)) % 11];
    case 'F':
    case 'G':
        return d->c[8] == (uint8_t) "XWUTRQPNMLK"[(sum + (d->c[0] == 'G' ? 4 : 0)) % 11];
    default:
        return d->c[8] == (uint8_t) "XWUTRQPNJLK"[(sum + 3) % 11];
    }
}

// Businesses, local companies, and everybody else.
bool id_sg_uen(const struct id *d)
{
    static const char letters[] = "ABCDEFGHJKLMNPQRSTUVWX0123456789";
    unsigned sum = 0;

    if (id_like(d, "99999999A")) {
        return (uint8_t) "XMKECAWLJDB"[id_sum(d, 0, "A4938271") % 11] == d->c[8];
    }
    if (id_like(d, "999999999A")) {
        return (uint8_t) "ZKCMDNERGWH"[id_sum(d, 0, "A86497531") % 11] == d->c[9];
    }
    if (!id_like(d, "A99AX9999A") || !id_one_of(d->c[0], "RST")) {
        return false;
    }
    for (size_t i = 0; i < 9; i++) {
        const char *at = strchr(letters, d->c[i]);
        if (at == NULL) {
            return false;
        }
        static const uint8_t weights[] = {4, 3, 5, 3, 10, 2, 2, 5, 7};
        sum += weights[i] * (unsigned)(at - letters);
    }
    return (uint8_t)letters[(sum + 6) % 11] == d->c[9];
}

bool id_th_tin(const struct id *d)
{
    return id_like(d, "9999999999999") && d->c[0] != '9' && id_number(d, 0, 12) > 0 &&
           (11 - id_sum(d, 0, "DCBA98765432") % 11) % 10 == id_value(d, 12);
}

bool id_th_idnr(const struct id *d)
{
    return id_th_tin(d) && d->c[0] != '0';
}

bool id_th_moa(const struct id *d)
{
    return id_th_tin(d) && d->c[0] == '0';
}

bool id_tn_mf(const struct id *d)
{
    size_t digits = 0;

    while (digits < d->n && is_digit(d->c[digits])) {
        digits++;
    }
    if (digits < 1 || digits > 7 || d->n == digits || id_one_of(d->c[digits], "IOU")) {
        return false;
    }
    if (d->n == digits + 1) {
        return true;
    }
    return d->n == digits + 6 && id_one_of(d->c[digits + 1], "ABDNP") &&
           id_one_of(d->c[digits + 2], "CMNPE") && is_digit(d->c[digits + 3]);
}

static unsigned tw_letter(uint8_t c)
{
    static const uint8_t values[] = {10, 11, 12, 13, 14, 15, 16, 17, 34, 18, 19, 20, 21,
                                     22, 35, 23, 24, 25, 26, 27, 28, 29, 32, 30, 31, 33};

    return values[c - 'A'];
}

bool id_tw_natid(const struct id *d)
{
    if (!id_like(d, "A999999999") || !id_one_of(d->c[1], "12")) {
        return false;
    }
    unsigned first = tw_letter(d->c[0]);
    return (first / 10 + first % 10 * 9 + id_sum(d, 1, "876543211")) % 10 == 0;
}

// Residents from abroad; a letter in the second place, or since 2021 an 8 or 9.
bool id_tw_ui(const struct id *d)
{
    bool old = id_like(d, "AA99999999") && id_one_of(d->c[1], "ABCD");

    if (!old && (!id_like(d, "A999999999") || !id_one_of(d->c[1], "89"))) {
        return false;
    }
    unsigned first = tw_letter(d->c[0]);
    unsigned second = old ? tw_letter(d->c[1]) % 10 : id_value(d, 1);
    return (first / 10 + first % 10 * 9 + second * 8 + id_sum(d, 2, "76543211")) % 10 == 0;
}

bool id_tw_ubn(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "99999999") || id_number(d, 0, 8) == 0) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        unsigned v = id_value(d, i) * (unsigned)("12121241"[i] - '0');
        sum += v / 10 + v % 10;
    }
    return sum % 5 == 0 || (d->c[6] == '7' && (sum + 1) % 5 == 0);
}

bool id_vn_mst(const struct id *d)
{
    static const uint8_t weights[] = {31, 29, 23, 19, 17, 13, 7, 5, 3};

    return (id_like(d, "9999999999") || (id_like(d, "9999999999999") && id_number(d, 10, 3) > 0)) &&
           id_number(d, 2, 7) > 0 && 10 - weigh(d, 0, weights, 9) % 11 == id_value(d, 9);
}

bool id_za_idnr(const struct id *d)
{
    return id_like(d, "9999999999999") && id_yymmdd(d, 0) && id_one_of(d->c[10], "012") &&
           id_luhn(d, 0, 13);
}

bool id_za_tin(const struct id *d)
{
    return id_like(d, "9999999999") && id_one_of(d->c[0], "01239") && id_luhn(d, 0, 10);
}

bool id_za_vat(const struct id *d)
{
    return id_like(d, "4999999999");
}

// Devices: the type allocation begins with a reporting body.
bool id_imei(const struct id *d)
{
    return id_like(d, "999999999999999") && id_number(d, 0, 2) > 0 && !id_repeats(d) &&
           id_luhn(d, 0, 15);
}

// Vehicles: no I, O, Q; North America and China keep the check digit in the ninth place.
bool id_vin(const struct id *d)
{
    static const uint8_t weights[] = {8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2};
    static const char values[] = "12345678.12345.7.923456789";
    unsigned sum = 0;

    for (size_t i = 0; i < d->n && d->n == 17; i++) {
        if (id_one_of(d->c[i], "IOQ")) {
            return false;
        }
        unsigned v = is_digit(d->c[i]) ? id_value(d, i) : (unsigned)(values[d->c[i] - 'A'] - '0');
        sum += weights[i] * v;
    }
    return d->n == 17 && (uint8_t) "0123456789X"[sum % 11] == d->c[8];
}

bool id_lei(const struct id *d)
{
    unsigned rest = 0;

    for (size_t i = 0; i < d->n && d->n == 20; i++) {
        unsigned v = id_value(d, i);
        rest = (rest * (v > 9 ? 100 : 10) + v) % 97;
    }
    return d->n == 20 && rest == 1;
}
