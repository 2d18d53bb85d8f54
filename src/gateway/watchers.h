// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The worker's exporters and alerts: lib/watch with the configuration's words. Each is a thread
// that follows the audit log; none of them can hold up a request.
//
// Ownership: watchers_new / watchers_free, before the audit log closes. Threads: the worker's main.
// Errors:    those of loading a secret (the problem names it), AIU_NO_MEMORY.
#pragma once

#include "audit/log.h"
#include "audit/record.h"
#include "flow/service.h"

struct watchers;

struct watchers_options {
    struct config *config; // a reference is taken
    struct secret_env *env;
    const char *log_folder;
    struct audit_log *audit;
    const struct record_origin *origin;
    const struct clock *clock;
    const struct logger *logger;
};

MUST_CHECK enum aiu_status watchers_new(const struct watchers_options *o,
                                        struct service_problem *problem,
                                        struct watchers **ret_watchers);
void watchers_free(struct watchers *w); // NULL is fine

// For /metrics: lines of Prometheus text about each exporter.
MUST_CHECK enum aiu_status watchers_metrics(const struct watchers *w, struct buf *b);

// Send a test alert to each target of the configuration, and say how it went. Blocks.
MUST_CHECK enum aiu_status
watchers_test(struct config *c, struct span host, uint64_t now_us,
              void (*say)(void *ctx, struct span target, enum aiu_status st), void *ctx);

// The rules in force, as watch/alert.h has them; `rules` has room for ALERT_RULES_MOST.
struct alert_rule;
size_t watchers_rules(const struct config *c, struct alert_rule *rules);
