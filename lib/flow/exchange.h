// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One request and its answer. Private to the flow layer.
//
// An exchange walks flow/steps.def. A step returns STEP_NEXT, STEP_WAIT (somebody promised to call
// exchange_resume), STEP_STOP (x->status says why; an error goes out) or STEP_END (all is sent).
// It never blocks and never calls another step. Whatever happens, exchange_end is called once: it
// gives everything back, and the audit record of a decision was written by then.
#pragma once

#include "audit/prompt_mac.h"
#include "base/arena.h"
#include "codec/json.h"
#include "flow/inspector.h"
#include "flow/plane.h"
#include "flow/relay.h"
#include "net/client.h"
#include "provider/facts.h"
#include "provider/reply.h"

enum step_next { STEP_NEXT, STEP_WAIT, STEP_STOP, STEP_END };

enum {
    EXCHANGE_ARENA_CAP = 64 << 20,
    EXCHANGE_JSON_VALUES = 500000,
    RANDOM_POOL = 1280,
    ID_RANDOM = 10,
};

// What the answer is, once its head is known.
enum answer_kind {
    ANSWER_NONE,
    ANSWER_WHOLE,  // JSON with status 200
    ANSWER_STREAM, // events
    ANSWER_ERROR,  // the provider's error object goes on, inspected
};

// Pools of connections for the providers of one service, on one loop.
struct pool_set {
    uint32_t references;
    struct service *service;
    struct client_pool **pools; // as service->upstreams
};

struct exchange {
    struct plane *plane;
    struct pool_set *pools;
    const struct service *service;
    struct server_conn *conn; // NULL: the client is gone
    struct exchange *next_free;
    struct exchange *live_next, **live_link; // of the plane
    enum step step;
    bool *ended;  // set by exchange_end, for on_request
    bool running; // inside exchange_resume
    bool again;   // resumed while running
    enum aiu_status status;
    struct arena arena;
    size_t held;       // bytes counted in the budget
    size_t arena_held; // of them for the arena

    char id[UUID_SIZE];
    uint64_t unix_us;
    uint64_t begun_ns, step_ns, head_ns;
    uint64_t waited_ns, wait_began_ns; // for peers, the disk, the rest of the request

    // head, admit
    const struct http_head *head; // only while on_request runs
    struct route_match route;
    enum reply_shape shape;
    struct span route_path; // copy of the path
    struct buf fields;      // field lines for the provider
    struct buf accounts;    // those that choose an account, for a provider that takes them
    const struct key_state *key;
    uint64_t retry_after_ms;

    // read, inspect
    struct buf body;
    bool body_ended;
    struct json json;
    struct json_doc doc;
    struct request_facts request;
    struct span model; // unescaped
    const struct config_model *model_entry;
    const struct upstream *upstream;
    struct inspector in;
    bool inspecting;
    struct pseudonyms pseudonyms; // of the request; wiped at the end
    bool has_pseudonyms;
    struct echo echo; // what the request held
    const struct json_edit *edits;
    size_t edit_count;
    struct span *pieces; // of the body that goes out
    size_t piece_count;
    size_t body_out;
    size_t error_offset; // of invalid JSON

    // record, settle
    uint64_t decision_index, result_index, wait_index;
    bool has_decision, has_result;
    bool denied; // by policy: there is a decision although nothing is sent
    struct exchange *wait_next;
    bool waiting;
    struct answer_mac *answer_mac;
    char subject[CAPTURE_SUBJECT_SIZE + 1]; // of what is captured
    struct buf copy;                        // a stream as it was given out, to be captured
    bool copy_lost;

    // connect, forward
    struct client_call *call;
    bool ready, sent, retried;
    enum aiu_status call_failed;
    bool call_ended;

    // answer, relay
    enum answer_kind answer_kind;
    bool answer_head;
    int answer_status;
    struct http_field *answer_fields;
    size_t answer_count;
    struct span upstream_id;
    struct buf answer;
    struct inspector out;
    bool inspecting_out;
    struct relay *relay;
    struct answer_facts answer_facts;
    struct span *answer_pieces;
    size_t answer_piece_count, answer_size;
    bool responded; // the status line is out
    bool upstream_paused;
    bool filtered; // the answer was blocked: the dialect's filter ending goes out
    uint64_t out_bytes;
};

