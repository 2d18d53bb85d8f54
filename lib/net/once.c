// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "net/once.h"

#include "codec/http1_write.h"
#include "codec/url.h"
#include "net/client.h"

enum { HEAD_MOST = 64 * 1024, HOST_MOST = 512, ORIGIN_MOST = 512, TICK_MS = 100 };

struct once {
    const struct once_request *r;
    struct once_answer *answer;
    struct url url;
    struct loop *loop;
    struct client_call *call; // NULL when it is over
    struct deadline tick;
    uint32_t ticks;
    enum aiu_status st;
};

static enum aiu_status write_head(const struct once *o, struct buf *b)
{
    const struct once_request *r = o->r;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(8192);

    TRY(buf_append(&text, o->url.path));
    TRY(buf_append(&text, r->path));
    if (text.n == 0) {
        TRY(buf_append(&text, SPAN_OF("/")));
    }
    TRY(http1_write_request_line(b, r->method, buf_span(&text)));
    buf_reset(&text);
    TRY(url_append_host(&o->url, &text));
    TRY(http1_write_field(b, SPAN_OF("Host"), buf_span(&text)));
    for (size_t i = 0; i < r->field_count; i++) {
        TRY(http1_write_field(b, r->fields[i].name, r->fields[i].value));
    }
    if (r->bearer != NULL) {
        buf_reset(&text);
        TRY(url_append_origin(&o->url, &text));
        TRY(buf_append(b, SPAN_OF("Authorization: Bearer ")));
        TRY(secret_append_for(r->bearer, buf_span(&text), b));
        TRY(buf_append(b, SPAN_OF("\r\n")));
    }
    TRY(http1_write_connection(b, false));
    TRY(r->body.n > 0 ? http1_write_framing(b, HTTP_LENGTH, r->body.n) : AIU_OK);
    return http1_write_head_end(b);
}

static void end(struct once *o, enum aiu_status st)
{
    o->call = NULL;
    o->st = st;
    loop_stop(o->loop);
}

static void on_ready(struct client_call *call)
{
    struct once *o = client_context(call);
    CLEANUP(buf_wipe) struct buf head = BUF_OF(HEAD_MOST); // holds the key for a moment
    enum aiu_status st = write_head(o, &head);

    if (st != AIU_OK) {
        client_cancel(call);
        end(o, st);
        return;
    }
    const struct span pieces[] = {buf_span(&head), o->r->body};
    (void)client_send(call, pieces, o->r->body.n > 0 ? 2 : 1);
    client_sent_all(call);
}

static void on_head(struct client_call *call, const struct http_head *head)
{
    struct once *o = client_context(call);

    o->answer->status = head->status;
}

static void on_body(struct client_call *call, struct span bytes)
{
    struct once *o = client_context(call);
    enum aiu_status st = buf_append(&o->answer->body, bytes);

    if (st != AIU_OK) {
        client_cancel(call);
        end(o, st == AIU_TOO_LONG ? AIU_PROVIDER_TOO_LARGE : st);
    }
}

static void on_end(struct client_call *call)
{
    end(client_context(call), AIU_OK);
}

static void on_fail(struct client_call *call, enum aiu_status why)
{
    end(client_context(call), why);
}

static void on_drained(struct client_call *call)
{
    (void)call; // everything was handed over at once
}

static const struct client_handler handler = {on_ready, on_head, on_body,
                                              on_end,   on_fail, on_drained};

// Each step has its time, but a peer that sends a byte now and then would never be over.
static void on_tick(struct deadline *d)
{
    struct once *o = CONTAINER_OF(d, struct once, tick);
    bool stopped = o->r->stop != NULL && atomic_load(o->r->stop);

    if (o->call == NULL) {
        return;
    }
    if (stopped || ++o->ticks > o->r->timeout_ms / TICK_MS) {
        client_cancel(o->call);
        end(o, stopped ? AIU_CANCELLED : AIU_TIMEOUT);
        return;
    }
    deadline_set(o->loop, d, TICK_MS, on_tick);
}

static enum aiu_status start(struct once *o, struct tls *tls, struct client_pool **ret_pool)
{
    const uint32_t ms = o->r->timeout_ms;
    const struct client_timeouts timeouts = {ms, ms, ms, ms, ms};
    struct client_pool_options options = client_default_options();
    char host[HOST_MOST];

    if (o->url.host.n >= sizeof(host)) {
        return AIU_URL_INVALID;
    }
    memcpy(host, o->url.host.p, o->url.host.n);
    host[o->url.host.n] = '\0';
    if (o->url.scheme == URL_UNIX) {
        options.unix_path = host;
    } else {
        options.host = host;
        options.port = o->url.port;
    }
    options.tls = tls;
    options.limits.body = o->answer->body.maximum;
    TRY(client_pool_new(o->loop, &options, ret_pool));
    deadline_set(o->loop, &o->tick, TICK_MS, on_tick);
    return client_call_start(*ret_pool, &handler, o, &timeouts, &o->call);
}

static enum aiu_status run(struct once *o, struct tls *tls)
{
    struct client_pool *pool = NULL;

    TRY(loop_new(NULL, &o->loop));
    enum aiu_status st = start(o, tls, &pool);
    if (st == AIU_OK) {
        loop_run(o->loop);
        st = o->st;
    }
    deadline_clear(o->loop, &o->tick);
    if (pool != NULL) {
        client_pool_free(pool);
        loop_run_once(o->loop, false);
    }
    loop_free(o->loop);
    return st;
}

enum aiu_status once_run(const struct once_request *r, struct once_answer *ret_answer)
{
    struct once o = {.r = r, .answer = ret_answer, .st = AIU_INTERNAL};
    const struct tls_client_options trust = {.ca_file = r->ca_file};
    struct tls *tls = NULL;

    ret_answer->status = 0;
    TRY(url_parse(r->url, &o.url));
    if (o.url.scheme == URL_HTTP && !url_is_loopback(&o.url) && !r->allow_plaintext) {
        return AIU_FORBIDDEN;
    }
    TRY(o.url.scheme == URL_HTTPS ? tls_new_client(&trust, &tls) : AIU_OK);
    enum aiu_status st = run(&o, tls);
    tls_unref(tls);
    return st;
}
