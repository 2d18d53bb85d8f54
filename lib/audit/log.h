// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The audit log as its writer sees it (guide S27, S60-S64): entries go in from any thread, get
// their index at once, and are durable a little later. One committer thread writes and syncs; what
// comes while it syncs is the next batch, so nothing waits for a timer and an idle log costs
// nothing.
//
// A new month begins with entry 0 again; the index that audit_append gives counts on. It is a place
// in the log for a process that sees no end of a month, and a number to ask with for all.
//
//     TRY(audit_append(log, entry, &index));      // never blocks
//     …                                           // the loop goes on; audit_subscribe's wake comes
//     switch (audit_settled(log, index)) …        // AIU_OK: on disk. AIU_BUSY: not yet
//
// Rule for callers: no byte that depends on an entry leaves before audit_settled said AIU_OK for
// it.
//
// Ownership: the log owns its copy of each entry. Threads: any, for all calls but open and close.
// Memory:    two batches of AUDIT_BATCH_BYTES, whatever the load.
#pragma once

#include "audit/proof.h"
#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"

enum {
    AUDIT_ENTRY_MOST = 65535,        // an entry; the builders of audit/record.h stay below 16 KiB
    AUDIT_BATCH_BYTES = 1024 * 1024, // frames in one batch
    AUDIT_BATCH_ENTRIES = 4096,
    AUDIT_SUBSCRIBERS_MOST = 64
};

struct audit_log;

struct audit_options {
    const char *folder;  // STATE/audit/LOG; what is missing of it is created, 0700
    struct clock clock;  // stamps of the entries that the log writes itself, and of segments
    struct span node;    // name of this machine in those entries
    struct span boot;    // id of this start, hexadecimal
    size_t segment_size; // 0 for 64 MiB; a file of this size is kept ahead
    size_t reserve_size; // 0 for 16 MiB; given up to write the last entries on a full disk
    bool unsafe_no_sync; // benchmarks only: nothing is durable
    // What was signed of this log (audit/signer.h); a size of 0: nothing. A log that is shorter, or
    // has another root there, is an old copy or was changed.
    struct tree_head signed_head;
};

// What the log can still do. From AUDIT_DRAINING on, audit_health is not AIU_OK.
enum audit_state {
    AUDIT_WELL,
    AUDIT_LOW,      // the disk is full: no space ahead, but the segment in use has room
    AUDIT_DRAINING, // the reserve is in use: requests under way can end, new ones are refused
    AUDIT_FULL,     // nothing can be written until there is space; goes on by itself then
    AUDIT_FAILED    // a write or sync failed: for good, until a restart has checked the disk
};

struct audit_stats {
    uint64_t entries; // made durable since open
    uint64_t batches;
    uint64_t bytes; // frames written
    uint64_t sync_ns_total, sync_ns_longest;
    uint64_t refused;   // appends that got AIU_OVERLOADED or AIU_AUDIT_UNAVAILABLE
    uint64_t abandoned; // written by audit_open for the starts before
    enum audit_state state;
};

// Lock the folder, recover, start the committer, and write an `abandoned` record for each decision
// that has no result; those are durable when this returns. A torn tail (a write cut off by a crash)
// is zeroed. Blocks on the disk: it reads the whole log once.
//   AIU_AUDIT_LOCKED       another process writes it
//   AIU_AUDIT_CORRUPT      a damaged entry has a good one behind it: `aiu audit fsck` explains
//   AIU_AUDIT_ROLLED_BACK  it is not, or no longer, the log that was signed
//   AIU_AUDIT_EXPOSED      the folder or a file in it belongs to, or is open to, somebody else
//   AIU_AUDIT_UNAVAILABLE  no space for the first segment
//   AIU_FILE_DENIED, AIU_IO, AIU_NO_MEMORY, AIU_USAGE (options)
MUST_CHECK enum aiu_status audit_open(const struct audit_options *options,
                                      struct audit_log **ret_log);

// Copy `entry` into the open batch; `*ret_index` is its place in the log for good. Never blocks on
// the disk.
//   AIU_USAGE              empty, or a line feed or NUL inside (an entry is one line of JSON)
//   AIU_TOO_LONG           over AUDIT_ENTRY_MOST
//   AIU_OVERLOADED         both batches are full
//   AIU_AUDIT_UNAVAILABLE  the log is full or has failed; also after audit_close began
MUST_CHECK enum aiu_status audit_append(struct audit_log *log, struct span entry,
                                        uint64_t *ret_index);

// Entries with an index below this are on disk.
uint64_t audit_durable(const struct audit_log *log);

// How many entries of the month that is written are on disk: audit_durable, but counted from the
// month's first entry (audit/shard.h).
uint64_t audit_size(const struct audit_log *log);

// The index, as audit_append counts, of the first entry of the month that is written: an entry's
// number in its month, which readers and receipts go by, is its index less that.
uint64_t audit_base(const struct audit_log *log);

// What became of the entry `index`:
//   AIU_OK                 on disk
//   AIU_BUSY               not yet; a wake comes
//   AIU_AUDIT_UNAVAILABLE  not, and nobody knows when: give up. After AUDIT_FULL it may still be
//                          written when space returns, so a decision given up needs its result
MUST_CHECK enum aiu_status audit_settled(const struct audit_log *log, uint64_t index);

// Whether new requests may begin: AIU_OK or AIU_AUDIT_UNAVAILABLE.
enum aiu_status audit_health(const struct audit_log *log);

// Refuse new requests from now on: the log is not what was signed of it. For good; what is under
// way is still recorded. Any thread.
void audit_condemn(struct audit_log *log);

// Have `wake` called by the committer after each batch and each change of health. It must only pass
// the news on (post to a loop): no audit call but audit_durable, audit_settled and audit_health.
//   AIU_OVERLOADED  there are AUDIT_SUBSCRIBERS_MOST already
MUST_CHECK enum aiu_status audit_subscribe(struct audit_log *log, void (*wake)(void *ctx),
                                           void *ctx);

// No call of a `wake` with this `ctx` is under way or comes any more when this returns.
void audit_unsubscribe(struct audit_log *log, void *ctx);

// Block until the entry is settled: for programs and tests, never on a loop's thread.
//   as audit_settled, with AIU_TIMEOUT in the place of AIU_BUSY
MUST_CHECK enum aiu_status audit_wait(struct audit_log *log, uint64_t index, uint64_t timeout_ms);

void audit_stats(const struct audit_log *log, struct audit_stats *ret_stats);

// Write what is in the batches, stop the committer, unlock, free. NULL is fine.
// AIU_OK where every entry that was appended is on disk.
enum aiu_status audit_close(struct audit_log *log);

// For CLEANUP.
static inline void audit_log_done(struct audit_log **log)
{
    (void)audit_close(*log);
    *log = NULL;
}
