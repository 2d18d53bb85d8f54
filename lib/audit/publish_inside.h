// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the publisher share: publish.c (the thread), publish_round.c (a round),
// publish_month.c (the end of a month). Internal to audit.
//
// All of it belongs to the publisher's thread, but for what a lock is named for.
#pragma once

#include <pthread.h>
#include <stdatomic.h>

#include "audit/committer.h"
#include "audit/publish.h"
#include "audit/tile_writer.h"

enum { PUBLISH_NOTE_MOST = 64 * 1024 };

// Something that the signer wants on record, and where it stands by now.
struct announced {
    uint32_t number; // of the latest that was appended; 0: none
    uint64_t index;  // its entry
};

struct publisher {
    struct publish_options options;
    pthread_t thread;
    bool running;
    struct tile_writer *writer;
    bool begun;              // the writer stands where it should
    bool closing;            // nothing more is put on record: no checkpoint would have it
    bool fresh;              // a month that was just begun has no tiles yet
    bool distrust;           // tiles led to a refusal: write all of them again
    uint32_t month;          // of the shard
    struct signer_head head; // what the signer signed last
    struct announced epoch, log_key;
    char vkeys[SIGNER_VKEYS_SIZE]; // as LOG/vkey has them; empty: not known
    uint64_t ended_ns, took_ns;    // the last round
    uint64_t month_ns;             // when months were looked at last
    bool failed;                   // it failed

    pthread_mutex_t file; // LOG/checkpoint is being replaced
    pthread_mutex_t lock;
    pthread_cond_t work; // the thread waits here
    pthread_cond_t news; // publish_wait waits here
    bool stopping;
    uint64_t wake_at; // entries waiting from which the thread must be woken; under `lock`
    struct publish_stats stats;
    _Atomic uint64_t published;
};

void publish_tell(struct publisher *p, enum publish_event event, const char *why);

// Append an event; its number as audit_append gives it.
MUST_CHECK enum aiu_status publish_append(struct publisher *p, enum record_event event,
                                          const struct record_field *fields, size_t count,
                                          uint64_t *ret_index);

// Take what is durable, write tiles, have the root signed, replace the checkpoint.
MUST_CHECK enum aiu_status publish_round(struct publisher *p);

// The same, counted and told about.
void publish_make_round(struct publisher *p);

// With `lock` held.
void publish_set_size(struct publisher *p, uint64_t size);

// The bytes of LOG/checkpoint as a note; false where there is none.
bool publish_read_note(int folder, uint8_t bytes[PUBLISH_NOTE_MOST], size_t *ret_n,
                       struct note *ret_note);

// The month of the log in `folder`.
MUST_CHECK enum aiu_status publish_month(const char *folder, uint32_t *ret_month);

// Where it is time for it: begin a new month, delete old ones.
void publish_look_at_months(struct publisher *p);
