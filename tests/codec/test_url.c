// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/url.h"

#include "test.h"

static const struct {
    struct span text;
    struct span origin;
    struct span path;
    bool loopback;
} good[] = {
    {SPAN("https://api.openai.com/v1"), SPAN("https://api.openai.com:443"), SPAN("/v1"), false},
    {SPAN("https://api.openai.com/v1/"), SPAN("https://api.openai.com:443"), SPAN("/v1"), false},
    {SPAN("https://api.openai.com"), SPAN("https://api.openai.com:443"), SPAN(""), false},
    {SPAN("https://api.openai.com/"), SPAN("https://api.openai.com:443"), SPAN(""), false},
    {SPAN("HTTPS://API.OpenAI.com:8443/V1"), SPAN("https://api.openai.com:8443"), SPAN("/V1"),
     false},
    {SPAN("http://localhost:11434/v1"), SPAN("http://localhost:11434"), SPAN("/v1"), true},
    {SPAN("http://LOCALHOST"), SPAN("http://localhost:80"), SPAN(""), true},
    {SPAN("http://127.0.0.1:1"), SPAN("http://127.0.0.1:1"), SPAN(""), true},
    {SPAN("http://127.255.0.9:65535"), SPAN("http://127.255.0.9:65535"), SPAN(""), true},
    {SPAN("http://128.0.0.1"), SPAN("http://128.0.0.1:80"), SPAN(""), false},
    {SPAN("http://0.0.0.0"), SPAN("http://0.0.0.0:80"), SPAN(""), false},
    {SPAN("http://[::1]:8080"), SPAN("http://[::1]:8080"), SPAN(""), true},
    {SPAN("http://[0:0:0:0:0:0:0:1]"), SPAN("http://[::1]:80"), SPAN(""), true},
    {SPAN("http://[::ffff:127.0.0.1]"), SPAN("http://[::ffff:7f00:1]:80"), SPAN(""), false},
    {SPAN("https://[2001:DB8:0:0:1:0:0:1]/x"), SPAN("https://[2001:db8::1:0:0:1]:443"), SPAN("/x"),
     false},
    {SPAN("https://[2001:db8::]"), SPAN("https://[2001:db8::]:443"), SPAN(""), false},
    {SPAN("https://[::]"), SPAN("https://[::]:443"), SPAN(""), false},
    {SPAN("https://[1:2:3:4:5:6:7:8]"), SPAN("https://[1:2:3:4:5:6:7:8]:443"), SPAN(""), false},
    {SPAN("https://[1:0:3:4:5:6:7:8]"), SPAN("https://[1:0:3:4:5:6:7:8]:443"), SPAN(""), false},
    {SPAN("https://[1::3:4:5:6:7:8]"), SPAN("https://[1:0:3:4:5:6:7:8]:443"), SPAN(""), false},
    {SPAN("https://my_service-1.internal"), SPAN("https://my_service-1.internal:443"), SPAN(""),
     false},
    {SPAN("https://localhost.example"), SPAN("https://localhost.example:443"), SPAN(""), false},
    {SPAN("https://3.example"), SPAN("https://3.example:443"), SPAN(""), false},
    {SPAN("https://h/a/b-c/~d/e.f/@x:y"), SPAN("https://h:443"), SPAN("/a/b-c/~d/e.f/@x:y"), false},
    {SPAN("unix:/run/ollama.sock"), SPAN("unix:/run/ollama.sock"), SPAN(""), true},
};

static void an_address_has_one_origin(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(buf_wipe) struct buf origin = BUF_OF(256);
        struct url u;
        enum aiu_status st = url_parse(good[i].text, &u);
        if (st != AIU_OK) {
            print_error("%.*s\n", (int)good[i].text.n, (const char *)good[i].text.p);
        }
        assert_ok(st);
        assert_ok(url_append_origin(&u, &origin));
        assert_span("origin", buf_span(&origin), good[i].origin);
        assert_span("path", u.path, good[i].path);
        assert_int_equal(url_is_loopback(&u), good[i].loopback);
    }
}

