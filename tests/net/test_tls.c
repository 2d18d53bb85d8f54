// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Servers that a client must not talk to (S19), played by OpenSSL in a thread, and our own server
// with our own client.
#include "net/tls.h"

#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>

#include "caller.h"
#include "certificates.h"
#include "site.h"

static struct identity ca, other_ca, good, bad_name, only_common_name, expired, not_yet,
    self_signed, wrong_ca, by_leaf, address, wildcard, client_good, client_bad;

static int make_identities(void **state)
{
    (void)state;
    const struct identity_options root = {"test root", NULL, NULL, true, -60, one_day_s};
    const struct identity_options other = {"other root", NULL, NULL, true, -60, one_day_s};

    (void)signal(SIGPIPE, SIG_IGN); // OpenSSL's own sockets, in the played server
    identity_make(&ca, &root);
    identity_make(&other_ca, &other);
    const struct {
        struct identity *identity;
        struct identity_options options;
    } leaves[] = {
        {&good, {"x", "DNS:localhost", &ca, false, -60, one_day_s}},
        {&bad_name, {"localhost", "DNS:other.example", &ca, false, -60, one_day_s}},
        {&only_common_name, {"localhost", NULL, &ca, false, -60, one_day_s}},
        {&expired, {"x", "DNS:localhost", &ca, false, -2 * one_day_s, -one_day_s}},
        {&not_yet, {"x", "DNS:localhost", &ca, false, one_day_s, 2 * one_day_s}},
        {&self_signed, {"x", "DNS:localhost", NULL, false, -60, one_day_s}},
        {&wrong_ca, {"x", "DNS:localhost", &other_ca, false, -60, one_day_s}},
        {&by_leaf, {"y", "DNS:localhost", &good, false, -60, one_day_s}},
        {&address, {"x", "IP:127.0.0.1", &ca, false, -60, one_day_s}},
        {&wildcard, {"x", "DNS:*.example.test", &ca, false, -60, one_day_s}},
        {&client_good, {"client", NULL, &ca, false, -60, one_day_s}},
        {&client_bad, {"client", NULL, &other_ca, false, -60, one_day_s}},
    };
    for (size_t i = 0; i < ARRAY_SIZE(leaves); i++) {
        identity_make(leaves[i].identity, &leaves[i].options);
    }
    return 0;
}

// --- the played server ------------------------------------------------------------------------

enum manner { POLITE, TRUNCATES, SILENT, OTHER_PROTOCOL };

struct played {
    pthread_t thread;
    const struct identity *identity;
    int listener, max_version;
    enum manner manner;
    uint16_t port;
    atomic_bool got_request, stop;
};

static int choose_other(SSL *ssl, const unsigned char **out, unsigned char *n,
                        const unsigned char *in, unsigned int in_n, void *ctx)
{
    (void)ssl;
    (void)in;
    (void)in_n;
    (void)ctx;
    *out = (const unsigned char *)"h2";
    *n = 2;
    return SSL_TLSEXT_ERR_OK;
}

