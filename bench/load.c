// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// bench_load: keep-alive clients on one epoll loop that send the same chat request over and over,
// read each answer to its end, look whether it is whole, and keep how long it took. Closed loop:
// a client sends its next request when it has its answer.
//
// Not here: open-loop load, TLS, pipelining. The answers are those of aiu-mock's model
// "mock-bench".
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/num.h"

enum { CLIENTS_MAX = 4096, ANSWER_MAX = 1 << 20, STREAM_EVENTS = 43, BODY_N = 967 };

struct client {
    int fd;
    size_t sent; // bytes of the request
    struct buf in;
    uint64_t began_ns;
};

struct load {
    struct buf request;
    struct buf body; // of the answer at hand, without its framing
    struct client *clients;
    size_t client_count;
    uint64_t started, finished, wanted, warm, errors;
    uint32_t *took_us; // of each request after the warm-up
    size_t took_count;
    bool stream;
    int epoll;
};

static uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000U + (uint64_t)t.tv_nsec;
}

__attribute__((noreturn)) static void give_up(const char *why)
{
    (void)fprintf(stderr, "bench_load: %s\n", why);
    exit(1); // NOLINT(concurrency-mt-unsafe): one thread
}

static void must(enum aiu_status st)
{
    if (st != AIU_OK) {
        give_up(aiu_status_info(st)->text);
    }
}

// 967 bytes, as long as the request that other gateways were measured with (docs/performance.md).
static void make_body(struct buf *b, bool stream, const char *extra)
{
    static const char words[] = "Please summarise the minutes of our last meeting in three short "
                                "sentences, and say who does what until when. ";

    must(buf_printf(b,
                    "{\"model\":\"mock-bench\",\"stream\":%s,\"temperature\":0.2,"
                    "\"messages\":[{\"role\":\"system\",\"content\":\"You are a helpful "
                    "assistant.\"},{\"role\":\"user\",\"content\":\"%s",
                    stream ? "true" : "false", extra));
    for (size_t i = 0; b->n < BODY_N - 4; i++) {
        must(buf_append_byte(b, (uint8_t)words[i % (sizeof(words) - 1)]));
    }
    must(buf_append(b, SPAN_OF("\"}]}")));
}

static void make_request(struct load *l, const char *key, const char *extra)
{
    CLEANUP(buf_wipe) struct buf body = BUF_OF(4096);

    make_body(&body, l->stream, extra);
    must(buf_printf(&l->request,
                    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                    "Accept: application/json\r\nUser-Agent: bench\r\n"
                    "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                    "Content-Length: %zu\r\n\r\n",
                    key, body.n));
    must(buf_append(&l->request, buf_span(&body)));
}

static struct span field_value(struct span head, struct span name)
{
    struct span line;

    while (head.n > 0) {
        size_t n = span_find_span(head, SPAN_OF("\r\n"));
        line = span_first(head, n);
        head = span_drop_first(head, n + 2);
        if (line.n > name.n && line.p[name.n] == ':' &&
            span_equal_nocase(span_first(line, name.n), name)) {
            return span_trim_ows(span_drop_first(line, name.n + 1));
        }
    }
    return (struct span){0};
}

// Take the chunks of `rest` off; whether the last one was among them.
static bool read_chunks(struct load *l, struct span rest)
{
    for (;;) {
        size_t line_n = span_find_span(rest, SPAN_OF("\r\n"));
        size_t size = 0;
        if (line_n == rest.n) {
            return false;
        }
        for (size_t i = 0; i < line_n; i++) {
            int digit = num_hex_digit(rest.p[i]);
            if (digit < 0) {
                give_up("a chunk has no size");
            }
            size = size * 16 + (size_t)digit;
        }
        rest = span_drop_first(rest, line_n + 2);
        if (rest.n < size + 2) {
            return false;
        }
        must(buf_append(&l->body, span_first(rest, size)));
        rest = span_drop_first(rest, size + 2);
        if (size == 0) {
            return true;
        }
    }
}

