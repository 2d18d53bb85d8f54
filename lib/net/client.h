// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 client: one pool of connections per origin and loop, and calls on them.
//
// A call, as its handler sees it:
//
//   on_ready      a connection is there: client_send*, client_sent_all (then, or later)
//   on_head       the answer's head (1xx answers are not shown)
//   on_body*      its body
//   on_end        whole; or on_fail at any time: exactly one of both, once, and then the call is
//   gone
//
// client_cancel ends a call at once without a callback. Callbacks never run inside a call that the
// handler made, client_call_start included.
//
// A connection goes back to the pool only when the request was sent to its last byte, the answer
// was read to its last byte, the peer keeps the connection, and not one byte more was read. All
// else is closed: a stray byte would be the next caller's answer.
//
// Redirects are answers like any other. Nothing is retried here; client_call_facts tells whether
// a retry is safe.
//
// Ownership: client_pool_new / client_pool_free; a call belongs to its pool. Threads: the loop's.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "codec/http1.h"
#include "net/loop.h"
#include "net/tls.h"

struct client_pool;
struct client_call;

struct client_pool_options {
    const char *host; // name or address literal; NULL with unix_path
    uint16_t port;
    const char *unix_path;
    struct tls *tls;      // NULL: plain; a reference is taken
    const char *tls_name; // name to verify; NULL: `host`
    struct http1_limits limits;
    uint32_t max_idle;   // connections kept
    uint32_t idle_ms;    // how long
    uint32_t max_age_ms; // no connection is reused when older; 0: no limit
    uint32_t resolve_ttl_ms;
    size_t output_high; // bytes waiting for the peer at which client_send says full
};

struct client_pool_options client_default_options(void);

// Copies `o`, the strings included.
MUST_CHECK enum aiu_status client_pool_new(struct loop *l, const struct client_pool_options *o,
                                           struct client_pool **ret_pool);

// Idle connections close; calls under way go on to their end, then the memory goes.
void client_pool_free(struct client_pool *p);

// Idle connections now.
uint32_t client_pool_idle(const struct client_pool *p);

// Milliseconds each; 0: none. `connect` counts name resolution in.
struct client_timeouts {
    uint32_t connect, tls, first_byte, idle, total;
};

struct client_handler {
    void (*on_ready)(struct client_call *call);
    // What `head` points into lives until the call returns.
    void (*on_head)(struct client_call *call, const struct http_head *head);
    // After client_pause up to one more read of 64 KiB.
    void (*on_body)(struct client_call *call, struct span bytes);
    void (*on_end)(struct client_call *call);
    //   AIU_PROVIDER_UNREACHABLE  no name, no route, refused
    //   AIU_PROVIDER_TLS          handshake or certificate; client_tls_reason
    //   AIU_PROVIDER_TIMEOUT      one of the five
    //   AIU_NETWORK               closed or reset before the end
    //   AIU_PROVIDER_BAD_REPLY    no HTTP, AIU_PROVIDER_TOO_LARGE over a limit
    //   AIU_OVERLOADED, AIU_NO_MEMORY
    void (*on_fail)(struct client_call *call, enum aiu_status why);
    void (*on_drained)(struct client_call *call);
};

// Start a call. on_ready comes from the loop, also where an idle connection is at hand.
MUST_CHECK enum aiu_status client_call_start(struct client_pool *p, const struct client_handler *h,
                                             void *ctx, const struct client_timeouts *t,
                                             struct client_call **ret_call);
void *client_context(const struct client_call *call);

// Before client_send: the method is HEAD, so the answer has no body.
void client_expect_head_only(struct client_call *call);

// Send bytes of the request, head and body alike (codec/http1_write.h makes the head). True: enough
// waits now; stop, and go on at on_drained. The bytes were taken also then. They are copied.
bool client_send(struct client_call *call, const struct span *pieces, size_t count);

// The request is whole.
void client_sent_all(struct client_call *call);

void client_pause(struct client_call *call);
void client_resume(struct client_call *call);

// End the call and close its connection at once. No callback comes any more.
void client_cancel(struct client_call *call);

// For on_fail and after: what a decision about a retry needs.
struct client_facts {
    bool reused;         // the connection had served a call before
    bool sent;           // bytes of this request may have reached the peer
    bool received;       // a byte of the answer came
    uint32_t connect_us; // from start to on_ready; 0 on a reused connection
};
struct client_facts client_call_facts(const struct client_call *call);

// Why verification failed, a constant text of OpenSSL's ("certificate has expired"); "" otherwise.
const char *client_tls_reason(const struct client_call *call);
