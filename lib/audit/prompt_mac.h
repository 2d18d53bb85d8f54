// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Keyed fingerprints of prompts and answers (guide S63): a plain hash of a prompt, an e-mail
// address or a phone number can be guessed offline, this cannot without the master key.
//
//     K        = HKDF-SHA256(master key, salt = tenant, info = "aiu/audit-mac/v1/" yyyymm)
//     prompt   = HMAC-SHA256(K, "aiu/prompt/v1" 00 u64be(length) bytes)
//     answer   = HMAC-SHA256(K, "aiu/answer/v1" 00 bytes u64be(length))   (its length comes last)
//     name     = HMAC-SHA256(K, "aiu/name/v1"   00 kind 00 u64be(length) bytes)
//     written    "h1:" kid ":" base64url(mac), kid = yyyymm "-" 8 hex of HMAC(K, "aiu/kid/v1")
//
// The kid says which month's key to derive, and whether the master key is still the same.
// Destroying the master key makes every fingerprint meaningless (GDPR Art. 17).
//
// Ownership: the caller frees; keys lie in the guarded memory of secret/mac.h.
// Threads:   one a `struct mac_keys`: each worker has its own. A stream stays with its thread.
// Memory:    PROMPT_MAC_KEYS_MOST keys; the one not used for longest goes.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "secret/secret.h"

enum { PROMPT_MAC_KEYS_MOST = 64, PROMPT_MAC_TEXT_SIZE = 3 + 15 + 1 + 43 };

struct mac_keys;
struct answer_mac;

// Takes its own reference to `master`.
MUST_CHECK enum aiu_status mac_keys_new(struct secret *master, struct mac_keys **ret_keys);
void mac_keys_free(struct mac_keys *keys);

// Append the text form of the fingerprint of `prompt`: PROMPT_MAC_TEXT_SIZE bytes.
MUST_CHECK enum aiu_status prompt_mac(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                                      struct span prompt, struct buf *b);

// The same for a prompt in pieces that lie apart.
MUST_CHECK enum aiu_status prompt_mac_pieces(struct mac_keys *keys, struct span tenant,
                                             uint64_t unix_us, const struct span *pieces,
                                             size_t count, struct buf *b);

// A pseudonym for a user id or an address; `kind` ("user", "addr") keeps the two apart.
MUST_CHECK enum aiu_status name_mac(struct mac_keys *keys, struct span tenant, uint64_t unix_us,
                                    const char *kind, struct span name, struct buf *b);

// An answer as it streams. Free a stream that is not finished with answer_mac_free (NULL is fine).
MUST_CHECK enum aiu_status answer_mac_new(struct mac_keys *keys, struct span tenant,
                                          uint64_t unix_us, struct answer_mac **ret_stream);
void answer_mac_update(struct answer_mac *stream, struct span bytes);

// Append the text form. The stream can only be freed then.
MUST_CHECK enum aiu_status answer_mac_finish(struct answer_mac *stream, struct buf *b);
void answer_mac_free(struct answer_mac *stream);
