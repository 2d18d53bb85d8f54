// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// llhttp's cases (Node's parser), read from the shared data: Markdown with a title, a line of meta
// data, the input (a line end is CR LF; `\r`, `\n`, `\t`, `\f`, octal and `\x` escapes; a backslash
// before a line end joins lines) and the log that llhttp writes. Only strict mode binds us.
//
// Hardly one of its requests has a Host, which alone makes us refuse it. So each request without
// one is also tried with `Host: a` put in, and that is the verdict which counts.
#include "http1_record.h"

struct llhttp_case {
    struct span file, title, type;
    struct span log;
    struct buf input;
};

#define NO_UPGRADE "Upgrade and a body: two servers may disagree on what follows (CVE-2026-58055)"
#define NO_TUNNEL                                                                                  \
    "CONNECT and absolute form: this is no forward proxy, and the path must have one place"
#define NO_OTHER_PROTOCOL "another protocol than HTTP/1.x"
#define ONE_BLANK_LINE    "one empty line is skipped before a request, none before a response"
#define ZEROS             "a leading zero: there are servers that read octal"
#define ONE_CODING        "Transfer-Encoding is `chunked` or the message is refused"
#define BAD_HOST          "`=` is in no host name that is looked up"
#define BAD_TARGET        "a raw `#` or backslash in a target"

// Where llhttp accepts and we do not.
static const struct {
    const char *file, *title, *why;
} stricter[] = {
    {"request/connection.md", "CRLF between requests, implicit `keep-alive`", ONE_BLANK_LINE},
    {"request/connection.md", "Emitting part of body and pausing", NO_UPGRADE},
    {"request/connection.md", "Upgrade POST request", NO_UPGRADE},
    {"request/content-length.md", "`Content-Length` with zeroes", ZEROS},
    {"request/content-length.md", "`Content-Length` with follow-up headers", ZEROS},
    {"request/method.md", "CONNECT request", NO_TUNNEL},
    {"request/method.md", "CONNECT request with CAPS", NO_TUNNEL},
    {"request/method.md", "CONNECT with body", NO_TUNNEL},
    {"request/method.md", "M-SEARCH request", "`*` is the target of OPTIONS only"},
    {"request/method.md", "SOURCE request with ICE", NO_OTHER_PROTOCOL},
    {"request/method.md", "OPTIONS request with RTSP", NO_OTHER_PROTOCOL},
    {"request/method.md", "ANNOUNCE request with RTSP", NO_OTHER_PROTOCOL},
    {"request/method.md", "PRI request HTTP2", NO_OTHER_PROTOCOL},
    {"request/sample.md", "curl GET", BAD_HOST},
    {"request/sample.md", "Firefox GET", BAD_HOST},
    {"request/sample.md", "No HTTP version", NO_OTHER_PROTOCOL},
    {"request/sample.md", "255 ASCII in header value", "bytes above ASCII must be UTF-8"},
    {"request/transfer-encoding.md", "POST with `chunked` as last transfer-encoding", ONE_CODING},
    {"request/transfer-encoding.md",
     "POST with `chunked` as last transfer-encoding (multiple headers)", ONE_CODING},
    {"request/uri.md", "Quotes in URI", BAD_TARGET},
    {"request/uri.md", "Host terminated by a query string", NO_TUNNEL},
    {"request/uri.md", "`host:port` terminated by a query string", NO_TUNNEL},
    {"request/uri.md", "`host:port` terminated by a space", NO_TUNNEL},
    {"request/uri.md", "Fragment in URI", BAD_TARGET},
    {"request/uri.md", "Underscore in hostname", NO_TUNNEL},
    {"request/uri.md", "`host:port` and basic auth", NO_TUNNEL},
    {"response/connection.md", "HTTP 101 response with Upgrade and Content-Length header",
     "101 was not asked for"},
    {"response/connection.md", "HTTP 101 response with Upgrade and Transfer-Encoding header",
     "101 was not asked for"},
    {"response/connection.md", "HTTP 304 with Content-Length", ONE_BLANK_LINE},
    {"response/connection.md", "HTTP 100 first, then 400", ONE_BLANK_LINE},
    {"response/pipelining.md", "Should parse multiple events", ONE_BLANK_LINE},
    {"response/sample.md", "RTSP response", NO_OTHER_PROTOCOL},
    {"response/sample.md", "ICE response", NO_OTHER_PROTOCOL},
    {"response/sample.md", "HTTP version 0.9", NO_OTHER_PROTOCOL},
    {"response/sample.md", "Response starting with CRLF", ONE_BLANK_LINE},
    {"response/transfer-encoding.md", "`chunked` before other transfer-encoding", ONE_CODING},
    {"response/transfer-encoding.md",
     "multiple transfer-encoding where chunked is not the last one", ONE_CODING},
    {"response/transfer-encoding.md",
     "`chunkedchunked` transfer-encoding does not enable chunked enconding", ONE_CODING},
};

