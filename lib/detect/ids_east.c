// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Identifiers of central and eastern Europe, Turkey and Cyprus.
#include "detect/ids.h"

#include <string.h>

#include "detect/ascii.h"

bool id_al_nipt(const struct id *d)
{
    return id_like(d, "A99999999A") && d->c[0] >= 'A' && d->c[0] <= 'M';
}

// The number of citizens that Yugoslavia gave and its successors kept.
static bool is_jmbg(const struct id *d)
{
    if (!id_like(d, "9999999999999")) {
        return false;
    }
    unsigned year = (unsigned)id_number(d, 4, 3);
    unsigned sum = id_sum(d, 0, "765432765432");
    return id_date(year + (year < 800 ? 2000 : 1000), (unsigned)id_number(d, 2, 2),
                   (unsigned)id_number(d, 0, 2)) &&
           id_left_of_11(sum) % 10 == id_value(d, 12);
}

bool id_ba_jmbg(const struct id *d)
{
    return is_jmbg(d);
}

bool id_rs_jmbg(const struct id *d)
{
    return is_jmbg(d);
}

bool id_si_emso(const struct id *d)
{
    return is_jmbg(d);
}

// Months have 20 added before 1900 and 40 after 1999.
bool id_bg_egn(const struct id *d)
{
    if (!id_like(d, "9999999999")) {
        return false;
    }
    unsigned year = (unsigned)id_number(d, 0, 2);
    unsigned month = (unsigned)id_number(d, 2, 2);
    year += month > 40 ? 2000 : month > 20 ? 1800 : 1900;
    return id_date(year,
                   month > 40   ? month - 40
                   : month > 20 ? month - 20
                                : month,
                   (unsigned)id_number(d, 4, 2)) &&
           id_sum(d, 0, "2485A9736") % 11 % 10 == id_value(d, 9);
}

bool id_bg_pnf(const struct id *d)
{
    return id_like(d, "9999999999") && id_number(d, 0, 9) > 0 &&
           id_sum(d, 0, "LJHDB9731") % 10 == id_value(d, 9);
}

bool id_bg_vat(const struct id *d)
{
    if (id_like(d, "999999999")) {
        unsigned check = id_sum(d, 0, "12345678") % 11;
        check = check == 10 ? id_sum(d, 0, "3456789A") % 11 : check;
        return check % 10 == id_value(d, 8);
    }
    return id_bg_egn(d) || id_bg_pnf(d) ||
           (id_like(d, "9999999999") && id_number(d, 0, 9) > 0 &&
            id_left_of_11(id_sum(d, 0, "432765432")) == id_value(d, 9));
}

bool id_by_unp(const struct id *d)
{
    static const char letters[] = "ABCEHKMOPT";
    static const uint8_t weights[] = {29, 23, 19, 17, 13, 7, 5, 3};
    unsigned sum = 0;

    if (!id_like(d, "999999999") && !id_like(d, "AA9999999")) {
        return false;
    }
    if (!id_one_of(d->c[0], "1234567ABCEHKM")) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        const char *letter = strchr(letters, d->c[i]);
        unsigned v = id_value(d, i);
        if (is_upper(d->c[i])) {
            if (letter == NULL) {
                return false;
            }
            v = (unsigned)(letter - letters) + (i == 0 ? 10 : 0);
        }
        sum += weights[i] * v;
    }
    return sum % 11 == id_value(d, 8);
}

bool id_cy_vat(const struct id *d)
{
    struct id n = id_without(d, "CY");

    static const uint8_t odd[] = {1, 0, 5, 7, 9, 13, 15, 17, 19, 21};
    unsigned sum = 0;

    if (!id_like(&n, "99999999A") || memcmp(n.c, "12", 2) == 0) {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        sum += i % 2 == 0 ? odd[id_value(&n, i)] : id_value(&n, i);
    }
    return n.c[8] == (uint8_t)('A' + sum % 26);
}

bool id_cz_ico(const struct id *d)
{
    if (!id_like(d, "99999999") || d->c[0] == '9') {
        return false;
    }
    unsigned check = id_left_of_11(id_sum(d, 0, "8765432"));
    return (check == 0 ? 1 : check % 10) == id_value(d, 7) && id_number(d, 0, 7) > 0;
}

