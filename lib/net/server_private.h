// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What server.c (listeners, life), server_conn.c (reading) and server_reply.c (answering) share.
#pragma once

#include "net/server.h"
#include "net/stream.h"

enum conn_phase {
    CONN_OPENING,   // TLS handshake
    CONN_WAIT,      // no byte of a request yet
    CONN_HEAD,      // in a head
    CONN_BODY,      // head delivered, body to come
    CONN_WHOLE,     // request delivered, answer not finished
    CONN_DISCARD,   // answer finished, the rest of the body is thrown away
    CONN_FINISHING, // the last bytes go out, what comes is thrown away
    CONN_CLOSED,
};

struct server_conn {
    struct stream stream;
    struct server *server;
    struct server_conn *next, **link; // the server's list
    struct http1 parser;
    struct buf in;     // pipelined bytes behind the request under way
    size_t in_charged; // counted in the byte budget for them
    void *exchange;
    struct deadline timer;
    struct loop_task task;              // next request, or a refused connection's end
    uint64_t request_left;              // of a body with a length
    uint64_t body_since_ms, body_bytes; // since the head, or since reading went on
    uint64_t reply_left;
    uint32_t requests;
    enum conn_phase phase;
    enum http_framing reply_framing;
    // the request
    bool exchange_open, request_keep, http10, head_method, expects, continued, paused;
    // the answer
    bool answering, responded, reply_keep, reply_bodyless, reply_whole, reply_broken;
    bool linger, abrupt, idle_released;
    char peer[48]; // made when asked for
};

struct server_listener {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    struct server *server;
    struct server_listener *next;
    struct deadline retry; // accept again after memory was used up
    bool is_pipe;
};

struct server {
    struct loop *loop;
    struct server_options options;
    struct server_conn *conns;
    struct server_listener *listeners;
    uint32_t conn_count, listener_count;
    struct loop_task idle_task;
    void (*on_idle)(void *ctx);
    void *idle_ctx;
    bool stopping, freeing;
};

// server.c: a connection or listener is gone.
void server_forget(struct server *s);

// server_conn.c
MUST_CHECK enum aiu_status server_conn_accept(struct server *s, struct server_listener *from);
void server_conn_shut_down(struct server_conn *c); // server_free
void server_conn_drain(struct server_conn *c);     // server_stop
void server_conn_close(struct server_conn *c, enum stream_close how);

// Close after what waits was written. `linger`: throw away what still comes for a while, so that
// the close does not destroy the answer on its way. `abrupt`: the peer must notice a cut.
void server_conn_finish(struct server_conn *c, bool linger, bool abrupt);

// The answer cannot be finished: close so that the client cannot take it for whole.
void server_conn_cut(struct server_conn *c);

// The body's rate counts from now.
void server_conn_clock_body(struct server_conn *c);

// Start the clock that fits what is awaited now.
void server_conn_watch(struct server_conn *c);

// The exchange is over and the answer whole: the next request, or the end.
void server_conn_next(struct server_conn *c);
