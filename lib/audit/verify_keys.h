// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The keys that a log puts on record (audit/signer.h): each must be vouched for by one that came
// before, and a checkpoint be signed with the key of its day.
//
// Threads: verify_keys_is_record any, else one. Memory: 100 bytes a key. Internal to audit.
#pragma once

#include "audit/verify.h"
#include "audit/verify_job.h"

struct verify_keys {
    struct buf epochs;                               // struct verify_epoch, in order
    uint8_t logs[TRUST_LOGS_MOST][SIGN_PUBLIC_SIZE]; // of the log, that others vouched for
    size_t logs_count;
};

// An entry that brings a key. The keys' names lie in the texts.
struct key_record {
    bool is_epoch;
    uint32_t number; // of an epoch
    char vkey[NOTE_KEY_TEXT_MOST], by_text[NOTE_KEY_TEXT_MOST];
    struct note_key key, by;
};

// Whether an entry is one of those that bring a key.
bool verify_keys_is_record(struct span entry);

// Read one. False where it is not written as one, or the key that it names has not signed it.
bool verify_keys_read(struct span entry, struct key_record *ret_record);

struct verify;

// Before a pass: with what the month before has left.
MUST_CHECK enum aiu_status verify_keys_begin(struct verify *v);

// The records that a job has met, in order.
MUST_CHECK enum aiu_status verify_keys_take(struct verify *v, const struct job *job);

// Whether the checkpoint and those that were kept are signed with the keys of their days.
MUST_CHECK enum aiu_status verify_keys_judge(struct verify *v);
