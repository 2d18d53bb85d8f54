// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/listen.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "net/server.h"

enum { ADDRESS_MOST = 4700 };

static void address_text(const struct gateway *g, const struct config_address *a, uint16_t port,
                         char out[ADDRESS_MOST])
{
    if (a->kind == CONFIG_TCP) {
        bool v6 = span_find_byte(a->host, ':') < a->host.n;
        (void)snprintf(out, ADDRESS_MOST, v6 ? "[%.*s]:%u" : "%.*s:%u", (int)a->host.n,
                       (const char *)a->host.p, port);
    } else if (a->path.n > 0 && a->path.p[0] == '/') {
        (void)snprintf(out, ADDRESS_MOST, "unix:%.*s", (int)a->path.n, (const char *)a->path.p);
    } else {
        (void)snprintf(out, ADDRESS_MOST, "unix:%s/%.*s", g->state.path, (int)a->path.n,
                       (const char *)a->path.p);
    }
}

static enum aiu_status bind_one(const char *text, int *ret_fd)
{
    enum aiu_status st = server_bind(span_str(text), ret_fd);

    if (st == AIU_ADDRESS_IN_USE) {
        system_say("cannot listen on %s: the address is in use; stop the other program, or choose "
                   "another address with --listen or listen.data.address",
                   text);
    } else if (st != AIU_OK) {
        system_say("cannot listen on %s: %s", text, aiu_status_info(st)->text);
    }
    return st;
}

// "host:0" bound once says which port the others take.
static void with_port(const char *text, uint16_t port, char out[ADDRESS_MOST])
{
    const char *colon = strrchr(text, ':');

    (void)snprintf(out, ADDRESS_MOST, "%.*s:%u", (int)(colon - text), text, port);
}

static enum aiu_status bind_data(struct gateway *g, const char *text)
{
    char same[ADDRESS_MOST];

    TRY(bind_one(text, &g->data[0]));
    g->data_count = 1;
    g->is_unix = strncmp(text, "unix:", 5) == 0;
    if (g->is_unix) {
        (void)snprintf(g->address, sizeof(g->address), "%.400s", text);
        return AIU_OK;
    }
    uint16_t port = server_port(g->data[0]);
    with_port(text, port, same);
    for (; g->data_count < g->loops; g->data_count++) {
        TRY(bind_one(same, &g->data[g->data_count]));
    }
    (void)snprintf(g->address, sizeof(g->address), "%s://%.400s",
                   g->config->data.tls.on ? "https" : "http", same);
    return AIU_OK;
}

static void note_socket(struct gateway *g, size_t i, const char *text)
{
    if (strncmp(text, "unix:", 5) == 0) {
        (void)snprintf(g->sockets[i], sizeof(g->sockets[i]), "%.400s", text + 5);
    }
}

void listen_remove(const struct gateway *g)
{
    for (size_t i = 0; i < ARRAY_SIZE(g->sockets); i++) {
        if (g->sockets[i][0] != '\0') {
            (void)unlink(g->sockets[i]);
        }
    }
}

enum aiu_status listen_bind(struct gateway *g)
{
    char text[ADDRESS_MOST];

    address_text(g, &g->config->admin.address, g->config->admin.address.port, text);
    TRY(bind_one(text, &g->admin));
    note_socket(g, 0, text);
    if (g->options.listen != NULL) {
        (void)snprintf(text, sizeof(text), "%s", g->options.listen);
    } else {
        address_text(g, &g->config->data.address, g->config->data.address.port, text);
    }
    note_socket(g, 1, text);
    return bind_data(g, text);
}

// --- TLS --------------------------------------------------------------------------------------

static enum aiu_status read_pem(const struct gateway *g, const struct secret_source *source,
                                struct buf *b)
{
    CLEANUP(secret_done) struct secret *s = NULL;
    const struct span here = SPAN("tls:data");

    TRY(secret_load(source, g->env, &s));
    TRY(secret_bind_origin(s, here));
    return secret_append_for(s, here, b);
}

static enum aiu_status load_pem(const struct gateway *g, const char *name,
                                const struct config_source *from, struct buf *b)
{
    struct secret_source source = from->from;

    if (!from->given) {
        return AIU_OK;
    }
    source.raw = true;
    source.public = strcmp(name, "key") != 0;
    enum aiu_status st = read_pem(g, &source, b);
    if (st != AIU_OK) {
        system_say("listen.data.tls.%s: %s: %s", name, source.name, aiu_status_info(st)->text);
    }
    return st;
}

enum aiu_status listen_tls(const struct gateway *g, const struct config *config,
                           struct tls **ret_tls)
{
    const struct config_tls *t = &config->data.tls;
    CLEANUP(buf_wipe) struct buf certificate = BUF_OF(1 << 20);
    CLEANUP(buf_wipe) struct buf key = BUF_OF(1 << 20);
    CLEANUP(buf_wipe) struct buf client_ca = BUF_OF(1 << 20);

    *ret_tls = NULL;
    if (!t->on) {
        return AIU_OK;
    }
    TRY(load_pem(g, "certificate", &t->certificate, &certificate));
    TRY(load_pem(g, "key", &t->key, &key));
    TRY(load_pem(g, "client_ca", &t->client_ca, &client_ca));
    const struct tls_server_options o = {.certificate_pem = buf_span(&certificate),
                                         .key_pem = buf_span(&key),
                                         .client_ca_pem = buf_span(&client_ca)};
    enum aiu_status st = tls_new_server(&o, ret_tls);
    if (st != AIU_OK) {
        system_say("listen.data.tls: %s; all files must be PEM without a pass phrase, the key that "
                   "of the certificate, and of 2048 bits (RSA) or 224 (EC) at least",
                   aiu_status_info(st)->text);
    }
    return st;
}
