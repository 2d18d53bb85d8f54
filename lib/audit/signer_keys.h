// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The keys of the signer and their files (audit/signer.h).
//
// Ownership: the struct owns its keys. Threads: one. Internal to audit.
#pragma once

#include "audit/signer_state.h"

struct signer_keys {
    int folder;
    struct sign_key *log, *next;         // `next` is NULL while no rotation is under way
    struct sign_key *epoch, *epoch_next; // NULL before the first, and while none is due
};

// Open what is there and make the log's key where it is missing; erase what a crash left over.
MUST_CHECK enum aiu_status signer_keys_open(int folder, struct signer_state *state,
                                            struct signer_keys *ret_keys);
void signer_keys_done(struct signer_keys *k);

// Look whether somebody began a rotation of the log's key.
MUST_CHECK enum aiu_status signer_keys_look(struct signer_keys *k);

// Have the next epoch's key ready.
MUST_CHECK enum aiu_status signer_keys_prepare_epoch(struct signer_keys *k,
                                                     const struct signer_state *state);

// The same, where its file is there: after a restart it may stand in the log already.
MUST_CHECK enum aiu_status signer_keys_find_epoch(struct signer_keys *k,
                                                  const struct signer_state *state);

// Begin the next epoch, durably, and erase the key of the one before.
MUST_CHECK enum aiu_status signer_keys_begin_epoch(struct signer_keys *k,
                                                   struct signer_state *state, uint64_t now_s);

// End a rotation: the next key is the log's, the one before is erased.
MUST_CHECK enum aiu_status signer_keys_end_rotation(struct signer_keys *k);

// Sign `vkey` of a key that follows.
void signer_keys_vouch(const struct sign_key *by, const char *vkey,
                       uint8_t ret_signature[SIGN_SIZE]);
