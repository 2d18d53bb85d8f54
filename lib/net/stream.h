// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One connection as bytes both ways: TCP or unix socket, with TLS or without. For net/server.c and
// net/client.c; nobody else sees it.
//
// Reading: each read of the socket goes through the loop's one buffer to on_bytes, so an idle
// connection holds no buffer. Writing: what is sent is collected and written at the end of the
// loop's round, in one system call where the socket takes it. Nothing is promised to be written
// sooner, and no callback runs inside stream_send.
//
// Ownership: embedded in its owner, who may free it at on_closed, not before.
// Threads:   the loop's. Errors: by on_error, after which only stream_close is of use.
#pragma once

#include "net/loop_uv.h"
#include "net/tls_session.h"

struct stream;

struct stream_handler {
    void (*on_connected)(struct stream *s); // clients with TLS: connected, the handshake begins
    void (*on_open)(struct stream *s);      // connected, and the TLS handshake done
    void (*on_bytes)(struct stream *s, struct span bytes);
    // The peer sends no more. `whole` is false where TLS was cut off without its closing alert:
    // somebody in between may have done it.
    void (*on_end)(struct stream *s, bool whole);
    //   AIU_PROVIDER_UNREACHABLE  not connected
    //   AIU_PROVIDER_TLS          handshake failed
    //   AIU_NETWORK               reset, or any other error
    //   AIU_TIMEOUT               the peer took no byte for write_timeout_ms
    //   AIU_OVERLOADED, AIU_NO_MEMORY  no room for output
    void (*on_error)(struct stream *s, enum aiu_status why);
    void (*on_drained)(struct stream *s);  // below the low mark, after stream_full
    void (*on_finished)(struct stream *s); // all was written after stream_finish
    void (*on_closed)(struct stream *s);   // the last call
};

enum stream_finish { STREAM_KEEP, STREAM_END, STREAM_BREAK }; // stream_finish

struct stream {
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } uv;
    union {
        uv_connect_t connect; // before open
        uv_write_t write;     // after it
    } request;
    struct loop *loop;
    const struct stream_handler *handler;
    struct tls_session *tls; // NULL: plain
    struct outq out;         // plain bytes to send; without TLS these are the wire's
    struct loop_task task;   // flush, or on_error
    struct deadline stall;
    size_t in_flight;  // bytes at the front of the wire's queue that libuv is writing
    size_t stall_left; // libuv's own count when `stall` was set
    size_t high;       // output at which stream_full holds
    uint32_t write_timeout_ms;
    enum aiu_status failed;
    enum stream_finish finish;
    bool is_pipe, open, reading, ended, was_full, finishing, finished, write_broken, closing;
};

struct stream_options {
    const struct stream_handler *handler;
    size_t high;
    uint32_t write_timeout_ms;
    bool is_pipe;
};

void stream_init(struct stream *s, struct loop *l, const struct stream_options *o);

// Put TLS on top, before the stream opens. `name` NULL: the server's side.
MUST_CHECK enum aiu_status stream_set_tls(struct stream *s, struct tls *t, const char *name,
                                          struct tls_resume *resume);

// Take the next connection of a listening libuv stream; on_open follows (with TLS: later).
MUST_CHECK enum aiu_status stream_accept(struct stream *s, uv_stream_t *listener);

MUST_CHECK enum aiu_status stream_connect_tcp(struct stream *s, const struct sockaddr *address);
MUST_CHECK enum aiu_status stream_connect_unix(struct stream *s, const char *path);

void stream_send(struct stream *s, struct span bytes);
bool stream_full(struct stream *s); // true is remembered: on_drained follows
size_t stream_waiting(const struct stream *s);

// Stop and go on reading. One read that was begun is delivered to its end.
void stream_pause(struct stream *s);
void stream_resume(struct stream *s);

// Whether the peer has closed or reset, asked of the kernel: for a stream that does not read.
bool stream_peer_gone(const struct stream *s);

// Send no more: after the last byte that waits, on_finished. STREAM_END and STREAM_BREAK then shut
// the sending side down, so that the peer reads an end while we still read from it; with TLS,
// STREAM_BREAK leaves the closing alert out, so that the peer knows it was cut off.
void stream_finish(struct stream *s, enum stream_finish how);

// Close; output that was not written is dropped. STREAM_RESET makes the peer read an error (RST)
// and not an end. on_closed follows; no other callback. May be called again.
enum stream_close { STREAM_CLOSE, STREAM_RESET };
void stream_close(struct stream *s, enum stream_close how);
