// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>
#include <uv.h>

#include "base/alloc.h"
#include "base/num.h"
#include "connection.h"

enum { BACKLOG = 4096 };

struct server {
    struct mock mock;
    union {
        uv_handle_t handle;
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    } listener;
    uv_signal_t terminate, interrupt;
};

static void on_connection(uv_stream_t *listener, int status)
{
    struct server *s = listener->data;

    if (status == 0) {
        connection_accept(&s->mock, listener);
    }
}

static void on_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;

    (void)number;
    uv_close(&s->listener.handle, NULL);
    uv_close((uv_handle_t *)&s->terminate, NULL);
    uv_close((uv_handle_t *)&s->interrupt, NULL);
    connection_close_all(&s->mock);
}

// "127.0.0.1:80", "[::1]:80", "localhost:80".
static enum aiu_status parse_address(struct span text, struct sockaddr_storage *ret_address)
{
    char host[64];
    struct span name;
    uint64_t port = 0;
    size_t colon = text.n;

    while (colon > 0 && text.p[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return AIU_USAGE;
    }
    TRY(num_parse_u64(span_drop_first(text, colon), UINT16_MAX, &port));
    name = span_first(text, colon - 1);
    if (span_equal(name, SPAN_OF("localhost"))) {
        name = SPAN_OF("127.0.0.1");
    }
    bool is_6 = span_starts_with(name, SPAN_OF("[")) && span_ends_with(name, SPAN_OF("]"));
    if (is_6) {
        name = span_drop_last(span_drop_first(name, 1), 1);
    }
    if (name.n >= sizeof(host)) {
        return AIU_USAGE;
    }
    memcpy(host, name.p, name.n);
    host[name.n] = '\0';
    int failed = is_6 ? uv_ip6_addr(host, (int)port, (struct sockaddr_in6 *)ret_address)
                      : uv_ip4_addr(host, (int)port, (struct sockaddr_in *)ret_address);
    return failed == 0 ? AIU_OK : AIU_USAGE;
}

static enum aiu_status from_uv(int error)
{
    if (error == 0) {
        return AIU_OK;
    }
    return error == UV_EADDRINUSE ? AIU_ADDRESS_IN_USE : AIU_IO;
}

static enum aiu_status listen_tcp(struct server *s, struct span text)
{
    struct sockaddr_storage address = {0};

    TRY(parse_address(text, &address));
    TRY(from_uv(uv_tcp_init(&s->mock.loop, &s->listener.tcp)));
    s->listener.tcp.data = s;
    TRY(from_uv(uv_tcp_bind(&s->listener.tcp, (const struct sockaddr *)&address, 0)));
    return from_uv(uv_listen(&s->listener.stream, BACKLOG, on_connection));
}

static enum aiu_status listen_unix(struct server *s, struct span path)
{
    char name[100];

    if (path.n == 0 || path.n >= sizeof(name)) {
        return AIU_USAGE;
    }
    memcpy(name, path.p, path.n);
    name[path.n] = '\0';
    TRY(from_uv(uv_pipe_init(&s->mock.loop, &s->listener.pipe, 0)));
    s->listener.pipe.data = s;
    TRY(from_uv(uv_pipe_bind(&s->listener.pipe, name)));
    return from_uv(uv_listen(&s->listener.stream, BACKLOG, on_connection));
}

static void announce_tcp(const uv_tcp_t *listener)
{
    struct sockaddr_storage address = {0};
    int size = sizeof(address);
    char host[64] = "";

    (void)uv_tcp_getsockname(listener, (struct sockaddr *)&address, &size);
    if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)&address;
        (void)uv_ip6_name(in, host, sizeof(host));
        (void)fprintf(stderr, "ready http://[%s]:%u\n", host, ntohs(in->sin6_port));
    } else {
        const struct sockaddr_in *in = (const struct sockaddr_in *)&address;
        (void)uv_ip4_name(in, host, sizeof(host));
        (void)fprintf(stderr, "ready http://%s:%u\n", host, ntohs(in->sin_port));
    }
}

static enum aiu_status watch_signal(struct server *s, uv_signal_t *handle, int number)
{
    TRY(from_uv(uv_signal_init(&s->mock.loop, handle)));
    handle->data = s;
    return from_uv(uv_signal_start(handle, on_signal, number));
}

static enum aiu_status run_loop(struct server *s, struct span listen)
{
    const struct span unix_prefix = SPAN("unix:");

    if (span_starts_with(listen, unix_prefix)) {
        TRY(listen_unix(s, span_drop_first(listen, unix_prefix.n)));
    } else {
        TRY(listen_tcp(s, listen));
    }
    TRY(watch_signal(s, &s->terminate, SIGTERM));
    TRY(watch_signal(s, &s->interrupt, SIGINT));
    if (s->listener.handle.type == UV_TCP) {
        announce_tcp(&s->listener.tcp);
    } else {
        (void)fprintf(stderr, "ready %.*s\n", (int)listen.n, (const char *)listen.p);
    }
    (void)uv_run(&s->mock.loop, UV_RUN_DEFAULT);
    return AIU_OK;
}

static void close_handle(uv_handle_t *handle, void *ctx)
{
    (void)ctx;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

enum aiu_status server_run(const struct server_options *options)
{
    struct server *s = mem_new(1, sizeof(*s));

    if (s == NULL || uv_loop_init(&s->mock.loop) != 0) {
        mem_free(s);
        return AIU_NO_MEMORY;
    }
    s->mock.quiet = options->quiet;
    record_init(&s->mock.record, options->record_fd);
    enum aiu_status st = answers_init(&s->mock.answers);
    if (st == AIU_OK) {
        st = run_loop(s, options->listen);
    }
    uv_walk(&s->mock.loop, close_handle, NULL);
    (void)uv_run(&s->mock.loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&s->mock.loop);
    answers_done(&s->mock.answers);
    record_done(&s->mock.record);
    mem_free(s);
    return st;
}
