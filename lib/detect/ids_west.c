// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Identifiers of western, southern and northern Europe.
#include "detect/ids.h"

#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"

// Andorra: what the letter in front means decides which numbers it has.
bool id_ad_nrt(const struct id *d)
{
    if (!id_like(d, "A999999A") || !id_one_of(d->c[0], "ACDEFGLOPU")) {
        return false;
    }
    uint64_t n = id_number(d, 1, 6);
    if (d->c[0] == 'F') {
        return n <= 699999;
    }
    return !id_one_of(d->c[0], "AL") || (n > 699999 && n < 800000);
}

bool id_at_tin(const struct id *d)
{
    static const uint8_t doubled[] = {0, 2, 4, 6, 8, 1, 3, 5, 7, 9};
    unsigned sum = 0;

    if (!id_like(d, "999999999") || d->c[0] + d->c[1] == '0' + '0') {
        return false;
    }
    for (size_t i = 0; i < 8; i++) {
        sum += i % 2 == 0 ? id_value(d, i) : doubled[id_value(d, i)];
    }
    return (10 - sum % 10) % 10 == id_value(d, 8);
}

bool id_at_uid(const struct id *d)
{
    unsigned sum = 4;

    if (!id_like(d, "U99999999") && !id_like(d, "ATU99999999")) {
        return false;
    }
    for (size_t i = 0; i < 7; i++) {
        unsigned v = id_value(d, d->n - 8 + i);
        sum += i % 2 == 0 ? v : v / 5 + v * 2 % 10;
    }
    return (10 - sum % 10) % 10 == id_value(d, d->n - 1);
}

// The months 13 to 15 stand for numbers that ran out.
bool id_at_vnr(const struct id *d)
{
    if (!id_like(d, "9999999999") || d->c[0] == '0') {
        return false;
    }
    unsigned month = (unsigned)id_number(d, 6, 2);
    return id_sum(d, 0, "3790584216") % 11 == id_value(d, 3) &&
           id_date(0, month > 12 ? month - 12 : month, (unsigned)id_number(d, 4, 2)) && month <= 15;
}

static bool be_checksum(const struct id *d)
{
    uint64_t check = id_number(d, 9, 2);
    uint64_t n = id_number(d, 0, 9);

    return 97 - n % 97 == check || (d->c[0] < '4' && 97 - (n + UINT64_C(2000000000)) % 97 == check);
}

static bool be_born(const struct id *d, unsigned least, unsigned most)
{
    unsigned month = (unsigned)id_number(d, 2, 2);

    return month >= least && month <= most && month % 20 <= 12 && id_number(d, 4, 2) <= 31;
}

bool id_be_nn(const struct id *d)
{
    return id_like(d, "99999999999") && be_checksum(d) && be_born(d, 0, 12);
}

bool id_be_bis(const struct id *d)
{
    return id_like(d, "99999999999") && be_checksum(d) && be_born(d, 20, 52);
}

bool id_be_vat(const struct id *d)
{
    struct id n = id_without(d, "BE");

    if (!id_like(&n, "999999999") && (!id_like(&n, "9999999999") || n.c[0] > '1')) {
        return false;
    }
    return id_number(&n, 0, n.n - 2) > 0 &&
           (id_number(&n, 0, n.n - 2) + id_number(&n, n.n - 2, 2)) % 97 == 0;
}

bool id_ch_ssn(const struct id *d)
{
    return id_like(d, "7569999999999") && id_sum(d, 0, "1313131313131") % 10 == 0;
}

bool id_ch_uid(const struct id *d)
{
    return id_like(d, "CHE999999999") && id_left_of_11(id_sum(d, 3, "54327654")) == id_value(d, 11);
}

bool id_ch_vat(const struct id *d)
{
    struct id uid = *d;

    uid.n = 12;
    return (id_like(d, "CHE999999999MWST") || id_like(d, "CHE999999999TVA") ||
            id_like(d, "CHE999999999IVA") || id_like(d, "CHE999999999TPV")) &&
           id_ch_uid(&uid);
}

bool id_de_tax_id(const struct id *d)
{
    uint8_t counts[10] = {0};
    unsigned most = 0;
    unsigned repeated = 0;

    if (!id_like(d, "99999999999") || d->c[0] == '0' || !id_mod11_10(d, 11)) {
        return false;
    }
    for (size_t i = 0; i < 10; i++) {
        uint8_t n = ++counts[id_value(d, i)];
        repeated += n == 2;
        most = n > most ? n : most;
    }
    return repeated == 1 && most <= 3;
}

