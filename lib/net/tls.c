// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Everything that decides about trust is set here by hand, one line each: OpenSSL's configuration
// file is not loaded, and its default paths, which environment variables can move, are not asked.
//
// Deliberately not here: CRLs and OCSP (certificates of providers live for weeks; a pin or an own
// CA is the stronger tool), SNI with several certificates, keys with a pass phrase.
#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "net/tls_private.h"

// Where the system keeps the certificates that it trusts. Fixed at build time, never looked up.
#ifndef AIU_SYSTEM_CA_FILE
#define AIU_SYSTEM_CA_FILE "/etc/ssl/certs/ca-certificates.crt"
#endif

static const unsigned char alpn_http11[] = "\x08http/1.1";

static int no_pass_phrase(char *buffer, int size, int writing, void *ctx)
{
    (void)buffer;
    (void)size;
    (void)writing;
    (void)ctx;
    return -1; // the default would ask on the terminal
}

static void free_bio(BIO **b)
{
    BIO_free(*b);
}

static BIO *bio_over(struct span pem)
{
    return pem.n > INT32_MAX ? NULL
                             : BIO_new_mem_buf(pem.n == 0 ? "" : (const void *)pem.p, (int)pem.n);
}

static enum aiu_status load_chain(SSL_CTX *ctx, struct span pem)
{
    CLEANUP(free_bio) BIO *bio = bio_over(pem);
    bool first = true;

    if (bio == NULL) {
        return AIU_NO_MEMORY;
    }
    for (;;) {
        X509 *cert = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
        if (cert == NULL) {
            return first ? AIU_CONFIG_INVALID : AIU_OK;
        }
        long ok = first ? SSL_CTX_use_certificate(ctx, cert) : SSL_CTX_add1_chain_cert(ctx, cert);
        X509_free(cert);
        if (ok != 1) {
            return AIU_CONFIG_INVALID;
        }
        first = false;
    }
}

static enum aiu_status load_key(SSL_CTX *ctx, struct span pem)
{
    CLEANUP(free_bio) BIO *bio = bio_over(pem);

    if (bio == NULL) {
        return AIU_NO_MEMORY;
    }
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, no_pass_phrase, NULL);
    if (key == NULL) {
        return AIU_CONFIG_BAD_KEY;
    }
    int ok = SSL_CTX_use_PrivateKey(ctx, key);
    EVP_PKEY_free(key);
    return ok == 1 && SSL_CTX_check_private_key(ctx) == 1 ? AIU_OK : AIU_CONFIG_BAD_KEY;
}

static enum aiu_status load_identity(SSL_CTX *ctx, struct span certificate, struct span key)
{
    TRY(load_chain(ctx, certificate));
    return load_key(ctx, key);
}

// Trust every certificate of `pem`; for a server also tell clients which ones are asked for.
static enum aiu_status trust_pem(SSL_CTX *ctx, struct span pem, bool announce)
{
    CLEANUP(free_bio) BIO *bio = bio_over(pem);
    size_t count = 0;

    if (bio == NULL) {
        return AIU_NO_MEMORY;
    }
    for (;; count++) {
        X509 *cert = PEM_read_bio_X509(bio, NULL, no_pass_phrase, NULL);
        if (cert == NULL) {
            return count == 0 ? AIU_CONFIG_INVALID : AIU_OK;
        }
        int ok = X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), cert);
        if (ok == 1 && announce) {
            ok = SSL_CTX_add_client_CA(ctx, cert);
        }
        X509_free(cert);
        if (ok != 1) {
            return AIU_CONFIG_INVALID;
        }
    }
}

static enum aiu_status load_trust(SSL_CTX *ctx, const struct tls_client_options *o)
{
    const char *file = o->ca_file;

    if (file == NULL && o->ca_directory == NULL && o->ca_pem.n == 0) {
        file = AIU_SYSTEM_CA_FILE;
    }
    if (file != NULL && SSL_CTX_load_verify_file(ctx, file) != 1) {
        return AIU_CONFIG_INVALID;
    }
    if (o->ca_directory != NULL && SSL_CTX_load_verify_dir(ctx, o->ca_directory) != 1) {
        return AIU_CONFIG_INVALID;
    }
    return o->ca_pem.n == 0 ? AIU_OK : trust_pem(ctx, o->ca_pem, false);
}

