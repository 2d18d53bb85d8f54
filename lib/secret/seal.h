// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Sealed bytes: encrypted and authenticated by XChaCha20-Poly1305
// (draft-irtf-cfrg-xchacha-03, as libsodium has it), with a random nonce of 24 bytes.
//
//     "aiu-seal" 01 | nonce (24) | ciphertext | tag (16)
//
// The key is HKDF-SHA256(ikm, salt = "", info = "aiu/seal/v1/" purpose), so that what was sealed
// for one purpose cannot be opened as another; `ikm` is the installation's master key or one from a
// key file. The head is authenticated too.
//
// Ownership: the caller's buffers, which it wipes. Threads: any.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "secret/secret.h"

enum { SEAL_OVERHEAD = 9 + 24 + 16 };

// Append `plain`, sealed. AIU_NO_MEMORY, AIU_TOO_LONG.
MUST_CHECK enum aiu_status seal(const struct secret *ikm, const char *purpose, struct span plain,
                                struct buf *dst);

// Append what was sealed.
//   AIU_FILE_INVALID  not sealed by this key for this purpose, cut or changed; `dst` as it was
MUST_CHECK enum aiu_status seal_open(const struct secret *ikm, const char *purpose,
                                     struct span sealed, struct buf *dst);
