// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// HMAC-SHA-256 (RFC 2104, FIPS 198-1) and HKDF-SHA-256 (RFC 5869).
//
// A keyed `struct mac` is used for any number of messages, one after the other; keying costs more
// than a short message does, so keep it. For several messages at once, mac_dup it.
//
// Ownership: the caller frees; the key's state is wiped then.
// Threads:   one a struct; mac_dup of one that no thread is feeding is fine from any thread.
// Errors:    mac_final tells whatever went wrong since mac_start (AIU_NO_MEMORY).
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "secret/secret.h"

enum { MAC_SIZE = 32 };

struct mac;

MUST_CHECK enum aiu_status mac_new(const struct secret *key, struct mac **ret_mac);

// A key that is no secret: a name that keeps uses of one function apart.
MUST_CHECK enum aiu_status mac_new_public(struct span key, struct mac **ret_mac);

// The same key, at the start of a message.
MUST_CHECK enum aiu_status mac_dup(const struct mac *m, struct mac **ret_mac);

// NULL is fine.
void mac_free(struct mac *m);

// For CLEANUP.
static inline void mac_done(struct mac **m)
{
    mac_free(*m);
    *m = NULL;
}

// Begin a message; one that was half fed is forgotten. A new or duplicated mac has begun.
void mac_start(struct mac *m);
void mac_update(struct mac *m, struct span bytes);

// End the message and begin the next. On failure `out` is zeroed and must not be used.
MUST_CHECK enum aiu_status mac_final(struct mac *m, uint8_t out[MAC_SIZE]);

// One message with a key used once.
MUST_CHECK enum aiu_status mac_sha256(const struct secret *key, struct span message,
                                      uint8_t out[MAC_SIZE]);

// Compared in constant time.
bool mac_equal(const uint8_t a[MAC_SIZE], const uint8_t b[MAC_SIZE]);

// Derive `n` bytes (1 to 8160) for the purpose `info`: HKDF-Expand(HKDF-Extract(salt, ikm), info).
MUST_CHECK enum aiu_status hkdf_sha256(const struct secret *ikm, struct span salt, struct span info,
                                       size_t n, struct secret **ret_secret);
