// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a loop counts. Written by its own thread only, read by any: plain relaxed atomics, no lock.
// Labels are names of ours: no key material, no free text.
#pragma once

#include <stdatomic.h>

#include "audit/log.h"
#include "audit/record.h"
#include "base/buf.h"
#include "flow/routes.h"
#include "policy/policy.h"

enum step {
#define FLOW_STEP(name, NAME, failure, text) STEP_##NAME,
#include "flow/steps.def"
#undef FLOW_STEP
    STEP_COUNT
};

const char *step_name(enum step step);

enum { METRICS_OUTCOMES = RECORD_ERROR + 2, METRICS_DENIED = RECORD_ERROR + 1 };
enum { METRICS_STATUSES = 96, METRICS_BUCKETS = 12 };

typedef atomic_uint_least64_t metric;

struct metrics {
    metric requests[ROUTE_COUNT][METRICS_OUTCOMES]; // finished, by outcome
    metric errors[METRICS_STATUSES];                // by row of aiu/status.def
    metric findings[DIRECTION_COUNT][KIND_COUNT];
    metric step_ns[STEP_COUNT], step_count[STEP_COUNT];
    metric overhead_us[METRICS_BUCKETS + 1]; // histogram, see metrics.c
    metric overhead_us_sum;
    metric tokens_in, tokens_out;
    metric bytes_in, bytes_out;
    metric in_flight;
    metric skipped_places; // opaque media: not inspected
};

static inline void metric_add(metric *m, uint64_t n)
{
    atomic_fetch_add_explicit(m, n, memory_order_relaxed);
}

static inline void metric_subtract(metric *m, uint64_t n)
{
    atomic_fetch_sub_explicit(m, n, memory_order_relaxed);
}

void metrics_count_error(struct metrics *m, enum aiu_status status);
void metrics_count_overhead(struct metrics *m, uint64_t us);

// What is not counted by loops.
struct metrics_process {
    const struct audit_stats *audit;
    uint64_t budget_used, budget_limit;
    uint64_t resident; // bytes
    bool ready;
    bool maintenance;
};

// Prometheus text format 0.0.4 of all loops together.
MUST_CHECK enum aiu_status metrics_write(const struct metrics *const *loops, size_t count,
                                         const struct metrics_process *process, struct buf *b);
