// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Only arithmetic on the span that was found. What needs its surroundings is a matcher.
#include "detect/validate.h"

#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/ids.h"
#include "detect/numbers.h"
#include "detect/wordy.h"

static const struct {
    const char *name;
    enum validity (*run)(struct span text);
    bool (*is_id)(const struct id *d);
} validators[VALIDATOR_COUNT] = {
#define VALIDATOR(name) [VALIDATOR_##name] = {#name, validate_##name, NULL},
#include "detect/validators.def"
#undef VALIDATOR
#define ID(name) [VALIDATOR_##name] = {#name, NULL, id_##name},
#include "detect/ids.def"
#undef ID
};

enum validator_id validator_id_find(struct span name)
{
    for (unsigned i = VALIDATOR_NONE + 1; i < VALIDATOR_COUNT; i++) {
        if (span_equal(name, span_str(validators[i].name))) {
            return (enum validator_id)i;
        }
    }
    return VALIDATOR_NONE;
}

enum validity validator_run(enum validator_id id, struct span text)
{
    struct id d;

    if (id == VALIDATOR_NONE) {
        return VALID_YES;
    }
    if (validators[id].run != NULL) {
        return validators[id].run(text);
    }
    return ids_read(text, &d) && validators[id].is_id(&d) ? VALID_YES : VALID_NO;
}

enum { DIGITS_MOST = 40 };

static size_t digits_of(struct span text, uint8_t digits[DIGITS_MOST])
{
    size_t n = 0;

    for (size_t i = 0; i < text.n && n < DIGITS_MOST; i++) {
        if (is_digit(text.p[i])) {
            digits[n++] = text.p[i];
        }
    }
    return n;
}

enum validity validate_luhn(struct span text)
{
    uint8_t digits[DIGITS_MOST];
    size_t n = digits_of(text, digits);

    return luhn_valid(digits, n) ? VALID_SURE : VALID_NO;
}

// ISO 9362: four letters of the bank, the country, place, and perhaps a branch. In capitals: words
// stand beside "swift" too.
enum validity validate_bic(struct span text)
{
    static const char countries[] =
        "ADAEAFAGAIALAMAOARATAUAWAZBABBBDBEBFBGBHBIBJBMBNBOBRBSBTBWBYBZCACDCFCGCHCICLCMCNCOCRCUCVCWCYCZ"
        "DEDJDKDMDODZECEEEGERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGTGUGWGYHKHNHRHTHUIDIEILIMINIQ"
        "IRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMGMHMKMLMMMNMOMQMRMSMTMUMVMW"
        "MXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISKSLSMSN"
        "SOSRSSSTSVSXSYSZTCTDTGTHTJTLTMTNTOTRTTTVTWTZUAUGUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";
    size_t i = 0;

    for (size_t k = 0; k < text.n; k++) {
        if (!is_upper(text.p[k]) && !is_digit(text.p[k])) {
            return VALID_NO;
        }
    }
    while (text.n >= 8 && i + 1 < sizeof(countries) && memcmp(countries + i, text.p + 4, 2) != 0) {
        i += 2;
    }
    return text.n >= 8 && i + 1 < sizeof(countries) ? VALID_YES : VALID_NO;
}

// SSA: area 001-665 and 667-899, group and serial not zero. Numbers printed in advertisements and
// sequences that stand for "a number" are none.
enum validity validate_us_ssn(struct span text)
{
    static const char *const never[] = {"078051120", "219099999", "123456789", "987654321"};
    uint8_t d[DIGITS_MOST];

    if (digits_of(text, d) != 9) {
        return VALID_NO;
    }
    if (memcmp(d, "000", 3) == 0 || memcmp(d, "666", 3) == 0 || d[0] == '9' ||
        memcmp(d + 3, "00", 2) == 0 || memcmp(d + 5, "0000", 4) == 0) {
        return VALID_NO;
    }
    for (size_t i = 0; i < ARRAY_SIZE(never); i++) {
        if (memcmp(d, never[i], 9) == 0) {
            return VALID_NO;
        }
    }
    return VALID_YES;
}

