// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Listeners and the life of a server. When file descriptors are used up, libuv gives up its spare
// one to accept and close, so that clients see an end and not a silence; the limit of connections
// is meant to be reached first and answers 503.
#include "net/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/num.h"
#include "net/server_private.h"

enum { BACKLOG = 4096, ACCEPT_RETRY_MS = 200 };

struct server_options server_default_options(void)
{
    return (struct server_options){
        .limits = http1_default_limits,
        .max_connections = 10000,
        .header_timeout_ms = 10000,
        .body_timeout_ms = 30000,
        .body_rate = 512,
        .keep_alive_ms = 75000,
        .write_timeout_ms = 30000,
        .tls_timeout_ms = 5000,
        .output_high = 65536,
    };
}

enum aiu_status server_new(struct loop *l, const struct server_options *o,
                           struct server **ret_server)
{
    struct server *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->loop = l;
    s->options = *o;
    if (s->options.max_connections == 0) {
        s->options.max_connections = 10000;
    }
    if (s->options.tls != NULL) {
        (void)tls_ref(s->options.tls);
    }
    *ret_server = s;
    return AIU_OK;
}

void server_set_tls(struct server *s, struct tls *tls)
{
    struct tls *before = s->options.tls;

    s->options.tls = tls == NULL ? NULL : tls_ref(tls);
    tls_unref(before);
}

// --- addresses --------------------------------------------------------------------------------

struct bind_address {
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
        struct sockaddr_un local;
    } u;
    socklen_t n;
};

static bool parse_host(struct span host, uint16_t port, struct bind_address *ret)
{
    char text[INET6_ADDRSTRLEN];
    bool v6 = host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']';
    struct span bare = v6 ? span_drop_last(span_drop_first(host, 1), 1) : host;

    if (bare.n >= sizeof(text)) {
        return false;
    }
    memcpy(text, bare.p, bare.n);
    text[bare.n] = '\0';
    if (v6) {
        ret->u.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_port = htons(port)};
        ret->n = sizeof(ret->u.v6);
        return inet_pton(AF_INET6, text, &ret->u.v6.sin6_addr) == 1;
    }
    ret->u.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    ret->n = sizeof(ret->u.v4);
    return inet_pton(AF_INET, text, &ret->u.v4.sin_addr) == 1;
}

static enum aiu_status parse_address(struct span text, struct bind_address *ret)
{
    uint64_t port = 0;
    size_t colon = text.n;

    if (span_starts_with(text, SPAN_OF("unix:"))) {
        struct span path = span_drop_first(text, 5);
        if (path.n == 0 || path.n >= sizeof(ret->u.local.sun_path)) {
            return AIU_URL_INVALID;
        }
        ret->u.local = (struct sockaddr_un){.sun_family = AF_UNIX};
        memcpy(ret->u.local.sun_path, path.p, path.n);
        ret->n = sizeof(ret->u.local);
        return AIU_OK;
    }
    while (colon > 0 && text.p[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0 || num_parse_u64(span_drop_first(text, colon), UINT16_MAX, &port) != AIU_OK ||
        !parse_host(span_first(text, colon - 1), (uint16_t)port, ret)) {
        return AIU_URL_INVALID;
    }
    return AIU_OK;
}

static enum aiu_status status_of_errno(int error)
{
    switch (error) {
    case EADDRINUSE:
        return AIU_ADDRESS_IN_USE;
    case EACCES:
    case EPERM:
        return AIU_FORBIDDEN;
    default:
        return AIU_IO;
    }
}

// A socket file whose owner died would make every restart fail: remove it, unless somebody answers.
static void remove_dead_socket(const struct bind_address *a)
{
    struct stat st;

    if (lstat(a->u.local.sun_path, &st) != 0 || !S_ISSOCK(st.st_mode)) {
        return;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return;
    }
    if (connect(fd, &a->u.any, a->n) != 0 && errno == ECONNREFUSED) {
        (void)unlink(a->u.local.sun_path);
    }
    (void)close(fd);
}

enum aiu_status server_bind(struct span address, int *ret_fd)
{
    struct bind_address a = {.n = 0};
    int on = 1;