struct plane {
    struct loop *loop;
    const struct plane_shared *shared;
    struct pool_set *pools;
    struct scratch *scratch;
    struct mac_keys *mac_keys;
    struct token_keys *token_keys;
    struct loop_bell durable;
    struct exchange *waiting, **waiting_last; // for the audit log, in order of their index
    struct exchange *live;
    uint8_t random[RANDOM_POOL]; // for ids: one system call for many
    size_t random_left;
    struct exchange *unused;
    uint32_t unused_count;
    struct metrics metrics;
    uint64_t event_second; // of the last security event, and how many there were in it
    uint32_t events;
    char peer[64]; // whose pseudonym was made last
    size_t peer_n;
    uint8_t peer_mac[PROMPT_MAC_TEXT_SIZE];
    uint64_t peer_month;
    struct span peer_tenant;
    uint64_t echo_key[2];
};

// --- the machine (exchange.c) -----------------------------------------------------------------

struct exchange *exchange_new(struct plane *f, struct server_conn *conn);

// Go on with the steps. Called by whoever an exchange waited for; safe from inside a step.
void exchange_resume(struct exchange *x);

// Give everything back. `x` is gone then.
void exchange_end(struct exchange *x);

// End whatever it is at with an error of ours: recorded, said to the client, provider cancelled.
void exchange_abandon(struct exchange *x, enum aiu_status why);

// Free one that is not in use.
void exchange_free(struct exchange *x);

// Status and STEP_STOP in one.
enum step_next exchange_stop(struct exchange *x, enum aiu_status status);

// Count `n` bytes more that the exchange holds. AIU_OVERLOADED at the limit.
MUST_CHECK enum aiu_status exchange_hold(struct exchange *x, size_t n);

// Count none of it any more: it is freed in this turn of the loop.
void exchange_release(struct exchange *x);

// Count what the arena has grown by since the last call.
MUST_CHECK enum aiu_status exchange_hold_arena(struct exchange *x);

// What the switches of control.h are asked about.
struct control_subject exchange_subject(const struct exchange *x);

// Wait until the audit entry `index` is settled.
void exchange_wait_audit(struct exchange *x, uint64_t index);

struct pool_set *pool_set_ref(struct pool_set *p);
void pool_set_unref(struct pool_set *p);

// --- steps ------------------------------------------------------------------------------------

#define FLOW_STEP(name, NAME, failure, text) enum step_next step_##name(struct exchange *x);
#include "flow/steps.def"
#undef FLOW_STEP

// --- what steps share -------------------------------------------------------------------------

// step_inspect.c
void exchange_inspector(struct exchange *x, enum direction d, struct inspector *i);
// Whether no rule of the key's policy finds anything: for values that stand outside documents.
bool exchange_is_clean(const struct exchange *x, enum direction d, struct span text);
// A model's name as records and endings may show it: "?" for what is no plain, clean name.
struct span exchange_name(const struct exchange *x, struct span name);

// step_record.c: append the decision or the result; AIU_AUDIT_UNAVAILABLE where that fails.
MUST_CHECK enum aiu_status record_the_decision(struct exchange *x);
MUST_CHECK enum aiu_status record_the_result(struct exchange *x, enum record_outcome outcome,
                                             int http_status);
// Keep `bytes` of a stream for that record, where a configuration captures answers.
void record_copy(struct exchange *x, struct span bytes);
// A denial before there is a decision (S27); at most a few a second are written.
void record_the_denial(struct exchange *x);

// step_forward.c
extern const struct client_handler exchange_client_handler;

// step_answer.c
void answer_take_head(struct exchange *x, const struct http_head *head);
MUST_CHECK enum aiu_status answer_take_body(struct exchange *x, struct span bytes);

// step_settle.c: the status line and our own fields, once.
MUST_CHECK enum aiu_status exchange_respond(struct exchange *x, int status, bool chunked,
                                            uint64_t length);
enum record_outcome outcome_of(const struct exchange *x);
