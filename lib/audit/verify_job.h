// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A part of a log that one thread verifies: a segment of the write-ahead log, or a range of
// published bundles or tiles. It compares each entry with the tiles and bundles and hands on what
// the tree needs: the root of every 256 entries, single leaves at the edges.
//
// Threads: one a job. Memory: up to 17 MiB where bundles are compared. Internal to audit.
#pragma once

#include "audit/scan.h"
#include "audit/tile.h"
#include "audit/verify_diff.h"

enum job_kind { JOB_SEGMENT, JOB_BUNDLES, JOB_TILES };

// Why a job stopped before its end.
enum job_mark {
    JOB_FINE,
    JOB_HEADER, // the segment's header is damaged, or does not belong to its name
    JOB_FRAME,  // bytes that are no entry
    JOB_ORDER,  // an entry with another index than comes next
    JOB_LEAF,   // an entry that is not what its tile says
    JOB_BUNDLE, // an entry that is not what its bundle says, but what its tile says, if there is
                // one
    JOB_LOST    // neither bundle nor tile
};

struct job_tree_node {
    uint8_t level; // 0 or TILE_LEVELS
    uint8_t hash[TREE_HASH_SIZE];
};

// Before each entry in job.keys.
struct job_key_record {
    uint64_t index;
    size_t n;
};

struct job {
    // What to do; set by the caller.
    enum job_kind kind;
    int top_fd, wal_fd;
    uint64_t first, end;  // `end` is not used for a segment
    bool last;            // of the segments: may end in half a write
    uint64_t size;        // entries that are signed for: tiles are compared below it
    bool tiles, bundles;  // compare with
    const uint64_t *cuts; // sizes whose root is asked for
    size_t cuts_count;

    // What was found.
    enum aiu_status status;
    enum job_mark mark;
    uint64_t at;         // entry of the mark
    struct diff_row row; // what is there from it on
    struct buf nodes;    // struct job_tree_node, in order
    struct buf keys;     // entries that bring a key, each behind its struct job_key_record
    uint64_t next;       // behind the last entry
    uint64_t bytes;
    struct wal_header header;
    bool is_missing; // a tile or bundle is, the first of them:
    struct tile missing;

    // Its own.
    struct scan scan;
    bool collecting;      // the mark is set: only the row is filled
    uint64_t group;       // the 256 entries that are being taken
    unsigned group_count; // of them taken
    uint8_t hashes[TILE_SIZE], tile[TILE_SIZE];
    unsigned tile_width;   // hashes in `tile`; 0 where there is nothing to compare with
    uint8_t *bundle_bytes; // TILE_BUNDLE_MOST, once one is read
    struct span bundle;    // what is left of it
    bool has_bundle;
    bool is_exact; // the file that was read last is of the width that was asked for
};

MUST_CHECK enum aiu_status job_new(struct job **ret_job);
void job_free(struct job *job);

// Set everything back but what the caller sets.
void job_reset(struct job *job);

// Do it. The result lies in `job->status`, AIU_OK also with a mark.
void job_run(struct job *job);
