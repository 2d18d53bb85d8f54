// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// TLS 1.2 and 1.3 with OpenSSL, both sides. The only place where a certificate is judged.
//
// There is no switch for verification. A client always checks the chain, the validity and the host
// name; trust comes from the files given here or from the system's store at its fixed path. No
// environment variable (SSL_CERT_FILE, SSL_CERT_DIR, OPENSSL_CONF) is read (guide S19).
//
// Ownership: `struct tls` is immutable once made and may be shared; tls_ref / tls_unref.
// Threads:   a `struct tls` any; a session (net/stream.h) belongs to its loop.
// Errors:    AIU_CONFIG_INVALID for files or PEM that cannot be used, AIU_CONFIG_BAD_KEY for a key
//            that does not fit its certificate, AIU_NO_MEMORY.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct tls;

enum { TLS_PIN_SIZE = 32 }; // SHA-256 of a SubjectPublicKeyInfo

struct tls_client_options {
    // Trust. All empty: the system's store.
    const char *ca_file;
    const char *ca_directory; // hashed, as c_rehash makes it
    struct span ca_pem;
    // When any is given, the server's own key must be one of them, on top of the rest.
    const uint8_t (*pins)[TLS_PIN_SIZE];
    size_t pin_count;
    // For a server that asks for one; both or none.
    struct span certificate_pem;
    struct span key_pem;
};

struct tls_server_options {
    struct span certificate_pem; // the server's own first, then its chain
    struct span key_pem;
    struct span client_ca_pem; // not empty: clients must show a certificate of it
};

// The spans and names are only read during the call.
MUST_CHECK enum aiu_status tls_new_client(const struct tls_client_options *o, struct tls **ret_tls);
MUST_CHECK enum aiu_status tls_new_server(const struct tls_server_options *o, struct tls **ret_tls);
struct tls *tls_ref(struct tls *t);
void tls_unref(struct tls *t); // NULL is fine