// Where llhttp refuses and we do not: which methods there are is the routes' matter (405).
static const char *const other_methods[] = {"HTTP protocol and ANNOUNCE method", "Invalid method"};

static const char *why_stricter(const struct llhttp_case *c)
{
    for (size_t i = 0; i < ARRAY_SIZE(stricter); i++) {
        if (span_equal(c->file, span_str(stricter[i].file)) &&
            span_equal(c->title, span_str(stricter[i].title))) {
            return stricter[i].why;
        }
    }
    return NULL;
}

static const char *const files[] = {
    "request/connection.md",
    "request/content-length.md",
    "request/finish.md",
    "request/invalid.md",
    "request/lenient-header-value-relaxed.md",
    "request/lenient-headers.md",
    "request/lenient-version.md",
    "request/method.md",
    "request/pausing.md",
    "request/pipelining.md",
    "request/sample.md",
    "request/transfer-encoding.md",
    "request/uri.md",
    "response/connection.md",
    "response/content-length.md",
    "response/finish.md",
    "response/invalid.md",
    "response/lenient-version.md",
    "response/pausing.md",
    "response/pipelining.md",
    "response/sample.md",
    "response/transfer-encoding.md",
};

static bool contains(struct span text, const char *what)
{
    return span_find_span(text, span_str(what)) < text.n;
}

static struct span take_line(struct span *text)
{
    struct span line;

    (void)span_cut(*text, '\n', &line, text);
    return line;
}

// The text up to the line of three backticks; `text` goes on behind it.
static struct span take_block(struct span *text)
{
    struct span block = {text->p, 0};

    while (text->n > 0) {
        struct span line = take_line(text);
        if (span_equal(line, SPAN_OF("```"))) {
            break;
        }
        block.n = (size_t)(text->p - block.p);
    }
    return block;
}

static bool is_octal(uint8_t c)
{
    return c >= '0' && c <= '7';
}

// One escape at the front of `s`, behind its backslash, to `byte`; returns its length.
static size_t unescape(struct span s, uint8_t *byte)
{
    static const char from[] = "rntf";
    static const char to[] = "\r\n\t\f";
    const char *at = s.n == 0 || s.p[0] == 0 ? NULL : strchr(from, s.p[0]);

    if (at != NULL) {
        *byte = (uint8_t)to[at - from];
        return 1;
    }
    if (s.n >= 3 && s.p[0] == 'x') {
        *byte = (uint8_t)strtoul((const char[]){(char)s.p[1], (char)s.p[2], 0}, NULL, 16);
        return 3;
    }
    size_t n = 0;
    unsigned value = 0;
    for (; n < 3 && n < s.n && is_octal(s.p[n]); n++) {
        value = value * 8 + (s.p[n] - '0');
    }
    if (n > 0) {
        *byte = (uint8_t)value;
    }
    return n;
}

static void decode(struct span block, struct buf *out)
{
    block = span_drop_last(block, 1); // the line end before the fence
    for (size_t i = 0; i < block.n;) {
        uint8_t byte = block.p[i];
        size_t n = 0;

        if (byte == '\\' && i + 1 < block.n && block.p[i + 1] == '\n') {
            i += 2;
        } else if (byte == '\\' && (n = unescape(span_drop_first(block, i + 1), &byte)) > 0) {
            assert_ok(buf_append_byte(out, byte));
            i += n + 1;
        } else {
            assert_ok(byte == '\n' ? buf_append(out, SPAN_OF("\r\n")) : buf_append_byte(out, byte));
            i++;
        }
    }
}

static struct span type_of(struct span meta)
{
    struct span rest = span_drop_first(meta, span_find_span(meta, SPAN_OF("\"type\"")) + 6);
    struct span type;

    rest = span_drop_first(rest, span_find_byte(rest, '"') + 1);
    (void)span_cut(rest, '"', &type, &rest);
    return type;
}

// Put "Host: a" behind each request line where the input has no Host at all.
static void add_host(const struct llhttp_case *c, struct buf *out)
{
    struct span rest = buf_span(&c->input);
    bool add = span_starts_with(c->type, SPAN_OF("request")) && !contains(rest, "Host:");

    while (rest.n > 0) {
        size_t n = span_find_byte(rest, '\n') + 1;
        struct span line = span_first(rest, n);
        assert_ok(buf_append(out, line));
        if (add && span_ends_with(line, SPAN_OF(" HTTP/1.1\r\n"))) {
            assert_ok(buf_append(out, SPAN_OF("Host: a\r\n")));
        }
        rest = span_drop_first(rest, n);
    }
}

