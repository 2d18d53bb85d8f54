// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What tls.c (contexts) and tls_session.c (connections) share.
#pragma once

#include <openssl/ssl.h>
#include <stdatomic.h>

#include "net/tls.h"

struct tls {
    atomic_uint refs;
    SSL_CTX *ctx;
    BIO_METHOD *bio; // of every session
    uint8_t (*pins)[TLS_PIN_SIZE];
    size_t pin_count;
};

// A BIO that reads from and writes to a session.
BIO_METHOD *tls_session_bio_method(void);

// The server gave a client something to resume with.
int tls_session_on_ticket(SSL *ssl, SSL_SESSION *session);
