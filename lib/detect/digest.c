// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Short inputs only: an address has less than a hundred bytes.
#include "detect/digest.h"

#include <string.h>

#include "base/status.h"

static uint32_t rotated(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static const uint32_t round_words[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

static void sha_block(uint32_t h[8], const uint8_t *p)
{
    uint32_t w[64];
    uint32_t s[8];

    for (size_t i = 0; i < 16; i++) {
        w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 |
               (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
    }
    for (size_t i = 16; i < 64; i++) {
        uint32_t a = rotated(w[i - 15], 7) ^ rotated(w[i - 15], 18) ^ w[i - 15] >> 3;
        uint32_t b = rotated(w[i - 2], 17) ^ rotated(w[i - 2], 19) ^ w[i - 2] >> 10;
        w[i] = w[i - 16] + a + w[i - 7] + b;
    }
    memcpy(s, h, sizeof(s));
    for (size_t i = 0; i < 64; i++) {
        uint32_t one = s[7] + (rotated(s[4], 6) ^ rotated(s[4], 11) ^ rotated(s[4], 25)) +
                       ((s[4] & s[5]) ^ (~s[4] & s[6])) + round_words[i] + w[i];
        uint32_t two = (rotated(s[0], 2) ^ rotated(s[0], 13) ^ rotated(s[0], 22)) +
                       ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        memmove(s + 1, s, 7 * sizeof(s[0]));
        s[4] += one;
        s[0] = one + two;
    }
    for (size_t i = 0; i < 8; i++) {
        h[i] += s[i];
    }
}

void digest_sha256(const uint8_t *p, size_t n, uint8_t ret[DIGEST_BYTES])
{
    uint32_t h[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    uint8_t padded[DIGEST_MOST + 72] = {0};
    size_t blocks = (n + 9 + 63) / 64;

    CHECK(n <= DIGEST_MOST);
    memcpy(padded, p, n);
    padded[n] = 0x80;
    padded[64 * blocks - 1] = (uint8_t)(n << 3);
    padded[64 * blocks - 2] = (uint8_t)(n >> 5);
    for (size_t i = 0; i < blocks; i++) {
        sha_block(h, padded + 64 * i);
    }
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        ret[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
    }
}

static uint64_t turned(uint64_t x, unsigned n)
{
    return n == 0 ? x : x << n | x >> (64 - n);
}

static void mix_columns(uint64_t a[25])
{
    uint64_t c[5];

    for (size_t x = 0; x < 5; x++) {
        c[x] = a[x] ^ a[x + 5] ^ a[x + 10] ^ a[x + 15] ^ a[x + 20];
    }
    for (size_t i = 0; i < 25; i++) {
        a[i] ^= c[(i + 4) % 5] ^ turned(c[(i + 1) % 5], 1);
    }
}

static void keccak_f(uint64_t a[25])
{
    static const uint64_t constants[24] = {
        0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
        0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
        0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};
    static const uint8_t turns[25] = {0,  1,  62, 28, 27, 36, 44, 6,  55, 20, 3,  10, 43,
                                      25, 39, 41, 45, 15, 21, 8,  18, 2,  61, 56, 14};
    uint64_t b[25];

    for (size_t round = 0; round < 24; round++) {
        mix_columns(a);
        for (size_t y = 0; y < 5; y++) {
            for (size_t x = 0; x < 5; x++) {
                b[y + 5 * ((2 * x + 3 * y) % 5)] = turned(a[x + 5 * y], turns[x + 5 * y]);
            }
        }
        for (size_t i = 0; i < 25; i++) {
            size_t row = i - i % 5;
            a[i] = b[i] ^ (~b[row + (i + 1) % 5] & b[row + (i + 2) % 5]);
        }
        a[0] ^= constants[round];
    }
}

void digest_keccak256(const uint8_t *p, size_t n, uint8_t ret[DIGEST_BYTES])
{
    enum { RATE = 136 };
    uint8_t block[RATE] = {0};
    uint64_t a[25] = {0};

    CHECK(n < RATE);
    memcpy(block, p, n);
    block[n] = 1;
    block[RATE - 1] |= 0x80;
    for (size_t i = 0; i < RATE; i++) {
        a[i / 8] ^= (uint64_t)block[i] << (8 * (i % 8));
    }
    keccak_f(a);
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        ret[i] = (uint8_t)(a[i / 8] >> (8 * (i % 8)));
    }
}