// Whether `in` holds a whole answer; its body is in l->body then.
static bool read_answer(struct load *l, struct span in)
{
    size_t head_n = span_find_span(in, SPAN_OF("\r\n\r\n"));
    struct span head = span_first(in, head_n);
    struct span rest = span_drop_first(in, head_n + 4);
    uint64_t length = 0;

    buf_reset(&l->body);
    if (head_n == in.n) {
        return false;
    }
    struct span length_text = field_value(head, SPAN_OF("content-length"));
    if (length_text.n > 0) {
        must(num_parse_u64(length_text, ANSWER_MAX, &length));
        must(rest.n < length ? AIU_OK : buf_append(&l->body, span_first(rest, length)));
        return rest.n >= length;
    }
    // The cheap look first: reading all chunks again for each piece would cost more than the
    // server.
    return span_ends_with(rest, SPAN_OF("0\r\n\r\n")) && read_chunks(l, rest);
}

static size_t count_events(struct span body)
{
    size_t count = 0;

    for (;;) {
        size_t at = span_find_span(body, SPAN_OF("data: "));
        if (at == body.n) {
            return count;
        }
        count++;
        body = span_drop_first(body, at + 6);
    }
}

static bool is_right(const struct load *l, struct span in)
{
    struct span body = buf_span(&l->body);

    if (!span_starts_with(in, SPAN_OF("HTTP/1.1 200 "))) {
        return false;
    }
    if (l->stream) {
        return count_events(body) == STREAM_EVENTS &&
               span_ends_with(body, SPAN_OF("data: [DONE]\n\n"));
    }
    return body.n == 749 && body.p[body.n - 1] == '}';
}

static void send_more(struct load *l, struct client *c)
{
    struct span rest = span_drop_first(buf_span(&l->request), c->sent);
    ssize_t n = send(c->fd, rest.p, rest.n, MSG_NOSIGNAL);

    if (n < 0 && errno != EAGAIN) {
        give_up("the server closed a connection");
    }
    c->sent += n > 0 ? (size_t)n : 0;
}

static void begin(struct load *l, struct client *c)
{
    if (l->started == l->wanted) {
        return;
    }
    l->started++;
    c->sent = 0;
    buf_reset(&c->in);
    c->began_ns = now_ns();
    send_more(l, c);
}

static void finish(struct load *l, struct client *c)
{
    uint64_t took_us = (now_ns() - c->began_ns) / 1000;

    if (!is_right(l, buf_span(&c->in))) {
        if (l->errors++ == 0) {
            (void)fprintf(stderr, "bench_load: a wrong answer: %.*s\n",
                          (int)span_first(buf_span(&c->in), 300).n, (const char *)c->in.p);
        }
    }
    l->finished++;
    if (l->finished > l->warm) {
        l->took_us[l->took_count++] = took_us > UINT32_MAX ? UINT32_MAX : (uint32_t)took_us;
    }
    begin(l, c);
}

static void receive(struct load *l, struct client *c)
{
    uint8_t *p = NULL;

    must(buf_reserve(&c->in, 65536, &p));
    ssize_t n = recv(c->fd, p, 65536, 0);
    if (n < 0 && errno == EAGAIN) {
        return;
    }
    if (n <= 0) {
        give_up("the server closed a connection");
    }
    buf_grow(&c->in, (size_t)n);
    if (read_answer(l, buf_span(&c->in))) {
        finish(l, c);
    }
}

static void open_clients(struct load *l, const struct sockaddr_in *address)
{
    for (size_t i = 0; i < l->client_count; i++) {
        struct client *c = &l->clients[i];
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
        int on = 1;
        c->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (c->fd < 0 || connect(c->fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
            give_up("cannot connect");
        }
        (void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        buf_init(&c->in, ANSWER_MAX);
        if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &event) != 0) {
            give_up("epoll_ctl failed");
        }
    }
}

