// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Addresses of crypto currencies, by their checksums: base58check (Bitcoin, Litecoin, Dogecoin,
// Tron, Dash, Ripple), bech32 and bech32m (BIP 173, BIP 350; Cardano too), EIP-55 (Ethereum and its
// kin), Monero. Each has a digit; the word around the first run of digits is looked at.
//
// Deliberately not found: Solana's, which have no checksum.
#include <string.h>

#include "base/status.h"
#include "detect/ascii.h"
#include "detect/digest.h"
#include "detect/matcher.h"

enum { WORD_BEFORE = 40, WORD_FEWEST = 25, WORD_MOST = 110, DECODED_MOST = 80 };

static const char bitcoin[] = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
static const char ripple[] = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

// The number that `n` characters write in base 58, in exactly `size` bytes.
static bool base58(const char *alphabet, struct span text, uint8_t *out, size_t size)
{
    memset(out, 0, size);
    for (size_t i = 0; i < text.n; i++) {
        const char *at = memchr(alphabet, text.p[i], 58);
        if (at == NULL) {
            return false;
        }
        unsigned carry = (unsigned)(at - alphabet);
        for (size_t k = size; k-- > 0;) {
            carry += 58U * out[k];
            out[k] = (uint8_t)carry;
            carry >>= 8;
        }
        if (carry != 0) {
            return false;
        }
    }
    return true;
}

static bool base58check(struct span text)
{
    static const struct {
        char first;
        uint8_t version;
    } kinds[] = {{'1', 0},    {'3', 5},    {'L', 0x30}, {'M', 0x32}, {'D', 0x1E}, {'9', 0x16},
                 {'A', 0x16}, {'T', 0x41}, {'X', 0x4C}, {'7', 0x10}, {'r', 0}};
    uint8_t raw[25];
    uint8_t hash[DIGEST_BYTES];

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (kinds[i].first != (char)text.p[0]) {
            continue;
        }
        const char *alphabet = text.p[0] == 'r' ? ripple : bitcoin;
        if (!base58(alphabet, text, raw, sizeof(raw)) || raw[0] != kinds[i].version) {
            return false;
        }
        digest_sha256(raw, 21, hash);
        digest_sha256(hash, DIGEST_BYTES, hash);
        return memcmp(hash, raw + 21, 4) == 0;
    }
    return false;
}

// Blocks of eleven characters are eight bytes, the last seven are five.
static bool monero(struct span text)
{
    uint8_t raw[69];
    uint8_t hash[DIGEST_BYTES];

    for (size_t i = 0; i < 9; i++) {
        size_t n = i < 8 ? 11 : 7;
        if (!base58(bitcoin, span_of(text.p + 11 * i, n), raw + 8 * i, i < 8 ? 8 : 5)) {
            return false;
        }
    }
    digest_keccak256(raw, 65, hash);
    return memcmp(hash, raw + 65, 4) == 0;
}

// An address in one case has no checksum.
static bool ethereum(struct span text, bool *sure)
{
    uint8_t lower[40];
    uint8_t hash[DIGEST_BYTES];
    bool small = false;
    bool capital = false;

    for (size_t i = 0; i < 40; i++) {
        uint8_t c = text.p[2 + i];
        if (!is_hex(c)) {
            return false;
        }
        capital = capital || is_upper(c);
        small = small || (is_alpha(c) && !is_upper(c));
        lower[i] = to_lower(c);
    }
    if (!small || !capital) {
        return small || capital;
    }
    digest_keccak256(lower, sizeof(lower), hash);
    for (size_t i = 0; i < 40; i++) {
        uint8_t nibble = i % 2 == 0 ? hash[i / 2] >> 4 : hash[i / 2] & 15;
        if (is_alpha(lower[i]) && is_upper(text.p[2 + i]) != (nibble >= 8)) {
            return false;
        }
    }
    *sure = true;
    return true;
}

static uint32_t polymod(uint32_t chk, uint8_t value)
{
    static const uint32_t generator[] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                         0x2a1462b3};
    uint32_t top = chk >> 25;

    chk = (chk & 0x1ffffff) << 5 ^ value;
    for (size_t i = 0; i < ARRAY_SIZE(generator); i++) {
        chk ^= (top >> i & 1) != 0 ? generator[i] : 0;
    }
    return chk;
}

static bool bech32(struct span text)
{
    static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    static const char *const parts[] = {"bc1",    "tb1",     "ltc1", "addr1",
                                        "stake1", "cosmos1", "osmo1"};
    uint32_t chk = 1;
    size_t human = 0;
    bool upper = is_upper(text.p[0]);

    for (size_t i = 0; i < ARRAY_SIZE(parts) && human == 0; i++) {
        size_t n = strlen(parts[i]);
        human = text.n > n && equal_lowered(text.p, (const uint8_t *)parts[i], n) ? n - 1 : 0;
    }
    for (size_t i = 0; i < human; i++) {
        chk = polymod(chk, to_lower(text.p[i]) >> 5);
    }
    chk = polymod(chk, 0);
    for (size_t i = 0; i < human; i++) {
        chk = polymod(chk, to_lower(text.p[i]) & 31);
    }
    for (size_t i = human + 1; human > 0 && i < text.n; i++) {
        const char *at = strchr(alphabet, to_lower(text.p[i])) /* a letter or digit */;
        if (at == NULL || (is_alpha(text.p[i]) && is_upper(text.p[i]) != upper)) {
            return false;
        }
        chk = polymod(chk, (uint8_t)(at - alphabet));
    }
    return human > 0 && (chk == 1 || chk == 0x2bc830a3);
}

static bool is_address(struct span text, bool *sure)
{
    if (text.n == 42 && text.p[0] == '0' && (text.p[1] | 0x20) == 'x') {
        return ethereum(text, sure);
    }
    *sure = true;
    if (text.n >= 25 && text.n <= 35 && base58check(text)) {
        return true;
    }
    if (text.n == 95 && (text.p[0] == '4' || text.p[0] == '8')) {
        return monero(text);
    }
    return text.n >= 39 && bech32(text);
}

enum match matcher_crypto(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t start = anchor->start;
    size_t end = anchor->end;

    while (start > 0 && anchor->start - start < WORD_BEFORE && is_alpha(v->p[start - 1])) {
        start--;
    }
    if ((start > 0 && (is_alnum(v->p[start - 1]) || v->p[start - 1] == '_')) ||
        strchr("13LMDTXrAbtaScoO0489BTL7", v->p[start]) == NULL) {
        return MATCH_NO;
    }
    while (end < v->n && end - start <= WORD_MOST && is_alnum(v->p[end])) {
        end++;
    }
    if (end - start > WORD_MOST) {
        return MATCH_NO;
    }
    hit->start = start;
    hit->end = end;
    if (end == v->n && !v->final) {
        return MATCH_MORE;
    }
    if (end - start < WORD_FEWEST || (end < v->n && v->p[end] == '_')) {
        return MATCH_NO;
    }
    return is_address(span_of(v->p + start, end - start), &hit->sure) ? MATCH_YES : MATCH_NO;
}
