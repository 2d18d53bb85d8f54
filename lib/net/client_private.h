// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What client.c (calls), client_conn.c (connections) and client_pool.c share.
#pragma once

#include "net/client.h"
#include "net/resolve.h"
#include "net/stream.h"

struct client_conn {
    struct stream stream;
    struct client_pool *pool;
    struct client_call *call;         // NULL: idle, or closing
    struct client_conn *next, **link; // the pool's list of idle ones
    struct http1 parser;
    struct deadline idle; // only looked at while idle
    uint64_t born_ms, parked_ms;
    bool expecting; // a request was begun: bytes may come
    bool keep;      // the answer's head keeps the connection
    bool until_close;
    bool reply_whole;
    bool used; // has served a call
};

enum call_stage { CALL_START, CALL_CONNECT, CALL_TLS, CALL_SEND, CALL_FIRST_BYTE, CALL_ANSWER };

struct client_call {
    struct client_pool *pool;
    const struct client_handler *handler;
    void *ctx;
    struct client_timeouts timeouts;
    struct client_conn *conn;
    struct client_call *next; // the pool's spare ones
    struct resolve_wait wait;
    struct deadline stage_timer, total_timer;
    struct loop_task task;
    uint64_t start_ns, connect_until_ms;
    uint32_t attempt;
    enum call_stage stage;
    enum aiu_status last_error; // of the addresses tried so far
    struct client_facts facts;
    const char *tls_reason;
    bool head_only, request_whole, paused, unchecked;
};

struct client_pool {
    struct loop *loop;
    struct client_pool_options options;
    char *host, *unix_path, *tls_name; // what `options` points to
    struct resolver resolver;
    struct tls_resume resume;
    struct client_conn *idle; // newest first
    struct client_call *spare;
    uint32_t idle_count, conn_count, call_count, spare_count;
    bool freeing;
};

// client_pool.c
void client_pool_forget(struct client_pool *p); // a connection or call is gone

// client_conn.c
// A connection to address number call->attempt, being opened for `call`.
MUST_CHECK enum aiu_status client_conn_open(struct client_call *call);
// The newest idle connection with nothing unread, for `call`; false where there is none.
bool client_conn_reuse(struct client_call *call);
// Whether a byte or an end waits unread.
bool client_conn_is_stale(const struct client_conn *c);
void client_conn_close(struct client_conn *c);

// client.c: what happened on the connection of `call`.
void client_call_connected(struct client_call *call); // TLS begins
void client_call_opened(struct client_call *call);
void client_call_lost(struct client_call *call, enum aiu_status why);
void client_call_progress(struct client_call *call); // bytes of the answer came
void client_call_done(struct client_call *call);     // the answer is whole
