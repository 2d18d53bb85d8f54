// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Virtual keys: what applications present to the gateway (guide S5).
//
// A key is "aiu-" and 32 random bytes as base64url. Only its digest is stored,
//   "h1:" base64url(HMAC-SHA-256("aiu/virtual-key/v1", key)),
// which cannot be turned back (256 random bits) and does not authenticate by itself. Keys that an
// operator chose (configuration: `key: {env: …}`) go through the same digest.
//
// Ownership: as said at each. Threads: a table is immutable; find from any thread.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "secret/secret.h"

enum {
    VKEY_TOKEN_SIZE = 47,       // "aiu-" + 43
    VKEY_DIGEST_SIZE = 32,      // as bytes
    VKEY_DIGEST_TEXT_SIZE = 46, // "h1:" + 43
};

struct vkey_digest {
    uint8_t bytes[VKEY_DIGEST_SIZE];
};

// A new key, appended to `dst` to be shown once; the caller wipes it.
MUST_CHECK enum aiu_status vkey_generate(struct buf *dst);

MUST_CHECK enum aiu_status vkey_digest(struct span token, struct vkey_digest *ret_digest);
MUST_CHECK enum aiu_status vkey_digest_of_secret(const struct secret *token,
                                                 struct vkey_digest *ret_digest);

// Append "h1:…".
MUST_CHECK enum aiu_status vkey_digest_format(const struct vkey_digest *digest, struct buf *dst);

// Compared in constant time.
bool vkey_digest_equal(const struct vkey_digest *a, const struct vkey_digest *b);

// AIU_CONFIG_INVALID for anything but "h1:" and 43 canonical digits.
MUST_CHECK enum aiu_status vkey_digest_parse(struct span text, struct vkey_digest *ret_digest);

// Which key a token is. Built once, then read only.
struct vkey_table;

// Index i of the result of find is digests[i]. The digests are copied. AIU_CONFIG_INVALID where two
// are the same. `count` may be 0.
MUST_CHECK enum aiu_status vkey_table_new(const struct vkey_digest *digests, size_t count,
                                          struct vkey_table **ret_table);

// NULL is fine.
void vkey_table_free(struct vkey_table *t);

// The time depends on the token's length, not on whether it is known.
//   AIU_UNAUTHENTICATED  no such key
//   AIU_NO_MEMORY        not decided: a denial
MUST_CHECK enum aiu_status vkey_table_find(const struct vkey_table *t, struct span presented,
                                           size_t *ret_index);
