// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// STATE/audit-signing.state: what the signer has to remember for ever, as five lines of text:
//
//     aiu-signer-state/v1
//     origin localhost/main/2026-11      (or "-": nothing was signed yet)
//     size 4711
//     root BASE64
//     epoch 12 1795478400                (number of the epoch key, when it began; 0 0: none)
//
// It lies outside of the log's folder: an old copy of that folder, put back, does not bring an old
// state with it.
//
// Threads: one. Internal to audit.
#pragma once

#include "audit/signer.h"

struct signer_state {
    struct signer_head head;
    uint32_t epoch;
    uint64_t epoch_began_s; // seconds since 1970
};

// AIU_OK with zeros where there is no file; AIU_AUDIT_CORRUPT where it is not one.
MUST_CHECK enum aiu_status signer_state_load(int folder, struct signer_state *ret_state);

// Durable when it returns.
MUST_CHECK enum aiu_status signer_state_save(int folder, const struct signer_state *state);

// The inside of a state file; AIU_AUDIT_CORRUPT.
MUST_CHECK enum aiu_status signer_state_parse(struct span text, struct signer_state *ret_state);
