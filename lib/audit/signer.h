// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Who signs checkpoints (guide S62): keeps the log's keys and the size and root that it signed
// last, and signs only a tree of which that one is provably the beginning. Whoever takes over the
// program that writes the log can add lies to it; they cannot make two histories or go back.
// The gateway runs it in a process of its own (src/gateway/signer.c).
//
//     STATE/audit-signing.key     seed of the log's Ed25519 key; made where it is missing
//     STATE/audit-signing.next    of the key that follows: while it is there, both sign
//     STATE/audit-signing.state   what was signed last; replaced before a signature leaves
//     STATE/audit-epoch-N.key     seed of the key of day N, which signs beside the log's. It signs
//                                 key N + 1 and is erased when that stands in the log: who comes
//                                 later cannot sign for days that are gone
//
// A log is written in shards of a month: the origin of a checkpoint, and so the name of its key, is
// ORIGIN/YYYY-MM. A shard that was left is never signed again.
//
// Ownership: the caller frees. Threads: one a signer.
#pragma once

#include "audit/checkpoint.h"
#include "audit/proof.h"
#include "base/clock.h"

enum {
    SIGNER_ORIGIN_MOST = 128,                   // of the configured part
    SIGNER_NAME_SIZE = SIGNER_ORIGIN_MOST + 16, // with the month, or "/epoch", and NUL
    SIGNER_VKEY_SIZE = SIGNER_NAME_SIZE + 64,
    SIGNER_VKEYS_SIZE = 2 * (SIGNER_VKEY_SIZE + 1),
    SIGNER_NOTE_MOST = 2048,
    SIGNER_RATE = 50 // signatures a second over time; as many at once
};

struct signer;

struct signer_options {
    int folder;         // STATE
    struct span origin; // valid name of a key (audit/note.h), at most SIGNER_ORIGIN_MOST bytes
    struct clock clock;
};

// What was signed last. `month` is year * 12 + month - 1 of the shard; 0: nothing yet.
struct signer_head {
    uint32_t month;
    char origin[SIGNER_NAME_SIZE];
    struct tree_head tree;
};

enum signer_verdict {
    SIGNER_SIGNED,
    SIGNER_MALFORMED, // not a request
    SIGNER_STALE,     // `older` is not what was signed last: reply->head is
    SIGNER_SMALLER,   // the log would shrink
    SIGNER_FORK,      // the tree does not continue the one that was signed
    SIGNER_SHARD,     // a shard that was left, or one of a month to come
    SIGNER_HURRIED,   // over SIGNER_RATE
    SIGNER_DISK       // the state could not be made durable
};

struct signer_request {
    uint32_t month;
    uint64_t older; // the size that was signed last
    struct tree_head newer;
    struct proof proof; // from `older` to `newer`
    // Which reply.announcement is durable in the log: the epoch's number, 0 for none yet.
    uint32_t announced_epoch;
    uint32_t announced_log_key; // 1, or 0
};

// A key that has to be put on record in the log: `signature` is by a key that came before, over
// "aiu/audit-key/v1\n" VKEY "\n".
struct signer_announcement {
    enum signer_key { SIGNER_NO_KEY, SIGNER_EPOCH_KEY, SIGNER_LOG_KEY } kind;
    uint32_t epoch; // its number, from 1
    char vkey[SIGNER_VKEY_SIZE];
    char by[SIGNER_VKEY_SIZE]; // the vkey that signed
    uint8_t signature[SIGN_SIZE];
};

struct signer_reply {
    enum signer_verdict verdict;
    struct signer_head head; // after this request
    uint32_t note_n;         // the checkpoint: a signed note
    uint8_t note[SIGNER_NOTE_MOST];
    char vkeys[SIGNER_VKEYS_SIZE]; // of the log's keys that signed it, a line each
    struct signer_announcement announcement;
};

//   AIU_USAGE          options
//   AIU_AUDIT_CORRUPT  audit-signing.state is not a state
//   AIU_CONFIG_KEY_EXPOSED, AIU_FILE_DENIED, AIU_FILE_INVALID, AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status signer_new(const struct signer_options *options,
                                      struct signer **ret_signer);

// NULL is fine. The keys are wiped.
void signer_free(struct signer *s);

// For CLEANUP.
static inline void signer_done(struct signer **s)
{
    signer_free(*s);
    *s = NULL;
}

struct signer_head signer_head(const struct signer *s);

// Sign, or say why not. The state is durable before this returns with a signature.
void signer_sign(struct signer *s, const struct signer_request *request,
                 struct signer_reply *ret_reply);

// A verdict in words.
const char *signer_text(enum signer_verdict verdict);

// The month of a time, as in signer_head, and its text "2026-11".
uint32_t signer_month(uint64_t unix_us);
void signer_month_text(uint32_t month, char out[8]);

// The month at the end of an origin ("localhost/main/2026-11"), 0 where there is none.
uint32_t signer_name_month(struct span origin);