    TRY(parse_address(address, &a));
    int fd = socket(a.u.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return AIU_IO;
    }
    if (a.u.any.sa_family == AF_UNIX) {
        remove_dead_socket(&a);
    } else {
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
    }
    if (a.u.any.sa_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
    }
    if (bind(fd, &a.u.any, a.n) != 0) {
        enum aiu_status st = status_of_errno(errno);
        (void)close(fd);
        return st;
    }
    *ret_fd = fd;
    return AIU_OK;
}

uint16_t server_port(int fd)
{
    struct bind_address a = {.n = sizeof(a.u)};

    if (getsockname(fd, &a.u.any, &a.n) != 0) {
        return 0;
    }
    switch (a.u.any.sa_family) {
    case AF_INET:
        return ntohs(a.u.v4.sin_port);
    case AF_INET6:
        return ntohs(a.u.v6.sin6_port);
    default:
        return 0;
    }
}

// --- listeners --------------------------------------------------------------------------------

static void retry_accept(struct deadline *d)
{
    struct server_listener *listener = CONTAINER_OF(d, struct server_listener, retry);

    if (server_conn_accept(listener->server, listener) == AIU_NO_MEMORY) {
        deadline_set(listener->server->loop, d, ACCEPT_RETRY_MS, retry_accept);
    }
}

static void on_connection(uv_stream_t *handle, int status)
{
    struct server_listener *listener = handle->data;

    if (status == 0 && server_conn_accept(listener->server, listener) == AIU_NO_MEMORY) {
        // libuv hands out no further connection before this one is taken: that is the brake.
        deadline_set(listener->server->loop, &listener->retry, ACCEPT_RETRY_MS, retry_accept);
    }
}

static void on_listener_closed(uv_handle_t *handle)
{
    struct server_listener *listener = handle->data;
    struct server *s = listener->server;

    s->listener_count--;
    mem_free(listener);
    server_forget(s);
}

static void close_listeners(struct server *s)
{
    while (s->listeners != NULL) {
        struct server_listener *listener = s->listeners;
        s->listeners = listener->next;
        deadline_clear(s->loop, &listener->retry);
        uv_close(&listener->uv.handle, on_listener_closed);
    }
}

static bool open_listener(struct server_listener *listener, struct loop *l, int fd)
{
    struct sockaddr_storage a = {0};
    socklen_t n = sizeof(a);
    int on = 1;

    listener->is_pipe = getsockname(fd, (struct sockaddr *)&a, &n) == 0 && a.ss_family == AF_UNIX;
    if (listener->is_pipe) {
        (void)uv_pipe_init(&l->uv, &listener->uv.pipe, 0);
        listener->uv.handle.data = listener;
        return uv_pipe_open(&listener->uv.pipe, fd) == 0;
    }
    (void)uv_tcp_init(&l->uv, &listener->uv.tcp);
    listener->uv.handle.data = listener;
    // Accepted sockets inherit it: no system call for each.
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    return uv_tcp_open(&listener->uv.tcp, fd) == 0;
}

enum aiu_status server_listen(struct server *s, int fd)
{
    struct server_listener *listener = mem_new(1, sizeof(*listener));

    if (listener == NULL) {
        (void)close(fd);
        return AIU_NO_MEMORY;
    }
    listener->server = s;
    bool open = open_listener(listener, s->loop, fd);
    s->listener_count++;
    if (!open) {
        (void)close(fd);
    }
    if (!open || uv_listen(&listener->uv.stream, BACKLOG, on_connection) != 0) {
        uv_close(&listener->uv.handle, on_listener_closed);
        return AIU_IO;
    }
    listener->next = s->listeners;
    s->listeners = listener;
    return AIU_OK;
}

// --- life -------------------------------------------------------------------------------------

static void tell_idle(struct loop_task *t)
{
    struct server *s = CONTAINER_OF(t, struct server, idle_task);
    void (*on_idle)(void *) = TAKE_PTR(s->on_idle);

    if (on_idle != NULL) {
        on_idle(s->idle_ctx);
    }
}

void server_forget(struct server *s)
{
    if (s->conn_count > 0 || s->listener_count > 0) {
        return;
    }
    if (s->freeing) {
        loop_defer_cancel(s->loop, &s->idle_task);
        tls_unref(s->options.tls);
        mem_free(s);
    } else if (s->stopping) {
        loop_defer(s->loop, &s->idle_task, tell_idle);
    }
}

void server_stop(struct server *s, void (*on_idle)(void *ctx), void *ctx)
{
    struct server_conn *next = NULL;

    s->stopping = true;
    s->on_idle = on_idle;
    s->idle_ctx = ctx;
    close_listeners(s);
    for (struct server_conn *c = s->conns; c != NULL; c = next) {
        next = c->next;
        server_conn_drain(c);
    }
    server_forget(s);
}

void server_free(struct server *s)
{
    struct server_conn *next = NULL;

    if (s == NULL) {
        return;
    }
    s->stopping = true;
    s->on_idle = NULL;
    close_listeners(s);
    for (struct server_conn *c = s->conns; c != NULL; c = next) {
        next = c->next;
        server_conn_shut_down(c);
    }
    s->freeing = true;
    server_forget(s);
}

uint32_t server_connections(const struct server *s)
{
    return s->conn_count;
}