// The origin of an origin is itself: keys are bound to it.
static void an_origin_is_its_own_origin(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(good); i++) {
        CLEANUP(buf_wipe) struct buf origin = BUF_OF(256);
        struct url u;
        assert_ok(url_parse(good[i].origin, &u));
        assert_ok(url_append_origin(&u, &origin));
        assert_span("origin", buf_span(&origin), good[i].origin);
    }
}

static const struct span bad[] = {
    SPAN(""),
    SPAN("api.openai.com"),
    SPAN("//api.openai.com"),
    SPAN("ftp://h"),
    SPAN("file:///etc/passwd"),
    SPAN("https:h"),
    SPAN("https:/h"),
    SPAN("https://"),
    SPAN("https:///v1"),
    SPAN("https://:443"),
    SPAN(" https://h"),
    SPAN("https://h "),
    SPAN("https://h/ "),
    SPAN("https://h\n"),
    SPAN("https://h\0.example"),
    SPAN("https://h/\x7F"),
    SPAN("https://h/\xC3\xA9"),
    SPAN("https://\xC3\xA9.example"),
    SPAN("https://user@h"),
    SPAN("https://user:pass@h/v1"),
    SPAN("https://trusted.example@evil.example"),
    SPAN("https://evil.example\\@trusted.example"),
    SPAN("https://h\\v1"),
    SPAN("https://h/v1\\x"),
    SPAN("https://h?x=1"),
    SPAN("https://h/v1?x=1"),
    SPAN("https://h#f"),
    SPAN("https://h/v1#f"),
    SPAN("https://h%2eexample"),
    SPAN("https://h/%2e%2e/x"),
    SPAN("https://h/./x"),
    SPAN("https://h/../x"),
    SPAN("https://h/x/.."),
    SPAN("https://h//x"),
    SPAN("https://h/x//"),
    SPAN("https://h:"),
    SPAN("https://h:0"),
    SPAN("https://h:00443"),
    SPAN("https://h:443x"),
    SPAN("https://h:+443"),
    SPAN("https://h:65536"),
    SPAN("https://h:4294967739"),
    SPAN("https://h:443:443"),
    SPAN("https://h."),
    SPAN("https://localhost."),
    SPAN("https://.h"),
    SPAN("https://a..b"),
    SPAN("https://-a.example"),
    SPAN("https://a-.example"),
    SPAN("https://a,b"),
    SPAN("https://*.example"),
    SPAN("https://127.1"),
    SPAN("https://127.0.1"),
    SPAN("https://2130706433"),
    SPAN("https://0177.0.0.1"),
    SPAN("https://0x7f.0.0.1"),
    SPAN("https://0x7f000001"),
    SPAN("https://0X7F000001"),
    SPAN("https://a.0x"),
    SPAN("https://127.0.0.01"),
    SPAN("https://127.0.0.256"),
    SPAN("https://127.0.0.1."),
    SPAN("https://1.2.3.4.5"),
    SPAN("https://127.0.0.1.2"),
    SPAN("https://example.1"),
    SPAN("https://[::1"),
    SPAN("https://::1]"),
    SPAN("https://::1"),
    SPAN("https://[]"),
    SPAN("https://["),
    SPAN("https://[::1]x"),
    SPAN("https://[::1]:"),
    SPAN("https://[::1%25eth0]"),
    SPAN("https://[::1%eth0]"),
    SPAN("https://[v1.x]"),
    SPAN("https://[1:2:3:4:5:6:7]"),
    SPAN("https://[1:2:3:4:5:6:7:8:9]"),
    SPAN("https://[1:2:3:4:5:6:7:8::]"),
    SPAN("https://[1::2::3]"),
    SPAN("https://[:::]"),
    SPAN("https://[1:]"),
    SPAN("https://[:1]"),
    SPAN("https://[1:::2]"),
    SPAN("https://[12345::]"),
    SPAN("https://[g::]"),
    SPAN("https://[::1.2.3]"),
    SPAN("https://[::1.2.3.4:5]"),
    SPAN("https://[1.2.3.4::]"),
    SPAN("https://[1:2:3:4:5:6:7:1.2.3.4]"),
    SPAN("unix:"),
    SPAN("unix:/"),
    SPAN("unix:run/x"),
    SPAN("unix:/run/\0x"),
    SPAN("unix:/run/x\n"),
};

