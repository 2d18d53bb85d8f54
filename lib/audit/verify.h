// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whether a log is what its checkpoint says (guide S62): a live log, a copied folder or a backup,
// with nothing but the public key. The entries are hashed again, from the write-ahead log where it
// is there and from the published bundles where it is not, and compared with the tiles, with the
// signed root and with checkpoints that somebody remembers.
//
// What this can not find: a log that was written anew as a whole with the signing key, while nobody
// outside holds an older checkpoint. docs/audit.md says so to auditors.
//
// Threads: any; it starts threads of its own and ends them. Memory: some 20 MiB a thread, whatever
// the log's length. Changes nothing, takes no lock.
#pragma once

#include "audit/trust.h"

enum verify_fault {
    VERIFY_GOOD,
    VERIFY_EMPTY,         // neither entries nor tiles
    VERIFY_NO_CHECKPOINT, // nothing is signed
    VERIFY_NOT_A_CHECKPOINT,
    VERIFY_FOREIGN_KEY,   // signed by somebody else
    VERIFY_BAD_SIGNATURE, // in the name of a known key, and not by it
    VERIFY_NO_QUORUM,     // fewer witnesses than the policy asks for
    VERIFY_ROLLED_BACK,   // smaller than a checkpoint that somebody remembers
    VERIFY_FORKED,        // two signed checkpoints of which neither is a beginning of the other
    VERIFY_TRUNCATED,     // fewer entries than were signed
    VERIFY_DAMAGED,       // bytes that are no entry, with good ones behind them
    VERIFY_EDITED,
    VERIFY_DELETED,
    VERIFY_INSERTED,
    VERIFY_REORDERED,
    VERIFY_REWRITTEN, // the copies agree with each other and not with what was signed
    VERIFY_TILE_MISSING,
    VERIFY_TILE_CHANGED, // the entries are right, a published file is not
    VERIFY_UNLINKED,     // a shard that does not begin with the end of the one before
    VERIFY_KEY_RECORD,   // an entry brings a key that none before it has vouched for
    VERIFY_EPOCH         // a checkpoint is not signed with the key of its day
};

enum { VERIFY_SINCE_MOST = 16, VERIFY_THREADS_MOST = 64, VERIFY_PLACE_SIZE = 64 };

// A day's key (audit/signer.h), as the log has it.
struct verify_epoch {
    bool known, by_log; // by_log: vouched for by the log's key, not by that of the day before
    uint32_t number;
    uint8_t public_key[SIGN_PUBLIC_SIZE], by[SIGN_PUBLIC_SIZE];
    uint64_t first, last; // its entries: where a restart came in between, it is repeated
};

struct verify_options {
    const struct trust *trust; // the keys, of any month; NULL: signatures are not looked at
    const struct span *since;  // signed checkpoints that were kept outside
    size_t since_count;
    const struct span *checkpoint; // instead of the one in the folder
    const struct span *after;      // last checkpoint of the month before, which the first entry has
    const struct verify_epoch *epoch; // the report's, of the month before
    unsigned threads;                 // 0: one for each processor
};

struct verify_report {
    enum verify_fault fault;
    // The entries in question: exact where until is index + 1, else the first bad one is in there.
    uint64_t bad_index, bad_until;
    char place[VERIFY_PLACE_SIZE]; // the file, where one is at fault
    size_t since;                  // which of options.since, for rolled back and forked

    // The checkpoint. `key_id` is that of the log's key that signed it.
    char origin[NOTE_NAME_MOST + 1];
    uint64_t size;
    struct tree_hash root;
    uint32_t key_id;
    struct trust_verdict signers;
    size_t cosigned; // by how many known witnesses

    // The keys of days. Not looked at without entries, or without `trust`.
    uint64_t epoch_keys;       // entries that bring one
    bool epoch_open;           // who vouched for the first is not in this log
    uint32_t epoch_signed;     // the number of that which signed the checkpoint; 0: none
    struct verify_epoch epoch; // the newest, for the month that follows

    // What was read.
    bool has_wal, has_bundles, has_tiles;
    uint64_t entries; // in the log: those from `size` on are not signed for yet
    uint64_t bytes;   // of entries
    struct tree_hash entries_root;
};

// AIU_OK where the check could be made, with the verdict in the report.
//   AIU_FILE_NOT_FOUND  there is no such folder
//   AIU_TOO_LONG        more of something than the limits
//   AIU_FILE_INVALID    options.since or options.checkpoint has something that is no checkpoint, or
//                       one that none of the trusted logs has signed; report->since tells which
//   AIU_FILE_DENIED, AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status verify_log(const char *folder, const struct verify_options *options,
                                      struct verify_report *ret_report);

// One word ("edited"), and what a fault means, one sentence for people.
const char *verify_word(enum verify_fault fault);
const char *verify_text(enum verify_fault fault);
