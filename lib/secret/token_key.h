// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The key that pseudonyms of a tenant are made with:
//
//     HKDF-SHA256(master key, salt = tenant, info = "aiu/pseudonym/v1")
//
// All replicas with one master key make the same tokens; two tenants never do. `aiu redact` uses
// the tenant "" of the state folder's key, or of a key file.
//
// Ownership: the caller frees what is new. Threads: one a struct.
#pragma once

#include "secret/mac.h"

enum { TOKEN_KEYS_MOST = 64 };

// One tenant's key.
MUST_CHECK enum aiu_status token_key_new(const struct secret *master, struct span tenant,
                                         struct mac **ret_mac);

// Keys of the tenants that were seen last: deriving one costs some ten hashes.
struct token_keys;

// Takes its own reference to `master`.
MUST_CHECK enum aiu_status token_keys_new(struct secret *master, struct token_keys **ret_keys);
void token_keys_free(struct token_keys *keys); // NULL is fine

// Borrowed until the next call. AIU_TOO_LONG for a tenant over 256 bytes.
MUST_CHECK enum aiu_status token_keys_get(struct token_keys *keys, struct span tenant,
                                          struct mac **ret_mac);