// The social insurance number: the letter counts as two digits.
bool id_de_svnr(const struct id *d)
{
    static const uint8_t weights[] = {2, 1, 2, 5, 7, 1, 2, 1, 2, 1, 2};
    uint8_t digits[12];
    unsigned sum = 0;
    size_t n = 0;

    if (!id_like(d, "99999999A999") || !id_ddmmyy(d, 2) ||
        !id_in(d, 0, 2,
               "02 03 04 08 09 10 11 12 13 14 15 16 17 18 19 20 21 23 24 25 26 28 29 38 39 40 42 "
               "43 44 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 69 70 71 72 "
               "73 74 75 76 77 78 79 80 81 82 89")) {
        return false;
    }
    for (size_t i = 0; i < 11; i++) {
        unsigned v = i == 8 ? id_value(d, i) - 9 : id_value(d, i);
        if (i == 8) {
            digits[n++] = (uint8_t)(v / 10);
        }
        digits[n++] = (uint8_t)(v % 10);
    }
    for (size_t i = 0; i < 12; i++) {
        unsigned v = digits[i] * (i == 11 ? 1U : weights[i]);
        sum += v / 10 + v % 10;
    }
    return sum % 10 == id_value(d, 11);
}

bool id_de_vat(const struct id *d)
{
    struct id n = id_without(d, "DE");

    return id_like(&n, "999999999") && n.c[0] != '0' && id_mod11_10(&n, 9);
}

// The check digit of machine-readable documents (ICAO 9303): weights 7, 3, 1.
static bool icao(const struct id *d, size_t from, size_t n)
{
    static const uint8_t weights[] = {7, 3, 1};
    unsigned sum = 0;

    for (size_t i = 0; i + 1 < n; i++) {
        sum += weights[i % 3] * id_value(d, from + i);
    }
    return sum % 10 == id_value(d, from + n - 1);
}

// Identity cards: serial number and its check digit, with the dates of the back or without.
bool id_de_pwnr(const struct id *d)
{
    if ((d->n != 10 && d->n != 11 && d->n != 26) || !is_digit(d->c[9]) || !icao(d, 0, 10) ||
        (is_upper(d->c[0]) && !id_one_of(d->c[0], "CFGHJKLMNPRTVWXYZ"))) {
        return false;
    }
    for (size_t i = 1; i < 9; i++) {
        if (!is_digit(d->c[i]) && !id_one_of(d->c[i], "CFGHJKLMNPRTVWXYZ")) {
            return false;
        }
    }
    if (d->n < 26) {
        return d->n == 10 || d->c[10] == 'D';
    }
    size_t at = d->c[10] == 'D' ? 11 : 10;
    struct id whole = {.n = 25};
    memcpy(whole.c, d->c, 10);
    memcpy(whole.c + 10, d->c + at, 14);
    whole.c[24] = d->c[25];
    return (at == 11 || d->c[24] == 'D') && icao(d, at, 7) && icao(d, at + 7, 7) &&
           is_digit(d->c[25]) && icao(&whole, 0, 25);
}

bool id_de_passport(const struct id *d)
{
    return (d->n == 9 || (d->n == 10 && icao(d, 0, 10))) && id_one_of(d->c[0], "CFGHJK") &&
           !id_one_of(d->c[1], "AEIOU");
}

// Tax offices write the number with strokes; in one it has thirteen digits, the fifth a zero.
bool id_de_stnr(const struct id *d)
{
    return id_like(d, "9999999999") || id_like(d, "99999999999") ||
           (id_like(d, "9999099999999") && d->c[0] != '0');
}

// Since 2007 the check digit is no longer kept.
bool id_dk_cpr(const struct id *d)
{
    if (!id_like(d, "9999999999")) {
        return false;
    }
    unsigned year = (unsigned)id_number(d, 4, 2);
    if (id_one_of(d->c[6], "5678") && year >= 58) {
        year += 1800;
    } else if (d->c[6] <= '3' || (id_one_of(d->c[6], "49") && year >= 37)) {
        year += 1900;
    } else {
        year += 2000;
    }
    return id_date(year, (unsigned)id_number(d, 2, 2), (unsigned)id_number(d, 0, 2));
}

bool id_dk_cvr(const struct id *d)
{
    struct id n = id_without(d, "DK");

    return id_like(&n, "99999999") && n.c[0] != '0' && id_sum(&n, 0, "27654321") % 11 == 0;
}

