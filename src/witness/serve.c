// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The prefix of both addresses is empty. A request's body is collected whole, bounded, and judged
// when it ends.
#include "witness/serve.h"

#include <signal.h>
#include <stdio.h>

#include "base/alloc.h"
#include "net/server.h"

enum { CONNECTIONS_MOST = 256 };

struct exchange {
    struct buf body;
};

static void exchange_free(struct exchange *e)
{
    if (e != NULL) {
        buf_wipe(&e->body);
        mem_free(e);
    }
}

static void answer(struct server_conn *c, int status, struct span type, struct span body)
{
    const struct http_field fields[] = {
        {SPAN("content-type"), type, HTTP_CONTENT_TYPE},
        {SPAN("cache-control"), SPAN("no-store"), HTTP_CACHE_CONTROL},
    };
    const struct server_reply reply = {
        .status = status, .fields = fields, .count = ARRAY_SIZE(fields), .length = body.n};

    exchange_free(server_exchange(c));
    server_set_exchange(c, NULL);
    if (server_respond(c, &reply) != AIU_OK) {
        server_reset(c);
        return;
    }
    (void)server_body(c, &body, 1);
    server_end(c);
}

static void refuse(struct server_conn *c, int status)
{
    answer(c, status, SPAN_OF("text/plain; charset=utf-8"), SPAN_OF(""));
}

static void answer_get(struct server_conn *c, struct span target)
{
    const struct span end = SPAN("/checkpoint");
    struct witness_answer a;

    if (!span_starts_with(target, SPAN_OF("/")) || !span_ends_with(target, end)) {
        refuse(c, 404);
        return;
    }
    witness_get_checkpoint(server_context(c), span_drop_last(span_drop_first(target, 1), end.n),
                           &a);
    answer(c, a.http_status, SPAN_OF("text/plain; charset=utf-8"), buf_span(&a.body));
    buf_wipe(&a.body);
}

static void on_request(struct server_conn *c, const struct http_head *head)
{
    if (span_equal(head->method, SPAN_OF("GET"))) {
        answer_get(c, head->target);
        return;
    }
    if (!span_equal(head->target, SPAN_OF("/add-checkpoint"))) {
        refuse(c, 404);
        return;
    }
    if (!span_equal(head->method, SPAN_OF("POST"))) {
        refuse(c, 405);
        return;
    }
    struct exchange *e = mem_new(1, sizeof(*e));
    if (e == NULL) {
        refuse(c, 503);
        return;
    }
    buf_init(&e->body, WITNESS_REQUEST_MOST);
    server_set_exchange(c, e);
    server_continue(c);
}

static void on_body(struct server_conn *c, struct span bytes)
{
    struct exchange *e = server_exchange(c);

    if (e != NULL && buf_append(&e->body, bytes) != AIU_OK) {
        refuse(c, 413);
    }
}

static void on_end(struct server_conn *c)
{
    struct exchange *e = server_exchange(c);
    struct witness_answer a;

    if (e == NULL) {
        return;
    }
    witness_add_checkpoint(server_context(c), buf_span(&e->body), &a);
    answer(c, a.http_status,
           a.is_size ? SPAN_OF("text/x.tlog.size") : SPAN_OF("text/plain; charset=utf-8"),
           buf_span(&a.body));
    buf_wipe(&a.body);
}

static void on_abort(struct server_conn *c, enum aiu_status why)
{
    (void)why;
    exchange_free(server_exchange(c));
    server_set_exchange(c, NULL);
}

static void on_bad_request(struct server_conn *c, enum aiu_status why)
{
    refuse(c, aiu_status_info(why)->http);
}

static void on_drained(struct server_conn *c)
{
    (void)c; // answers are small
}

static const struct server_handler handler = {
    .on_request = on_request,
    .on_body = on_body,
    .on_end = on_end,
    .on_abort = on_abort,
    .on_bad_request = on_bad_request,
    .on_drained = on_drained,
};

// The one thing that a signal handler may reach.
static struct loop *g_stopping;

static void on_signal(int number)
{
    (void)number;
    loop_stop(g_stopping);
}

static enum aiu_status listen_on(struct server *s, const char *address)
{
    int fd = -1;

    TRY(server_bind(span_str(address), &fd));
    uint16_t port = server_port(fd);
    TRY(server_listen(s, fd));
    if (port == 0) {
        (void)fprintf(stderr, "ready %s\n", address);
    } else {
        const char *colon = strrchr(address, ':');
        int host = colon == NULL ? (int)strlen(address) : (int)(colon - address);
        (void)fprintf(stderr, "ready http://%.*s:%u\n", host, address, (unsigned)port);
    }
    return AIU_OK;
}

enum aiu_status serve_run(const struct witness_options *w, const char *address)
{
    struct server_options options = server_default_options();
    struct sigaction action = {.sa_handler = on_signal};
    struct witness_options own = *w;
    struct server *server = NULL;
    struct loop *loop = NULL;

    options.handler = &handler;
    options.ctx = &own;
    options.limits.body = WITNESS_REQUEST_MOST;
    options.max_connections = CONNECTIONS_MOST;
    TRY(loop_new(NULL, &loop));
    g_stopping = loop;
    enum aiu_status st = server_new(loop, &options, &server);
    if (st == AIU_OK) {
        (void)sigaction(SIGTERM, &action, NULL);
        (void)sigaction(SIGINT, &action, NULL);
        (void)signal(SIGPIPE, SIG_IGN); // NOLINT(cert-err33-c,concurrency-mt-unsafe)
        st = listen_on(server, address);
        if (st == AIU_OK) {
            loop_run(loop);
        }
        server_free(server);
        loop_run_once(loop, false);
    }
    loop_free(loop);
    return st;
}