static void talk(struct played *p, SSL *ssl)
{
    static const char length[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    static const char until_close[] = "HTTP/1.1 200 OK\r\n\r\nok";
    char request[1024];

    if (SSL_accept(ssl) != 1 || SSL_read(ssl, request, sizeof(request)) <= 0) {
        return;
    }
    atomic_store(&p->got_request, true);
    if (p->manner == TRUNCATES) {
        (void)SSL_write(ssl, until_close, sizeof(until_close) - 1);
        return; // closed without the alert
    }
    (void)SSL_write(ssl, length, sizeof(length) - 1);
    while (SSL_read(ssl, request, sizeof(request)) > 0) {
        (void)SSL_write(ssl, length, sizeof(length) - 1);
    }
}

static void *play(void *ctx)
{
    struct played *p = ctx;
    SSL_CTX *tls = SSL_CTX_new(TLS_server_method());

    SSL_CTX_set_security_level(tls, 0); // TLS 1.0 and 1.1 need it
    (void)SSL_CTX_set_min_proto_version(tls, TLS1_VERSION);
    (void)SSL_CTX_set_max_proto_version(tls, p->max_version);
    (void)SSL_CTX_use_certificate(tls, p->identity->cert);
    (void)SSL_CTX_use_PrivateKey(tls, p->identity->key);
    if (p->identity == &by_leaf) {
        (void)SSL_CTX_add1_chain_cert(tls, good.cert);
    }
    if (p->manner == OTHER_PROTOCOL) {
        SSL_CTX_set_alpn_select_cb(tls, choose_other, NULL);
    }
    for (;;) {
        int fd = accept(p->listener, NULL, NULL);
        if (fd < 0 || atomic_load(&p->stop)) {
            (void)close(fd);
            break;
        }
        if (p->manner == SILENT) {
            char byte[512];
            while (recv(fd, byte, sizeof(byte), 0) > 0) {
            }
        } else {
            SSL *ssl = SSL_new(tls);
            (void)SSL_set_fd(ssl, fd);
            talk(p, ssl);
            SSL_free(ssl);
        }
        (void)close(fd);
    }
    SSL_CTX_free(tls);
    return NULL;
}

static void played_start(struct played *p)
{
    atomic_store(&p->stop, false);
    atomic_store(&p->got_request, false);
    assert_ok(server_bind(SPAN_OF("127.0.0.1:0"), &p->listener));
    (void)fcntl(p->listener, F_SETFL, 0);
    assert_int_equal(listen(p->listener, 16), 0);
    p->port = server_port(p->listener);
    assert_int_equal(pthread_create(&p->thread, NULL, play, p), 0);
}

static void played_stop(struct played *p)
{
    atomic_store(&p->stop, true);
    int fd = connect_port(p->port);
    (void)pthread_join(p->thread, NULL);
    (void)close(fd);
    (void)close(p->listener);
}

static struct tls *client_tls(const char *trusted)
{
    const struct tls_client_options o = {.ca_pem = span_str(trusted)};
    struct tls *t = NULL;

    assert_ok(tls_new_client(&o, &t));
    return t;
}

// One call to a played server; the caller's counters tell what became of it.
static void call_played(struct played *p, struct tls *t, const char *name, struct caller *c)
{
    struct client_pool_options o = client_default_options();
    static const struct client_timeouts timeouts = {3000, 300, 3000, 3000, 5000};

    played_start(p);
    o.host = "127.0.0.1";
    o.port = p->port;
    o.tls = t;
    o.tls_name = name;
    caller_open(c, &o);
    caller_start(c, &timeouts);
    wait_until(c->loop, c->call == NULL);
    caller_close(c);
    played_stop(p);
}

// --- S19 --------------------------------------------------------------------------------------

static const struct {
    const struct identity *identity;
    int max_version;
    enum manner manner;
    const char *name;
    const char *reason; // NULL: the call succeeds
} servers[] = {
    {&good, TLS1_3_VERSION, POLITE, "localhost", NULL},
    {&good, TLS1_2_VERSION, POLITE, "localhost", NULL},
    {&address, TLS1_3_VERSION, POLITE, "127.0.0.1", NULL},
    {&wildcard, TLS1_3_VERSION, POLITE, "api.example.test", NULL},
    {&wildcard, TLS1_3_VERSION, POLITE, "a.b.example.test", "hostname mismatch"},
    {&good, TLS1_3_VERSION, POLITE, "127.0.0.1", "IP address mismatch"},
    {&bad_name, TLS1_3_VERSION, POLITE, "localhost", "hostname mismatch"},
    {&bad_name, TLS1_2_VERSION, POLITE, "localhost", "hostname mismatch"},
    {&only_common_name, TLS1_3_VERSION, POLITE, "localhost", "hostname mismatch"},
    {&expired, TLS1_3_VERSION, POLITE, "localhost", "certificate has expired"},
    {&not_yet, TLS1_3_VERSION, POLITE, "localhost", "certificate is not yet valid"},
    {&self_signed, TLS1_3_VERSION, POLITE, "localhost", "self-signed certificate"},
    {&wrong_ca, TLS1_3_VERSION, POLITE, "localhost", "unable to get local issuer certificate"},
    {&by_leaf, TLS1_3_VERSION, POLITE, "localhost", "invalid CA certificate"},
    {&good, TLS1_1_VERSION, POLITE, "localhost", ""},
    {&good, TLS1_VERSION, POLITE, "localhost", ""},
    {&good, TLS1_3_VERSION, OTHER_PROTOCOL, "localhost", ""},
};

static void try_all_servers(void)
{
    struct tls *t = client_tls(ca.cert_pem);

    for (size_t i = 0; i < ARRAY_SIZE(servers); i++) {
        struct played p = {.identity = servers[i].identity,
                           .max_version = servers[i].max_version,
                           .manner = servers[i].manner};
        struct caller c;
        call_played(&p, t, servers[i].name, &c);
        if (servers[i].reason == NULL) {
            assert_int_equal(c.ends, 1);
            continue;
        }
        assert_int_equal(c.ends, 0);
        assert_status(c.why, AIU_PROVIDER_TLS);
        assert_false(atomic_load(&p.got_request)); // not a byte of the request went out
        assert_false(c.facts.sent);
        if (servers[i].reason[0] != '\0') {
            assert_string_equal(c.reason, servers[i].reason);
        }
    }
    tls_unref(t);
}

static void servers_with_bad_certificates_are_refused(void **state)
{
    (void)state;
    try_all_servers();
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

// Every variable and file by which OpenSSL and its users are commonly told to trust more. They must
// be there before OpenSSL starts, so the same program runs again as a child that has them.
static const char *const zeros[] = {"SSL_VERIFY", "NODE_TLS_REJECT_UNAUTHORIZED",
                                    "PYTHONHTTPSVERIFY", "GIT_SSL_VERIFY", "CURL_SSL_VERIFY"};
static const char lax_config[] =
    "openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\n"
    "MinProtocol = TLSv1\nCipherString = ALL:@SECLEVEL=0\n"
    "VerifyMode = Request\nOptions = UnsafeLegacyRenegotiation\n";

static void no_environment_variable_makes_a_bad_certificate_good(void **state)
{
    (void)state;
    const char *folder = test_new_folder();
    char trusted[128], config[128], command[160];

    (void)snprintf(trusted, sizeof(trusted), "%s/all.pem", folder);
    (void)snprintf(config, sizeof(config), "%s/openssl.cnf", folder);
    (void)snprintf(command, sizeof(command), "/proc/%ld/exe child", (long)getpid());
    write_file(config, lax_config);
    (void)setenv("SSL_CERT_FILE", trusted, 1);
    (void)setenv("SSL_CERT_DIR", folder, 1);
    (void)setenv("CURL_CA_BUNDLE", trusted, 1);
    (void)setenv("REQUESTS_CA_BUNDLE", trusted, 1);
    (void)setenv("OPENSSL_CONF", config, 1);
    for (size_t i = 0; i < ARRAY_SIZE(zeros); i++) {
        (void)setenv(zeros[i], "0", 1);
    }
    int status = system(command); // NOLINT(cert-env33-c): a path of ours
    (void)unsetenv("SSL_CERT_FILE");
    (void)unsetenv("SSL_CERT_DIR");
    (void)unsetenv("OPENSSL_CONF");
    test_remove_folder(folder);
    assert_int_equal(status, 0);
}

static void in_the_child_nothing_is_trusted_that_was_not_before(void **state)
{
    (void)state;
    const struct tls_client_options system_trust = {.ca_file = NULL};
    const struct identity *const all[] = {&ca, &other_ca, &self_signed, &wrong_ca};
    FILE *f = fopen(getenv("SSL_CERT_FILE"), "we"); // NOLINT(concurrency-mt-unsafe)
    struct tls *t = NULL;

    assert_non_null(f);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        (void)fputs(all[i]->cert_pem, f);
    }
    (void)fclose(f);
    try_all_servers();
    // The system's store, and not what the variable says it is.
    if (tls_new_client(&system_trust, &t) == AIU_OK) {
        struct played p = {.identity = &good, .max_version = TLS1_3_VERSION};
        struct caller c;
        call_played(&p, t, "localhost", &c);
        assert_status(c.why, AIU_PROVIDER_TLS);
        tls_unref(t);
    }
}

static void trust_can_come_from_a_file(void **state)
{
    (void)state;
    const char *folder = test_new_folder();
    char path[128];
    struct played p = {.identity = &good, .max_version = TLS1_3_VERSION};
    struct tls *t = NULL;
    struct caller c;

    (void)snprintf(path, sizeof(path), "%s/ca.pem", folder);
    const struct tls_client_options o = {.ca_file = path};
    assert_status(tls_new_client(&o, &t), AIU_CONFIG_INVALID);
    write_file(path, "no certificate\n");
    assert_status(tls_new_client(&o, &t), AIU_CONFIG_INVALID);
    write_file(path, ca.cert_pem);
    assert_ok(tls_new_client(&o, &t));
    call_played(&p, t, "localhost", &c);
    assert_int_equal(c.ends, 1);
    tls_unref(t);
    test_remove_folder(folder);
}

static void a_pin_is_asked_for_on_top_of_the_chain(void **state)
{
    (void)state;
    uint8_t pins[2][TLS_PIN_SIZE] = {{0}};
    unsigned char *der = NULL;

    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(good.cert), &der);
    assert_true(n > 0);
    (void)EVP_Digest(der, (size_t)n, pins[1], NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    for (size_t count = 1; count <= 2; count++) {
        const struct tls_client_options o = {.ca_pem = span_str(ca.cert_pem),
                                             .pins = (const uint8_t(*)[TLS_PIN_SIZE])pins,
                                             .pin_count = count};
        struct played p = {.identity = &good, .max_version = TLS1_3_VERSION};
        struct tls *t = NULL;
        struct caller c;
        assert_ok(tls_new_client(&o, &t));
        call_played(&p, t, "localhost", &c);
        assert_int_equal(c.ends, count == 2 ? 1 : 0);
        assert_false(atomic_load(&p.got_request) && count == 1);
        tls_unref(t);
    }
}

// Whoever sits in between can send a FIN, but not TLS's closing alert.
static void a_body_cut_off_without_the_closing_alert_is_not_whole(void **state)
{
    (void)state;
    struct tls *t = client_tls(ca.cert_pem);
    struct played p = {.identity = &good, .max_version = TLS1_3_VERSION, .manner = TRUNCATES};
    struct caller c;

    call_played(&p, t, "localhost", &c);
    assert_int_equal(c.ends, 0);
    assert_int_equal(c.why, AIU_NETWORK);
    tls_unref(t);
}

// S21
static void a_handshake_that_does_not_come_times_out(void **state)
{
    (void)state;
    struct tls *t = client_tls(ca.cert_pem);
    struct played p = {.identity = &good, .max_version = TLS1_3_VERSION, .manner = SILENT};
    struct caller c;

    uint64_t start_ms = now_ms();
    call_played(&p, t, "localhost", &c);
    assert_int_equal(c.why, AIU_PROVIDER_TIMEOUT);
    assert_true(now_ms() - start_ms >= 300 && now_ms() - start_ms < 2000);
    tls_unref(t);
}

// --- our server -------------------------------------------------------------------------------

static struct tls *server_tls(const struct identity *i, const char *client_ca)
{
    const struct tls_server_options o = {.certificate_pem = span_str(i->cert_pem),
                                         .key_pem = span_str(i->key_pem),
                                         .client_ca_pem = span_str(client_ca)};
    struct tls *t = NULL;

    assert_ok(tls_new_server(&o, &t));
    return t;
}

static void site_open_tls(struct site *s, struct tls *t)
{
    struct server_options o = site_options();

    o.tls = t;
    o.tls_timeout_ms = 300;
    site_open(s, o, NULL);
    tls_unref(t);
}

// A caller on the site's own loop.
static void caller_of(struct caller *c, struct site *s, struct tls *t)
{
    struct client_pool_options o = client_default_options();

    *c = (struct caller){.loop = s->loop, .request = "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"};
    buf_init(&c->body, 1U << 20);
    o.host = "127.0.0.1";
    o.port = s->port;
    o.tls = t;
    o.tls_name = "localhost";
    o.limits.body = 128U << 20;
    assert_ok(client_pool_new(s->loop, &o, &c->pool));
    tls_unref(t);
}

static void caller_leave(struct caller *c)
{
    client_pool_free(c->pool);
    buf_wipe(&c->body);
}

static void our_server_and_our_client_understand_each_other(void **state)
{
    (void)state;
    struct site s;
    struct caller c;

    site_open_tls(&s, server_tls(&good, NULL));
    caller_of(&c, &s, client_tls(ca.cert_pem));
    for (size_t i = 1; i <= 5; i++) {
        caller_start(&c, &patient);
        wait_until(s.loop, c.ends == i);
        assert_span("body", buf_span(&c.body), SPAN_OF("now"));
        assert_int_equal(c.facts.reused, i > 1);
        assert_int_equal(client_pool_idle(c.pool), 1);
    }
    caller_leave(&c);
    wait_until(s.loop, server_connections(s.server) == 0);
    assert_int_equal(s.aborts, 0);
    site_close(&s);
}

// Each call a connection of its own: from the second on the handshake is a resumed one.
static void resumed_handshakes_still_look_at_the_pin(void **state)
{
    (void)state;
    uint8_t pin[1][TLS_PIN_SIZE];
    unsigned char *der = NULL;
    struct client_pool_options o = client_default_options();
    struct tls *t = NULL;
    struct site s;
    struct caller c = {.request = "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"};

    int n = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(good.cert), &der);
    (void)EVP_Digest(der, (size_t)n, pin[0], NULL, EVP_sha256(), NULL);
    OPENSSL_free(der);
    const struct tls_client_options trust = {.ca_pem = span_str(ca.cert_pem),
                                             .pins = (const uint8_t(*)[TLS_PIN_SIZE])pin,
                                             .pin_count = 1};
    assert_ok(tls_new_client(&trust, &t));
    site_open_tls(&s, server_tls(&good, NULL));
    buf_init(&c.body, 100);
    c.loop = s.loop;
    o.host = "127.0.0.1";
    o.port = s.port;
    o.tls = t;
    o.tls_name = "localhost";
    o.max_idle = 0;
    assert_ok(client_pool_new(s.loop, &o, &c.pool));
    tls_unref(t);
    for (size_t i = 1; i <= 4; i++) {
        caller_start(&c, &patient);
        wait_until(s.loop, c.ends == i);
        assert_false(c.facts.reused);
    }
    caller_leave(&c);
    site_close(&s);
}

