// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Witnesses (c2sp.org/tlog-witness): somebody else who remembers the newest checkpoint of a log,
// looks that each new one continues it, and says so with a cosignature. Whoever then asks for that
// cosignature cannot be shown two histories, not even by somebody with the log's key.
//
//     POST PREFIX/add-checkpoint        "old SIZE\n" HASH… "\n" CHECKPOINT
//     GET PREFIX/HEX(SHA-256(ORIGIN))/checkpoint
//
// Here: the bytes of both sides, and the witness itself without its network (src/witness has that).
//
// Ownership: spans point into the caller's bytes. Threads: one a witness.
#pragma once

#include "audit/proof.h"
#include "audit/trust.h"
#include "base/clock.h"

enum {
    WITNESS_PROOF_MOST = 63,
    WITNESS_REQUEST_MOST = NOTE_MOST + 4096,
    WITNESS_ANSWER_MOST = 64 * 1024
};

struct witness_request {
    uint64_t old;           // size that the witness is thought to remember
    struct proof proof;     // from there to the checkpoint's size
    struct span checkpoint; // the signed note
};

// AIU_FILE_INVALID. The checkpoint is not looked at.
MUST_CHECK enum aiu_status witness_request_parse(struct span body,
                                                 struct witness_request *ret_request);

// Append it; errors of buf_append.
MUST_CHECK enum aiu_status witness_request_write(const struct witness_request *r, struct buf *out);

// What came back with 409: the size that the witness remembers, a line. AIU_FILE_INVALID.
MUST_CHECK enum aiu_status witness_size_parse(struct span body, uint64_t *ret_size);

// Take the lines of an answer that are good cosignatures on `checkpoint` (a signed note) by `key`,
// and append them to `out`.
//   AIU_NOT_FOUND         none is by this key
//   AIU_AUDIT_UNVERIFIED  one says that it is, and is not
//   AIU_FILE_INVALID      these are no signature lines
MUST_CHECK enum aiu_status witness_lines_take(struct span answer, struct span checkpoint,
                                              const struct note_key *key, struct buf *out);

// A witness: the keys of the logs that it knows, its own, and a folder with the newest checkpoint
// of each log.
struct witness_options {
    int folder;                // its own; stays open
    struct note_key key;       // NOTE_COSIGNATURE
    struct sign_key *signer;   // of it
    const struct trust *trust; // whose logs are known
    struct clock clock;
};

struct witness_answer {
    int http_status;
    bool is_size; // text/x.tlog.size
    struct buf body;
};

// Judge a request, remember its checkpoint (durable when this returns), cosign. Every outcome is an
// answer; a disk that does not obey is a 500.
void witness_add_checkpoint(const struct witness_options *w, struct span body,
                            struct witness_answer *answer);

// The newest checkpoint, cosigned, of the log whose origin has this SHA-256 (64 hex digits).
void witness_get_checkpoint(const struct witness_options *w, struct span origin_hash,
                            struct witness_answer *answer);
