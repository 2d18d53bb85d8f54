// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Ed25519 signatures (RFC 8032): what makes the audit log's checkpoints somebody's word (guide
// S62).
//
// A private key is kept as its 32-byte seed. It lies in guarded memory (secret/secret.h) and only
// signatures and the public key leave it.
//
// Ownership: the caller frees. Threads: any; a key never changes. Errors: named at each call.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "secret/secret.h"

enum { SIGN_SEED_SIZE = 32, SIGN_PUBLIC_SIZE = 32, SIGN_SIZE = 64 };

struct sign_key;

// The key of a seed. AIU_USAGE where it is not SIGN_SEED_SIZE bytes; AIU_NO_MEMORY.
MUST_CHECK enum aiu_status sign_key_new(const struct secret *seed, struct sign_key **ret_key);

// A key that nobody has seen before.
MUST_CHECK enum aiu_status sign_key_new_random(struct sign_key **ret_key);

// The key whose seed is the file `name` in the folder `dir_fd`; where there is none, a new one is
// made: 0600, durable, never over another file. Errors as of master_open (secret/master.h).
MUST_CHECK enum aiu_status sign_key_open(int dir_fd, const char *name, struct sign_key **ret_key);

// NULL is fine.
void sign_key_free(struct sign_key *key);

// For CLEANUP.
static inline void sign_key_done(struct sign_key **key)
{
    sign_key_free(*key);
    *key = NULL;
}

void sign_key_public(const struct sign_key *key, uint8_t ret_public[SIGN_PUBLIC_SIZE]);

// Sign. The same key and message give the same signature.
void sign_message(const struct sign_key *key, struct span message,
                  uint8_t ret_signature[SIGN_SIZE]);

// Whether `signature` is the public key's on `message`. Keys of small order and signatures that are
// not in the one canonical form are refused. No secret is involved, so its time may vary.
bool sign_verify(const uint8_t public_key[SIGN_PUBLIC_SIZE], struct span message,
                 const uint8_t signature[SIGN_SIZE]);