static bool es_letter(const struct id *d, uint64_t n)
{
    return d->c[d->n - 1] == (uint8_t) "TRWAGMYFPDXBNJZSQVHLCKE"[n % 23];
}

bool id_es_dni(const struct id *d)
{
    return id_like(d, "99999999A") && es_letter(d, id_number(d, 0, 8));
}

bool id_es_nie(const struct id *d)
{
    return id_like(d, "A9999999A") && id_one_of(d->c[0], "XYZ") &&
           es_letter(d, (uint64_t)(d->c[0] - 'X') * 10000000 + id_number(d, 1, 7));
}

bool id_es_cif(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "A9999999X") || !id_one_of(d->c[0], "ABCDEFGHJNPQRSUVW")) {
        return false;
    }
    for (size_t i = 1; i < 8; i++) {
        unsigned v = id_value(d, i);
        sum += i % 2 == 0 ? v : v / 5 + v * 2 % 10;
    }
    unsigned check = (10 - sum % 10) % 10;
    bool letter = d->c[8] == (uint8_t) "JABCDEFGHI"[check];
    bool digit = d->c[8] == (uint8_t)('0' + check);
    if (id_one_of(d->c[0], "NPQRSW")) {
        return letter;
    }
    return digit || (letter && !id_one_of(d->c[0], "ABEH"));
}

// What people and companies use for taxes: one of the three, or a number for those without.
bool id_es_nif(const struct id *d)
{
    struct id n = id_without(d, "ES");

    if (id_like(&n, "A9999999A") && id_one_of(n.c[0], "KLM")) {
        return es_letter(&n, id_number(&n, 1, 7));
    }
    return id_es_dni(&n) || id_es_nie(&n) || id_es_cif(&n);
}

bool id_es_nss(const struct id *d)
{
    if (!id_like(d, "999999999999")) {
        return false;
    }
    uint64_t province = id_number(d, 0, 2);
    uint64_t n = id_number(d, 2, 8);
    n += province * (n < 10000000 ? 10000000 : 100000000);
    return province >= 1 && province <= 66 && n % 97 == id_number(d, 10, 2);
}

static unsigned es_account(const struct id *d, size_t from, const char *weights)
{
    unsigned check = id_left_of_11(id_sum(d, from, weights));

    return check == 10 ? 1 : check;
}

bool id_es_ccc(const struct id *d)
{
    return id_like(d, "99999999999999999999") && id_number(d, 0, 8) > 0 &&
           es_account(d, 0, "485A9736") == id_value(d, 8) &&
           es_account(d, 10, "12485A9736") == id_value(d, 9);
}

// Finland: the sign in the middle tells the century; later letters do so too.
bool id_fi_hetu(const struct id *d)
{
    static const char letters[] = "0123456789ABCDEFHJKLMNPRSTUVWXY";
    struct id n = *d;

    if (d->n == 11 && id_one_of(d->c[6], "ABCDEFYXWVU")) {
        n.n = 10;
        memmove(n.c + 6, d->c + 7, 4);
    }
    return id_like(&n, "999999999X") && id_ddmmyy(&n, 0) && id_number(&n, 6, 3) >= 2 &&
           n.c[9] == (uint8_t)letters[id_number(&n, 0, 9) % 31];
}

bool id_fi_ytunnus(const struct id *d)
{
    struct id n = id_without(d, "FI");

    return id_like(&n, "99999999") && id_sum(&n, 0, "79A58421") % 11 == 0 &&
           id_number(&n, 0, 8) > 0;
}

bool id_fo_vn(const struct id *d)
{
    return id_like(d, "999999");
}

bool id_fr_nif(const struct id *d)
{
    return id_like(d, "9999999999999") && d->c[0] <= '3' &&
           id_number(d, 0, 10) % 511 == id_number(d, 10, 3);
}

// The departments of Corsica are 2A and 2B.
bool id_fr_nir(const struct id *d)
{
    struct id n = *d;

    if (d->n == 15 && d->c[5] == '2' && (d->c[6] == 'A' || d->c[6] == 'B')) {
        n.c[5] = '1';
        n.c[6] = d->c[6] == 'A' ? '9' : '8';
    }
    if (!id_like(&n, "999999999999999") || !id_one_of(n.c[0], "123478")) {
        return false;
    }
    uint64_t month = id_number(&n, 3, 2);
    return (month <= 12 || month >= 20) && 97 - id_number(&n, 0, 13) % 97 == id_number(&n, 13, 2);
}

