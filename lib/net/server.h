// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP/1.1 server: listeners, connections, keep-alive, pipelining, limits and timeouts. It knows
// messages, never what they mean: every request goes to one handler.
//
// One exchange on a connection, as its handler sees it:
//
//   on_request   the head. From now on the exchange is open.
//   on_body*     the body, as it comes (after server_pause up to one more read of 64 KiB)
//   on_end       the body is whole
//   server_respond, server_body*, server_end     at any time from on_request on, any order to the
//                above; server_end closes the exchange: no callback for it comes any more
//   on_abort     instead: the exchange is closed from the other side
//
// Exactly one of server_end, server_reset and on_abort closes an exchange. Its connection handle is
// only valid until then. Callbacks never run inside a call that the handler made.
//
// What is sent is collected and written once, at the end of the loop's round.
//
// A client that shuts down its sending side counts as gone: no SDK does that, and it is the only
// sign of a client that has left which TCP gives while an answer is awaited.
//
// Ownership: a server owns its connections; server_free when all are gone (server_stop).
// Threads:   one server per loop; all calls on the loop's thread. Listening sockets of several
// loops
//            share a port by SO_REUSEPORT.
#pragma once

#include "base/span.h"
#include "base/status.h"
#include "codec/http1.h"
#include "net/loop.h"
#include "net/tls.h"

struct server;
struct server_conn;

struct server_handler {
    // The head and what it points into live until the call returns.
    void (*on_request)(struct server_conn *c, const struct http_head *head);
    void (*on_body)(struct server_conn *c, struct span bytes);
    void (*on_end)(struct server_conn *c);
    // The exchange is over. Why:
    //   AIU_CANCELLED        the client is gone
    //   AIU_HTTP_INVALID, AIU_BODY_TOO_LARGE     the body broke the rules
    //   AIU_REQUEST_TIMEOUT  the body stopped coming
    //   AIU_TIMEOUT          the client stopped reading
    //   AIU_OVERLOADED, AIU_NO_MEMORY            the output found no room
    //   AIU_SHUTTING_DOWN    server_free with open exchanges
    // Where server_answerable(c) holds, the handler may respond and end from inside this call; the
    // connection closes after it.
    void (*on_abort)(struct server_conn *c, enum aiu_status why);
    // A head that is no exchange: malformed, too large, too slow, or AIU_OVERLOADED while the byte
    // budget is nearly used up. The handler answers (respond, body, end) from inside this call, or
    // not at all; the connection closes after it.
    void (*on_bad_request)(struct server_conn *c, enum aiu_status why);
    // Output fell below the low mark after server_body had said full.
    void (*on_drained)(struct server_conn *c);
};

struct server_options {
    const struct server_handler *handler;
    void *ctx;       // server_context
    struct tls *tls; // NULL: plain; a reference is taken
    struct http1_limits limits;
    uint32_t max_connections;   // of this loop; above it: 503 and close. 0: 10,000
    uint32_t max_requests;      // per connection, then it closes. 0: no limit
    uint32_t header_timeout_ms; // whole head, from its first byte (or from accept)
    uint32_t body_timeout_ms;   // between two reads of a body
    uint32_t body_rate;         // bytes a second that a body must average after that time; 0: any
    uint32_t keep_alive_ms;     // idle between requests
    uint32_t write_timeout_ms;  // no byte taken by the client
    uint32_t tls_timeout_ms;    // handshake
    size_t output_high;         // bytes waiting for the client at which server_body says full
};

// The figures of INTERFACE.md.
struct server_options server_default_options(void);

// Copies `o`.
MUST_CHECK enum aiu_status server_new(struct loop *l, const struct server_options *o,
                                      struct server **ret_server);

// "127.0.0.1:8470", "[::1]:0", "unix:PATH": a bound socket, not yet listening, SO_REUSEPORT set for
// TCP. An existing unix socket file that nobody listens on is replaced. What the supervisor calls
// and hands on. AIU_ADDRESS_IN_USE, AIU_FORBIDDEN, AIU_URL_INVALID, AIU_IO.
MUST_CHECK enum aiu_status server_bind(struct span address, int *ret_fd);

// Listen on a bound socket, which the server owns from now on (also where this fails).
MUST_CHECK enum aiu_status server_listen(struct server *s, int fd);

// Port of a bound TCP socket; 0 for others.
uint16_t server_port(int fd);

// TLS of new connections from now on; NULL: plain. A reference is taken. Those that are open keep
// the certificate that they began with.
void server_set_tls(struct server *s, struct tls *tls);

// No new connections; idle ones close, the others after their exchange. `on_idle(ctx)` is called
// once, when the last is gone (from the loop, also where there was none).
void server_stop(struct server *s, void (*on_idle)(void *ctx), void *ctx);

// Close all that is left at once (AIU_SHUTTING_DOWN to open exchanges), then free. The memory goes
// when the loop ran once more.
void server_free(struct server *s);

void *server_context(const struct server_conn *c);
uint32_t server_connections(const struct server *s);

// --- one exchange -----------------------------------------------------------------------------

// A pointer of the handler's own; NULL at on_request.
void server_set_exchange(struct server_conn *c, void *exchange);
void *server_exchange(const struct server_conn *c);

struct server_reply {
    int status;
    const struct http_field *fields; // without framing, Connection and Date
    size_t count;
    bool chunked; // else `length`
    uint64_t length;
    bool close; // the connection closes after this answer
};

// Send the head. Fields that cannot stand in a head make this AIU_HTTP_INVALID, with nothing sent.
// A client of HTTP/1.0 gets a chunked answer as one that ends with the connection. The answers to
// HEAD and those of 204 and 304 have no body, whatever is handed in.
MUST_CHECK enum aiu_status server_respond(struct server_conn *c, const struct server_reply *r);

// Send bytes of the body. True: enough waits now; stop, and go on at on_drained. The bytes were
// taken also then. They are copied.
bool server_body(struct server_conn *c, const struct span *pieces, size_t count);

// The answer is whole. Fewer bytes than `length` make this a server_reset.
void server_end(struct server_conn *c);

// Break the answer off in a way that the client must notice: no last chunk, connection closed after
// what was collected went out. Before server_respond: closed without an answer.
void server_reset(struct server_conn *c);

// Stop and go on reading the request's body.
void server_pause(struct server_conn *c);
void server_resume(struct server_conn *c);

// "100 Continue", where the head asked for it and nothing was answered yet.
void server_continue(struct server_conn *c);

// Nothing answered yet, and a client is there.
bool server_answerable(const struct server_conn *c);

// Bytes of output that the client has not taken.
size_t server_waiting(const struct server_conn *c);

// The client's address as text ("127.0.0.1", "::1", "unix"), without port.
struct span server_peer(struct server_conn *c);
