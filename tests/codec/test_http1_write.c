// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/http1_write.h"

#include "http1_record.h"

#define FIELD(name_, value_)                                                                       \
    {                                                                                              \
        .name = SPAN(name_), .value = SPAN(value_)                                                 \
    }

static void a_request_head_is_written_as_it_is_read(void **state)
{
    (void)state;
    const struct http_field fields[] = {FIELD("Host", "api.example.com"), FIELD("Accept", "*/*"),
                                        FIELD("X-Empty", "")};
    const struct http_head h = {.method = SPAN("POST"),
                                .target = SPAN("/v1/chat?x=1"),
                                .framing = HTTP_LENGTH,
                                .length = 1234567890123,
                                .keep_alive = true,
                                .fields = fields,
                                .count = ARRAY_SIZE(fields)};
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);

    assert_ok(http1_write_request_head(&b, &h));
    assert_span("head", buf_span(&b),
                SPAN_OF("POST /v1/chat?x=1 HTTP/1.1\r\nHost: api.example.com\r\nAccept: */*\r\n"
                        "X-Empty: \r\nContent-Length: 1234567890123\r\n"
                        "Connection: keep-alive\r\n\r\n"));
}

static void a_response_head_has_the_reason_of_its_status(void **state)
{
    (void)state;
    const struct http_field fields[] = {FIELD("retry-after", "1")};
    const struct http_head h = {
        .status = 429, .framing = HTTP_CHUNKED, .fields = fields, .count = 1};
    const struct http_head empty = {.status = 204, .keep_alive = true};
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);

    assert_ok(http1_write_response_head(&b, &h));
    assert_span("429", buf_span(&b),
                SPAN_OF("HTTP/1.1 429 Too Many Requests\r\nretry-after: 1\r\n"
                        "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"));
    buf_reset(&b);
    assert_ok(http1_write_response_head(&b, &empty));
    assert_span("204", buf_span(&b),
                SPAN_OF("HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n"));
    assert_span("reason", http1_reason(599), SPAN_OF("Unknown"));
}

static void chunks_are_written(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);

    assert_ok(http1_write_chunk(&b, SPAN_OF("hello, chunked world")));
    assert_ok(http1_write_chunk(&b, SPAN_OF("")));
    assert_ok(http1_write_chunk_head(&b, 0xFFFFFFFFFFFFFFFF));
    assert_ok(http1_write_chunk_tail(&b));
    assert_ok(http1_write_last_chunk(&b));
    assert_span("chunks", buf_span(&b),
                SPAN_OF("14\r\nhello, chunked world\r\nffffffffffffffff\r\n\r\n0\r\n\r\n"));
}

static void no_name_value_or_line_can_smuggle(void **state)
{
    (void)state;
    static const struct http_field bad[] = {
        FIELD("", "x"),
        FIELD("A B", "x"),
        FIELD("A:", "x"),
        FIELD("A\r\nB", "x"),
        FIELD("A", "x\r\nB: y"),
        FIELD("A", "x\n"),
        FIELD("A", "x\r"),
        FIELD("A", "x\0y"),
        FIELD("A", "x\x7f"),
        FIELD("A", "\377"),
        FIELD("A", " x"),
        FIELD("A", "x\t"),
        FIELD("Content-Length", "1"),
        FIELD("content_length", "1"),
        FIELD("Transfer-Encoding", "chunked"),
        FIELD("Connection", "close"),
        FIELD("Keep-Alive", "1"),
        FIELD("Upgrade", "h2c"),
        FIELD("TE", "trailers"),
        FIELD("Expect", "100-continue"),
        FIELD("Host", "a/b"),
        FIELD("Host", ""),
    };
    static const struct span targets[] = {SPAN(""),     SPAN("v1"),        SPAN("/a b"),
                                          SPAN("/a\r"), SPAN("http://a/"), SPAN("/#"),
                                          SPAN("*"),    SPAN("/\303\274")};
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);

    assert_ok(buf_append(&b, SPAN_OF("before")));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        const struct http_field fields[] = {FIELD("Host", "a"), bad[i]};
        const struct http_head h = {
            .method = SPAN("GET"), .target = SPAN("/"), .fields = fields, .count = 2};

        assert_status(http1_write_field(&b, bad[i].name, bad[i].value), AIU_HTTP_INVALID);
        assert_status(http1_write_request_head(&b, &h), AIU_HTTP_INVALID);
    }
    for (size_t i = 0; i < ARRAY_SIZE(targets); i++) {
        assert_status(http1_write_request_line(&b, SPAN_OF("GET"), targets[i]), AIU_HTTP_INVALID);
    }
    assert_status(http1_write_request_line(&b, SPAN_OF("G T"), SPAN_OF("/")), AIU_HTTP_INVALID);
    assert_status(http1_write_request_line(&b, SPAN_OF(""), SPAN_OF("/")), AIU_HTTP_INVALID);
    assert_status(http1_write_request_line(&b, SPAN_OF("CONNECT"), SPAN_OF("/")), AIU_HTTP_INVALID);
    assert_status(http1_write_status_line(&b, 199), AIU_HTTP_INVALID);
    assert_status(http1_write_status_line(&b, 600), AIU_HTTP_INVALID);
    assert_span("untouched", buf_span(&b), SPAN_OF("before"));
}

static void a_head_that_could_be_read_in_two_ways_is_not_written(void **state)
{
    (void)state;
    const struct http_field hosts[] = {FIELD("Host", "a"), FIELD("host", "a")};
    const struct http_head heads[] = {
        {.method = SPAN("GET"), .target = SPAN("/")}, // no Host
        {.method = SPAN("GET"), .target = SPAN("/"), .fields = hosts, .count = 2},
        {.method = SPAN("GET"),
         .target = SPAN("/"),
         .fields = hosts,
         .count = 1,
         .framing = HTTP_UNTIL_CLOSE},
    };
    const struct http_head answers[] = {
        {.status = 200, .framing = HTTP_NO_BODY},
        {.status = 204, .framing = HTTP_LENGTH},
        {.status = 304, .framing = HTTP_CHUNKED},
        {.status = 200, .framing = HTTP_UNTIL_CLOSE, .keep_alive = true},
        {.status = 200, .framing = HTTP_LENGTH, .fields = hosts, .count = 1},
        {.status = 100},
    };
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);

    for (size_t i = 0; i < ARRAY_SIZE(heads); i++) {
        assert_status(http1_write_request_head(&b, &heads[i]), AIU_HTTP_INVALID);
    }
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        assert_status(http1_write_response_head(&b, &answers[i]), AIU_HTTP_INVALID);
    }
    assert_int_equal(b.n, 0);
}

static void a_full_buffer_stays_as_it_was(void **state)
{
    (void)state;
    const struct http_field host = FIELD("Host", "a");
    const struct http_head h = {.method = SPAN("GET"),
                                .target = SPAN("/"),
                                .keep_alive = true,
                                .fields = &host,
                                .count = 1};

    for (size_t most = 0; most < 51; most++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(most);
        assert_status(http1_write_request_head(&b, &h), AIU_TOO_LONG);
        assert_int_equal(b.n, 0);
    }
    CLEANUP(buf_wipe) struct buf b = BUF_OF(51);
    assert_ok(http1_write_request_head(&b, &h));
    assert_int_equal(b.n, 51);
}

TEST_MAIN(a_request_head_is_written_as_it_is_read, a_response_head_has_the_reason_of_its_status,
          chunks_are_written, no_name_value_or_line_can_smuggle,
          a_head_that_could_be_read_in_two_ways_is_not_written, a_full_buffer_stays_as_it_was)