static void large_answers_pass_through_tls_whole_and_with_flat_memory(void **state)
{
    (void)state;
    enum { TOTAL = 64 << 20 };
    struct site s;
    struct caller c;

    site_open_tls(&s, server_tls(&good, NULL));
    caller_of(&c, &s, client_tls(ca.cert_pem));
    c.request = "GET /pour HTTP/1.1\r\nHost: a\r\n\r\n";
    c.pause_at_head = true;
    s.pour_left = TOTAL;
    caller_start(&c, &patient);
    wait_until(s.loop, c.heads == 1);
    settle(s.loop);
    assert_true(s.pour_left > TOTAL / 2);
    assert_true(s.most_waiting <= 3 * 65536);
    client_resume(c.call);
    wait_until(s.loop, c.ends == 1);
    assert_int_equal(c.body_bytes, TOTAL);
    assert_true(s.most_waiting <= 3 * 65536);
    caller_leave(&c);
    site_close(&s);
}

static void an_answer_broken_off_inside_tls_is_noticed(void **state)
{
    (void)state;
    struct site s;
    struct caller c;

    site_open_tls(&s, server_tls(&good, NULL));
    caller_of(&c, &s, client_tls(ca.cert_pem));
    c.request = "GET /break HTTP/1.1\r\nHost: a\r\n\r\n";
    caller_start(&c, &patient);
    wait_until(s.loop, c.fails == 1);
    assert_int_equal(c.why, AIU_NETWORK);
    assert_int_equal(c.heads, 1);
    caller_leave(&c);
    site_close(&s);
}

