// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Keys for tests: from seeds, so that every run signs alike.
#pragma once

#include "audit/checkpoint.h"
#include "test.h"

// Seed bytes `first`, `first` + 1, …: 0 is the log of the shared vectors, 32 its witness.
static inline struct sign_key *key_of_seed(uint8_t first)
{
    uint8_t bytes[SIGN_SEED_SIZE];
    CLEANUP(secret_done) struct secret *seed = NULL;
    struct sign_key *key = NULL;

    assert_ok(secret_init_process(true));
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(first + i);
    }
    assert_ok(secret_new_from_bytes(bytes, sizeof(bytes), &seed));
    assert_ok(sign_key_new(seed, &key));
    return key;
}

static inline struct note_key named_key(const char *name, enum note_kind kind,
                                        const struct sign_key *signer)
{
    uint8_t public_key[SIGN_PUBLIC_SIZE];
    struct note_key key;

    sign_key_public(signer, public_key);
    assert_ok(note_key_init(&key, span_str(name), kind, public_key));
    return key;
}

static inline void append_vkey(const struct note_key *key, struct buf *out)
{
    assert_ok(note_key_write(key, out));
}