// Women have 50 added to the month; where numbers ran out, 20 more. Nine digits end in 1953.
bool id_cz_rc(const struct id *d)
{
    if (!id_like(d, "999999999") && !id_like(d, "9999999999")) {
        return false;
    }
    unsigned year = (unsigned)id_number(d, 0, 2) + 1900;
    unsigned month = (unsigned)id_number(d, 2, 2) % 50;
    if (d->n == 9) {
        year -= year >= 1980 ? 100 : 0;
        return year <= 1953 && id_date(year, month, (unsigned)id_number(d, 4, 2));
    }
    year += year < 1954 ? 100 : 0;
    month -= month > 20 && year >= 2004 ? 20 : 0;
    uint64_t check = id_number(d, 0, 9) % 11;
    return id_date(year, month, (unsigned)id_number(d, 4, 2)) &&
           (check == id_value(d, 9) || (year < 1985 && check == 10 && d->c[9] == '0'));
}

bool id_sk_rc(const struct id *d)
{
    return id_cz_rc(d);
}

bool id_cz_dic(const struct id *d)
{
    struct id n = id_without(d, "CZ");

    return id_cz_ico(&n) || id_cz_rc(&n);
}

// Estonia and Lithuania: a second row of weights where the first gives 10.
static unsigned baltic(const struct id *d, size_t n)
{
    unsigned one = 0;
    unsigned two = 0;

    for (size_t i = 0; i < n; i++) {
        one += id_value(d, i) * (unsigned)(i % 9 + 1);
        two += id_value(d, i) * (unsigned)((i + 2) % 9 + 1);
    }
    return one % 11 < 10 ? one % 11 : two % 11 % 10;
}

static bool is_baltic_person(const struct id *d)
{
    if (!id_like(d, "99999999999") || d->c[0] < '1' || d->c[0] > '8') {
        return false;
    }
    unsigned year = 1800 + 100 * ((id_value(d, 0) - 1) / 2) + (unsigned)id_number(d, 1, 2);
    return id_date(year, (unsigned)id_number(d, 3, 2), (unsigned)id_number(d, 5, 2)) &&
           baltic(d, 10) == id_value(d, 10);
}

bool id_ee_ik(const struct id *d)
{
    return is_baltic_person(d);
}

bool id_lt_asmens(const struct id *d)
{
    return is_baltic_person(d);
}

bool id_ee_kmkr(const struct id *d)
{
    struct id n = id_without(d, "EE");

    return id_like(&n, "999999999") && n.c[0] == '1' && id_sum(&n, 0, "371371371") % 10 == 0;
}

bool id_ee_registrikood(const struct id *d)
{
    return id_like(d, "99999999") && id_one_of(d->c[0], "1789") && baltic(d, 7) == id_value(d, 7);
}

bool id_lt_pvm(const struct id *d)
{
    struct id n = id_without(d, "LT");
    bool small = id_like(&n, "999999999");

    return (small || id_like(&n, "999999999999")) && n.c[n.n - 2] == '1' &&
           baltic(&n, n.n - 1) == id_value(&n, n.n - 1);
}

bool id_lv_pvn(const struct id *d)
{
    if (!id_like(d, "99999999999")) {
        return false;
    }
    if (d->c[0] > '3') {
        return id_sum(d, 0, "91483A25761") % 11 == 3;
    }
    if (d->c[0] == '3' && d->c[1] >= '2') {
        return true; // since 2017: says nothing, has no check digit
    }
    return id_ddmmyy(d, 0) && (1 + id_sum(d, 0, "A584216379")) % 11 % 10 == id_value(d, 10);
}

bool id_hr_oib(const struct id *d)
{
    struct id n = id_without(d, "HR");

    return id_like(&n, "99999999999") && id_mod11_10(&n, 11) && !id_repeats(&n);
}

bool id_hu_anum(const struct id *d)
{
    struct id n = id_without(d, "HU");

    return id_like(&n, "99999999") && n.c[0] != '0' && id_sum(&n, 0, "97319731") % 10 == 0;
}

// Tax numbers of people: 8, days since 1867, serial, check.
bool id_hu_adoazonosito(const struct id *d)
{
    return id_like(d, "8999999999") && id_sum(d, 0, "123456789") % 11 == id_value(d, 9);
}