static enum aiu_status set_protocol(SSL_CTX *ctx)
{
    (void)SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    (void)SSL_CTX_clear_options(ctx, SSL_OP_IGNORE_UNEXPECTED_EOF |
                                         SSL_OP_ALLOW_UNSAFE_LEGACY_RENEGOTIATION |
                                         SSL_OP_LEGACY_SERVER_CONNECT);
    (void)SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_security_level(ctx, 2);
    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_max_proto_version(ctx, 0) != 1 ||
        SSL_CTX_set_cipher_list(ctx, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
        return AIU_INTERNAL;
    }
    return AIU_OK;
}

static enum aiu_status new_context(const SSL_METHOD *method, struct tls **ret_tls)
{
    (void)OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG, NULL);
    struct tls *t = mem_new(1, sizeof(*t));

    if (t == NULL) {
        return AIU_NO_MEMORY;
    }
    atomic_init(&t->refs, 1);
    t->bio = tls_session_bio_method();
    t->ctx = SSL_CTX_new(method);
    if (t->ctx == NULL || t->bio == NULL) {
        tls_unref(t);
        return AIU_NO_MEMORY;
    }
    enum aiu_status st = set_protocol(t->ctx);
    if (st != AIU_OK) {
        tls_unref(t);
        return st;
    }
    *ret_tls = t;
    return AIU_OK;
}

static enum aiu_status set_client(struct tls *t, const struct tls_client_options *o)
{
    SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
    (void)SSL_CTX_set_session_cache_mode(t->ctx,
                                         SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(t->ctx, tls_session_on_ticket);
    // This function, unlike all others, returns 0 for success.
    if (SSL_CTX_set_alpn_protos(t->ctx, alpn_http11, sizeof(alpn_http11) - 1) != 0) {
        return AIU_NO_MEMORY;
    }
    TRY(load_trust(t->ctx, o));
    if (o->certificate_pem.n > 0 || o->key_pem.n > 0) {
        TRY(load_identity(t->ctx, o->certificate_pem, o->key_pem));
    }
    if (o->pin_count > 0) {
        t->pins = mem_new(o->pin_count, TLS_PIN_SIZE);
        if (t->pins == NULL) {
            return AIU_NO_MEMORY;
        }
        memcpy(t->pins, o->pins, o->pin_count * TLS_PIN_SIZE);
        t->pin_count = o->pin_count;
    }
    return AIU_OK;
}

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_n,
                           const unsigned char *in, unsigned int in_n, void *ctx)
{
    (void)ssl;
    (void)ctx;
    unsigned char *chosen = NULL;

    if (SSL_select_next_proto(&chosen, out_n, alpn_http11, sizeof(alpn_http11) - 1, in, in_n) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *out = chosen;
    return SSL_TLSEXT_ERR_OK;
}

static enum aiu_status set_server(struct tls *t, const struct tls_server_options *o)
{
    static const unsigned char id[] = "aiu";

    SSL_CTX_set_alpn_select_cb(t->ctx, choose_protocol, NULL);
    (void)SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF); // tickets only
    (void)SSL_CTX_set_num_tickets(t->ctx, 1);
    if (SSL_CTX_set_session_id_context(t->ctx, id, sizeof(id) - 1) != 1) {
        return AIU_INTERNAL;
    }
    TRY(load_identity(t->ctx, o->certificate_pem, o->key_pem));
    if (o->client_ca_pem.n > 0) {
        SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        TRY(trust_pem(t->ctx, o->client_ca_pem, true));
    }
    return AIU_OK;
}

enum aiu_status tls_new_client(const struct tls_client_options *o, struct tls **ret_tls)
{
    struct tls *t = NULL;

    TRY(new_context(TLS_client_method(), &t));
    enum aiu_status st = set_client(t, o);
    ERR_clear_error();
    if (st != AIU_OK) {
        tls_unref(t);
        return st;
    }
    *ret_tls = t;
    return AIU_OK;
}

enum aiu_status tls_new_server(const struct tls_server_options *o, struct tls **ret_tls)
{
    struct tls *t = NULL;

    TRY(new_context(TLS_server_method(), &t));
    enum aiu_status st = set_server(t, o);
    ERR_clear_error();
    if (st != AIU_OK) {
        tls_unref(t);
        return st;
    }
    *ret_tls = t;
    return AIU_OK;
}

struct tls *tls_ref(struct tls *t)
{
    (void)atomic_fetch_add(&t->refs, 1);
    return t;
}

void tls_unref(struct tls *t)
{
    if (t == NULL || atomic_fetch_sub(&t->refs, 1) != 1) {
        return;
    }
    SSL_CTX_free(t->ctx);
    BIO_meth_free(t->bio);
    mem_free(t->pins);
    mem_free(t);
}
