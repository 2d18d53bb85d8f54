// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A log is divided by months, so that a month can be deleted when its time is over, and no start
// reads more than one:
//
//     STATE/audit/main/      the month that is written
//     STATE/audit/2026-10/   one that ended: a whole log of its own, never written again
//     STATE/audit/next/      one that is being begun
//
// The first entry of a month has the last checkpoint of the one before in it, so that the months
// are a chain, too. Requests that were under way when it began are carried over.
//
// Threads: one at a time. Internal to audit, but for shard_settle and shard_retain.
#pragma once

#include "audit/committer.h"
#include "audit/ids.h"
#include "audit/signer.h"

enum { SHARD_PATH_MOST = 4096, SHARD_RETAIN_LEAST_DAYS = 184 };

// Before a start: end what a crash interrupted while a month was begun. `audit` is STATE/audit,
// which may be missing.
MUST_CHECK enum aiu_status shard_settle(const char *audit);

// What the first entries of a month say.
struct shard_change {
    uint32_t month; // that ended
    struct span checkpoint;
    struct ids *open; // requests under way; the set can only be freed afterwards
};

// Begin a new month in `log`, whose committer stands still (audit_pause): the folder is renamed,
// and a new one has its name. On errors the log is as it was, but AIU_IO may leave it failed.
MUST_CHECK enum aiu_status shard_begin(struct audit_log *log, const char *folder,
                                       const struct shard_change *change);

// Delete months that ended more than `keep_ms` before `now_us`; `on_purge` is called before each,
// and nothing is deleted where it fails.
struct shard_purge {
    const char *audit; // STATE/audit
    uint64_t keep_ms;
    uint64_t now_us;
    enum aiu_status (*on_purge)(void *ctx, const char *month, const struct tree_head *head);
    void *ctx;
};
MUST_CHECK enum aiu_status shard_retain(const struct shard_purge *purge);
