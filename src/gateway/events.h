// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What happens to the process itself, as entries of the audit log (guide S27): start and end, keys
// that are loaded, the configuration that changed, what it weakens.
//
// Threads: any. An entry that cannot be written is an error of the log, and of the log's health.
#pragma once

#include "audit/log.h"
#include "audit/record.h"
#include "flow/service.h"

struct events {
    struct audit_log *audit; // NULL: nothing is written yet
    const struct record_origin *origin;
    const struct clock *clock;
    const struct logger *log;
};

// The index of the entry; 0 where it was lost.
uint64_t events_record(const struct events *e, enum record_event event,
                       const struct record_field *fields, size_t count);

// Start or end, with the hash of the configuration in force.
uint64_t events_process(const struct events *e, enum record_event event,
                        const struct service *service);

// Each provider's key that was loaded: from where, never what (guide S2, S27).
void events_keys(const struct events *e, const struct service *service);

// What the configuration weakens (guide S25).
void events_weakened(const struct events *e, const struct service *service);

// Another configuration is in force: its hash, and the names of what changed.
void events_configuration(const struct events *e, const struct service *before,
                          const struct service *after);
