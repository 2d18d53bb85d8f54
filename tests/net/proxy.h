// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The smallest proxy that the layer allows: what comes in goes out, each side stops when the other
// is full. It shows how a server's exchange and a client's call are tied together.
#pragma once

#include "codec/http1_write.h"
#include "net_test.h"

struct proxy {
    struct loop *loop;
    struct server *server;
    struct client_pool *pool;
    uint16_t port;
    size_t open, most_to_client;
};

struct passage {
    struct proxy *proxy;
    struct server_conn *conn; // NULL: its exchange is over
    struct client_call *call; // NULL: over
    struct buf request;       // collected until the upstream is ready
    bool request_whole, ready, responded;
};

static const struct client_timeouts proxy_timeouts = {5000, 5000, 60000, 60000, 900000};

static inline void passage_end(struct passage *p)
{
    if (p->conn == NULL && p->call == NULL) {
        p->proxy->open--;
        buf_wipe(&p->request);
        mem_free(p);
    }
}

static inline void passage_send(struct passage *p)
{
    struct span bytes = buf_span(&p->request);

    if (!p->ready) {
        return;
    }
    if (bytes.n > 0 && client_send(p->call, &bytes, 1)) {
        server_pause(p->conn);
    }
    buf_reset(&p->request);
    if (p->request_whole) {
        client_sent_all(p->call);
    }
}

static inline void upstream_ready(struct client_call *call)
{
    struct passage *p = client_context(call);

    p->ready = true;
    passage_send(p);
}

static inline void upstream_head(struct client_call *call, const struct http_head *head)
{
    struct passage *p = client_context(call);
    struct http_field fields[100];
    struct server_reply r = {.status = head->status, .fields = fields};

    for (size_t i = 0; i < head->count && r.count < ARRAY_SIZE(fields); i++) {
        unsigned flags = http_name_flags(head->fields[i].id);
        if (head->fields[i].id != HTTP_DATE && (flags & (HTTP_HOP | HTTP_OWN)) == 0) {
            fields[r.count++] = head->fields[i];
        }
    }
    r.chunked = head->framing != HTTP_LENGTH;
    r.length = head->length;
    assert_ok(server_respond(p->conn, &r));
    p->responded = true;
}

static inline void upstream_body(struct client_call *call, struct span bytes)
{
    struct passage *p = client_context(call);

    if (server_body(p->conn, &bytes, 1)) {
        client_pause(call);
    }
    size_t waiting = server_waiting(p->conn);
    p->proxy->most_to_client =
        waiting > p->proxy->most_to_client ? waiting : p->proxy->most_to_client;
}

static inline void upstream_end(struct client_call *call)
{
    struct passage *p = client_context(call);

    p->call = NULL;
    server_end(p->conn);
    p->conn = NULL;
    passage_end(p);
}

static inline void upstream_fail(struct client_call *call, enum aiu_status why)
{
    struct passage *p = client_context(call);
    const struct server_reply r = {.status = aiu_status_info(why)->http};

    p->call = NULL;
    if (p->responded) {
        server_reset(p->conn);
    } else {
        assert_ok(server_respond(p->conn, &r));
        server_end(p->conn);
    }
    p->conn = NULL;
    passage_end(p);
}

static inline void upstream_drained(struct client_call *call)
{
    struct passage *p = client_context(call);

    server_resume(p->conn);
}

static const struct client_handler upstream = {
    .on_ready = upstream_ready,
    .on_head = upstream_head,
    .on_body = upstream_body,
    .on_end = upstream_end,
    .on_fail = upstream_fail,
    .on_drained = upstream_drained,
};

static inline void proxy_request(struct server_conn *c, const struct http_head *head)
{
    struct proxy *proxy = server_context(c);
    struct passage *p = mem_new(1, sizeof(*p));
    struct http_head out = *head;
    struct http_field fields[100];

    assert_non_null(p);
    p->proxy = proxy;
    p->conn = c;
    proxy->open++;
    server_set_exchange(c, p);
    out.fields = fields;
    out.count = 0;
    out.keep_alive = true;
    for (size_t i = 0; i < head->count && out.count < ARRAY_SIZE(fields); i++) {
        unsigned flags = http_name_flags(head->fields[i].id);
        if (head->fields[i].id == HTTP_HOST || (flags & (HTTP_HOP | HTTP_OWN)) == 0) {
            fields[out.count++] = head->fields[i];
        }
    }
    buf_init(&p->request, 1U << 20);
    assert_ok(http1_write_request_head(&p->request, &out));
    assert_ok(client_call_start(proxy->pool, &upstream, p, &proxy_timeouts, &p->call));
}

static inline void proxy_body(struct server_conn *c, struct span bytes)
{
    struct passage *p = server_exchange(c);

    assert_ok(buf_append(&p->request, bytes)); // the tests send requests with a length
    passage_send(p);
}

static inline void proxy_end(struct server_conn *c)
{
    struct passage *p = server_exchange(c);

    p->request_whole = true;
    passage_send(p);
}

static inline void proxy_abort(struct server_conn *c, enum aiu_status why)
{
    struct passage *p = server_exchange(c);

    (void)why;
    p->conn = NULL;
    client_cancel(TAKE_PTR(p->call));
    passage_end(p);
}

static inline void proxy_bad(struct server_conn *c, enum aiu_status why)
{
    const struct server_reply r = {.status = aiu_status_info(why)->http};

    assert_ok(server_respond(c, &r));
    server_end(c);
}

static inline void proxy_drained(struct server_conn *c)
{
    struct passage *p = server_exchange(c);

    client_resume(p->call);
}

static const struct server_handler proxy_handler = {
    .on_request = proxy_request,
    .on_body = proxy_body,
    .on_end = proxy_end,
    .on_abort = proxy_abort,
    .on_bad_request = proxy_bad,
    .on_drained = proxy_drained,
};

static inline void proxy_open(struct proxy *p, uint16_t port, uint16_t upstream_port,
                              struct budget *b)
{
    struct server_options so = server_default_options();
    struct client_pool_options co = client_default_options();
    char address[32];
    int fd = -1;

    *p = (struct proxy){.loop = NULL};
    assert_ok(loop_new(b, &p->loop));
    so.handler = &proxy_handler;
    so.ctx = p;
    co.host = "127.0.0.1";
    co.port = upstream_port;
    co.limits.body = UINT64_MAX;
    co.max_idle = 256;
    assert_ok(server_new(p->loop, &so, &p->server));
    assert_ok(client_pool_new(p->loop, &co, &p->pool));
    (void)snprintf(address, sizeof(address), "127.0.0.1:%u", port);
    assert_ok(server_bind(span_str(address), &fd));
    p->port = server_port(fd);
    assert_ok(server_listen(p->server, fd));
}

static inline void proxy_close(struct proxy *p)
{
    server_free(p->server);
    client_pool_free(p->pool);
    loop_free(p->loop);
}
