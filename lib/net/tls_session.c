// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// OpenSSL reads and writes through a BIO of ours: it takes wire bytes straight from the loop's read
// buffer and puts them straight into the output queue, without a memory BIO's copies in between.
#include "net/tls_session.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include "base/alloc.h"
#include "net/tls_private.h"

// --- the BIO ----------------------------------------------------------------------------------

static int bio_read(BIO *bio, char *out, size_t room, size_t *ret_n)
{
    struct tls_session *s = BIO_get_data(bio);
    struct span part = span_first(s->in, room);

    BIO_clear_retry_flags(bio);
    if (part.n == 0) {
        BIO_set_retry_read(bio);
        return 0;
    }
    memcpy(out, part.p, part.n);
    s->in = span_drop_first(s->in, part.n);
    *ret_n = part.n;
    return 1;
}

static int bio_write(BIO *bio, const char *bytes, size_t n, size_t *ret_n)
{
    struct tls_session *s = BIO_get_data(bio);

    BIO_clear_retry_flags(bio);
    s->status = outq_append(s->loop, &s->wire, span_of(bytes, n));
    if (s->status != AIU_OK) {
        return 0;
    }
    *ret_n = n;
    return 1;
}

static long bio_ctrl(BIO *bio, int command, long number, void *p)
{
    (void)bio;
    (void)number;
    (void)p;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD *tls_session_bio_method(void)
{
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "aiu stream");

    if (m != NULL) {
        (void)BIO_meth_set_read_ex(m, bio_read);
        (void)BIO_meth_set_write_ex(m, bio_write);
        (void)BIO_meth_set_ctrl(m, bio_ctrl);
    }
    return m;
}

// --- life -------------------------------------------------------------------------------------

void tls_resume_done(struct tls_resume *r)
{
    SSL_SESSION_free(r->session);
    r->session = NULL;
}

int tls_session_on_ticket(SSL *ssl, SSL_SESSION *session)
{
    struct tls_session *s = SSL_get_app_data(ssl);

    if (s == NULL || s->resume == NULL) {
        return 0;
    }
    SSL_SESSION_free(s->resume->session);
    s->resume->session = session;
    return 1; // the reference is ours now
}

// What the certificate must be valid for. A name also goes out as SNI, an address does not.
static bool set_peer(SSL *ssl, const char *name)
{
    unsigned char address[16];
    X509_VERIFY_PARAM *param = SSL_get0_param(ssl);

    X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS |
                                               X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (inet_pton(AF_INET, name, address) == 1 || inet_pton(AF_INET6, name, address) == 1) {
        return X509_VERIFY_PARAM_set1_ip_asc(param, name) == 1;
    }
    return name[0] != '\0' && X509_VERIFY_PARAM_set1_host(param, name, 0) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

static bool set_side(struct tls_session *s, const char *name)
{
    if (name == NULL) {
        SSL_set_accept_state(s->ssl);
        return true;
    }
    SSL_set_connect_state(s->ssl);
    if (s->resume != NULL && s->resume->session != NULL) {
        (void)SSL_set_session(s->ssl, s->resume->session);
    }
    return set_peer(s->ssl, name);
}

enum aiu_status tls_session_new(struct tls *t, struct loop *l, const char *name,
                                struct tls_resume *resume, struct tls_session **ret_session)
{
    struct tls_session *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->tls = tls_ref(t);
    s->loop = l;
    s->resume = resume;
    s->reason = "";
    s->ssl = SSL_new(t->ctx);
    BIO *bio = BIO_new(t->bio);
    if (s->ssl == NULL || bio == NULL) {
        BIO_free(bio);
        tls_session_free(s);
        return AIU_NO_MEMORY;
    }
    BIO_set_data(bio, s);
    BIO_set_init(bio, 1);
    SSL_set_bio(s->ssl, bio, bio);
    (void)SSL_set_app_data(s->ssl, s);
    if (!set_side(s, name)) {
        tls_session_free(s);
        return AIU_CONFIG_INVALID;
    }
    *ret_session = s;
    return AIU_OK;
}

void tls_session_free(struct tls_session *s)
{
    if (s == NULL) {
        return;
    }
    SSL_free(s->ssl);
    outq_clear(s->loop, &s->wire);
    tls_unref(s->tls);
    mem_free(s);
}

// --- use --------------------------------------------------------------------------------------

static void note_reason(struct tls_session *s)
{
    long verified = SSL_get_verify_result(s->ssl);
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    if (verified != X509_V_OK) {
        text = X509_verify_cert_error_string(verified);
    }
    s->reason = text == NULL ? "" : text;
    ERR_clear_error();
}

static enum tls_step after(struct tls_session *s, int result)
{
    switch (SSL_get_error(s->ssl, result)) {
    case SSL_ERROR_NONE:
        return TLS_DONE;
    case SSL_ERROR_WANT_READ:
        return TLS_WANT;
    case SSL_ERROR_ZERO_RETURN:
        return TLS_CLOSED;
    default:
        note_reason(s);
        return TLS_FAILED;
    }
}

static bool is_pinned(const struct tls *t, SSL *ssl)
{
    X509 *cert = SSL_get0_peer_certificate(ssl);
    uint8_t digest[TLS_PIN_SIZE];
    unsigned char *der = NULL;
    bool found = false;

    int n = cert == NULL ? -1 : i2d_X509_PUBKEY(X509_get_X509_PUBKEY(cert), &der);
    if (n > 0 && EVP_Digest(der, (size_t)n, digest, NULL, EVP_sha256(), NULL) == 1) {
        for (size_t i = 0; i < t->pin_count; i++) {
            found = found || memcmp(t->pins[i], digest, sizeof(digest)) == 0;
        }
    }
    OPENSSL_free(der);
    return found;
}

enum tls_step tls_session_handshake(struct tls_session *s)
{
    ERR_clear_error();
    enum tls_step step = after(s, SSL_do_handshake(s->ssl));

    if (step != TLS_DONE) {
        return step;
    }
    // A second lock on the same door: OpenSSL has ended the handshake already when this fails.
    if (!SSL_is_server(s->ssl) && SSL_get_verify_result(s->ssl) != X509_V_OK) {
        note_reason(s);
        return TLS_FAILED;
    }
    if (s->tls->pin_count > 0 && !is_pinned(s->tls, s->ssl)) {
        s->reason = "public key is not pinned";
        return TLS_FAILED;
    }
    return TLS_DONE;
}

enum tls_step tls_session_read(struct tls_session *s, uint8_t *out, size_t room, size_t *ret_n)
{
    ERR_clear_error();
    return after(s, SSL_read_ex(s->ssl, out, room, ret_n));
}

bool tls_session_write(struct tls_session *s, struct span plain)
{
    size_t written = 0;

    ERR_clear_error();
    if (plain.n == 0 || SSL_write_ex(s->ssl, plain.p, plain.n, &written) == 1) {
        return true;
    }
    note_reason(s);
    return false;
}

void tls_session_shutdown(struct tls_session *s)
{
    ERR_clear_error();
    if (SSL_is_init_finished(s->ssl) && (SSL_get_shutdown(s->ssl) & SSL_SENT_SHUTDOWN) == 0) {
        (void)SSL_shutdown(s->ssl);
        ERR_clear_error();
    }
}

bool tls_session_closed(const struct tls_session *s)
{
    return (SSL_get_shutdown(s->ssl) & SSL_RECEIVED_SHUTDOWN) != 0;
}
