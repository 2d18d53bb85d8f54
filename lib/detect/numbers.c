// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables from the public registries, each as short as a verdict needs. Where networks overlap, the
// longer prefix stands first.
#include "detect/numbers.h"

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
    {620000, 629999, N16_19},          // UnionPay
    {630400, 630499, N12_19},          // Maestro
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

static const struct {
    char country[3];
    uint8_t length;
} ibans[] = {
    {"AD", 24}, {"AE", 23}, {"AL", 28}, {"AT", 20}, {"AZ", 28}, {"BA", 20}, {"BE", 16}, {"BG", 22},
    {"BH", 22}, {"BI", 27}, {"BR", 29}, {"BY", 28}, {"CH", 21}, {"CR", 22}, {"CY", 28}, {"CZ", 24},
    {"DE", 22}, {"DJ", 27}, {"DK", 18}, {"DO", 28}, {"EE", 20}, {"EG", 29}, {"ES", 24}, {"FI", 18},
    {"FK", 18}, {"FO", 18}, {"FR", 27}, {"GB", 22}, {"GE", 22}, {"GI", 23}, {"GL", 18}, {"GR", 27},
    {"GT", 28}, {"HN", 28}, {"HR", 21}, {"HU", 28}, {"IE", 22}, {"IL", 23}, {"IQ", 23}, {"IS", 26},
    {"IT", 27}, {"JO", 30}, {"KW", 30}, {"KZ", 20}, {"LB", 28}, {"LC", 32}, {"LI", 21}, {"LT", 20},
    {"LU", 20}, {"LV", 21}, {"LY", 25}, {"MC", 27}, {"MD", 24}, {"ME", 22}, {"MK", 19}, {"MN", 20},
    {"MR", 27}, {"MT", 31}, {"MU", 30}, {"NI", 28}, {"NL", 18}, {"NO", 15}, {"OM", 23}, {"PK", 24},
    {"PL", 28}, {"PS", 29}, {"PT", 25}, {"QA", 29}, {"RO", 24}, {"RS", 22}, {"RU", 33}, {"SA", 24},
    {"SC", 31}, {"SD", 18}, {"SE", 24}, {"SI", 19}, {"SK", 24}, {"SM", 27}, {"SO", 23}, {"ST", 25},
    {"SV", 28}, {"TL", 23}, {"TN", 24}, {"TR", 26}, {"UA", 29}, {"VA", 22}, {"VG", 24}, {"XK", 20},
    {"YE", 30},
};

size_t iban_length(const uint8_t country[2])
{
    for (size_t i = 0; i < ARRAY_SIZE(ibans); i++) {
        if (country[0] == (uint8_t)ibans[i].country[0] &&
            country[1] == (uint8_t)ibans[i].country[1]) {
            return ibans[i].length;
        }
    }
    return 0;
}

bool iban_valid(const uint8_t *text, size_t n)
{
    unsigned rest = 0;

    for (size_t i = 0; i < n; i++) {
        uint8_t c = to_lower(text[(i + 4) % n]);
        if (is_digit(c)) {
            rest = (rest * 10 + (unsigned)(c - '0')) % 97;
        } else {
            rest = (rest * 100 + (unsigned)(c - 'a') + 10) % 97;
        }
    }
    return n > 4 && rest == 1;
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
        if ((plan_lengths(code, number_of(digits + length, 3)) >> rest & 1) != 0) {
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
