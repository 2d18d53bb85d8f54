// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The worker's audit log as one thing: the log, who has it signed (audit/publish.h), and what is
// asked of the signer before a start.
//
// Ownership: trail_close ends all of it. Threads: the worker's main thread; `log` is for all.
#pragma once

#include "audit/capture.h"
#include "audit/publish.h"
#include "gateway/gateway.h"

enum { TRAIL_FOLDER_MOST = 4200 };

struct trail {
    struct gateway *g;
    struct audit_log *log;
    struct publisher *publisher;
    struct capture *capture; // its months go with the log's; set before trail_open
    char folder[TRAIL_FOLDER_MOST];
};

// Open STATE/audit/main and begin to publish it. Says what is wrong on stderr.
//   those of audit_open; AIU_AUDIT_UNAVAILABLE also where the signer does not answer
MUST_CHECK enum aiu_status trail_open(struct trail *t, struct gateway *g, struct clock clock,
                                      struct record_origin origin);

// Publish what there is, `last` (an entry that is still to become durable) included, and close.
void trail_close(struct trail *t, uint64_t last);
