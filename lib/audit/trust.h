// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Whose word counts (c2sp.org/tlog-policy): the logs and witnesses that are known, and which
// witnesses must have cosigned a checkpoint before it is believed.
//
//     log VKEY [URL]
//     witness NAME VKEY [URL]
//     group NAME all|any|K NAME…
//     quorum NAME|none
//
// Ownership: spans point into the caller's bytes. Threads: any. Memory: fixed, some 16 KiB. No
// system call.
#pragma once

#include "audit/checkpoint.h"

enum {
    TRUST_LOGS_MOST = 32,
    TRUST_WITNESSES_MOST = 32,
    TRUST_GROUPS_MOST = 32,
    TRUST_NODES_MOST = TRUST_WITNESSES_MOST + TRUST_GROUPS_MOST,
    TRUST_NONE = -1, // in the place of a node: no witness is asked for
    TRUST_FILE_MOST = 64 * 1024
};

// A witness or a group. Node i stands for bit i.
struct trust_node {
    struct span name;
    bool is_group;
    size_t witness;     // which, where it is no group
    uint64_t members;   // nodes of a group, all before it
    unsigned threshold; // how many of them
};

struct trust {
    struct note_key logs[TRUST_LOGS_MOST];
    struct span log_urls[TRUST_LOGS_MOST];
    size_t logs_count;
    struct note_key witnesses[TRUST_WITNESSES_MOST];
    struct span witness_urls[TRUST_WITNESSES_MOST];
    size_t witnesses_count;
    struct trust_node nodes[TRUST_NODES_MOST];
    size_t nodes_count;
    int quorum; // a node, or TRUST_NONE
};

// Read a policy. `*ret_line` (may be NULL) is the line of a mistake, from 1.
//   AIU_FILE_INVALID  AIU_TOO_LONG: more of something than the limits above
MUST_CHECK enum aiu_status trust_parse(struct span file, struct trust *ret_trust, size_t *ret_line);

// One log that is signed for by `key`, and no witness.
void trust_of_key(struct trust *t, const struct note_key *key);

// What verification found.
struct trust_verdict {
    size_t log;                  // which of the logs has signed
    uint64_t witnesses;          // bit i: witnesses[i] has cosigned
    uint64_t latest_cosignature; // seconds since 1970, 0 without one
};

// Parse a checkpoint's note, and believe it or not.
//   AIU_OK                with the checkpoint
//   AIU_FILE_INVALID      it is no checkpoint
//   AIU_NOT_FOUND         none of the logs has signed it
//   AIU_AUDIT_UNVERIFIED  a signature of a known key is not right, or the origin is not that of the
//                         log
//   AIU_FORBIDDEN         signed, but the quorum of witnesses is not there
MUST_CHECK enum aiu_status trust_open(const struct trust *t, struct span note,
                                      struct checkpoint *ret_checkpoint,
                                      struct trust_verdict *ret_verdict);

// A log that is divided by months is one log with one key, named ORIGIN/YYYY-MM: where `origin` is
// the name of a known log with a month behind it, or with another month, that log's key counts for
// it, too. `origin` must live as long as the trust.
MUST_CHECK enum aiu_status trust_add_shard(struct trust *t, struct span origin);

// Whether these witnesses (bit i: witnesses[i]) are enough.
bool trust_quorum(const struct trust *t, uint64_t witnesses);
