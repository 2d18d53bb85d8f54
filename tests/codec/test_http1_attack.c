// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Heads and chunks that somebody may read in another way than we do. Each is refused, with the
// right status, for every cut; none of them gives a whole message (SECURITY-TESTS 6 rows 24 and 32,
// 7 rows 18, 21 and 24).
#include "http1_record.h"
#include "http1_rewrite.h"

#define GET     "GET / HTTP/1.1\r\nHost: a\r\n"
#define POST    "POST / HTTP/1.1\r\nHost: a\r\n"
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"

struct attack {
    const char *why;
    struct span input;
    enum aiu_status status;
};

static const struct attack start_lines[] = {
    {"two blanks after the method", SPAN("GET  / HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"two blanks after the target", SPAN("GET /  HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank behind the version", SPAN("GET / HTTP/1.1 \r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank before the method", SPAN(" GET / HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a tab for a blank", SPAN("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a tab beside the blank", SPAN("GET \t/ HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a form feed for a blank", SPAN("GET\f/\fHTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"LF alone", SPAN("GET / HTTP/1.1\nHost: a\n\n"), AIU_HTTP_INVALID},
    {"CR alone", SPAN("GET / HTTP/1.1\rHost: a\r\r\n\n"), AIU_HTTP_INVALID},
    {"CR CR LF", SPAN("GET / HTTP/1.1\r\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"NUL in the target", SPAN("GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"NUL in the method", SPAN("GE\0T / HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a colon in the method", SPAN("GET: / HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"no method", SPAN("/ HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"no target", SPAN("GET HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"an empty target", SPAN("GET  HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"no version: HTTP/0.9", SPAN("GET /\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank in the target", SPAN("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a second version", SPAN("GET / HTTP/1.1 HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"UTF-8 in the target", SPAN("GET /\303\274 HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a fragment", SPAN("GET /#x HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a backslash", SPAN("GET /\\..\\x HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"half an escape", SPAN("GET /%4 HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"no escape", SPAN("GET /%zz HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"DEL in the target", SPAN("GET /\177 HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"absolute form", SPAN("GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"authority form", SPAN("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"), AIU_HTTP_INVALID},
    {"CONNECT to a path", SPAN("CONNECT / HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"* of another method", SPAN("GET * HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"OPTIONS of more than *", SPAN("OPTIONS *x HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"small letters in the version", SPAN("GET / http/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"HTTP/1.", SPAN("GET / HTTP/1.\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"HTTP/1.10", SPAN("GET / HTTP/1.10\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"HTTP/01.1", SPAN("GET / HTTP/01.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"HTTP/1,1", SPAN("GET / HTTP/1,1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"HTTP/1.2", SPAN("GET / HTTP/1.2\r\nHost: a\r\n\r\n"), AIU_HTTP_VERSION},
    {"HTTP/0.9 by name", SPAN("GET / HTTP/0.9\r\nHost: a\r\n\r\n"), AIU_HTTP_VERSION},
    {"HTTP/2's preface", SPAN("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), AIU_HTTP_VERSION},
    {"a byte order mark", SPAN("\357\273\277GET / HTTP/1.1\r\nHost: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"TLS", SPAN("\026\003\001\002\000\001\000\001\374\003\003\n\r\n"), AIU_HTTP_INVALID},
};

static const struct attack fields[] = {
    {"a blank before the colon", SPAN(GET "Content-Length : 3\r\n\r\nabc"), AIU_HTTP_INVALID},
    {"a tab before the colon", SPAN(GET "A\t: b\r\n\r\n"), AIU_HTTP_INVALID},
    {"no name", SPAN(GET ": b\r\n\r\n"), AIU_HTTP_INVALID},
    {"no colon", SPAN(GET "A b\r\n\r\n"), AIU_HTTP_INVALID},
    {"obs-fold with a blank", SPAN(GET "A: b\r\n c\r\n\r\n"), AIU_HTTP_INVALID},
    {"obs-fold with a tab", SPAN(GET "A: b\r\n\tc: d\r\n\r\n"), AIU_HTTP_INVALID},
    {"a folded first field", SPAN("GET / HTTP/1.1\r\n Host: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a line of blanks", SPAN(GET " \r\n\r\n"), AIU_HTTP_INVALID},
    {"LF in a value", SPAN(GET "A: b\nContent-Length: 3\r\n\r\n"), AIU_HTTP_INVALID},
    {"CR in a value", SPAN(GET "A: b\rContent-Length: 3\r\n\r\n"), AIU_HTTP_INVALID},
    {"CR before CR LF", SPAN(GET "A: b\r\r\n\r\n"), AIU_HTTP_INVALID},
    {"NUL in a value", SPAN(GET "A: b\0c\r\n\r\n"), AIU_HTTP_INVALID},
    {"NUL in a name", SPAN(GET "A\0: b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a control in a value", SPAN(GET "A: b\033[31m\r\n\r\n"), AIU_HTTP_INVALID},
    {"DEL in a value", SPAN(GET "A: b\177\r\n\r\n"), AIU_HTTP_INVALID},
    {"a vertical tab before a value", SPAN(GET "A:\vb\r\n\r\n"), AIU_HTTP_INVALID},
    {"Latin-1 in a value", SPAN(GET "A: \205admin\240\r\n\r\n"), AIU_HTTP_INVALID},
    {"an overlong slash in a value", SPAN(GET "A: \300\257\r\n\r\n"), AIU_HTTP_INVALID},
    {"UTF-8 in a name", SPAN(GET "\303\244: b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a bracket in a name", SPAN(GET "A[1]: b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a quote in a name", SPAN(GET "\"A\": b\r\n\r\n"), AIU_HTTP_INVALID},
    {"an end without CR", SPAN(GET "\n"), AIU_HTTP_INVALID},
    {"an end of CR and something", SPAN(GET "\rX\r\n\r\n"), AIU_HTTP_INVALID},
    {"no Host", SPAN("GET / HTTP/1.1\r\n\r\n"), AIU_HTTP_INVALID},
    {"two Hosts", SPAN(GET "Host: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"two Hosts, HTTP/1.0", SPAN("GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"), AIU_HTTP_INVALID},
    {"Host and H_ost", SPAN("GET / HTTP/1.1\r\nHos_t: a\r\n\r\n"), AIU_HTTP_INVALID},
    {"an empty Host", SPAN("GET / HTTP/1.1\r\nHost:\r\n\r\n"), AIU_HTTP_INVALID},
    {"a path in Host", SPAN("GET / HTTP/1.1\r\nHost: x/?\r\n\r\n"), AIU_HTTP_INVALID},
    {"a fragment in Host", SPAN("GET / HTTP/1.1\r\nHost: a#b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a user in Host", SPAN("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"), AIU_HTTP_INVALID},
    {"a list in Host", SPAN("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank in Host", SPAN("GET / HTTP/1.1\r\nHost: a b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a path in Host, HTTP/1.0", SPAN("GET / HTTP/1.0\r\nHost: a/b\r\n\r\n"), AIU_HTTP_INVALID},
    {"an expectation", SPAN(POST "Expect: 200-ok\r\n\r\n"), AIU_EXPECTATION},
    {"two expectations", SPAN(POST "Expect: 100-continue\r\nExpect: x\r\n\r\n"), AIU_EXPECTATION},
    {"a list of expectations", SPAN(POST "Expect: 100-continue, x\r\n\r\n"), AIU_EXPECTATION},
    {"an option that is no token", SPAN(GET "Connection: close;x\r\n\r\n"), AIU_HTTP_INVALID},
};

static const struct attack framings[] = {
    {"both framings", SPAN(POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"both, the other way", SPAN(POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"both, one in disguise",
     SPAN(POST "Content-Length: 5\r\nTransfer_Encoding: chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"a length in disguise", SPAN(POST "content_length: 5\r\n\r\n12345"), AIU_HTTP_INVALID},
    {"two lengths", SPAN(POST "Content-Length: 5\r\nContent-Length: 6\r\n\r\n"), AIU_HTTP_INVALID},
    {"the same length twice", SPAN(POST "Content-Length: 5\r\ncontent-length: 5\r\n\r\n12345"),
     AIU_HTTP_INVALID},
    {"a list of lengths", SPAN(POST "Content-Length: 5, 5\r\n\r\n12345"), AIU_HTTP_INVALID},
    {"an empty length", SPAN(POST "Content-Length:\r\n\r\n"), AIU_HTTP_INVALID},
    {"a sign", SPAN(POST "Content-Length: +5\r\n\r\n12345"), AIU_HTTP_INVALID},
    {"a minus", SPAN(POST "Content-Length: -1\r\n\r\n"), AIU_HTTP_INVALID},
    {"hex", SPAN(POST "Content-Length: 0x5\r\n\r\n12345"), AIU_HTTP_INVALID},
    {"octal", SPAN(POST "Content-Length: 010\r\n\r\n12345678"), AIU_HTTP_INVALID},
    {"a point", SPAN(POST "Content-Length: 5.0\r\n\r\n12345"), AIU_HTTP_INVALID},
    {"an exponent", SPAN(POST "Content-Length: 1e1\r\n\r\n"), AIU_HTTP_INVALID},
    {"an underscore", SPAN(POST "Content-Length: 1_0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank inside", SPAN(POST "Content-Length: 1 0\r\n\r\n"), AIU_HTTP_INVALID},
    {"2^64", SPAN(POST "Content-Length: 18446744073709551616\r\n\r\n"), AIU_HTTP_INVALID},
    {"2^64 - 1", SPAN(POST "Content-Length: 18446744073709551615\r\n\r\n"), AIU_BODY_TOO_LARGE},
    {"10 GiB", SPAN(POST "Content-Length: 10737418240\r\n\r\n"), AIU_BODY_TOO_LARGE},
    {"a wide digit", SPAN(POST "Content-Length: \357\274\225\r\n\r\n12345"), AIU_HTTP_INVALID},
    {"HTTP/1.0 with chunks", SPAN("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"chunked twice",
     SPAN(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"a list of chunked", SPAN(POST "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"gzip before it", SPAN(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"identity", SPAN(POST "Transfer-Encoding: identity\r\n\r\n"), AIU_HTTP_INVALID},
    {"an empty coding", SPAN(POST "Transfer-Encoding:\r\nContent-Length: 1\r\n\r\nx"),
     AIU_HTTP_INVALID},
    {"a comma before it", SPAN(POST "Transfer-Encoding: ,chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"a parameter", SPAN(POST "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"quoted", SPAN(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a control before it", SPAN(POST "Transfer-Encoding:\vchunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"a long s", SPAN(POST "Transfer-Encoding: chun\342\204\252ed\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"Upgrade and a length",
     SPAN(GET "Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 3\r\n\r\nabc"),
     AIU_HTTP_INVALID},
    {"Upgrade and a length of 0", SPAN(GET "Upgrade: h2c\r\nContent-Length: 0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"Upgrade and chunks",
     SPAN(GET "Upgrade: websocket\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
};

static const struct attack chunks[] = {
    {"no size", SPAN(CHUNKED "\r\n"), AIU_HTTP_INVALID},
    {"no size but an extension", SPAN(CHUNKED ";a\r\n"), AIU_HTTP_INVALID},
    {"a sign", SPAN(CHUNKED "+1\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a minus", SPAN(CHUNKED "-1\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"0x", SPAN(CHUNKED "0x1\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"an underscore", SPAN(CHUNKED "1_0\r\n"), AIU_HTTP_INVALID},
    {"a blank before", SPAN(CHUNKED " 1\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank behind", SPAN(CHUNKED "1 \r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a tab behind", SPAN(CHUNKED "1\t\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"17 digits", SPAN(CHUNKED "00000000000000001\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"2^64 + 1", SPAN(CHUNKED "10000000000000001\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"2^64 - 1", SPAN(CHUNKED "ffffffffffffffff\r\nx"), AIU_BODY_TOO_LARGE},
    {"2^63", SPAN(CHUNKED "8000000000000000\r\nx"), AIU_BODY_TOO_LARGE},
    {"2^64 - 1 after one byte", SPAN(CHUNKED "1\r\nx\r\nffffffffffffffff\r\n"), AIU_BODY_TOO_LARGE},
    {"LF behind the size", SPAN(CHUNKED "1\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"CR CR LF behind the size", SPAN(CHUNKED "1\r\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"CR behind the size", SPAN(CHUNKED "1\rx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"LF behind the data", SPAN(CHUNKED "1\r\nx\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"nothing behind the data", SPAN(CHUNKED "1\r\nx0\r\n\r\n"), AIU_HTTP_INVALID},
    {"more data than said", SPAN(CHUNKED "1\r\nxy\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"two bytes of something", SPAN(CHUNKED "1\r\nxAB0\r\n\r\n"), AIU_HTTP_INVALID},
    {"an empty extension", SPAN(CHUNKED "1;\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank before an extension", SPAN(CHUNKED "1 ;a\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a blank in an extension", SPAN(CHUNKED "1; a\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"an extension without a value", SPAN(CHUNKED "1;a=\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"an open quote", SPAN(CHUNKED "1;a=\"b\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"a quote that ends in a backslash", SPAN(CHUNKED "1;a=\"b\\\r\nx\r\n0\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"more behind a quote", SPAN(CHUNKED "1;a=\"b\"c\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"LF in an extension", SPAN(CHUNKED "1;a=\"\n\"\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"NUL in an extension", SPAN(CHUNKED "1;a=\"\0\"\r\nx\r\n0\r\n\r\n"), AIU_HTTP_INVALID},
    {"LF at the end", SPAN(CHUNKED "0\r\n\n"), AIU_HTTP_INVALID},
    {"CR and something at the end", SPAN(CHUNKED "0\r\n\rX\r\n"), AIU_HTTP_INVALID},
    {"a folded trailer", SPAN(CHUNKED "0\r\nA: b\r\n c\r\n\r\n"), AIU_HTTP_INVALID},
    {"a trailer with LF", SPAN(CHUNKED "0\r\nA: b\n\r\n"), AIU_HTTP_INVALID},
    {"a trailer without a colon", SPAN(CHUNKED "0\r\nGET / HTTP/1.1\r\n\r\n"), AIU_HTTP_INVALID},
    {"a length as trailer", SPAN(CHUNKED "0\r\nContent-Length: 5\r\n\r\n"), AIU_HTTP_INVALID},
    {"a coding as trailer", SPAN(CHUNKED "0\r\nTransfer-Encoding: chunked\r\n\r\n"),
     AIU_HTTP_INVALID},
    {"a Host as trailer", SPAN(CHUNKED "0\r\nhost: b\r\n\r\n"), AIU_HTTP_INVALID},
    {"a Connection as trailer", SPAN(CHUNKED "0\r\nConnection: close\r\n\r\n"), AIU_HTTP_INVALID},
};

// Refused, and on_end (the line with the dot) was never called.
static void run(const struct attack *attacks, size_t count)
{
    const struct record r = {RECORD_REQUESTS, &http1_default_limits, false};

    for (size_t i = 0; i < count; i++) {
        CLEANUP(buf_wipe) struct buf out = BUF_OF(1U << 20);
        enum aiu_status st = record_every_cut(attacks[i].why, &r, attacks[i].input, &out);

        if (st != attacks[i].status) {
            fail_msg("%s: %s, wanted %s", attacks[i].why, aiu_status_info(st)->name,
                     aiu_status_info(attacks[i].status)->name);
        }
        assert_int_equal(span_find_span(buf_span(&out), SPAN_OF(".\n")), out.n);
    }
}

static void no_start_line_is_read_in_two_ways(void **state)
{
    (void)state;
    run(start_lines, ARRAY_SIZE(start_lines));
}

static void no_field_is_read_in_two_ways(void **state)
{
    (void)state;
    run(fields, ARRAY_SIZE(fields));
}

static void no_framing_is_read_in_two_ways(void **state)
{
    (void)state;
    run(framings, ARRAY_SIZE(framings));
}

static void no_chunk_is_read_in_two_ways(void **state)
{
    (void)state;
    run(chunks, ARRAY_SIZE(chunks));
}

// Any byte in the place of, or before, any byte of good requests: what still passes comes out of a
// rewrite as text that reads back as the same messages.
static void what_one_wrong_byte_leaves_whole_reads_back_the_same(void **state)
{
    (void)state;
    static const struct span good[] = {
        SPAN(POST "Content-Length: 5\r\nA: b\r\n\r\nhello" GET "\r\n"),
        SPAN(CHUNKED "2;a=\"b\"\r\nhi\r\n0\r\nA: b\r\n\r\n" GET "Connection: close\r\n\r\n"),
    };

    for (size_t i = 0; i < 2 * ARRAY_SIZE(good); i++) {
        struct span from = good[i / 2];
        size_t insert = i % 2;
        for (size_t at = 0; at < from.n * 256; at++) {
            CLEANUP(rewrite_done) struct rewrite w;
            uint8_t text[256];
            size_t k = at / 256;

            memcpy(text, from.p, k);
            text[k] = (uint8_t)(at % 256);
            memcpy(text + k + 1, from.p + k + 1 - insert, from.n - k - 1 + insert);
            rewrite_init(&w, false);
            (void)rewrite_run(&w, span_of(text, from.n + insert));
            assert_true(rewrite_is_stable(&w));
        }
    }
}

TEST_MAIN(no_start_line_is_read_in_two_ways, no_field_is_read_in_two_ways,
          no_framing_is_read_in_two_ways, no_chunk_is_read_in_two_ways,
          what_one_wrong_byte_leaves_whole_reads_back_the_same)
