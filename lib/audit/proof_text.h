// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a receipt (C2SP tlog-proof) and a witness's request (C2SP tlog-witness) have in common: a
// tree's number in decimal, and a proof as lines of base64 with an empty one behind them. One way
// to write each.
//
// Ownership: plain values. Threads: any. Pure, internal to audit.
#pragma once

#include "audit/proof.h"
#include "base/buf.h"

// Decimal, without a zero in front.
bool proof_text_number(struct span digits, uint64_t *ret_number);

// The lines of a proof of at most `most` hashes and the empty one, taken off the front of `text`.
bool proof_text_take(struct span *text, size_t most, struct proof *ret_proof);

MUST_CHECK enum aiu_status proof_text_append(const struct proof *p, struct buf *out);
