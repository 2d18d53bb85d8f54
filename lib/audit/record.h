// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The records of the log as JSON, one object without a line feed (docs/audit-format.md; guide S27,
// S61, S62). Content, keys and matched text have no field here: whoever adds one breaks S14.
//
// Strings may come from anywhere: control characters are escaped, bytes that are not UTF-8 become
// U+FFFD, and what is longer than RECORD_TEXT_MOST ends in an ellipsis. An empty string leaves its
// field out. Every record is shorter than RECORD_MOST.
//
// Ownership: the buffer is the caller's; a record is appended to it. Threads: any.
// Errors:    AIU_USAGE where an id is not a UUID; those of buf_append, the buffer unchanged then.
#pragma once

#include "base/buf.h"
#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"

enum { RECORD_MOST = 16 * 1024, RECORD_TEXT_MOST = 256, RECORD_RULES_MOST = 64 };

// Who writes: the same for all records of a process.
struct record_origin {
    struct span node; // name of the machine or replica
    struct span boot; // id of this start, hexadecimal
};

// The policy's word on one direction.
struct record_policy {
    struct span revision;     // hash of the policy
    struct span verdict;      // "pass", "flag", "redact", "block"
    const struct span *rules; // ids of the rules that found something; RECORD_RULES_MOST are named
    size_t rules_count;
    uint64_t findings;
    uint64_t echoes; // of an answer's findings: those that the request held
    uint64_t leaks;  // passages of the system prompt, and canaries, in an answer
};

// Before the provider is called: a request, and what was decided.
struct record_decision {
    struct span id; // UUIDv7 of the request, 36 characters
    uint64_t unix_us;
    struct span tenant;
    struct span key;     // id of the virtual key, never the key
    struct span user;    // pseudonym of the end user (mac), never the name (S61)
    struct span src_mac; // pseudonym of the caller's address
    struct span route;
    struct span provider;
    struct span model; // as asked for
    bool stream;
    uint64_t in_bytes;
    struct span prompt_mac; // audit/prompt_mac.h (S63)
    struct record_policy policy;
    struct span config;  // hash of the configuration in force
    struct span subject; // whose key sealed what was captured (audit/capture.h)
    struct span capture; // SHA-256 of the sealed prompt, hexadecimal, or "skipped"
};

enum record_outcome {
    RECORD_OK,
    RECORD_BLOCKED,
    RECORD_UPSTREAM_RESET,
    RECORD_UPSTREAM_TIMEOUT,
    RECORD_CLIENT_ABORT,
    RECORD_ERROR
};

// How it ended. One for each decision.
struct record_result {
    struct span id; // of the decision
    uint64_t unix_us;
    enum record_outcome outcome;
    int http_status;
    enum aiu_status status; // ours; other than AIU_OK, its E-code is written
    bool has_usage;
    uint64_t tokens_in, tokens_out;
    bool tokens_estimated;   // ours, not the provider's figure
    struct span model;       // as the provider named it
    struct span upstream_id; // the provider's request id
    uint64_t out_bytes;
    struct span resp_mac;
    struct record_policy policy; // of the answer
    bool cached;
    bool has_first_byte;
    uint64_t first_byte_us, duration_us;
    struct span capture; // of the answer, as in the decision
};

MUST_CHECK enum aiu_status record_decision(struct buf *b, const struct record_origin *origin,
                                           const struct record_decision *d);
MUST_CHECK enum aiu_status record_result(struct buf *b, const struct record_result *r);

// The decision `id` has no result: its process ended in between. Written by audit_open.
MUST_CHECK enum aiu_status record_abandoned(struct buf *b, const struct record_origin *origin,
                                            uint64_t unix_us, struct span id);

// The first entry of a month: the month before, and its last checkpoint as a whole.
MUST_CHECK enum aiu_status record_shard(struct buf *b, const struct record_origin *origin,
                                        uint64_t unix_us, struct span previous,
                                        struct span checkpoint);

// The decision `id` stands in the month before, and its result comes in this one.
MUST_CHECK enum aiu_status record_carried(struct buf *b, const struct record_origin *origin,
                                          uint64_t unix_us, struct span id);

// Everything else that happens to a gateway.
enum record_event {
    RECORD_BOOT,
    RECORD_SHUTDOWN,
    RECORD_AUTH_FAIL,
    RECORD_ADMIN_LOGIN,
    RECORD_CONFIG_CHANGE,
    RECORD_KEY_EVENT,
    RECORD_MAINTENANCE,
    RECORD_INCIDENT,
    RECORD_POLICY_BLOCK, // refused before there was a decision: limits, route, model
    RECORD_WEAKENED,     // a guard is off or open by configuration (S25)
    RECORD_AUDIT_DEGRADED,
    RECORD_EPOCH_KEY,
    RECORD_PURGE,        // a month of the log was deleted
    RECORD_ERASURE,      // the key of a subject was destroyed
    RECORD_CONTENT_READ, // somebody read captured content
    RECORD_ALERT
};

// A field of an event. Names are string literals of ours, other than v, t, ts, node and boot.
struct record_field {
    const char *name;
    enum record_kind { RECORD_KIND_NUMBER, RECORD_KIND_BOOL, RECORD_KIND_TEXT } kind;
    uint64_t number;
    struct span text;
};

#define RECORD_NUMBER(field, value)                                                                \
    ((struct record_field){.name = "" field, .kind = RECORD_KIND_NUMBER, .number = (value)})
#define RECORD_BOOL(field, value)                                                                  \
    ((struct record_field){.name = "" field, .kind = RECORD_KIND_BOOL, .number = (value)})
#define RECORD_TEXT(field, value)                                                                  \
    ((struct record_field){.name = "" field, .kind = RECORD_KIND_TEXT, .text = (value)})

// At most 32 fields (AIU_USAGE).
MUST_CHECK enum aiu_status record_event(struct buf *b, const struct record_origin *origin,
                                        enum record_event event, uint64_t unix_us,
                                        const struct record_field *fields, size_t count);

// Who read what was captured of a request, and whose it was: in the gateway and in a command alike.
struct record_content_read {
    struct span id, what, subject, actor; // what: "prompt", "answer", "prompt,answer"
};
MUST_CHECK enum aiu_status record_content_read(struct buf *b, const struct record_origin *origin,
                                               uint64_t unix_us,
                                               const struct record_content_read *r);

// What recovery and statistics need of an entry, without parsing it: the builders above begin every
// record alike.
enum record_type { RECORD_OTHER, RECORD_DECISION, RECORD_RESULT, RECORD_ABANDONED, RECORD_CARRIED };
enum record_type record_read(struct span entry, struct span *ret_id);
