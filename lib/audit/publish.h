// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Publishes a log (guide S62): behind the commit point, a thread of its own derives the tree from
// the write-ahead log and has it signed, so that others can check it. No request waits for it.
//
//     LOG/tile/…        tiles and bundles (c2sp.org/tlog-tiles)
//     LOG/checkpoint    the signed note (c2sp.org/tlog-checkpoint)
//     LOG/vkey          the public keys that signed it, a line each, for `aiu audit key`
//
// A checkpoint is published a second after an entry, or after a thousand entries where the disk
// keeps up. It appears only when every tile that it needs is durable (invariant A). All of it is a
// function of the entries: what is deleted is made again at the next start.
//
// At the end of a month (UTC) the log is divided (audit/shard.h) while requests wait some
// milliseconds. The clock decides: where it goes back, the month stays.
//
// Where the signer cannot be reached the log goes on and checkpoints wait; where the signer
// refuses, because the log does not continue what was signed, the log takes no new requests
// (audit_condemn).
//
// Ownership: the caller stops it before the log is closed. Threads: any.
// Memory:    some 200 KiB, and a bundle of entries (audit/tile_writer.h).
#pragma once

#include "audit/log.h"
#include "audit/record.h"
#include "audit/signer.h"

struct publisher;

enum publish_event {
    PUBLISH_REBUILT,  // tiles or the checkpoint were missing and are made again
    PUBLISH_DEGRADED, // no checkpoint can be published for now: `why`
    PUBLISH_RECOVERED,
    PUBLISH_MONTH,  // a new month of the log was begun
    PUBLISH_PURGED, // a month was deleted: `why` is its name
    PUBLISH_REFUSED // the signer refuses this log for good: `why`
};

struct publish_options {
    const char *folder; // LOG
    struct audit_log *log;
    struct clock clock;
    struct record_origin origin;
    // Ask the signer; a request of month 0 only asks for the head. Called on the publisher's
    // thread; any status but AIU_OK means that there is no answer.
    enum aiu_status (*ask)(void *ctx, const struct signer_request *request,
                           struct signer_reply *ret_reply);
    void *ask_ctx;
    // Told on the publisher's thread; may be NULL.
    void (*on_event)(void *ctx, enum publish_event event, const char *why);
    void *on_event_ctx;
    uint64_t interval_ms; // 0 for 1,000
    uint64_t month_ms;    // how often it is looked whether a month has ended; 0 for a minute
    uint64_t keep_ms;     // months that ended longer ago are deleted; 0: none
    bool unsafe_no_sync;  // tests and benchmarks: nothing is durable
};

struct publish_stats {
    uint64_t size;   // of the published tree
    uint64_t rounds; // checkpoints published
    uint64_t busy_ns, busy_ns_longest;
    bool degraded, refused;
};

// What a start has to demand of the log in `folder` (audit_options.signed_head), when `head` is
// what was signed last; where nothing was (its file is lost), what the log's checkpoint says.
//   AIU_AUDIT_ROLLED_BACK  it is the log of a month that was left
//   AIU_AUDIT_CORRUPT, AIU_FILE_DENIED, AIU_IO
MUST_CHECK enum aiu_status publish_expect(const char *folder, const struct signer_head *head,
                                          struct tree_head *ret_signed);

// Copies the options; the strings must live on.
MUST_CHECK enum aiu_status publish_start(const struct publish_options *options,
                                         struct publisher **ret_publisher);

// Publish what is durable by now, end the thread, free. NULL is fine.
void publish_stop(struct publisher *p);

// For CLEANUP.
static inline void publisher_done(struct publisher **p)
{
    publish_stop(*p);
    *p = NULL;
}

void publish_stats(struct publisher *p, struct publish_stats *ret_stats);

// Append cosignature lines (audit/note.h) to the published checkpoint, where it still is the one
// with this text; a newer one is left as it is. Any thread.
MUST_CHECK enum aiu_status publish_cosign(struct publisher *p, struct span text, struct span lines);

// Block until a checkpoint of at least `size` entries is published: AIU_OK or AIU_TIMEOUT.
MUST_CHECK enum aiu_status publish_wait(struct publisher *p, uint64_t size, uint64_t timeout_ms);
