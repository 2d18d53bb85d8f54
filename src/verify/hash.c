// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 for aiu-verify: secret/hash.h over libsodium, in the place of lib/secret/hash.c, so that
// the program needs no second library. Slower than libcrypto, which uses the processor's
// instructions; it is the same function.
#include "secret/hash.h"

#include <sodium.h>

#include "base/alloc.h"
#include "base/status.h"

_Static_assert(sizeof(crypto_hash_sha256_state) <= sizeof(((struct sha256 *)0)->state), "size");
_Static_assert(alignof(crypto_hash_sha256_state) <= alignof(struct sha256), "alignment");

static crypto_hash_sha256_state *context(struct sha256 *h)
{
    return (crypto_hash_sha256_state *)(void *)h->state;
}

void sha256_init(struct sha256 *h)
{
    CHECK(crypto_hash_sha256_init(context(h)) == 0);
}

void sha256_update(struct sha256 *h, struct span bytes)
{
    if (bytes.n > 0) {
        CHECK(crypto_hash_sha256_update(context(h), bytes.p, bytes.n) == 0);
    }
}

void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
    CHECK(crypto_hash_sha256_final(context(h), out) == 0);
    mem_wipe(h, sizeof(*h));
}

void sha256(struct span bytes, uint8_t out[SHA256_SIZE])
{
    CHECK(crypto_hash_sha256(out, bytes.p, bytes.n) == 0);
}