bool id_fr_siren(const struct id *d)
{
    return id_like(d, "999999999") && id_luhn(d, 0, 9) && id_number(d, 0, 9) > 0;
}

// The post office has more branches than Luhn numbers.
bool id_fr_siret(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "99999999999999") || id_number(d, 0, 9) == 0 || !id_luhn(d, 0, 9)) {
        return false;
    }
    for (size_t i = 0; i < 14; i++) {
        sum += id_value(d, i);
    }
    return id_luhn(d, 0, 14) || (id_number(d, 0, 9) == 356000000 && sum % 5 == 0);
}

static bool fr_tva_of(const struct id *d)
{
    static const char letters[] = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ";
    const char *first = strchr(letters, d->c[0]);
    const char *second = strchr(letters, d->c[1]);
    uint64_t siren = id_number(d, 2, 9);

    if (first == NULL || second == NULL) {
        return false;
    }
    if (is_digit(d->c[0]) && is_digit(d->c[1])) {
        return (siren * 100 + 12) % 97 == id_number(d, 0, 2);
    }
    uint64_t one = (uint64_t)(first - letters);
    uint64_t two = (uint64_t)(second - letters);
    uint64_t check = is_digit(d->c[0]) ? one * 24 + two - 10 : one * 34 + two - 100;
    return (siren + 1 + check / 11) % 11 == check % 11;
}

bool id_fr_tva(const struct id *d)
{
    struct id n = id_without(d, "FR");

    return id_like(&n, "XX999999999") && fr_tva_of(&n) &&
           (id_luhn(&n, 2, 9) || id_number(&n, 2, 3) == 0);
}

bool id_mc_tva(const struct id *d)
{
    return (id_like(d, "XX000999999") || id_like(d, "FRXX000999999")) && id_fr_tva(d);
}

bool id_uk_nino(const struct id *d)
{
    return (id_like(d, "AA999999A") || id_like(d, "AA999999")) &&
           id_one_of(d->c[0], "ABCEGHJKLMNOPRSTWXYZ") &&
           id_one_of(d->c[1], "ABCEGHJKLMNPRSTWXYZ") && !id_in(d, 0, 2, "BG GB KN NK NT TN ZZ") &&
           (d->n == 8 || id_one_of(d->c[8], "ABCD"));
}

bool id_uk_nhs(const struct id *d)
{
    return id_like(d, "9999999999") && !id_repeats(d) &&
           id_left_of_11(id_sum(d, 0, "A98765432")) == id_value(d, 9);
}

bool id_uk_utr(const struct id *d)
{
    struct id n = *d;

    n.n -= id_like(d, "9999999999K");
    return id_like(&n, "9999999999") &&
           (uint8_t) "21987654321"[id_sum(&n, 1, "6789A5432") % 11] == n.c[0];
}

bool id_uk_vat(const struct id *d)
{
    struct id n = id_without(d, "GB");

    if (!id_like(&n, "999999999") && !id_like(&n, "999999999999")) {
        return false;
    }
    unsigned rest = (id_sum(&n, 0, "8765432") + (unsigned)id_number(&n, 7, 2)) % 97;
    return id_number(&n, 0, 7) > 0 && (rest == 0 || rest == 42);
}

bool id_gr_amka(const struct id *d)
{
    return id_like(d, "99999999999") && id_ddmmyy(d, 0) && id_luhn(d, 0, 11);
}

bool id_gr_vat(const struct id *d)
{
    struct id n = id_without(d, "EL");
    unsigned sum = 0;

    if (!id_like(&n, "999999999") && !id_like(&n, "99999999")) {
        return false;
    }
    for (size_t i = 0; i + 1 < n.n; i++) {
        sum += id_value(&n, i) << (n.n - 1 - i);
    }
    return sum > 0 && sum % 11 % 10 == id_value(&n, n.n - 1);
}

// The second letter of newer numbers counts; W, T and X of older ones do not.
bool id_ie_pps(const struct id *d)
{
    if (!id_like(d, "9999999A") && !id_like(d, "9999999AA")) {
        return false;
    }
    unsigned second = d->n == 9 && !id_one_of(d->c[8], "WTX") ? id_value(d, 8) - 9 : 0;
    return second <= 9 &&
           d->c[7] ==
               (uint8_t) "WABCDEFGHIJKLMNOPQRSTUV"[(id_sum(d, 0, "8765432") + 9 * second) % 23];
}

