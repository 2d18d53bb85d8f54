// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Takes checkpoints of the audit log elsewhere, so that nobody here, with whatever keys, can show
// another history later (guide S62): to witnesses, who cosign what continues the log that they saw
// (c2sp.org/tlog-witness), and to collectors that keep them.
//
//     LOG/cosigned    the newest checkpoint that a witness has cosigned, with all cosignatures
//
// A thread of its own: a witness that hangs holds up nobody. It looks at LOG/checkpoint every
// interval and takes the newest one; those in between are in it.
//
// Ownership: options are copied but for what they point to, which outlives the anchor.
// Threads:   callbacks come on the anchor's thread.
#pragma once

#include <stdatomic.h>

#include "audit/note.h"
#include "base/log.h"

enum { ANCHOR_WITNESSES_MOST = 16, ANCHOR_TARGETS_MOST = 8 };

struct anchor_witness {
    const atomic_bool *stop; // may be NULL: as in net/once.h
    struct span name;        // for messages
    struct span url;         // its submission prefix
    struct note_key key;
    const char *ca_file;  // NULL: the system's certificates
    bool allow_plaintext; // http:// to another machine
};

// A collector, or whatever else keeps checkpoints.
struct anchor_target {
    struct span name;
    enum aiu_status (*send)(void *ctx, struct span note);
    void *ctx;
};

enum anchor_trouble {
    ANCHOR_UNREACHABLE, // no answer, or not one of a witness
    ANCHOR_REFUSED,     // it does not know the log or its key
    ANCHOR_CONFLICT     // it has seen another history of this log, or more of it
};

struct anchor_options {
    const char *folder; // LOG
    const struct anchor_witness *witnesses;
    size_t witness_count;
    const struct anchor_target *targets;
    size_t target_count;
    uint64_t interval_ms;
    const struct logger *logger;
    // Lines that came back for the checkpoint with this text; may be NULL.
    void (*on_cosigned)(void *ctx, struct span text, struct span lines);
    // Told at the first time and each change; may be NULL.
    void (*on_trouble)(void *ctx, const struct anchor_witness *witness,
                       enum anchor_trouble trouble);
    void *ctx;
};

struct anchor;

//   AIU_USAGE           more than the limits, or no interval
//   AIU_FILE_NOT_FOUND  there is no such folder
MUST_CHECK enum aiu_status anchor_start(const struct anchor_options *options,
                                        struct anchor **ret_anchor);

// End the thread; what a witness is asked just now is given up after its time limit. NULL is fine.
void anchor_stop(struct anchor *a);

// Size of the newest checkpoint that every witness has cosigned. Any thread.
uint64_t anchor_cosigned(const struct anchor *a);

// Ask one witness to cosign `note`, whose tiles lie below `folder_fd`. `*size` is what the witness
// is thought to remember, and afterwards what it does. Appends its line to `lines`.
//   AIU_NOT_FOUND         it does not know the log (404)
//   AIU_FORBIDDEN         it does not take the signature (403)
//   AIU_AUDIT_UNVERIFIED  it has seen another history, or more (409 beyond our size, 422), or its
//                         cosignature is not right
//   AIU_PROVIDER_BAD_REPLY, and those of once_run and of the tiles
MUST_CHECK enum aiu_status anchor_ask(const struct anchor_witness *w, int folder_fd,
                                      struct span note, uint64_t *size, struct buf *lines);
