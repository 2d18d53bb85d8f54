// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One pass over all segments of a log, checking as it goes: what recovery and fsck have in common.
//
// The tree is the slow part (SHA-256 at some 0.3 GB/s against checksums at several GB/s). With a
// frontier (audit/frontier.h) only the entries behind it are hashed.
//
// Threads: one. Internal to audit.
#pragma once

#include "audit/folder.h"
#include "audit/fsck.h"
#include "audit/ids.h"
#include "audit/proof.h"
#include "audit/tree.h"

struct walk_options {
    const struct tree *frontier; // of LOG/frontier, or NULL
    bool hash_all;               // do not begin at the frontier, only check that it is not ahead
    bool check_files;            // refuse segments that others can reach
    const struct tree_head *signed_head; // must be a beginning of the log; or NULL
};

struct walk_result {
    struct fsck_report report;
    struct tree tree;    // up to the end, unless the frontier fitted no segment
    bool hashed;         // the tree has all entries
    struct ids open;     // decisions without a result
    uint64_t last_first; // first index of the last segment
    uint64_t end_offset; // in it, behind its last good frame
    uint64_t dirty_end;  // 0, or the end of a torn write behind that
};

void walk_result_init(struct walk_result *w);
void walk_result_done(struct walk_result *w);

// AIU_OK where all could be read, with a verdict in the report.
MUST_CHECK enum aiu_status walk_log(const struct folder *f, const struct walk_options *options,
                                    struct walk_result *result);