bool id_ie_vat(const struct id *d)
{
    struct id n = id_without(d, "IE");

    if (id_like(&n, "9A99999A")) {
        struct id old = n;
        old.c[0] = '0';
        memcpy(old.c + 1, n.c + 2, 5);
        old.c[6] = n.c[0];
        return id_ie_pps(&old);
    }
    return id_ie_pps(&n);
}

bool id_is_kennitala(const struct id *d)
{
    if (!id_like(d, "9999999999") || !id_one_of(d->c[9], "089")) {
        return false;
    }
    unsigned day = (unsigned)id_number(d, 0, 2);
    return id_date(0, (unsigned)id_number(d, 2, 2), day > 40 ? day - 40 : day) &&
           id_sum(d, 0, "327654321") % 11 == 0;
}

bool id_is_vsk(const struct id *d)
{
    return id_like(d, "99999") || id_like(d, "999999");
}

static unsigned it_odd(uint8_t c)
{
    static const uint8_t odd[] = {1,  0,  5, 7, 9, 13, 15, 17, 19, 21, 2,  4,  18,
                                  20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23};

    return odd[is_digit(c) ? c - '0' : c - 'A'];
}

// Where two people would have the same code, digits become letters, from the right (omocodia).
bool id_it_codice_fiscale(const struct id *d)
{
    static const uint8_t digits[] = {6, 7, 9, 10, 12, 13, 14};
    unsigned sum = 0;

    if (!id_like(d, "AAAAAAXXAXXAXXXA") || !id_one_of(d->c[8], "ABCDEHLMPRST")) {
        return false;
    }
    for (size_t i = 0; i < ARRAY_SIZE(digits); i++) {
        uint8_t c = d->c[digits[i]];
        if (!is_digit(c) && !id_one_of(c, "LMNPQRSTUV")) {
            return false;
        }
    }
    for (size_t i = 0; i < 15; i++) {
        uint8_t c = d->c[i];
        sum += i % 2 == 0 ? it_odd(c) : (unsigned)(is_digit(c) ? c - '0' : c - 'A');
    }
    return d->c[15] == (uint8_t)('A' + sum % 26);
}

bool id_it_iva(const struct id *d)
{
    struct id n = id_without(d, "IT");

    if (!id_like(&n, "99999999999") || id_number(&n, 0, 7) == 0 || !id_luhn(&n, 0, 11)) {
        return false;
    }
    uint64_t office = id_number(&n, 7, 3);
    return (office >= 1 && office <= 100) || id_in(&n, 7, 3, "120 121 888 999");
}

bool id_li_peid(const struct id *d)
{
    return d->n >= 9 && d->n <= 12 && d->c[0] == '0' && id_number(d, 0, d->n) > 0;
}

bool id_lu_tva(const struct id *d)
{
    struct id n = id_without(d, "LU");

    return id_like(&n, "99999999") && id_number(&n, 0, 6) > 0 &&
           id_number(&n, 0, 6) % 89 == id_number(&n, 6, 2);
}

bool id_mt_vat(const struct id *d)
{
    struct id n = id_without(d, "MT");

    return id_like(&n, "99999999") && n.c[0] != '0' && id_sum(&n, 0, "346789A1") % 37 == 0;
}

static unsigned nl_sum(const struct id *d)
{
    return id_sum(d, 0, d->n == 8 ? "8765432" : "98765432") + 11 * 9 - id_value(d, d->n - 1);
}

bool id_nl_bsn(const struct id *d)
{
    return (id_like(d, "999999999") || id_like(d, "99999999")) && nl_sum(d) % 11 == 0 &&
           id_number(d, 0, d->n) > 9999999 / 10;
}

bool id_nl_onderwijsnummer(const struct id *d)
{
    return id_like(d, "109999999") && nl_sum(d) % 11 == 5;
}

static unsigned mod97(const struct id *d)
{
    unsigned rest = 0;

    for (size_t i = 0; i < d->n; i++) {
        unsigned v = id_value(d, i);
        rest = (rest * (v > 9 ? 100 : 10) + v) % 97;
    }
    return rest;
}

