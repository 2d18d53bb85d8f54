// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// libsodium signs. Its form of a private key is the seed with the public key behind it; both halves
// lie in one guarded piece, so that a key can never be used with another's public half, which would
// give the private one away.
#include "secret/sign.h"

#include <sodium.h>

#include "base/alloc.h"
#include "secret/guarded.h"
#include "secret/seedfile.h"

_Static_assert(SIGN_SEED_SIZE == crypto_sign_SEEDBYTES, "seed");
_Static_assert(SIGN_PUBLIC_SIZE == crypto_sign_PUBLICKEYBYTES, "public key");
_Static_assert(SIGN_SIZE == crypto_sign_BYTES, "signature");
_Static_assert((int)SIGN_SEED_SIZE == (int)SEEDFILE_SIZE, "file");

struct sign_key {
    struct secret *pair; // seed || public key
    uint8_t public_key[SIGN_PUBLIC_SIZE];
};

enum aiu_status sign_key_new(const struct secret *seed, struct sign_key **ret_key)
{
    uint8_t *pair = NULL;

    if (secret_size(seed) != SIGN_SEED_SIZE) {
        return AIU_USAGE;
    }
    struct sign_key *key = mem_new(1, sizeof(*key));
    if (key == NULL) {
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = secret_new_blank(crypto_sign_SECRETKEYBYTES, &key->pair, &pair);
    if (st != AIU_OK) {
        mem_free(key);
        return st;
    }
    CHECK(crypto_sign_seed_keypair(key->public_key, pair, secret_bytes(seed).p) == 0);
    secret_seal(key->pair);
    *ret_key = key;
    return AIU_OK;
}

enum aiu_status sign_key_new_random(struct sign_key **ret_key)
{
    CLEANUP(secret_done) struct secret *seed = NULL;

    TRY(secret_new_random(SIGN_SEED_SIZE, &seed));
    return sign_key_new(seed, ret_key);
}

enum aiu_status sign_key_open(int dir_fd, const char *name, struct sign_key **ret_key)
{
    CLEANUP(secret_done) struct secret *seed = NULL;

    TRY(seedfile_open(dir_fd, name, &seed));
    return sign_key_new(seed, ret_key);
}

void sign_key_free(struct sign_key *key)
{
    if (key != NULL) {
        secret_unref(key->pair);
        mem_free(key);
    }
}

void sign_key_public(const struct sign_key *key, uint8_t ret_public[SIGN_PUBLIC_SIZE])
{
    memcpy(ret_public, key->public_key, SIGN_PUBLIC_SIZE);
}

void sign_message(const struct sign_key *key, struct span message, uint8_t ret_signature[SIGN_SIZE])
{
    CHECK(crypto_sign_detached(ret_signature, NULL, message.p, message.n,
                               secret_bytes(key->pair).p) == 0);
}

bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_SIZE], struct span message,
                 const uint8_t signature[SIGN_SIZE])
{
    return crypto_sign_verify_detached(signature, message.p, message.n, public_key) == 0;
}
