// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// TCP and TLS run on a loop of their own, for as long as a call takes; datagrams are plain sockets.
#include "net/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "net/resolve.h"
#include "net/stream.h"
#include "net/tls.h"

// A connection of a link; freed when it has closed.
struct line {
    struct stream stream;
    struct link *link;
};

enum { OUTPUT_HIGH = 1 << 20, RESOLVE_TTL_MS = 60000, TICK_MS = 100 };

struct link {
    struct link_options o;
    char *host, *ca_file;
    int datagram; // -1: none
    // TCP and TLS
    struct loop *loop;
    struct tls *tls;
    struct line *line; // NULL: not connected
    struct resolver resolver;
    struct deadline deadline, tick;
    struct resolve_wait resolving;
    bool done;          // what a call waits for has happened,
    enum aiu_status st; // and what it was
};

enum aiu_status link_new(const struct link_options *o, struct link **ret_link)
{
    struct link *l = mem_new(1, sizeof(*l));

    if (l == NULL) {
        return AIU_NO_MEMORY;
    }
    *l = (struct link){.o = *o, .datagram = -1};
    l->host = mem_dup(o->host, strlen(o->host));
    l->ca_file = o->ca_file == NULL ? NULL : mem_dup(o->ca_file, strlen(o->ca_file));
    if (l->host == NULL || (o->ca_file != NULL && l->ca_file == NULL)) {
        link_free(l);
        return AIU_NO_MEMORY;
    }
    *ret_link = l;
    return AIU_OK;
}

// --- datagrams --------------------------------------------------------------------------------

static enum aiu_status open_local(struct link *l)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(l->host) >= sizeof(address.sun_path)) {
        return AIU_FILE_INVALID;
    }
    memcpy(address.sun_path, l->host, strlen(l->host) + 1);
    l->datagram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (l->datagram < 0 ||
        connect(l->datagram, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return AIU_PROVIDER_UNREACHABLE;
    }
    return AIU_OK;
}

static enum aiu_status open_udp(struct link *l)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM};
    struct addrinfo *found = NULL;
    char port[8];

    (void)snprintf(port, sizeof(port), "%u", l->o.port);
    if (getaddrinfo(l->host, port, &hints, &found) != 0) {
        return AIU_PROVIDER_UNREACHABLE;
    }
    for (const struct addrinfo *a = found; a != NULL && l->datagram < 0; a = a->ai_next) {
        l->datagram = socket(a->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
        if (l->datagram >= 0 && connect(l->datagram, a->ai_addr, a->ai_addrlen) != 0) {
            (void)close(l->datagram);
            l->datagram = -1;
        }
    }
    freeaddrinfo(found);
    return l->datagram >= 0 ? AIU_OK : AIU_PROVIDER_UNREACHABLE;
}

static void close_datagram(struct link *l)
{
    if (l->datagram >= 0) {
        (void)close(l->datagram);
        l->datagram = -1;
    }
}

static enum aiu_status send_datagram(struct link *l, struct span bytes)
{
    if (l->datagram < 0) {
        enum aiu_status st = l->o.kind == LINK_UDP ? open_udp(l) : open_local(l);
        if (st != AIU_OK) {
            close_datagram(l);
            return st;
        }
    }
    ssize_t n = send(l->datagram, bytes.p, bytes.n, MSG_NOSIGNAL);
    if (n < 0 && errno == ECONNREFUSED && l->o.kind == LINK_UDP) {
        n = send(l->datagram, bytes.p, bytes.n, MSG_NOSIGNAL); // it was about the one before
    }
    if (n == (ssize_t)bytes.n) {
        return AIU_OK;
    }
    close_datagram(l);
    return AIU_NETWORK;
}

// --- streams ----------------------------------------------------------------------------------

static void finish(struct link *l, enum aiu_status st)
{
    l->st = st;
    l->done = true;
    loop_stop(l->loop);
}

static struct link *owner(struct stream *s)
{
    return CONTAINER_OF(s, struct line, stream)->link;
}

static void on_connected(struct stream *s)
{
    (void)s;
}

static void on_open(struct stream *s)
{
    finish(owner(s), AIU_OK);
}

static void on_bytes(struct stream *s, struct span bytes)
{
    (void)s;
    (void)bytes;
}

static void lose(struct stream *s, enum aiu_status why)
{
    finish(owner(s), why);
    stream_close(s, STREAM_CLOSE);
}

static void on_end(struct stream *s, bool whole)
{
    (void)whole;
    lose(s, AIU_NETWORK);
}

static void on_drained(struct stream *s)
{
    (void)s; // link_send looks itself
}

static void on_finished(struct stream *s)
{
    (void)s;
}

static void on_closed(struct stream *s)
{
    struct line *line = CONTAINER_OF(s, struct line, stream);

    line->link->line = NULL;
    mem_free(line);
}

static const struct stream_handler handler = {on_connected, on_open,    on_bytes,    on_end,
                                              lose,         on_drained, on_finished, on_closed};

static void on_late(struct deadline *d)
{
    struct link *l = CONTAINER_OF(d, struct link, deadline);

    finish(l, AIU_TIMEOUT);
    if (l->line != NULL) {
        stream_close(&l->line->stream, STREAM_RESET);
    }
}

