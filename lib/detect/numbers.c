// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables from the public registries, each as short as a verdict needs. Where networks overlap, the
// longer prefix stands first.
#include "detect/numbers.h"

#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/phone_plans.h"

bool luhn_valid(const uint8_t *digits, size_t n)
{
    unsigned sum = 0;

    for (size_t i = 0; i < n; i++) {
        unsigned d = (unsigned)(digits[n - 1 - i] - '0');
        d <<= i & 1;
        sum += d > 9 ? d - 9 : d;
    }
    return n > 0 && sum % 10 == 0;
}

enum {
    N12 = 1 << 12,
    N13 = 1 << 13,
    N14 = 1 << 14,
    N15 = 1 << 15,
    N16 = 1 << 16,
    N17 = 1 << 17,
    N18 = 1 << 18,
    N19 = 1 << 19,
    N16_19 = N16 | N17 | N18 | N19,
    N12_19 = N12 | N13 | N14 | N15 | N16_19,
};

// First six digits, both ends included.
static const struct {
    uint32_t from, to;
    uint32_t lengths;
} networks[] = {
    {220000, 220499, N16_19},          // Mir
    {222100, 272099, N16},             // Mastercard
    {300000, 305999, N14 | N16_19},    // Diners Club
    {309500, 309599, N14 | N16_19},    // Diners Club
    {340000, 349999, N15},             // American Express
    {352800, 358999, N16_19},          // JCB
    {360000, 369999, N14 | N16_19},    // Diners Club
    {370000, 379999, N15},             // American Express
    {380000, 399999, N14 | N16_19},    // Diners Club
    {400000, 499999, N13 | N16 | N19}, // Visa
    {500000, 509999, N12_19},          // Maestro, Verve, Elo, RuPay
    {510000, 559999, N16},             // Mastercard
    {560000, 589999, N12_19},          // Maestro, Dankort, UzCard
    {600000, 600999, N16_19},          // RuPay, UkrCard, Hipercard
    {601100, 601199, N16_19},          // Discover
    {603300, 606999, N13 | N16 | N19}, // UkrCard, NPS, Hipercard
    {607000, 608500, N16},             // RuPay
    {620000, 629999, N16_19},          // UnionPay
    {630400, 630499, N12_19},          // Maestro
    {633100, 633499, N16 | N18 | N19}, // Maestro, once Switch and Solo
    {636200, 639999, N12_19},          // Elo, InstaPayment, Maestro
    {644000, 659999, N16_19},          // Discover, RuPay, Troy, Verve
    {670000, 679999, N12_19},          // Maestro
    {810000, 829999, N16_19},          // UnionPay, RuPay
    {860000, 860099, N16},             // UzCard
    {979200, 979299, N16},             // Troy
    {986000, 986099, N16},             // Humo
};

static uint32_t number_of(const uint8_t *digits, size_t n)
{
    uint32_t value = 0;

    for (size_t i = 0; i < n; i++) {
        value = value * 10 + (uint32_t)(digits[i] - '0');
    }
    return value;
}

bool card_network(const uint8_t *digits, size_t n)
{
    uint32_t iin = number_of(digits, 6);

    for (size_t i = 0; i < ARRAY_SIZE(networks) && networks[i].from <= iin; i++) {
        if (iin <= networks[i].to && n < 20 && (networks[i].lengths >> n & 1) != 0) {
            return true;
        }
    }
    return false;
}

// What stands behind the country and the check digits (ISO 13616 registry): digits, capital
// letters, or characters of both kinds, so many of each.
static const struct {
    char country[3];
    char form[10];
} ibans[] = {
    {"AD", "n8c12"},    {"AE", "n19"},      {"AL", "n8c16"},    {"AT", "n16"},
    {"AZ", "a4c20"},    {"BA", "n16"},      {"BE", "n12"},      {"BG", "a4n6c8"},
    {"BH", "a4c14"},    {"BI", "n23"},      {"BR", "n23a1c1"},  {"BY", "c4n4c16"},
    {"CH", "n5c12"},    {"CR", "n18"},      {"CY", "n8c16"},    {"CZ", "n20"},
    {"DE", "n18"},      {"DJ", "n23"},      {"DK", "n14"},      {"DO", "c4n20"},
    {"EE", "n16"},      {"EG", "n25"},      {"ES", "n20"},      {"FI", "n14"},
    {"FK", "a2n12"},    {"FO", "n14"},      {"FR", "n10c11n2"}, {"GB", "a4n14"},
    {"GE", "a2n16"},    {"GI", "a4c15"},    {"GL", "n14"},      {"GR", "n7c16"},
    {"GT", "c24"},      {"HN", "a4n20"},    {"HR", "n17"},      {"HU", "n24"},
    {"IE", "a4n14"},    {"IL", "n19"},      {"IQ", "a4n15"},    {"IS", "n22"},
    {"IT", "a1n10c12"}, {"JO", "a4n4c18"},  {"KW", "a4c22"},    {"KZ", "n3c13"},
    {"LB", "n4c20"},    {"LC", "a4c24"},    {"LI", "n5c12"},    {"LT", "n16"},
    {"LU", "n3c13"},    {"LV", "a4c13"},    {"LY", "n21"},      {"MC", "n10c11n2"},
    {"MD", "c20"},      {"ME", "n18"},      {"MK", "n3c10n2"},  {"MN", "n16"},
    {"MR", "n23"},      {"MT", "a4n5c18"},  {"MU", "a4n19a3"},  {"NI", "a4n20"},
    {"NL", "a4n10"},    {"NO", "n11"},      {"OM", "n3c16"},    {"PK", "a4c16"},
    {"PL", "n24"},      {"PS", "a4c21"},    {"PT", "n21"},      {"QA", "a4c21"},
    {"RO", "a4c16"},    {"RS", "n18"},      {"RU", "n14c15"},   {"SA", "n2c18"},
    {"SC", "a4n20a3"},  {"SD", "n14"},      {"SE", "n20"},      {"SI", "n15"},
    {"SK", "n20"},      {"SM", "a1n10c12"}, {"SO", "n19"},      {"ST", "n21"},
    {"SV", "a4n20"},    {"TL", "n19"},      {"TN", "n20"},      {"TR", "n6c16"},
    {"UA", "n6c19"},    {"VA", "n18"},      {"VG", "a4n16"},    {"XK", "n16"},
    {"YE", "a4n4c18"},
};

