// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The whole check of a log folder, live or copied: headers, frames, checksums, order, and the root
// in each header against the entries before it. Changes nothing. The first fault ends it.
//
// It finds damage. That nobody has rewritten the log is what checkpoints and proofs show.
//
// Threads: any. Memory: one window, and the ids of decisions without a result.
#pragma once

#include "audit/tree.h"
#include "audit/wal.h"

enum fsck_fault {
    FSCK_NONE,
    FSCK_EMPTY,   // no segment at all
    FSCK_MISSING, // a segment is missing before `segment`
    FSCK_HEADER,  // the header of `segment` is damaged
    FSCK_NAME,    // the header has another first index than the name
    FSCK_FRAME,   // a damaged frame with good ones behind it
    FSCK_ORDER,   // a good frame with the wrong index
    FSCK_ROOT,    // the entries before `segment` are not those that it was begun with
    FSCK_SIGNED   // fewer entries than were signed, or others
};

struct fsck_report {
    enum fsck_fault fault;
    char segment[WAL_NAME_SIZE]; // where
    uint64_t offset;             // in it
    uint64_t bad_index;          // the first entry that cannot be relied on
    uint64_t torn_bytes;         // half a write behind the last good entry: no fault, the next
                                 // start clears it
    uint64_t segments;
    uint64_t entries;
    struct tree_hash root; // of those entries
    uint64_t decisions, results, abandoned;
    uint64_t open;    // decisions with neither
    uint64_t orphans; // results and abandoned records without their decision
};

// AIU_OK where the check could be made, with the verdict in the report.
MUST_CHECK enum aiu_status fsck_run(const char *folder, struct fsck_report *ret_report);

// What a fault means, one sentence for people.
const char *fsck_text(enum fsck_fault fault);