// Whoever asks for the end is not kept waiting by a peer that hangs.
static void on_tick(struct deadline *d)
{
    struct link *l = CONTAINER_OF(d, struct link, tick);

    if (!atomic_load(l->o.stop)) {
        deadline_set(l->loop, d, TICK_MS, on_tick);
        return;
    }
    finish(l, AIU_CANCELLED);
    if (l->line != NULL) {
        stream_close(&l->line->stream, STREAM_RESET);
    }
}

// Close the line and wait until it is gone.
static void hang_up(struct link *l, enum stream_close how)
{
    if (l->line != NULL) {
        stream_close(&l->line->stream, how);
    }
    while (l->line != NULL) {
        loop_run_once(l->loop, true);
    }
}

// Let the loop run until something ends the wait.
static enum aiu_status wait_done(struct link *l)
{
    deadline_set(l->loop, &l->deadline, l->o.timeout_ms, on_late);
    while (!l->done) {
        loop_run(l->loop);
    }
    deadline_clear(l->loop, &l->deadline);
    if (l->st != AIU_OK) {
        hang_up(l, STREAM_CLOSE);
    }
    return l->st;
}

static void on_resolved(struct resolve_wait *w, enum aiu_status st)
{
    finish(CONTAINER_OF(w, struct link, resolving), st);
}

static enum aiu_status resolve(struct link *l)
{
    l->done = false;
    enum aiu_status st = resolver_get(&l->resolver, &l->resolving, on_resolved);
    if (st != AIU_BUSY) {
        return st;
    }
    st = wait_done(l);
    if (st == AIU_TIMEOUT) {
        resolver_cancel(&l->resolver, &l->resolving);
    }
    return st;
}

static enum aiu_status connect_to(struct link *l, const struct sockaddr *address)
{
    const struct stream_options o = {
        .handler = &handler, .high = OUTPUT_HIGH, .write_timeout_ms = l->o.timeout_ms};
    struct line *line = mem_new(1, sizeof(*line));

    if (line == NULL) {
        return AIU_NO_MEMORY;
    }
    struct stream *s = &line->stream;
    line->link = l;
    stream_init(s, l->loop, &o);
    l->line = line;
    l->done = false;
    enum aiu_status st = l->tls == NULL ? AIU_OK : stream_set_tls(s, l->tls, l->host, NULL);
    if (st == AIU_OK) {
        st = stream_connect_tcp(s, address);
    }
    if (st != AIU_OK) {
        hang_up(l, STREAM_CLOSE);
        return st;
    }
    return wait_done(l);
}

static enum aiu_status open_stream(struct link *l)
{
    enum aiu_status st = AIU_PROVIDER_UNREACHABLE;

    TRY(resolve(l));
    for (uint32_t i = 0; i < l->resolver.count; i++) {
        st = connect_to(l, resolver_address(&l->resolver, i));
        if (st == AIU_OK) {
            resolver_prefer(&l->resolver, i);
            return st;
        }
    }
    return st;
}

// A peer that closed while nobody looked is seen before anything is sent into the void.
static enum aiu_status fresh_line(struct link *l)
{
    if (l->line != NULL) {
        loop_run_once(l->loop, false);
    }
    if (l->line != NULL && stream_peer_gone(&l->line->stream)) {
        hang_up(l, STREAM_CLOSE);
    }
    return l->line == NULL ? open_stream(l) : AIU_OK;
}

// In parts below the high mark, each of which is waited for.
static enum aiu_status send_all(struct link *l, struct span bytes)
{
    TRY(fresh_line(l));
    while (bytes.n > 0) {
        struct span part = span_first(bytes, OUTPUT_HIGH);
        stream_send(&l->line->stream, part);
        loop_run_once(l->loop, false);
        while (l->line != NULL && stream_waiting(&l->line->stream) > 0) {
            loop_run_once(l->loop, true);
        }
        if (l->line == NULL) {
            return l->st == AIU_OK ? AIU_NETWORK : l->st;
        }
        bytes = span_drop_first(bytes, part.n);
    }
    return AIU_OK;
}

static enum aiu_status make_loop(struct link *l)
{
    const struct tls_client_options trust = {.ca_file = l->ca_file};

    if (l->loop == NULL) {
        TRY(loop_new(NULL, &l->loop));
        resolver_init(&l->resolver, l->loop, l->host, l->o.port, RESOLVE_TTL_MS);
    }
    // Never without: where the certificates cannot be read now, they are asked for again.
    return l->o.kind == LINK_TLS && l->tls == NULL ? tls_new_client(&trust, &l->tls) : AIU_OK;
}

static enum aiu_status send_stream(struct link *l, struct span bytes)
{
    TRY(make_loop(l));
    if (l->o.stop != NULL) {
        deadline_set(l->loop, &l->tick, TICK_MS, on_tick);
    }
    enum aiu_status st = send_all(l, bytes);
    deadline_clear(l->loop, &l->tick);
    return st;
}

enum aiu_status link_send(struct link *l, struct span bytes)
{
    switch (l->o.kind) {
    case LINK_UDP:
    case LINK_LOCAL:
        return send_datagram(l, bytes);
    case LINK_TCP:
    case LINK_TLS:
        break;
    }
    return send_stream(l, bytes);
}

void link_free(struct link *l)
{
    if (l == NULL) {
        return;
    }
    close_datagram(l);
    hang_up(l, STREAM_CLOSE);
    if (l->loop != NULL) {
        resolver_done(&l->resolver);
        loop_free(l->loop);
    }
    tls_unref(l->tls);
    mem_free(l->host);
    mem_free(l->ca_file);
    mem_free(l);
}