static void a_client_needs_the_certificate_that_is_asked_for(void **state)
{
    (void)state;
    static const struct {
        const struct identity *identity;
        bool welcome;
    } clients[] = {{&client_good, true}, {&client_bad, false}, {NULL, false}};
    struct site s;

    site_open_tls(&s, server_tls(&good, ca.cert_pem));
    for (size_t i = 0; i < ARRAY_SIZE(clients); i++) {
        struct tls_client_options o = {.ca_pem = span_str(ca.cert_pem)};
        struct tls *t = NULL;
        struct caller c;
        if (clients[i].identity != NULL) {
            o.certificate_pem = span_str(clients[i].identity->cert_pem);
            o.key_pem = span_str(clients[i].identity->key_pem);
        }
        assert_ok(tls_new_client(&o, &t));
        caller_of(&c, &s, t);
        size_t requests = s.requests;
        caller_start(&c, &patient);
        wait_until(s.loop, c.call == NULL);
        assert_int_equal(c.ends, clients[i].welcome ? 1 : 0);
        assert_int_equal(s.requests - requests, clients[i].welcome ? 1 : 0);
        caller_leave(&c);
    }
    site_close(&s);
}

static void clients_that_do_not_shake_hands_are_closed_in_time(void **state)
{
    (void)state;
    CLEANUP(got_done) struct got silent = {0}, plain = {0};
    struct site s;

    site_open_tls(&s, server_tls(&good, NULL));
    int fd = connect_port(s.port);
    take_to_end(s.loop, fd, &silent);
    assert_int_equal(silent.bytes.n, 0);
    (void)close(fd);
    fd = connect_port(s.port);
    put_str(fd, "GET /now HTTP/1.1\r\nHost: a\r\n\r\n");
    take_to_end(s.loop, fd, &plain);
    assert_false(has(&plain, "HTTP"));
    (void)close(fd);
    wait_until(s.loop, server_connections(s.server) == 0);
    assert_int_equal(s.requests + s.aborts + s.bad, 0);
    site_close(&s);
}

