// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What audit/log.h keeps between its callers and the committer thread. Internal to audit.
//
// | members            | who                                        |
// |--------------------|--------------------------------------------|
// | batches … refused  | any thread, under `lock`                   |
// | atomics            | the committer writes, anybody reads        |
// | subscribers        | under `subscribers_lock`                   |
// | segments … trying  | the committer alone                        |
// | the rest           | constant once the committer runs           |
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "audit/folder.h"
#include "audit/log.h"
#include "audit/record.h"
#include "audit/segments.h"
#include "audit/tree.h"

enum {
    // Behind AUDIT_BATCH_BYTES in each batch: for what the log itself has to say.
    COMMITTER_SLACK = 4096,
    COMMITTER_BATCH_SIZE = AUDIT_BATCH_BYTES + COMMITTER_SLACK,
    COMMITTER_RETRY_MS = 1000, // a full disk is looked at so often
    // How long a batch may grow before it is written, while the load is high: steps of so many ns.
    COMMITTER_GATHER_NS = 250000,
    COMMITTER_GATHER_STEPS = 3,
    COMMITTER_GATHER_LEAST = 4, // entries of the last batch from which the load is high
    COMMITTER_SLACK_NS = 1000
};

// Frames without their checksums, one behind the other.
struct batch {
    uint8_t *bytes;
    size_t n;
    size_t count;
};

struct subscriber {
    void (*wake)(void *ctx);
    void *ctx;
};

struct audit_log {
    struct folder folder;
    struct clock clock;
    struct record_origin origin;
    char *node, *boot; // what `origin` points to
    pthread_t thread;
    bool running;

    pthread_mutex_t lock;
    pthread_cond_t work;    // the committer waits here
    pthread_cond_t settled; // audit_wait waits here
    struct batch batches[2];
    unsigned open; // the batch that takes entries; the other is being written
    uint64_t next_index;
    size_t last_count; // entries of the last batch, 0 while the load is low
    bool asleep;       // the committer waits and must be signalled
    bool stopping;
    unsigned waiters;

    _Atomic uint64_t durable;
    // The number of the shard's first entry, as callers count: entries are numbered on when a new
    // month begins again with 0. Changed while the committer stands still.
    _Atomic uint64_t base;
    enum { COMMITTER_GOES, COMMITTER_SHALL_STAND, COMMITTER_STANDS } pause; // under `lock`
    pthread_cond_t paused;                                                  // `pause` has changed
    _Atomic int state;                                                      // enum audit_state
    atomic_bool condemned;
    _Atomic uint64_t entries, batches_written, bytes, sync_ns_total, sync_ns_longest;
    _Atomic uint64_t refused;
    uint64_t abandoned;

    pthread_mutex_t subscribers_lock;
    struct subscriber subscribers[AUDIT_SUBSCRIBERS_MOST];
    size_t subscriber_count;

    struct segments segments;
    struct tree tree;  // of all durable entries
    bool draining;     // the segment in use was the reserve
    uint64_t tried_ns; // when space was last looked for
};

// Under `lock`: copy a frame into the open batch, where `n` bytes of it may be used in all. False
// where it does not fit.
bool batch_add(struct audit_log *log, struct span entry, size_t most);

// The thread; `arg` is the log.
void *committer_run(void *arg);

// Have the committer stand still at the end of a batch; then everything that it owns is the
// caller's until committer_resume. AIU_TIMEOUT, and it goes on; AIU_AUDIT_UNAVAILABLE where it has
// ended. Entries are taken meanwhile, as while it waits for the disk.
MUST_CHECK enum aiu_status committer_pause(struct audit_log *log, uint64_t timeout_ms);
void committer_resume(struct audit_log *log);

// Tell subscribers and audit_wait that something is new.
void committer_publish(struct audit_log *log);

// Put the first segment in use, on the thread of audit_open.
MUST_CHECK enum segments_io committer_begin(struct audit_log *log);
