// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/seal.h"

#include <sodium.h>

#include "secret/guarded.h"
#include "secret/mac.h"

enum {
    HEAD = 9,
    NONCE = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    KEY = crypto_aead_xchacha20poly1305_ietf_KEYBYTES,
};

static const uint8_t head[HEAD] = {'a', 'i', 'u', '-', 's', 'e', 'a', 'l', 1};

static const struct span label = SPAN("aiu/seal/v1/");

enum aiu_status seal(const struct secret *ikm, const char *purpose, struct span plain,
                     struct buf *dst)
{
    uint8_t key[KEY];
    uint8_t *p = NULL;

    TRY(buf_reserve(dst, SEAL_OVERHEAD + plain.n, &p));
    TRY(hkdf_for(ikm, label, purpose, KEY, key));
    memcpy(p, head, HEAD);
    randombytes_buf(p + HEAD, NONCE);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(p + HEAD + NONCE, NULL, plain.p, plain.n, head,
                                                     HEAD, NULL, p + HEAD, key);
    sodium_memzero(key, sizeof(key));
    buf_grow(dst, SEAL_OVERHEAD + plain.n);
    return AIU_OK;
}

enum aiu_status seal_open(const struct secret *ikm, const char *purpose, struct span sealed,
                          struct buf *dst)
{
    uint8_t key[KEY];
    uint8_t *p = NULL;

    if (sealed.n < SEAL_OVERHEAD || memcmp(sealed.p, head, HEAD) != 0) {
        return AIU_FILE_INVALID;
    }
    size_t n = sealed.n - SEAL_OVERHEAD;
    TRY(buf_reserve(dst, n + 1, &p));
    TRY(hkdf_for(ikm, label, purpose, KEY, key));
    int bad = crypto_aead_xchacha20poly1305_ietf_decrypt(p, NULL, NULL, sealed.p + HEAD + NONCE,
                                                         n + TAG, head, HEAD, sealed.p + HEAD, key);
    sodium_memzero(key, sizeof(key));
    if (bad != 0) {
        return AIU_FILE_INVALID;
    }
    buf_grow(dst, n);
    return AIU_OK;
}
