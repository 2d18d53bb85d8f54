// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A thread that follows the audit log behind its commit point, with a place of its own (a cursor
// file), so that an exporter that hangs holds up nobody and loses nothing: what it has not taken it
// takes later, also after a restart.
//
// When the log begins a new month, it takes what the old one has left and goes on with the new one;
// indices count from the month's first entry (audit/shard.h).
//
// Entries come in order, each at least once: after a failure, or a crash before the cursor was
// written, those since the last flush come again.
//
// Ownership: options are copied but for `sink`, `log` and `logger`, which outlive it.
// Threads:   the sink runs on the thread of the follower.
#pragma once

#include "audit/log.h"
#include "audit/row.h"
#include "base/log.h"

struct follow_sink {
    // The next entry. An error (AIU_NETWORK and the like) makes the follower come again later.
    enum aiu_status (*take)(void *ctx, uint64_t index, struct span entry,
                            const struct row_values *values);
    // All that was taken is to be delivered before this returns.
    enum aiu_status (*flush)(void *ctx);
    // What was taken since the last flush comes again: forget it. May be NULL.
    void (*rewind)(void *ctx);
    void *ctx;
};

struct follow_options {
    const char *name;   // of the exporter: the cursor's file is FOLDER/cursors/NAME
    const char *folder; // of the log: STATE/audit/main, or one that is not divided
    struct audit_log *log;
    const struct logger *logger;
    struct follow_sink sink;
    bool from_start; // without a cursor: begin with the oldest month, else behind the last entry
};

enum {
    FOLLOW_BATCH = 256,
    FOLLOW_GATHER_MS = 100,
    FOLLOW_PAUSE_MS = 1000,
    FOLLOW_PAUSE_MOST_MS = 60000
};

struct follower;

MUST_CHECK enum aiu_status follow_start(const struct follow_options *o,
                                        struct follower **ret_follower);

// Stop at once: what was not flushed comes again at the next start. NULL is fine.
void follow_stop(struct follower *f);

// What has been delivered: entries of its month below this index. Any thread.
uint64_t follow_delivered(const struct follower *f);
// How many entries are on disk and not delivered. Any thread.
uint64_t follow_lag(const struct follower *f);
// Failures in a row; 0 while it works. Any thread.
uint64_t follow_failures(const struct follower *f);
const char *follow_name(const struct follower *f);
