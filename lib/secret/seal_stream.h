// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A sealed file of messages, as long as one likes: encrypted, in their order, none missing, with an
// end that shows when it was cut. libsodium's secretstream (XChaCha20-Poly1305):
//
//     "aiu-stream" 01 | header (24) | message… ; message: length (4, little-endian) | ciphertext
//
// The key is HKDF-SHA256(ikm, salt = "", info = "aiu/seal-stream/v1/" purpose).
//
// Ownership: the caller's file, which it closes. Threads: one at a time. Blocks on the file.
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "secret/secret.h"

enum { SEAL_MESSAGE_MOST = (1 << 20) + 4096 }; // bytes

struct seal_stream;

// Begin to write to `fd`. AIU_IO (a full disk too), AIU_NO_MEMORY.
MUST_CHECK enum aiu_status seal_stream_new(const struct secret *ikm, const char *purpose, int fd,
                                           struct seal_stream **ret_stream);

// `last`: nothing follows. AIU_TOO_LONG; else as above.
MUST_CHECK enum aiu_status seal_stream_put(struct seal_stream *s, struct span message, bool last);

// Begin to read. AIU_FILE_INVALID: no such file. That the key fits shows with the first message.
MUST_CHECK enum aiu_status seal_stream_open(const struct secret *ikm, const char *purpose, int fd,
                                            struct seal_stream **ret_stream);

// Append the next message. After the last one nothing is read; what follows it is not looked at.
//   AIU_FILE_INVALID  not by this key, changed, out of order, or cut
MUST_CHECK enum aiu_status seal_stream_get(struct seal_stream *s, struct buf *dst, bool *ret_last);

// Wipes the key. NULL is fine.
void seal_stream_free(struct seal_stream *s);

static inline void seal_stream_done(struct seal_stream **s)
{
    seal_stream_free(*s);
}
