// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/http1.h"

#include "http1_record.h"

struct message {
    const char *why;
    struct span input;
    struct span seen;
};

static void check(const struct message *m, const struct record *r)
{
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1U << 20);

    (void)record_every_cut(m->why, r, m->input, &out);
    assert_span(m->why, buf_span(&out), m->seen);
}

static const struct message requests[] = {
    {"the smallest", SPAN("GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
     SPAN("GET / HTTP/1.1 keep none\nHost|a\n.\n")},
    {"HTTP/1.0 needs no Host and closes", SPAN("GET / HTTP/1.0\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\n.\n")},
    {"HTTP/1.0 may ask to keep", SPAN("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
     SPAN("GET / HTTP/1.0 keep none\nConnection|Keep-Alive\n.\n")},
    {"close wins", SPAN("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Close\r\n\r\n"),
     SPAN("GET / HTTP/1.1 close none\nHost|a\nConnection|keep-alive, Close\n.\n")},
    {"a length", SPAN("POST /v1 HTTP/1.1\r\nHost: a:8470\r\nContent-Length: 5\r\n\r\nhello"),
     SPAN("POST /v1 HTTP/1.1 keep length 5\nHost|a:8470\nContent-Length|5\nhello.\n")},
    {"a length of 0", SPAN("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"),
     SPAN("POST / HTTP/1.1 keep length 0\nHost|a\nContent-Length|0\n.\n")},
    {"an unfinished body", SPAN("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhell"),
     SPAN("POST / HTTP/1.1 keep length 5\nHost|a\nContent-Length|5\nhellAIU_HTTP_INVALID")},
    {"chunks",
     SPAN("POST / HTTP/1.1\r\nHost: a\r\ntransfer-encoding: Chunked\r\n\r\n"
          "5\r\nhello\r\n00A;x;y=z;q=\"a;\\\"b\"\r\n, world!\r\n\r\n0;last\r\n\r\n"),
     SPAN("POST / HTTP/1.1 keep chunked\nHost|a\ntransfer-encoding|Chunked\nhello, world!\r\n.\n")},
    {"trailers are read and dropped",
     SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          "1\r\nx\r\n0\r\nDigest: sha\r\nA:\r\n\r\n"),
     SPAN("POST / HTTP/1.1 keep chunked\nHost|a\nTransfer-Encoding|chunked\nx.\n")},
    {"pipelined",
     SPAN("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
          "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n"),
     SPAN("POST /1 HTTP/1.1 keep length 2\nHost|a\nContent-Length|2\nhi.\n"
          "GET /2 HTTP/1.1 keep none\nHost|b\n.\n")},
    {"nothing follows close",
     SPAN("GET /1 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
          "GET /2 HTTP/1.1\r\nHost: b\r\n\r\n"),
     SPAN("GET /1 HTTP/1.1 close none\nHost|a\nConnection|close\n.\nAIU_HTTP_INVALID")},
    {"one blank line before", SPAN("\r\nGET / HTTP/1.0\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\n.\n")},
    {"two blank lines before", SPAN("\r\n\r\nGET / HTTP/1.0\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"blanks around a value go, those inside stay",
     SPAN("GET / HTTP/1.0\r\nA: \t b\tc  d \t\r\nE:\r\nF:g\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\nA|b\tc  d\nE|\nF|g\n.\n")},
    {"UTF-8 in a value", SPAN("GET / HTTP/1.0\r\nA: D\303\274sseldorf\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\nA|D\303\274sseldorf\n.\n")},
    {"100-continue",
     SPAN("PUT / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\nx"),
     SPAN("PUT / HTTP/1.1 keep length 1 expect\nHost|a\nExpect|100-Continue\nContent-Length|1\n"
          "x.\n")},
    {"100-continue without a body is nothing to wait for",
     SPAN("GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n\r\n"),
     SPAN("GET / HTTP/1.1 keep none\nHost|a\nExpect|100-continue\n.\n")},
    {"Upgrade without a body is only a field",
     SPAN("GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n"),
     SPAN("GET / HTTP/1.1 keep none\nHost|a\nUpgrade|h2c\nConnection|Upgrade\n.\n")},
    {"OPTIONS *", SPAN("OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
     SPAN("OPTIONS * HTTP/1.1 keep none\nHost|[::1]:80\n.\n")},
    {"nothing at all", SPAN(""), SPAN("")},
    {"only a blank line", SPAN("\r\n"), SPAN("")},
};

static void requests_do_not_depend_on_how_they_are_cut(void **state)
{
    (void)state;
    const struct record r = {RECORD_REQUESTS, &http1_default_limits, true};

    for (size_t i = 0; i < ARRAY_SIZE(requests); i++) {
        check(&requests[i], &r);
    }
}

static const struct message responses[] = {
    {"the smallest", SPAN("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"),
     SPAN("200 OK HTTP/1.1 keep length 2\nContent-Length|2\nhi.\n")},
    {"until the connection ends", SPAN("HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\nhello"),
     SPAN("200 OK HTTP/1.1 close until-close\nConnection|keep-alive\nhello.\n")},
    {"chunks", SPAN("HTTP/1.1 200\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
     SPAN("200  HTTP/1.1 keep chunked\nTransfer-Encoding|chunked\nabc.\n")},
    {"chunks without an end",
     SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
     SPAN("200 OK HTTP/1.1 keep chunked\nTransfer-Encoding|chunked\nabcAIU_HTTP_INVALID")},
    {"interim ones are skipped",
     SPAN("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
          "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
     SPAN("200 OK HTTP/1.1 keep length 0\nContent-Length|0\n.\n")},
    {"at most eight",
     SPAN("HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
          "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
          "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
          "HTTP/1.1 204 a\r\n\r\n"),
     SPAN("AIU_HTTP_INVALID")},
    {"eight",
     SPAN("HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
          "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\n"
          "HTTP/1.1 100 a\r\n\r\nHTTP/1.1 100 a\r\n\r\nHTTP/1.1 204 a\r\n\r\n"),
     SPAN("204 a HTTP/1.1 keep none\n.\n")},
    {"only an interim one", SPAN("HTTP/1.1 100 Continue\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"204", SPAN("HTTP/1.1 204 No Content\r\n\r\n"),
     SPAN("204 No Content HTTP/1.1 keep none\n.\n")},
    {"204 with a length of 0", SPAN("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"),
     SPAN("204 No Content HTTP/1.1 keep none\nContent-Length|0\n.\n")},
    {"204 with a body", SPAN("HTTP/1.1 204 No Content\r\nContent-Length: 1\r\n\r\nx"),
     SPAN("AIU_HTTP_INVALID")},
    {"204 with chunks", SPAN("HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     SPAN("AIU_HTTP_INVALID")},
    {"304 may name the length that it would have",
     SPAN("HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n"),
     SPAN("304 Not Modified HTTP/1.1 keep none\nContent-Length|99\n.\n")},
    {"101 was not asked for",
     SPAN("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\nHTTP/1.1 204 a\r\n\r\n"),
     SPAN("AIU_HTTP_INVALID")},
    {"100 with a body", SPAN("HTTP/1.1 100 Continue\r\nContent-Length: 2\r\n\r\nhi"),
     SPAN("AIU_HTTP_INVALID")},
    {"a response with Upgrade may have a body: it is an offer",
     SPAN("HTTP/1.1 200 OK\r\nUpgrade: h2\r\nContent-Length: 1\r\n\r\nx"),
     SPAN("200 OK HTTP/1.1 keep length 1\nUpgrade|h2\nContent-Length|1\nx.\n")},
    {"HTTP/1.0 with chunks", SPAN("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
     SPAN("AIU_HTTP_INVALID")},
    {"chunks and a length",
     SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
     SPAN("AIU_HTTP_INVALID")},
    {"gzip, chunked", SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n"),
     SPAN("AIU_HTTP_INVALID")},
    {"HTTP/2.0", SPAN("HTTP/2.0 200 OK\r\n\r\n"), SPAN("AIU_HTTP_VERSION")},
    {"not HTTP", SPAN("SSH-2.0-x\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"two-digit status", SPAN("HTTP/1.1 20 OK\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"four-digit status", SPAN("HTTP/1.1 2000 OK\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"status 600", SPAN("HTTP/1.1 600 OK\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"status 099", SPAN("HTTP/1.1 099 OK\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"NUL in the reason", SPAN("HTTP/1.1 200 O\0K\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"a blank line before", SPAN("\r\nHTTP/1.1 200 OK\r\n\r\n"), SPAN("AIU_HTTP_INVALID")},
    {"no answer", SPAN(""), SPAN("AIU_HTTP_INVALID")},
};

static void responses_do_not_depend_on_how_they_are_cut(void **state)
{
    (void)state;
    const struct record r = {RECORD_RESPONSES, &http1_default_limits, true};

    for (size_t i = 0; i < ARRAY_SIZE(responses); i++) {
        check(&responses[i], &r);
    }
}

static void a_response_to_head_has_no_body_whatever_it_says(void **state)
{
    (void)state;
    const struct record r = {RECORD_RESPONSE_TO_HEAD, &http1_default_limits, true};
    static const struct message answers[] = {
        {"length", SPAN("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"),
         SPAN("200 OK HTTP/1.1 keep none\nContent-Length|99\n.\n")},
        {"chunked", SPAN("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
         SPAN("200 OK HTTP/1.1 keep none\nTransfer-Encoding|chunked\n.\n")},
        {"nothing", SPAN("HTTP/1.1 200 OK\r\n\r\n"), SPAN("200 OK HTTP/1.1 keep none\n.\n")},
        {"longer than the limit", SPAN("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n"),
         SPAN("200 OK HTTP/1.1 keep none\nContent-Length|99999999999\n.\n")},
    };

    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        check(&answers[i], &r);
    }
}

// S63: limits for line, field, count, total, body and chunk line; each at its edge and one past it.
static const struct http1_limits small =
    {.line = 16, .field = 12, .total = 39, .count = 3, .body = 8, .chunk_line = 6};

static const struct message limited[] = {
    {"line at the limit", SPAN("GET /23 HTTP/1.0\r\n\r\n"),
     SPAN("GET /23 HTTP/1.0 close none\n.\n")},
    {"line past it", SPAN("GET /234 HTTP/1.0\r\n\r\n"), SPAN("AIU_URI_TOO_LONG")},
    {"line past it, not ended", SPAN("GET /234567890123"), SPAN("AIU_URI_TOO_LONG")},
    {"line past it by a CR that is none", SPAN("GET /23 HTTP/1.0\rx"), SPAN("AIU_URI_TOO_LONG")},
    {"field at the limit", SPAN("GET / HTTP/1.0\r\nA: 456789012\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\nA|456789012\n.\n")},
    {"field past it", SPAN("GET / HTTP/1.0\r\nA: 4567890123\r\n\r\n"),
     SPAN("AIU_HEADERS_TOO_LARGE")},
    {"field past it and malformed", SPAN("GET / HTTP/1.0\r\nA\1 4567890123\r\n\r\n"),
     SPAN("AIU_HEADERS_TOO_LARGE")},
    {"count at the limit", SPAN("GET / HTTP/1.0\r\nA:1\r\nB:1\r\nC:1\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\nA|1\nB|1\nC|1\n.\n")},
    {"count past it", SPAN("GET / HTTP/1.0\r\nA:1\r\nB:1\r\nC:1\r\nD:1\r\n\r\n"),
     SPAN("AIU_HEADERS_TOO_LARGE")},
    {"total at the limit",
     SPAN("GET / HTTP/1.0\r\nA:345678901\r\nB:345678901\r\nC:345678901\r\n\r\n"),
     SPAN("GET / HTTP/1.0 close none\nA|345678901\nB|345678901\nC|345678901\n.\n")},
    {"total past it", SPAN("GET / HTTP/1.0\r\nA:345678901\r\nB:345678901\r\nC:3456789012\r\n\r\n"),
     SPAN("AIU_HEADERS_TOO_LARGE")},
};

static void every_limit_holds_to_the_byte(void **state)
{
    (void)state;
    const struct record r = {RECORD_REQUESTS, &small, true};

    for (size_t i = 0; i < ARRAY_SIZE(limited); i++) {
        check(&limited[i], &r);
    }
}

static const struct http1_limits small_body =
    {.line = 64, .field = 64, .total = 128, .count = 8, .body = 8, .chunk_line = 6};

#define CHUNKED      "PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
#define CHUNKED_SEEN "PUT / HTTP/1.1 keep chunked\nHost|a\nTransfer-Encoding|chunked\n"

static const struct message bodies[] = {
    {"length at the limit", SPAN("PUT / HTTP/1.0\r\nContent-Length: 8\r\n\r\n12345678"),
     SPAN("PUT / HTTP/1.0 close length 8\nContent-Length|8\n12345678.\n")},
    {"length past it: refused before its body and before the handler sees it",
     SPAN("PUT / HTTP/1.0\r\nContent-Length: 9\r\n\r\n"), SPAN("AIU_BODY_TOO_LARGE")},
    {"chunks at the limit", SPAN(CHUNKED "4\r\n1234\r\n4\r\n5678\r\n0\r\n\r\n"),
     SPAN(CHUNKED_SEEN "12345678.\n")},
    {"chunks past it", SPAN(CHUNKED "4\r\n1234\r\n5\r\n"),
     SPAN(CHUNKED_SEEN "1234AIU_BODY_TOO_LARGE")},
    {"a chunk of 2^64 - 1", SPAN(CHUNKED "4\r\n1234\r\nffffffffffffffff\r\n"),
     SPAN(CHUNKED_SEEN "1234AIU_HTTP_INVALID")}, // its line is longer than 6
    {"chunk line at the limit", SPAN(CHUNKED "1;2345\r\n1\r\n000000\r\n\r\n"),
     SPAN(CHUNKED_SEEN "1.\n")},
    {"chunk line past it", SPAN(CHUNKED "1;23456\r\n1\r\n0\r\n\r\n"),
     SPAN(CHUNKED_SEEN "AIU_HTTP_INVALID")},
    {"trailers past the field limit",
     SPAN(CHUNKED
          "0\r\nA: 456789012345678901234567890123456789012345678901234567890123456789\r\n\r\n"),
     SPAN(CHUNKED_SEEN "AIU_HEADERS_TOO_LARGE")},
    {"too many trailers",
     SPAN(CHUNKED "0\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\nA:\r\n"),
     SPAN(CHUNKED_SEEN "AIU_HEADERS_TOO_LARGE")},
};

static void every_limit_of_a_body_holds_to_the_byte(void **state)
{
    (void)state;
    const struct record r = {RECORD_REQUESTS, &small_body, true};
    const struct record answers = {RECORD_RESPONSES, &small_body, true};
    static const struct message endless = {"until close past the limit",
                                           SPAN("HTTP/1.1 200 OK\r\n\r\n123456789"),
                                           SPAN("200 OK HTTP/1.1 close until-close\n"
                                                "12345678AIU_BODY_TOO_LARGE")};

    for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
        check(&bodies[i], &r);
    }
    check(&endless, &answers);
}

// SECURITY-TESTS 7 row 18: chunks of one byte with large extensions.
static void extensions_have_a_limit_over_all_chunks(void **state)
{
    (void)state;
    struct http1_limits limits = http1_default_limits;
    CLEANUP(buf_wipe) struct buf input = BUF_OF(1U << 20);
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1U << 20);
    const struct record r = {RECORD_REQUESTS, &limits, false};

    limits.total = 1000;
    assert_ok(buf_append(&input, SPAN_OF(CHUNKED)));
    for (int i = 0; i < 100; i++) {
        assert_ok(buf_append(&input, SPAN_OF("1;aaaaaaaaa\r\nx\r\n"))); // 10 bytes of extension
    }
    assert_ok(record_run(&r, buf_span(&input), SIZE_MAX, &out));
    assert_ok(buf_append(&input, SPAN_OF("1;a\r\n")));
    assert_status(record_run(&r, buf_span(&input), SIZE_MAX, &out), AIU_BODY_TOO_LARGE);
}

static enum aiu_status refuse_head(void *ctx, const struct http_head *h)
{
    (void)ctx;
    (void)h;
    return AIU_NO_ROUTE;
}

static void an_error_stays(void **state)
{
    (void)state;
    const struct http1_events events = {refuse_head, record_body, record_end};
    CLEANUP(buf_wipe) struct buf out = BUF_OF(64);
    CLEANUP(http1_done) struct http1 p;
    size_t used = 0;

    http1_init_request(&p, &http1_default_limits, &events, &out);
    assert_status(http1_feed(&p, SPAN_OF("GET / HTTP/1.0\r\n\r\n"), &used), AIU_NO_ROUTE);
    assert_status(http1_feed(&p, SPAN_OF("GET / HTTP/1.0\r\n\r\n"), &used), AIU_NO_ROUTE);
    assert_status(http1_finish(&p), AIU_NO_ROUTE);
    assert_int_equal(out.n, 0);
}

static void what_cannot_begin_a_message_is_refused_at_its_first_byte(void **state)
{
    (void)state;
    static const struct span firsts[] = {SPAN("\x16\x03\x01"), SPAN(" "), SPAN("\n"), SPAN("\0")};

    for (size_t i = 0; i < ARRAY_SIZE(firsts); i++) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(64);
        CLEANUP(http1_done) struct http1 p;
        size_t used = 0;

        http1_init_request(&p, &http1_default_limits, &record_events, &out);
        assert_status(http1_feed(&p, firsts[i], &used), AIU_HTTP_INVALID);
    }
}

static void bytes_after_a_response_are_not_taken(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1024);
    CLEANUP(http1_done) struct http1 p;
    struct span input = SPAN("HTTP/1.1 204 X\r\n\r\nHTTP/1.1 200 OK\r\n");
    size_t used = 0;

    http1_init_response(&p, &http1_default_limits, &record_events, &out);
    assert_status(http1_finish(&p), AIU_OK); // nothing was asked
    http1_expect(&p, false);
    assert_ok(http1_feed(&p, input, &used));
    assert_int_equal(used, 18);
    assert_true(http1_ended(&p));
    assert_status(http1_feed(&p, span_drop_first(input, used), &used), AIU_HTTP_INVALID);
}

static void an_idle_connection_holds_no_memory(void **state)
{
    (void)state;
    size_t before = mem_in_use();
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1024);
    CLEANUP(http1_done) struct http1 p;
    size_t used = 0;

    assert_ok(buf_append_byte(&out, ' '));
    size_t with_out = mem_in_use();
    http1_init_request(&p, &http1_default_limits, &record_events, &out);
    assert_int_equal(mem_in_use(), with_out);
    assert_true(http1_idle(&p));
    assert_ok(http1_feed(&p, SPAN_OF("GET / HTTP/1.1\r\nHo"), &used));
    assert_false(http1_idle(&p));
    assert_true(mem_in_use() > with_out);
    assert_ok(http1_feed(&p, SPAN_OF("st: a\r\n\r\n"), &used));
    http1_next(&p);
    assert_true(http1_idle(&p));
    http1_idle_release(&p);
    buf_wipe(&out);
    assert_int_equal(mem_in_use(), before);
    assert_ok(http1_feed(&p, SPAN_OF("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), &used));
    assert_true(out.n > 0);
}

static void want_of_memory_is_an_error_and_no_more(void **state)
{
    (void)state;
    const struct record r = {RECORD_REQUESTS, &http1_default_limits, false};
    struct span input = SPAN("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "3\r\nabc\r\n0\r\nA: b\r\n\r\n");
    size_t failures = 0;

    for (size_t after = 0;; after++) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(1U << 16);
        CLEANUP(http1_done) struct http1 p;
        enum aiu_status st = AIU_OK;
        size_t used = 0;
        uint8_t *room = NULL;

        assert_ok(buf_reserve(&out, 4096, &room));
        http1_init_request(&p, r.limits, &record_events, &out);
        mem_fail_after(after);
        for (size_t i = 0; st == AIU_OK && i < input.n; i++) {
            st = http1_feed(&p, span_of(input.p + i, 1), &used);
        }
        mem_fail_after(SIZE_MAX);
        if (st == AIU_OK) {
            break;
        }
        assert_status(st, AIU_NO_MEMORY);
        failures++;
    }
    assert_true(failures >= 2);
}

static enum aiu_status note_hops(void *ctx, const struct http_head *h)
{
    for (size_t i = 0; i < h->count; i++) {
        bool hop = http_head_is_hop_by_hop(h, &h->fields[i]);
        TRY(buf_append(ctx, hop ? SPAN_OF("x") : SPAN_OF("-")));
    }
    assert_span("first", http_head_get(h, HTTP_X_API_KEY), SPAN_OF("1"));
    assert_int_equal(http_head_count(h, HTTP_X_API_KEY), 2);
    assert_null(http_head_get(h, HTTP_COOKIE).p);
    assert_int_equal(http_head_count(h, HTTP_COOKIE), 0);
    return AIU_OK;
}

static void hop_by_hop_fields_are_known_by_name_and_by_nomination(void **state)
{
    (void)state;
    const struct http1_events events = {note_hops, record_body, record_end};
    CLEANUP(buf_wipe) struct buf out = BUF_OF(64);
    CLEANUP(http1_done) struct http1 p;
    size_t used = 0;

    http1_init_request(&p, &http1_default_limits, &events, &out);
    assert_ok(http1_feed(&p,
                         SPAN_OF("GET / HTTP/1.1\r\nHost: a\r\nX-Foo: 1\r\nConnection: x-foo\r\n"
                                 "X-Api-Key: 1\r\nx_api_key: 2\r\nTE: trailers\r\nX-Fo: 1\r\n"
                                 "Connection: close ,, X-BAR\r\nx-bar: 2\r\n"
                                 "Keep-Alive: 5\r\nAccept: */*\r\n\r\n"),
                         &used));
    assert_span("hops", buf_span(&out), SPAN_OF("-xx--x-xxx-.\n"));
}

TEST_MAIN(requests_do_not_depend_on_how_they_are_cut, responses_do_not_depend_on_how_they_are_cut,
          a_response_to_head_has_no_body_whatever_it_says, every_limit_holds_to_the_byte,
          every_limit_of_a_body_holds_to_the_byte, extensions_have_a_limit_over_all_chunks,
          an_error_stays, what_cannot_begin_a_message_is_refused_at_its_first_byte,
          bytes_after_a_response_are_not_taken, an_idle_connection_holds_no_memory,
          want_of_memory_is_an_error_and_no_more,
          hop_by_hop_fields_are_known_by_name_and_by_nomination)
