// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Content kept beside the log, where a configuration asks for it (AUDIT.md 3.5): sealed under a key
// of its subject, so that destroying that key makes it unreadable for ever (GDPR Art. 17), while
// the log, which has only the hash of the sealed bytes, still verifies. The files:
// audit/capture_store.h. Why it is so: docs/decisions, "Captured content".
//
// capture_put seals at once, because the hash belongs into the record, and leaves the writing to a
// thread of its own. It never waits: what does not fit into the queue is not captured, and the
// record says "skipped".
//
// Keys are made here and stay in memory for CAPTURE_KEYS_MOST subjects; no file is read to seal.
// An erasure is a file in pending/ that `aiu audit erase-subject` leaves; capture_poll finds it,
// forgets the key, destroys what the thread may have written meanwhile, and has it recorded.
//
// Ownership: the struct owns its thread. Threads: capture_name, capture_put and capture_purge any,
// the rest one.
// Memory:    what waits (`queue`), and a page or two of guarded memory for each key.
#pragma once

#include "audit/capture_record.h"

enum { CAPTURE_KEYS_MOST = 512, CAPTURE_QUEUE_JOBS = 4096, CAPTURE_HASH_SIZE = 64 };

enum capture_event {
    CAPTURE_FAILED,   // something could not be written; said once until it can be
    CAPTURE_RECOVERED // written again
};

struct capture_options {
    const char *folder;    // STATE/audit/capture; copied
    struct secret *master; // a reference is taken
    size_t queue;          // bytes
    // On the thread. `on_erased` puts the erasure on record; where it fails it is tried again.
    enum aiu_status (*on_erased)(void *ctx, const char *subject, struct span actor,
                                 uint64_t records);
    void (*on_event)(void *ctx, enum capture_event event, enum aiu_status why);
    void *ctx;
};

struct capture;

// Makes no file and no thread yet.
MUST_CHECK enum aiu_status capture_new(const struct capture_options *o, struct capture **ret);

// Write what waits and end the thread; what comes later is skipped. NULL is fine.
void capture_stop(struct capture *c);

// The same, and give everything back.
void capture_free(struct capture *c);

// From now on there may be content: makes the folder and starts the thread. Again is fine.
MUST_CHECK enum aiu_status capture_start(struct capture *c);

// Look for erasures; call it several times a second. One failed system call while there is no
// folder.
void capture_poll(struct capture *c);

struct capture_item {
    struct span id; // of the request
    enum capture_part part;
    const char *subject; // capture_name
    const struct span *pieces;
    size_t count;
};

// The subject of a request.
MUST_CHECK enum aiu_status capture_name(struct capture *c, struct span tenant, const char *kind,
                                        struct span name, char ret[CAPTURE_SUBJECT_SIZE + 1]);

// Seal and queue. `ret_hash` gets the SHA-256 of what will be in the file, hexadecimal, no NUL.
//   AIU_OVERLOADED  the queue is full, or capture was not started
//   AIU_TOO_LONG    over CAPTURE_MOST
//   AIU_NO_MEMORY, AIU_USAGE
MUST_CHECK enum aiu_status capture_put(struct capture *c, const struct capture_item *item,
                                       uint8_t ret_hash[CAPTURE_HASH_SIZE]);

// The month of the log is gone ("2026-11"): so is what was captured in it and before.
void capture_purge(struct capture *c, const char *month);