static void keys_and_certificates_must_fit(void **state)
{
    (void)state;
    const struct span cert = span_str(good.cert_pem), key = span_str(good.key_pem);
    const struct {
        struct tls_server_options options;
        enum aiu_status wanted;
    } cases[] = {
        {{.certificate_pem = cert, .key_pem = span_str(address.key_pem)}, AIU_CONFIG_BAD_KEY},
        {{.certificate_pem = cert}, AIU_CONFIG_BAD_KEY},
        {{.certificate_pem = cert, .key_pem = SPAN("nonsense")}, AIU_CONFIG_BAD_KEY},
        {{.certificate_pem = key, .key_pem = key}, AIU_CONFIG_INVALID},
        {{.certificate_pem = cert, .key_pem = key, .client_ca_pem = SPAN("nonsense")},
         AIU_CONFIG_INVALID},
    };
    size_t before = mem_in_use();

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct tls *t = NULL;
        assert_status(tls_new_server(&cases[i].options, &t), cases[i].wanted);
    }
    assert_int_equal(mem_in_use(), before);
}

static int free_identities(void **state)
{
    (void)state;
    struct identity *const all[] = {
        &ca,      &other_ca, &good,        &bad_name,    &only_common_name, &expired,  &not_yet,
        &by_leaf, &address,  &self_signed, &client_good, &wrong_ca,         &wildcard, &client_bad};

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        identity_free(all[i]);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest child[] = {
        cmocka_unit_test(in_the_child_nothing_is_trusted_that_was_not_before),
    };
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(servers_with_bad_certificates_are_refused),
        cmocka_unit_test(no_environment_variable_makes_a_bad_certificate_good),
        cmocka_unit_test(trust_can_come_from_a_file),
        cmocka_unit_test(a_pin_is_asked_for_on_top_of_the_chain),
        cmocka_unit_test(a_body_cut_off_without_the_closing_alert_is_not_whole),
        cmocka_unit_test(a_handshake_that_does_not_come_times_out),
        cmocka_unit_test(our_server_and_our_client_understand_each_other),
        cmocka_unit_test(resumed_handshakes_still_look_at_the_pin),
        cmocka_unit_test(large_answers_pass_through_tls_whole_and_with_flat_memory),
        cmocka_unit_test(an_answer_broken_off_inside_tls_is_noticed),
        cmocka_unit_test(a_client_needs_the_certificate_that_is_asked_for),
        cmocka_unit_test(clients_that_do_not_shake_hands_are_closed_in_time),
        cmocka_unit_test(keys_and_certificates_must_fit),
    };
    if (argc > 1 && strcmp(argv[1], "child") == 0) {
        return cmocka_run_group_tests(child, make_identities, free_identities);
    }
    return cmocka_run_group_tests(tests, make_identities, free_identities);
}
