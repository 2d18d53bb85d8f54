// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Receipts (c2sp.org/tlog-proof@v1, files *.tlog-proof): an entry's index, its inclusion proof and
// the checkpoint that it leads to. With the entry and the log's public key it proves, offline and
// for ever, that the entry stands in the log.
//
// Ownership: spans point into the caller's bytes. Threads: any. Memory: fixed. No system call.
#pragma once

#include "audit/checkpoint.h"
#include "audit/proof.h"

enum { RECEIPT_EXTRA_MOST = 64 * 1024, RECEIPT_MOST = 2 * RECEIPT_EXTRA_MOST + NOTE_MOST };

struct receipt {
    bool has_extra;
    struct span extra; // base64; nothing vouches for what it says
    uint64_t index;
    struct proof proof;
    struct span checkpoint; // the signed note
};

// AIU_FILE_INVALID where it is not written as the specification says. The checkpoint is not looked
// at.
MUST_CHECK enum aiu_status receipt_parse(struct span bytes, struct receipt *ret_receipt);

// Append it, without extra data; errors of buf_append.
MUST_CHECK enum aiu_status receipt_write(const struct receipt *r, struct buf *out);

// Whether the log of `key`, in any month, vouches that `entry` is at the receipt's index.
//   AIU_OK, with the checkpoint
//   AIU_AUDIT_UNVERIFIED  the path does not lead from this entry to that root, or a signature is
//                         not right
//   AIU_NOT_FOUND         another key has signed
//   AIU_FILE_INVALID
MUST_CHECK enum aiu_status receipt_verify(const struct receipt *r, const struct note_key *key,
                                          struct span entry, struct checkpoint *ret_checkpoint);