bool id_hu_taj(const struct id *d)
{
    return id_like(d, "999999999") && id_number(d, 0, 9) > 0 &&
           id_sum(d, 0, "37373737") % 10 == id_value(d, 8);
}

bool id_md_idno(const struct id *d)
{
    return id_like(d, "9999999999999") && id_one_of(d->c[0], "0123") &&
           id_sum(d, 0, "731731731731") % 10 == id_value(d, 12) && id_number(d, 0, 12) > 0;
}

bool id_me_pib(const struct id *d)
{
    return id_like(d, "99999999") && id_number(d, 0, 7) > 0 &&
           id_left_of_11(id_sum(d, 0, "8765432")) % 10 == id_value(d, 7);
}

bool id_mk_edb(const struct id *d)
{
    return id_like(d, "9999999999999") && d->c[0] != '0' &&
           id_left_of_11(id_sum(d, 0, "765432765432")) % 10 == id_value(d, 12);
}

bool id_pl_nip(const struct id *d)
{
    struct id n = id_without(d, "PL");

    return id_like(&n, "9999999999") && id_number(&n, 0, 3) > 0 &&
           id_sum(&n, 0, "657234567") % 11 == id_value(&n, 9);
}

// The century is in the month.
bool id_pl_pesel(const struct id *d)
{
    static const uint16_t centuries[] = {1900, 2000, 2100, 2200, 1800};

    if (!id_like(d, "99999999999")) {
        return false;
    }
    unsigned month = (unsigned)id_number(d, 2, 2);
    unsigned year = centuries[month / 20] + (unsigned)id_number(d, 0, 2);
    return id_date(year, month % 20, (unsigned)id_number(d, 4, 2)) &&
           (10 - id_sum(d, 0, "1379137913") % 10) % 10 == id_value(d, 10);
}

bool id_pl_regon(const struct id *d)
{
    if ((!id_like(d, "999999999") && !id_like(d, "99999999999999")) || id_number(d, 0, 9) == 0) {
        return false;
    }
    return id_sum(d, 0, "89234567") % 11 % 10 == id_value(d, 8) &&
           (d->n == 9 || id_sum(d, 0, "2485097361248") % 11 % 10 == id_value(d, 13));
}

// The series has three letters, the third digit from the left is the check digit.
bool id_pl_dowod(const struct id *d)
{
    return id_like(d, "AAA999999") &&
           (id_value(d, 0) * 7 + id_value(d, 1) * 3 + id_value(d, 2) + id_sum(d, 3, "973173")) %
                   10 ==
               0;
}

static bool ro_number(const struct id *d, size_t at)
{
    size_t n = d->n - at;
    unsigned sum = 0;

    if (n < 2 || n > 10 || d->c[at] == '0') {
        return false;
    }
    for (size_t i = at; i < d->n; i++) {
        if (!is_digit(d->c[i])) {
            return false;
        }
    }
    for (size_t i = 0; i + 1 < n; i++) {
        sum += id_value(d, d->n - 2 - i) * (unsigned)("235712357"[i] - '0');
    }
    return 10 * sum % 11 % 10 == id_value(d, d->n - 1);
}

bool id_ro_cnp(const struct id *d)
{
    static const uint16_t centuries[] = {1900, 1900, 1800, 1800, 2000, 2000, 1900, 1900, 1900};

    if (!id_like(d, "9999999999999") || d->c[0] == '0') {
        return false;
    }
    unsigned county = (unsigned)id_number(d, 7, 2);
    unsigned check = id_sum(d, 0, "279146358279") % 11;
    return id_date(centuries[id_value(d, 0) - 1] + (unsigned)id_number(d, 1, 2),
                   (unsigned)id_number(d, 3, 2), (unsigned)id_number(d, 5, 2)) &&
           ((county >= 1 && county <= 48) || county == 51 || county == 52 || county == 70 ||
            (county >= 80 && county <= 83)) &&
           (check == 10 ? 1 : check) == id_value(d, 12);
}

bool id_ro_cui(const struct id *d)
{
    return ro_number(d, d->n > 2 && memcmp(d->c, "RO", 2) == 0 ? 2 : 0);
}

bool id_ro_cif(const struct id *d)
{
    return id_ro_cui(d) || id_ro_cnp(d);
}

