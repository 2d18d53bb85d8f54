// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Certificates made for one test run, good ones and bad ones.
#pragma once

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "net_test.h"

struct identity {
    EVP_PKEY *key;
    X509 *cert;
    char cert_pem[4096], key_pem[4096];
};

struct identity_options {
    const char *common_name;
    const char *names;             // subjectAltName; NULL: none
    const struct identity *issuer; // NULL: itself
    bool is_ca;
    long from_s, until_s; // relative to now
};

static inline void add_extension(X509 *cert, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    assert_non_null(e);
    assert_int_equal(X509_add_ext(cert, e, -1), 1);
    X509_EXTENSION_free(e);
}

static inline void to_pem(BIO *bio, char *out, size_t room)
{
    int n = BIO_read(bio, out, (int)room - 1);

    assert_true(n > 0);
    out[n] = '\0';
    BIO_free(bio);
}

static inline void identity_make(struct identity *i, const struct identity_options *o)
{
    static long serial = 1;
    const struct identity *issuer = o->issuer == NULL ? i : o->issuer;

    i->key = EVP_EC_gen("P-256");
    i->cert = X509_new();
    assert_non_null(i->key);
    assert_non_null(i->cert);
    (void)X509_set_version(i->cert, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(i->cert), serial++);
    (void)X509_gmtime_adj(X509_getm_notBefore(i->cert), o->from_s);
    (void)X509_gmtime_adj(X509_getm_notAfter(i->cert), o->until_s);
    (void)X509_set_pubkey(i->cert, i->key);
    X509_NAME *name = X509_get_subject_name(i->cert);
    (void)X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                                     (const unsigned char *)o->common_name, -1, -1, 0);
    (void)X509_set_issuer_name(i->cert, X509_get_subject_name(issuer->cert));
    add_extension(i->cert, NID_basic_constraints, o->is_ca ? "critical,CA:TRUE" : "CA:FALSE");
    if (o->names != NULL) {
        add_extension(i->cert, NID_subject_alt_name, o->names);
    }
    assert_true(X509_sign(i->cert, issuer->key, EVP_sha256()) > 0);

    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_X509(bio, i->cert), 1);
    to_pem(bio, i->cert_pem, sizeof(i->cert_pem));
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PrivateKey(bio, i->key, NULL, NULL, 0, NULL, NULL), 1);
    to_pem(bio, i->key_pem, sizeof(i->key_pem));
}

static inline void identity_free(struct identity *i)
{
    EVP_PKEY_free(i->key);
    X509_free(i->cert);
}

static const long one_day_s = 86400;
