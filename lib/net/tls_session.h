// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One TLS connection as a filter between two byte streams, for net/stream.c: wire bytes go in as
// they were read, wire bytes come out into a queue. It touches no socket.
//
// Ownership: tls_session_new / tls_session_free. Threads: the loop's.
#pragma once

#include <openssl/ssl.h>

#include "net/loop_uv.h"
#include "net/tls.h"

// What a client keeps from one connection to the next of the same origin, so that the second
// handshake is short. Zeroed memory is none.
struct tls_resume {
    SSL_SESSION *session;
};
void tls_resume_done(struct tls_resume *r);

enum tls_step {
    TLS_DONE,   // the handshake is finished; plain bytes were made
    TLS_WANT,   // more wire bytes are needed
    TLS_CLOSED, // the peer said that it sends no more
    TLS_FAILED, // the connection cannot go on
};

struct tls_session {
    SSL *ssl;
    struct tls *tls;
    struct loop *loop;
    struct tls_resume *resume; // NULL for servers
    struct span in;            // wire bytes not consumed yet
    struct outq wire;          // to be written to the socket
    enum aiu_status status;    // why the queue refused; AIU_OK otherwise
    const char *reason;        // why TLS failed; a constant text
};

// `name` is what a client verifies; NULL makes the server's side.
MUST_CHECK enum aiu_status tls_session_new(struct tls *t, struct loop *l, const char *name,
                                           struct tls_resume *resume,
                                           struct tls_session **ret_session);
void tls_session_free(struct tls_session *s);

// Set `s->in`, then call these until TLS_WANT.
enum tls_step tls_session_handshake(struct tls_session *s);
enum tls_step tls_session_read(struct tls_session *s, uint8_t *out, size_t room, size_t *ret_n);

// Encrypt into `s->wire`; false where the connection cannot go on.
bool tls_session_write(struct tls_session *s, struct span plain);

// Tell the peer that no more comes.
void tls_session_shutdown(struct tls_session *s);

// The peer has said so.
bool tls_session_closed(const struct tls_session *s);
