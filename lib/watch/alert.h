// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Alerts (guide S69, S71): rules over the entries of the audit log, one after the other. What the
// log does not say, no rule sees; what it says, nobody can take back.
//
//   rate           a key made more than N requests within W
//   burst          a key made, in one minute, more than N times what it usually makes in one, and
//                  at least `least`
//   new_model      a key used a model for the first time
//   after_hours    a request outside of the hours, UTC
//   denials        a key was denied more than N times within W
//   auth_failures  more than N wrong keys within W, whoever showed them
//   spend          a key used more than N tokens within W
//   errors         more than N results without success within W: the provider or the gateway is ill
//   event          the gateway has written an event of this type
//
// Windows are counted in two halves, so a rule may fire up to half a window late, never early.
// An alert of the same rule and subject is not repeated for `quiet_s`.
//
// Ownership: rules are borrowed and live as long as the alerts. Threads: one.
// Memory:    at most ALERT_SUBJECTS keys and ALERT_MODELS pairs; the one not seen for longest goes.
// Errors:    AIU_NO_MEMORY; those of the sink.
#pragma once

#include "audit/query.h"

enum { ALERT_RULES_MOST = 64, ALERT_SUBJECTS = 1024, ALERT_MODELS = 16384 };

enum alert_kind {
    ALERT_RATE,
    ALERT_BURST,
    ALERT_NEW_MODEL,
    ALERT_AFTER_HOURS,
    ALERT_DENIALS,
    ALERT_AUTH_FAILURES,
    ALERT_SPEND,
    ALERT_ERRORS,
    ALERT_EVENT,
    ALERT_KINDS
};

// "rate", "burst", …
const char *alert_kind_text(enum alert_kind kind);

enum alert_severity { ALERT_LOW, ALERT_MEDIUM, ALERT_HIGH, ALERT_CRITICAL };
const char *alert_severity_text(enum alert_severity severity);

struct alert_rule {
    struct span name;
    enum alert_kind kind;
    enum alert_severity severity;
    uint64_t more_than; // N
    uint64_t least;     // burst
    uint32_t within_s;  // W
    uint32_t quiet_s;
    uint16_t from_minute, to_minute; // after_hours: [from, to) of a day is fine
    struct span event;               // the type of an event
};

// The rules that hold where the configuration names none.
extern const struct alert_rule alert_defaults[];
extern const size_t alert_default_count;

struct alert {
    const struct alert_rule *rule;
    struct span subject; // "key:app1", "key:app1 model:gpt-4o", "all"
    uint64_t count;      // what was counted
    uint64_t index;      // of the entry that did it
    uint64_t unix_us;
};

struct alerts;

MUST_CHECK enum aiu_status alerts_new(const struct alert_rule *rules, size_t count,
                                      enum aiu_status (*on_alert)(void *ctx,
                                                                  const struct alert *alert),
                                      void *ctx, struct alerts **ret_alerts);
void alerts_free(struct alerts *a);

// An entry of the past, from which only is learnt what is usual. For query_run, whose ctx are the
// alerts.
MUST_CHECK enum aiu_status alerts_learn(void *alerts, const struct query_hit *hit);

// The next entry.
MUST_CHECK enum aiu_status alerts_take(struct alerts *a, uint64_t index,
                                       const struct row_values *values);

// One JSON object: what goes to people and programs. `host` is who says it.
MUST_CHECK enum aiu_status alert_json(const struct alert *alert, struct span host, struct buf *dst);
