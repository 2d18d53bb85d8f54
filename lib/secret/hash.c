// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// libcrypto's plain functions: they use the processor's SHA instructions, keep their state in our
// struct and cannot fail, which the EVP interface (a heap object and a look-up for each digest)
// does not give. OpenSSL 3 calls them deprecated; docs/decisions/0002-sha-by-openssl.md weighs it.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "secret/hash.h"

#include <openssl/sha.h>

#include "base/alloc.h"
#include "base/status.h"

_Static_assert(sizeof(SHA256_CTX) <= sizeof(((struct sha256 *)0)->state), "state is too small");
_Static_assert(alignof(SHA256_CTX) <= alignof(struct sha256), "state is not aligned");

static SHA256_CTX *context(struct sha256 *h)
{
    return (SHA256_CTX *)(void *)h->state;
}

void sha256_init(struct sha256 *h)
{
    CHECK(SHA256_Init(context(h)) == 1);
}

void sha256_update(struct sha256 *h, struct span bytes)
{
    if (bytes.n > 0) {
        CHECK(SHA256_Update(context(h), bytes.p, bytes.n) == 1);
    }
}

void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE])
{
    CHECK(SHA256_Final(out, context(h)) == 1);
    mem_wipe(h, sizeof(*h));
}

void sha256(struct span bytes, uint8_t out[SHA256_SIZE])
{
    struct sha256 h;

    sha256_init(&h);
    sha256_update(&h, bytes);
    sha256_final(&h, out);
}