// Companies keep their number of nine digits, people have one that says nothing about them.
bool id_nl_btw(const struct id *d)
{
    struct id n = id_without(d, "NL");
    struct id bsn;

    if (n.n < 10 || n.n > 12 || n.c[n.n - 3] != 'B' || !is_digit(n.c[n.n - 1]) ||
        !is_digit(n.c[n.n - 2]) || id_number(&n, n.n - 2, 2) == 0) {
        return false;
    }
    bsn = (struct id){.n = n.n - 3};
    memcpy(bsn.c, n.c, bsn.n);
    if (!id_like(&bsn, "999999999") && !id_like(&bsn, "99999999") && !id_like(&bsn, "9999999")) {
        return false;
    }
    struct id padded = {.n = 9};
    memset(padded.c, '0', 9);
    memcpy(padded.c + 9 - bsn.n, bsn.c, bsn.n);
    if (nl_sum(&padded) % 11 == 0) {
        return true;
    }
    struct id whole = {.c = {'N', 'L'}, .n = n.n + 2};
    memcpy(whole.c + 2, n.c, n.n);
    return mod97(&whole) == 1;
}

bool id_no_fodselsnummer(const struct id *d)
{
    if (!id_like(d, "99999999999")) {
        return false;
    }
    unsigned day = (unsigned)id_number(d, 0, 2);
    unsigned month = (unsigned)id_number(d, 2, 2);
    unsigned year = (unsigned)id_number(d, 4, 2);
    unsigned serial = (unsigned)id_number(d, 6, 3);
    if (serial >= 500 && year >= 40 && serial < 900 && (serial >= 750 || year < 54)) {
        return false;
    }
    unsigned one = id_left_of_11(id_sum(d, 0, "376189452"));
    unsigned two = id_left_of_11(id_sum(d, 0, "5432765432"));
    return id_date(0,
                   month > 80   ? month - 80
                   : month > 40 ? month - 40
                                : month,
                   day > 40 ? day - 40 : day) &&
           one == id_value(d, 9) && two == id_value(d, 10);
}

bool id_no_kontonr(const struct id *d)
{
    if (!id_like(d, "99999999999") || id_number(d, 0, 11) == 0) {
        return false;
    }
    return id_left_of_11(id_sum(d, 0, "5432765432")) == id_value(d, 10) ||
           (id_number(d, 0, 4) == 0 && id_luhn(d, 4, 7));
}

bool id_no_orgnr(const struct id *d)
{
    return id_like(d, "999999999") && id_number(d, 0, 9) > 0 &&
           id_left_of_11(id_sum(d, 0, "32765432")) == id_value(d, 8);
}

bool id_no_mva(const struct id *d)
{
    struct id n = *d;

    n.n = 9;
    return id_like(d, "999999999MVA") && id_no_orgnr(&n);
}

bool id_pt_cc(const struct id *d)
{
    unsigned sum = 0;

    if (!id_like(d, "999999999XX9")) {
        return false;
    }
    for (size_t i = 0; i < 12; i++) {
        unsigned v = id_value(d, i);
        v = i % 2 == 0 ? 2 * v : v;
        sum += i % 2 == 0 && v > 9 ? v - 9 : v;
    }
    return sum % 10 == 0;
}

bool id_pt_nif(const struct id *d)
{
    struct id n = id_without(d, "PT");

    return id_like(&n, "999999999") && n.c[0] != '0' &&
           id_left_of_11(id_sum(&n, 0, "98765432")) % 10 == id_value(&n, 8);
}

bool id_se_orgnr(const struct id *d)
{
    return id_like(d, "9999999999") && id_luhn(d, 0, 10) && id_number(d, 0, 6) > 0;
}

bool id_se_personnummer(const struct id *d)
{
    size_t at = d->n == 12 ? 2 : 0;

    if (!id_like(d, "9999999999") && !id_like(d, "199999999999") && !id_like(d, "209999999999")) {
        return false;
    }
    unsigned day = (unsigned)id_number(d, at + 4, 2);
    return id_luhn(d, at, 10) &&
           id_date(0, (unsigned)id_number(d, at + 2, 2), day > 60 ? day - 60 : day);
}

bool id_se_vat(const struct id *d)
{
    size_t at = d->n == 14 && memcmp(d->c, "SE", 2) == 0 ? 2 : 0;

    return d->n == at + 12 && id_luhn(d, at, 10) && id_number(d, at + 10, 2) > 0 &&
           id_number(d, at + 10, 2) < 95;
}

bool id_sm_coe(const struct id *d)
{
    return d->n >= 2 && d->n <= 6 && id_number(d, 0, d->n) < 100000;
}