// J12/345/2009: the kind of register, the county, a number, the year.
bool id_ro_onrc(const struct id *d)
{
    size_t at = 1;

    while (at < d->n && is_digit(d->c[at])) {
        at++;
    }
    if (!id_one_of(d->c[0], "JFC") || at != d->n || d->n < 8) {
        return false;
    }
    uint64_t county = id_number(d, 1, 2);
    uint64_t year = id_number(d, d->n - 4, 4);
    return county >= 1 && county <= 52 && year >= 1990 && year <= 2035;
}

bool id_rs_pib(const struct id *d)
{
    return id_like(d, "999999999") && d->c[0] != '0' && id_mod11_10(d, 9);
}

bool id_ru_inn(const struct id *d)
{
    if (d->n < 10 || id_number(d, 0, 4) == 0) {
        return false;
    }
    if (id_like(d, "9999999999")) {
        return id_sum(d, 0, "24A359468") % 11 % 10 == id_value(d, 9);
    }
    return id_like(d, "999999999999") && id_sum(d, 0, "724A359468") % 11 % 10 == id_value(d, 10) &&
           id_sum(d, 0, "3724A359468") % 11 % 10 == id_value(d, 11);
}

bool id_ru_snils(const struct id *d)
{
    return id_like(d, "99999999999") && id_number(d, 0, 9) > 1001998 &&
           id_sum(d, 0, "987654321") % 101 % 100 == id_number(d, 9, 2);
}

bool id_ru_ogrn(const struct id *d)
{
    if (id_like(d, "9999999999999")) {
        return id_one_of(d->c[0], "15") && id_number(d, 0, 12) % 11 % 10 == id_value(d, 12);
    }
    return id_like(d, "399999999999999") && id_number(d, 0, 14) % 13 % 10 == id_value(d, 14);
}

bool id_si_ddv(const struct id *d)
{
    struct id n = id_without(d, "SI");
    unsigned check = 0;

    if (!id_like(&n, "99999999") || n.c[0] == '0') {
        return false;
    }
    check = 11 - id_sum(&n, 0, "8765432") % 11;
    return check < 11 && check % 10 == id_value(&n, 7);
}

bool id_sk_dph(const struct id *d)
{
    struct id n = id_without(d, "SK");

    return id_like(&n, "9999999999") && n.c[0] != '0' && id_one_of(n.c[2], "234789") &&
           id_number(&n, 0, 10) % 11 == 0;
}

bool id_tr_tckimlik(const struct id *d)
{
    unsigned odd = 0;
    unsigned even = 0;

    if (!id_like(d, "99999999999") || d->c[0] == '0') {
        return false;
    }
    for (size_t i = 0; i < 9; i++) {
        *(i % 2 == 0 ? &odd : &even) += id_value(d, i);
    }
    return (odd * 7 + 100 - even) % 10 == id_value(d, 9) &&
           (odd + even + id_value(d, 9)) % 10 == id_value(d, 10);
}

bool id_tr_vkn(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "9999999999")) {
        return false;
    }
    for (size_t i = 1; i < 10; i++) {
        unsigned v = (id_value(d, 9 - i) + (unsigned)i) % 10;
        if (v != 0) {
            unsigned power = (v << i) % 9;
            sum += power == 0 ? 9 : power;
        }
    }
    return (10 - sum % 10) % 10 == id_value(d, 9);
}

static unsigned ua_sum(const struct id *d, unsigned added, bool low)
{
    unsigned sum = 0;

    for (unsigned i = 0; i < 7; i++) {
        unsigned weight = low ? i + 1 : (i == 0 ? 7 : i);
        sum += (weight + added) * id_value(d, i);
    }
    return sum % 11;
}

bool id_ua_edrpou(const struct id *d)
{
    if (!id_like(d, "99999999") || id_number(d, 0, 8) == 0) {
        return false;
    }
    bool low = id_number(d, 0, 8) < 30000000 || id_number(d, 0, 8) > 60000000;
    unsigned check = ua_sum(d, 0, low);
    check = check == 10 ? ua_sum(d, 2, low) % 10 : check;
    return check == id_value(d, 7);
}

bool id_ua_rntrc(const struct id *d)
{
    return id_like(d, "9999999999") && id_number(d, 0, 5) > 0 &&
           (11 * 9 - id_value(d, 0) + id_sum(d, 1, "57946A57")) % 11 % 10 == id_value(d, 9);
}
