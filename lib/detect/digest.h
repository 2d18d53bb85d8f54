// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The hashes that addresses of crypto currencies end in. They check typing errors here and protect
// nothing; where something must be protected, layer `secret` does it with libsodium.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { DIGEST_BYTES = 32, DIGEST_MOST = 128 };

// FIPS 180-4. At most DIGEST_MOST bytes.
void digest_sha256(const uint8_t *p, size_t n, uint8_t ret[DIGEST_BYTES]);
// Keccak-256 with the padding of its authors, which Ethereum and Monero keep. At most 135 bytes.
void digest_keccak256(const uint8_t *p, size_t n, uint8_t ret[DIGEST_BYTES]);