// The form of a country, or NULL.
static const char *iban_form(const uint8_t country[2])
{
    for (size_t i = 0; i < ARRAY_SIZE(ibans); i++) {
        if (memcmp(country, ibans[i].country, 2) == 0) {
            return ibans[i].form;
        }
    }
    return NULL;
}

// The next part of a form: its kind, how many; false at the end.
static bool form_part(const char **form, char *kind, size_t *n)
{
    const char *p = *form;

    if (*p == '\0') {
        return false;
    }
    *kind = *p++;
    *n = 0;
    while (is_digit((uint8_t)*p)) {
        *n = *n * 10 + (size_t)(*p++ - '0');
    }
    *form = p;
    return true;
}

size_t iban_length(const uint8_t country[2])
{
    const char *form = iban_form(country);
    size_t length = form == NULL ? 0 : 4;
    size_t n = 0;
    char kind = 'c';

    while (form != NULL && form_part(&form, &kind, &n)) {
        length += n;
    }
    return length;
}

static bool iban_has_form(const uint8_t *text, size_t length)
{
    const uint8_t country[2] = {text[0] & 0xDF, text[1] & 0xDF};
    const char *form = iban_form(country);
    size_t at = 4;
    size_t n = 0;
    char kind = 'c';

    while (form != NULL && form_part(&form, &kind, &n)) {
        for (size_t end = at + n; at < end; at++) {
            if (at == length || (kind == 'n' && !is_digit(text[at])) ||
                (kind == 'a' && !is_alpha(text[at]))) {
                return false;
            }
        }
    }
    return form != NULL && at == length && is_digit(text[2]) && is_digit(text[3]);
}

bool iban_valid(const uint8_t *text, size_t n)
{
    unsigned rest = 0;

    if (n < 5 || !iban_has_form(text, n)) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint8_t c = to_lower(text[(i + 4) % n]);
        if (is_digit(c)) {
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        } else {
            rest = (rest * 100 + (unsigned)(c - 'a') + 10) % 97;
        }
    }
    return rest == 1;
}

static const struct phone_code *find_code(uint32_t code)
{
    for (size_t i = 0; i < PHONE_CODES && phone_codes[i].code <= code; i++) {
        if (phone_codes[i].code == code) {
            return &phone_codes[i];
        }
    }
    return NULL;
}

// The lengths that numbers with these leading digits have, as bits.
static uint16_t plan_lengths(const struct phone_code *code, uint32_t leading)
{
    const struct phone_range *ranges = phone_ranges + code->first;
    size_t from = 0;
    size_t to = code->count;

    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (ranges[middle].to < leading) {
            from = middle + 1;
        } else {
            to = middle;
        }
    }
    return from < code->count && ranges[from].from <= leading ? ranges[from].lengths : 0;
}

bool phone_plan_has(const struct phone_code *code, const uint8_t *digits, size_t n)
{
    return n > 3 && n <= 15 && (plan_lengths(code, number_of(digits, 3)) >> n & 1) != 0;
}

static uint16_t all_lengths(const struct phone_code *code)
{
    uint16_t all = 0;

    for (size_t i = 0; i < code->count; i++) {
        all |= phone_ranges[code->first + i].lengths;
    }
    return all;
}

enum phone_fit phone_fits(const uint8_t *digits, size_t n)
{
    for (size_t length = 1; length <= 3 && length + 4 <= n; length++) {
        const struct phone_code *code = find_code(number_of(digits, length));
        size_t rest = n - length;
        if (code == NULL) {
            continue;
        }
        if (rest > 15) {
            return PHONE_NO;
        }
        if (phone_plan_has(code, digits + length, rest)) {
            return PHONE_PLANNED;
        }
        // The plan of North America changes every month, its form never.
        if (code->code == 1) {
            return rest == 10 && digits[1] >= '2' && digits[4] >= '2' ? PHONE_PLANNED : PHONE_NO;
        }
        return (all_lengths(code) >> rest & 1) != 0 ? PHONE_LENGTH : PHONE_NO;
    }
    return PHONE_NO;
}
