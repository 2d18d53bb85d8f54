// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Inside this layer only (a lint keeps it so): the bytes of a secret, and guarded memory to build
// one in.
#pragma once

#include "secret/secret.h"

// The bytes; they live as long as the secret.
struct span secret_bytes(const struct secret *s);

// A secret of `n` bytes that are still to be written to `*ret_bytes`; secret_seal ends that.
MUST_CHECK enum aiu_status secret_new_blank(size_t n, struct secret **ret_secret,
                                            uint8_t **ret_bytes);
void secret_seal(struct secret *s);

// HKDF-SHA-256 (secret/mac.h) into memory of the caller, who wipes it: for a key that is used once,
// for which pages of its own would cost more than the use. `n` is at most 8160. AIU_NO_MEMORY.
MUST_CHECK enum aiu_status hkdf_into(const struct secret *ikm, struct span salt, struct span info,
                                     size_t n, uint8_t *out);

// The same with `label` and then `purpose` as the info.
MUST_CHECK enum aiu_status hkdf_for(const struct secret *ikm, struct span label,
                                    const char *purpose, size_t n, uint8_t *out);

// Guarded memory that something of unknown length is read into.
struct pad {
    uint8_t *p;
    size_t n;
    size_t maximum;
};

MUST_CHECK enum aiu_status pad_init(struct pad *pad, size_t maximum);

// Wiped and given back. Fine on a zeroed struct.
void pad_done(struct pad *pad);

// Read what is there now, up to the maximum. `*ret_ended`: the end of the file was reached.
// AIU_FILE_TOO_LARGE where there is more than the maximum, AIU_IO.
MUST_CHECK enum aiu_status pad_read(struct pad *pad, int fd, bool *ret_ended);