// S13, and the many spellings of server-side request forgery.
static void an_address_with_two_meanings_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct url u;
        enum aiu_status st = url_parse(bad[i], &u);
        if (st == AIU_OK) {
            print_error("accepted: %.*s\n", (int)bad[i].n, (const char *)bad[i].p);
        }
        assert_status(st, AIU_URL_INVALID);
    }
}

static void each_byte_of_a_host_and_a_path_is_decided(void **state)
{
    (void)state;
    for (int c = 0; c < 256; c++) {
        struct url u;
        uint8_t host[] = "https://a.b/c";
        uint8_t path[] = "https://a.b/cxc";
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        host[8] = (uint8_t)c;
        path[13] = (uint8_t)c;
        assert_int_equal(url_parse(span_of(host, 13), &u) == AIU_OK, word || c == '_');
        bool in_path = c != 0 && strchr("/-._~!$&'()*+,;=:@", c) != NULL;
        assert_int_equal(url_parse(span_of(path, 15), &u) == AIU_OK, word || in_path);
    }
}

static void lengths_are_bounded(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(8192);
    struct url u;

    for (size_t label = 63; label <= 64; label++) {
        buf_reset(&text);
        assert_ok(buf_append(&text, SPAN_OF("https://")));
        for (size_t i = 0; i < label; i++) {
            assert_ok(buf_append_byte(&text, 'a'));
        }
        assert_status(url_parse(buf_span(&text), &u), label == 63 ? AIU_OK : AIU_URL_INVALID);
    }
    for (size_t n = 2040; n <= 2060; n++) {
        buf_reset(&text);
        assert_ok(buf_append(&text, SPAN_OF("https://h/")));
        while (text.n < n) {
            assert_ok(buf_append_byte(&text, 'a'));
        }
        assert_status(url_parse(buf_span(&text), &u), n <= 2048 ? AIU_OK : AIU_URL_INVALID);
    }
    for (size_t n = 250; n <= 256; n++) {
        buf_reset(&text);
        assert_ok(buf_append(&text, SPAN_OF("https://")));
        while (text.n < 8 + n) {
            assert_ok(buf_append_byte(&text, text.n % 50 == 49 && text.n < 7 + n ? '.' : 'a'));
        }
        assert_status(url_parse(buf_span(&text), &u), n <= 253 ? AIU_OK : AIU_URL_INVALID);
    }
}

static const struct {
    struct span text;
    struct span host;
} hosts[] = {
    {SPAN("https://API.example/v1"), SPAN("api.example")},
    {SPAN("https://api.example:443"), SPAN("api.example")},
    {SPAN("https://api.example:80"), SPAN("api.example:80")},
    {SPAN("http://api.example:80"), SPAN("api.example")},
    {SPAN("http://[::1]:8080"), SPAN("[::1]:8080")},
    {SPAN("unix:/run/x.sock"), SPAN("localhost")},
};

static void a_host_field_has_the_port_where_it_must(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        CLEANUP(buf_wipe) struct buf host = BUF_OF(256);
        struct url u;
        assert_ok(url_parse(hosts[i].text, &u));
        assert_ok(url_append_host(&u, &host));
        assert_span("host", buf_span(&host), hosts[i].host);
    }
}

TEST_MAIN(an_address_has_one_origin, an_origin_is_its_own_origin,
          an_address_with_two_meanings_is_refused, each_byte_of_a_host_and_a_path_is_decided,
          lengths_are_bounded, a_host_field_has_the_port_where_it_must)
