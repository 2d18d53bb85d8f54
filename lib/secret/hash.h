// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4). Of public or already random data only: whoever can guess a text can check
// the guess against its plain hash, so prompts and keys go through secret/mac.h.
//
// Ownership: the struct owns its state, on the stack. Threads: one a struct. Errors: none.
#pragma once

#include <stdalign.h>

#include "base/span.h"

enum { SHA256_SIZE = 32 };

struct sha256 {
    alignas(8) uint8_t state[128];
};

void sha256_init(struct sha256 *h);
void sha256_update(struct sha256 *h, struct span bytes);

// Write the digest; `h` is wiped and can only be initialised again.
void sha256_final(struct sha256 *h, uint8_t out[SHA256_SIZE]);

// All at once.
void sha256(struct span bytes, uint8_t out[SHA256_SIZE]);