static void run(struct load *l)
{
    struct epoll_event events[256];

    for (size_t i = 0; i < l->client_count; i++) {
        begin(l, &l->clients[i]);
    }
    while (l->finished < l->wanted) {
        int n = epoll_wait(l->epoll, events, 256, 10000);
        if (n <= 0) {
            give_up("the server is silent");
        }
        for (int i = 0; i < n; i++) {
            receive(l, events[i].data.ptr);
        }
    }
}

static int compare_u32(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void report(struct load *l, uint64_t took_ns)
{
    qsort(l->took_us, l->took_count, sizeof(*l->took_us), compare_u32);
    (void)printf("{\"requests\":%llu,\"errors\":%llu,\"seconds\":%.6f,\"p50_us\":%u,\"p90_us\":%u,"
                 "\"p99_us\":%u,\"max_us\":%u}\n",
                 (unsigned long long)l->finished, (unsigned long long)l->errors,
                 (double)took_ns / 1e9, l->took_us[l->took_count / 2],
                 l->took_us[l->took_count * 9 / 10], l->took_us[l->took_count * 99 / 100],
                 l->took_us[l->took_count - 1]);
}

static uint64_t number_of(const char *text, uint64_t most)
{
    uint64_t value = 0;

    must(num_parse_u64(span_str(text), most, &value));
    return value;
}

static void give_back(struct load *l)
{
    for (size_t i = 0; i < l->client_count; i++) {
        (void)close(l->clients[i].fd);
        buf_wipe(&l->clients[i].in);
    }
    (void)close(l->epoll);
    mem_free(l->clients);
    mem_free(l->took_us);
    buf_wipe(&l->request);
    buf_wipe(&l->body);
}

struct arguments {
    const char *key, *text;
    uint16_t port;
};

static void read_arguments(int argc, char **argv, struct load *l, struct arguments *a)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},    {"key", required_argument, NULL, 'k'},
        {"clients", required_argument, NULL, 'c'}, {"requests", required_argument, NULL, 'n'},
        {"warm", required_argument, NULL, 'w'},    {"stream", no_argument, NULL, 's'},
        {"text", required_argument, NULL, 't'},    {NULL, 0, NULL, 0},
    };

    // NOLINTNEXTLINE(concurrency-mt-unsafe): one thread
    for (int o = 0; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        switch (o) {
        case 'p':
            a->port = (uint16_t)number_of(optarg, UINT16_MAX);
            break;
        case 'k':
            a->key = optarg;
            break;
        case 'c':
            l->client_count = (size_t)number_of(optarg, CLIENTS_MAX);
            break;
        case 'n':
            l->wanted = number_of(optarg, 100000000);
            break;
        case 'w':
            l->warm = number_of(optarg, 100000000);
            break;
        case 's':
            l->stream = true;
            break;
        case 't':
            a->text = optarg;
            break;
        default:
            give_up("usage: bench_load --port N --key K --clients N --requests N [--warm N] "
                    "[--stream] [--text T]");
        }
    }
}

int main(int argc, char **argv)
{
    struct arguments a = {.key = "none", .text = ""};
    struct load l = {
        .client_count = 1, .wanted = 1, .request = BUF_OF(65536), .body = BUF_OF(ANSWER_MAX)};

    read_arguments(argc, argv, &l, &a);
    const struct sockaddr_in address = {.sin_family = AF_INET,
                                        .sin_port = htons(a.port),
                                        .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (l.client_count == 0 || l.wanted <= l.warm) {
        give_up("no clients, or no requests after the warm-up");
    }
    make_request(&l, a.key, a.text);
    l.clients = mem_new(l.client_count, sizeof(*l.clients));
    l.took_us = mem_new(l.wanted, sizeof(*l.took_us));
    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l.clients == NULL || l.took_us == NULL || l.epoll < 0) {
        give_up("out of memory");
    }
    open_clients(&l, &address);
    uint64_t began = now_ns();
    run(&l);
    report(&l, now_ns() - began);
    bool wrong = l.errors > 0;
    give_back(&l);
    return wrong ? 1 : 0;
}
