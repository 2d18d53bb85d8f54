// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Tables from the public registries, each as short as a verdict needs. Where networks overlap, the
// longer prefix stands first.
#include "detect/numbers.h"

#include "base/status.h"
#include "detect/ascii.h"

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

// Sources: ITU-T E.164 list of
// assigned codes, national numbering plans.
static const struct {
    uint16_t code;
    uint8_t fewest, most;
} phone_codes[] = {
    {1, 10, 10},  {7, 10, 10},  {20, 8, 10},   {27, 9, 9},   {30, 10, 10},  {31, 9, 11},
    {32, 8, 9},   {33, 9, 9},   {34, 9, 9},    {36, 8, 9},   {39, 6, 12},   {40, 9, 9},
    {41, 9, 12},  {43, 4, 13},  {44, 7, 10},   {45, 8, 8},   {46, 6, 10},   {47, 5, 8},
    {48, 9, 9},   {49, 4, 13},  {51, 8, 9},    {52, 10, 11}, {53, 6, 8},    {54, 10, 11},
    {55, 10, 11}, {56, 9, 9},   {57, 8, 10},   {58, 10, 10}, {60, 8, 10},   {61, 9, 9},
    {62, 7, 12},  {63, 8, 10},  {64, 8, 10},   {65, 8, 8},   {66, 8, 9},    {81, 9, 10},
    {82, 8, 11},  {84, 7, 10},  {86, 10, 11},  {90, 7, 10},  {91, 10, 10},  {92, 8, 10},
    {93, 9, 9},   {94, 9, 9},   {95, 6, 10},   {98, 10, 10}, {211, 9, 9},   {212, 9, 9},
    {213, 8, 9},  {216, 8, 8},  {218, 9, 9},   {220, 7, 7},  {221, 9, 9},   {222, 8, 8},
    {223, 8, 8},  {224, 8, 9},  {225, 10, 10}, {226, 8, 8},  {227, 8, 8},   {228, 8, 8},
    {229, 8, 10}, {230, 7, 8},  {231, 7, 9},   {232, 8, 8},  {233, 9, 9},   {234, 7, 10},
    {235, 8, 8},  {236, 8, 8},  {237, 9, 9},   {238, 7, 7},  {239, 7, 7},   {240, 9, 9},
    {241, 7, 8},  {242, 9, 9},  {243, 7, 9},   {244, 9, 9},  {245, 7, 9},   {246, 7, 7},
    {247, 4, 6},  {248, 7, 7},  {249, 9, 9},   {250, 9, 9},  {251, 9, 9},   {252, 6, 9},
    {253, 8, 8},  {254, 7, 10}, {255, 9, 9},   {256, 9, 9},  {257, 8, 8},   {258, 8, 9},
    {260, 9, 9},  {261, 9, 9},  {262, 9, 9},   {263, 5, 10}, {264, 8, 9},   {265, 7, 9},
    {266, 8, 8},  {267, 7, 8},  {268, 8, 8},   {269, 7, 7},  {290, 4, 5},   {291, 7, 7},
    {297, 7, 7},  {298, 6, 6},  {299, 6, 6},   {350, 8, 8},  {351, 9, 9},   {352, 4, 11},
    {353, 7, 10}, {354, 7, 9},  {355, 6, 9},   {356, 8, 8},  {357, 8, 8},   {358, 5, 12},
    {359, 6, 9},  {370, 8, 8},  {371, 8, 8},   {372, 7, 8},  {373, 8, 8},   {374, 8, 8},
    {375, 9, 9},  {376, 6, 9},  {377, 8, 9},   {378, 6, 10}, {380, 9, 9},   {381, 6, 10},
    {382, 7, 9},  {383, 8, 9},  {385, 7, 9},   {386, 8, 8},  {387, 8, 9},   {389, 8, 8},
    {420, 9, 9},  {421, 9, 9},  {423, 7, 9},   {500, 5, 5},  {501, 7, 7},   {502, 8, 8},
    {503, 8, 8},  {504, 8, 8},  {505, 8, 8},   {506, 8, 8},  {507, 7, 8},   {508, 6, 9},
    {509, 8, 8},  {590, 9, 9},  {591, 8, 8},   {592, 7, 7},  {593, 8, 9},   {594, 9, 9},
    {595, 7, 9},  {596, 9, 9},  {597, 6, 7},   {598, 7, 8},  {599, 7, 8},   {670, 7, 8},
    {672, 6, 6},  {673, 7, 7},  {674, 7, 7},   {675, 7, 8},  {676, 5, 7},   {677, 5, 7},
    {678, 5, 7},  {679, 7, 7},  {680, 7, 7},   {681, 6, 6},  {682, 5, 5},   {683, 4, 7},
    {685, 5, 7},  {686, 5, 8},  {687, 6, 6},   {688, 5, 7},  {689, 6, 8},   {690, 4, 7},
    {691, 7, 7},  {692, 7, 7},  {800, 8, 8},   {808, 8, 8},  {850, 8, 10},  {852, 8, 8},
    {853, 8, 8},  {855, 8, 9},  {856, 8, 10},  {870, 9, 9},  {878, 12, 12}, {880, 6, 10},
    {881, 8, 9},  {882, 7, 12}, {883, 9, 12},  {886, 8, 9},  {888, 11, 11}, {960, 7, 7},
    {961, 7, 8},  {962, 8, 9},  {963, 8, 9},   {964, 8, 10}, {965, 7, 8},   {966, 9, 9},
    {967, 7, 9},  {968, 7, 8},  {970, 8, 9},   {971, 8, 9},  {972, 8, 9},   {973, 8, 8},
    {974, 8, 8},  {975, 7, 8},  {976, 8, 8},   {977, 8, 10}, {979, 9, 9},   {992, 9, 9},
    {993, 8, 8},  {994, 9, 9},  {995, 9, 9},   {996, 9, 9},  {998, 9, 9},
};

size_t phone_country(const uint8_t *digits, size_t n, unsigned *ret_fewest, unsigned *ret_most)
{
    for (size_t length = 1; length <= 3 && length <= n; length++) {
        uint32_t code = number_of(digits, length);
        for (size_t i = 0; i < ARRAY_SIZE(phone_codes) && phone_codes[i].code <= code; i++) {
            if (phone_codes[i].code == code) {
                *ret_fewest = phone_codes[i].fewest;
                *ret_most = phone_codes[i].most;
                return length;
            }
        }
    }
    return 0;
}