static uint32_t crc32_ieee(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc >> 1 ^ ((crc & 1) != 0 ? UINT32_C(0xEDB88320) : 0);
        }
    }
    return ~crc;
}

// GitHub's tokens (and npm's, which are made alike) end in the CRC-32 of their random part, as six
// base62 digits. Made-up tokens of the right form are still findings: only the proof is missing.
enum validity validate_github_token(struct span text)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    uint8_t wanted[6];

    if (text.n < 36) {
        return VALID_NO;
    }
    uint32_t crc = crc32_ieee(text.p + text.n - 36, 30);
    for (size_t i = sizeof(wanted); i-- > 0; crc /= 62) {
        wanted[i] = (uint8_t)digits[crc % 62];
    }
    return memcmp(text.p + text.n - 6, wanted, 6) == 0 ? VALID_SURE : VALID_YES;
}

enum validity validate_random(struct span text)
{
    struct looks l = looks_of(text);

    return is_random(&l, text) && !is_stand_in(text) ? VALID_YES : VALID_NO;
}

enum validity validate_password(struct span text)
{
    struct looks l = looks_of(text);

    return (is_password(&l, text) || is_random(&l, text)) && !is_stand_in(text) ? VALID_YES
                                                                                : VALID_NO;
}

// RFC 7617: base64 of "user:password", both printable ASCII.
enum validity validate_basic_auth(struct span text)
{
    uint32_t bits = 0;
    size_t colons = 0;

    while (text.n > 0 && text.p[text.n - 1] == '=') {
        text.n--;
    }
    for (size_t i = 0; i < text.n; i++) {
        bits = bits << 6 | base64_value(text.p[i]);
        uint8_t byte = (uint8_t)(bits >> (6 - 2 * (i % 4)));
        if (i % 4 > 0 && (byte < ' ' || byte > '~')) {
            return VALID_NO;
        }
        colons += i % 4 > 0 && byte == ':';
    }
    return colons > 0 ? VALID_YES : VALID_NO;
}

enum { ENTROPY_MOST = 64 };

// 64 n log2 n
static const uint16_t n_log_n[ENTROPY_MOST + 1] = {
    0,     0,     128,   304,   512,   743,   993,   1258,  1536,  1826,  2126,  2435,  2753,
    3079,  3411,  3751,  4096,  4447,  4804,  5165,  5532,  5903,  6279,  6659,  7043,  7430,
    7822,  8216,  8615,  9016,  9421,  9829,  10240, 10654, 11070, 11490, 11912, 12336, 12763,
    13192, 13624, 14058, 14495, 14933, 15374, 15817, 16261, 16708, 17157, 17608, 18060, 18515,
    18971, 19429, 19889, 20350, 20814, 21278, 21745, 22213, 22682, 23154, 23626, 24100, 24576,
};

unsigned entropy_sixteenths(struct span text)
{
    uint8_t counts[256] = {0};
    unsigned sum = 0;
    size_t n = text.n < ENTROPY_MOST ? text.n : ENTROPY_MOST;

    if (n == 0) {
        return 0;
    }
    for (size_t i = 0; i < n; i++) {
        counts[text.p[i]]++;
    }
    for (size_t i = 0; i < n; i++) {
        sum += n_log_n[counts[text.p[i]]];
        counts[text.p[i]] = 0;
    }
    return (n_log_n[n] - sum) / (4 * (unsigned)n);
}

static bool stands_in(uint8_t c)
{
    return c == 'x' || c == 'X' || c == '*' || c == '.';
}

bool is_placeholder(struct span text)
{
    size_t run = 0;

    for (size_t i = 0; i < text.n; i++) {
        run = stands_in(text.p[i]) && i > 0 && text.p[i] == text.p[i - 1] ? run + 1 : 1;
        if (run >= 8 && stands_in(text.p[i])) {
            return true;
        }
    }
    return false;
}