// Codes 21 to 23 are pauses. A finish that is not safe (2) is a refusal.
static bool llhttp_refuses(struct span log)
{
    bool paused = contains(log, "error code=21 ") || contains(log, "error code=22 ") ||
                  contains(log, "error code=23 ");

    return (contains(log, "error code=") && !paused) || contains(log, "finish=2");
}

struct tally {
    int cases, refused, stricter, lenient, methods, wrong;
};

static bool is_about_methods(const struct llhttp_case *c)
{
    for (size_t i = 0; i < ARRAY_SIZE(other_methods); i++) {
        if (span_equal(c->title, span_str(other_methods[i]))) {
            return true;
        }
    }
    return false;
}

// The verdict on a case. We look at a line when it is whole: one that ends before its end gets that
// end, where its beginning already tells llhttp enough.
static bool we_accept(const struct llhttp_case *c, const struct record *r)
{
    CLEANUP(buf_wipe) struct buf input = BUF_OF(1U << 20);
    CLEANUP(buf_wipe) struct buf out = BUF_OF(1U << 20);

    add_host(c, &input);
    enum aiu_status st = record_every_cut("llhttp", r, buf_span(&input), &out);
    bool early = llhttp_refuses(c->log) || contains(c->type, "lenient");
    if (st == AIU_OK && out.n == 0 && early) {
        assert_ok(buf_append(&input, SPAN_OF("\r\n\r\n")));
        st = record_every_cut("llhttp", r, buf_span(&input), &out);
    }
    return st == AIU_OK;
}

static void compare(const struct llhttp_case *c, struct tally *t)
{
    bool request = span_starts_with(c->type, SPAN_OF("request"));
    bool lenient = contains(c->type, "lenient");
    const struct record r = {request ? RECORD_REQUESTS : RECORD_RESPONSES, &http1_default_limits,
                             span_ends_with(c->type, SPAN_OF("-finish"))};
    bool theirs = !llhttp_refuses(c->log);
    bool ours = we_accept(c, &r);
    const char *why = why_stricter(c);

    t->cases++;
    t->refused += !ours;
    t->lenient += lenient;
    t->stricter += why != NULL;
    t->methods += is_about_methods(c);
    // What only llhttp's lenient modes take, we refuse.
    bool wanted = (theirs && why == NULL && !lenient) || is_about_methods(c);
    if (ours != wanted) {
        print_error("%.*s, %.*s: llhttp %s it, we do not agree\n", (int)c->file.n, c->file.p,
                    (int)c->title.n, c->title.p, theirs ? "accepts" : "refuses");
        t->wrong++;
    }
}

static void run_file(const char *file, struct tally *t)
{
    char name[128];
    (void)snprintf(name, sizeof(name), "conformance/llhttp/test/%s", file);
    struct span all = test_read_file(test_shared(name));
    struct span text = all;
    struct llhttp_case c = {.file = span_str(file), .input = BUF_OF(1U << 20)};

    while (text.n > 0) {
        struct span line = take_line(&text);
        if (span_starts_with(line, SPAN_OF("## ")) || span_starts_with(line, SPAN_OF("### "))) {
            c.title = span_trim_ows(span_drop_first(line, span_find_byte(line, ' ')));
        } else if (span_starts_with(line, SPAN_OF("<!-- meta="))) {
            c.type = type_of(line);
        } else if (span_equal(line, SPAN_OF("```http"))) {
            decode(take_block(&text), &c.input);
        } else if (span_equal(line, SPAN_OF("```log"))) {
            c.log = take_block(&text);
            compare(&c, t);
            buf_wipe(&c.input);
        }
    }
    mem_free((void *)all.p);
}

static void we_accept_what_llhttp_accepts_or_a_row_says_why_not(void **state)
{
    (void)state;
    struct tally t = {0};

    (void)test_shared("conformance/llhttp/test/request/sample.md");
    for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
        run_file(files[i], &t);
    }
    print_message("%d cases: %d refused; %d for lenient modes, %d where we are stricter\n", t.cases,
                  t.refused, t.lenient, t.stricter);
    assert_int_equal(t.wrong, 0);
    assert_int_equal(t.stricter, ARRAY_SIZE(stricter)); // no row of a case that is not there
    assert_int_equal(t.methods, ARRAY_SIZE(other_methods));
}

TEST_MAIN(we_accept_what_llhttp_accepts_or_a_row_says_why_not)
