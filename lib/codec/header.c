// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Names are found by their length first: among the few of one length, eight bytes are compared at a
// time, letters in either case. The grammar checks are one table of byte classes; values, the most
// of a head, are checked eight bytes at a time.
#include "codec/header.h"

#include <endian.h>
#include <string.h>

#include "base/num.h"
#include "base/utf8.h"

enum { NAME_ROOM = 32 }; // the longest name and its zeros; a multiple of 8

// Apart from their lengths, so that each begins at a multiple of 32.
static const char texts[HTTP_NAME_COUNT][NAME_ROOM] = {
#define HTTP_NAME(id, text, flags) [id] = {text},
#include "codec/header.def"
#undef HTTP_NAME
    [HTTP_X_FORWARDED] = "x-forwarded-",
    [HTTP_X_RATELIMIT] = "x-ratelimit-",
    [HTTP_ANTHROPIC_RATELIMIT] = "anthropic-ratelimit-",
    [HTTP_CF] = "cf-",
    [HTTP_X_ENVOY] = "x-envoy-",
    [HTTP_ACCESS_CONTROL] = "access-control-",
};

const uint8_t http_flags_of_names[HTTP_NAME_COUNT] = {
#define HTTP_NAME(id, text, flags) [id] = (flags),
#include "codec/header.def"
#undef HTTP_NAME
    [HTTP_X_FORWARDED] = HTTP_WAY,
    [HTTP_CF] = HTTP_WAY | HTTP_INTERNAL,
    [HTTP_X_ENVOY] = HTTP_WAY | HTTP_INTERNAL,
};

// The first and last id of each length in header.def.
static const struct {
    uint8_t first, last;
} of_length[NAME_ROOM] = {
    [2] = {HTTP_TE, HTTP_TE},
    [3] = {HTTP_NEL, HTTP_VIA},
    [4] = {HTTP_DATE, HTTP_VARY},
    [6] = {HTTP_ACCEPT, HTTP_X_HOST},
    [7] = {HTTP_ALT_SVC, HTTP_X_TIMER},
    [8] = {HTTP_LOCATION, HTTP_LOCATION},
    [9] = {HTTP_CLIENT_IP, HTTP_X_REAL_IP},
    [10] = {HTTP_CONNECTION, HTTP_X_SENDFILE},
    [11] = {HTTP_AIU_VERDICT, HTTP_X_SERVED_BY},
    [12] = {HTTP_CONTENT_TYPE, HTTP_X_XSRF_TOKEN},
    [13] = {HTTP_AUTHORIZATION, HTTP_X_REWRITE_URL},
    [14] = {HTTP_ANTHROPIC_BETA, HTTP_X_SHOULD_RETRY},
    [15] = {HTTP_ACCEPT_ENCODING, HTTP_X_ORIGINAL_HOST},
    [16] = {HTTP_CONTENT_ENCODING, HTTP_X_AMZN_REQUESTID},
    [17] = {HTTP_ANTHROPIC_VERSION, HTTP_X_PORTKEY_API_KEY},
    [18] = {HTTP_PROXY_AUTHENTICATE, HTTP_PROXY_AUTHENTICATE},
    [19] = {HTTP_AUTHENTICATION_INFO, HTTP_X_OPENAI_PROXY_WASM},
    [20] = {HTTP_OPENAI_PROCESSING_MS, HTTP_X_AMZ_SECURITY_TOKEN},
    [22] = {HTTP_X_HTTP_METHOD_OVERRIDE, HTTP_X_HTTP_METHOD_OVERRIDE},
    [23] = {HTTP_AIU_UPSTREAM_REQUEST_ID, HTTP_AIU_UPSTREAM_REQUEST_ID},
    [24] = {HTTP_X_ORIGINAL_FORWARDED_FOR, HTTP_X_ORIGINAL_FORWARDED_FOR},
    [25] = {HTTP_ANTHROPIC_ORGANIZATION_ID, HTTP_STRICT_TRANSPORT_SECURITY},
};

static uint64_t word_of(const void *p, size_t n)
{
    uint64_t word = 0;

    memcpy(&word, p, n);
    return word;
}

// Bits in which eight bytes differ from eight of a known name, a letter's case not counted. In a
// known name only letters have the bit 0x40.
static uint64_t differs(uint64_t word, uint64_t known)
{
    return (word ^ known) & ~((known & 0x4040404040404040U) >> 1);
}

// The first bytes of a name, up to eight, as one word.
static uint64_t first_word(const uint8_t *p, size_t n)
{
    if (n >= 8) {
        return word_of(p, 8);
    }
    uint64_t word = 0;
    for (size_t i = 0; i < n; i++) {
        word |= (uint64_t)p[i] << (8 * i);
    }
    return le64toh(word);
}

// Whether the bytes at `p` are the first `n` of `known`, beyond the eight that are known to be.
static bool same_rest(const uint8_t *p, const char *known, size_t n)
{
    for (size_t i = 8; i + 8 <= n; i += 8) {
        if (differs(word_of(p + i, 8), word_of(known + i, 8)) != 0) {
            return false;
        }
    }
    return n <= 8 || differs(word_of(p + n - 8, 8), word_of(known + n - 8, 8)) == 0;
}

// Small letters for large ones, in all bytes that are not zero. Of other bytes some change too:
// good enough to pass over other names.
static uint64_t lowered(uint64_t word, size_t n)
{
    const uint64_t bits = 0x2020202020202020U;

    return word | (n >= 8 ? bits : le64toh(bits & ((UINT64_C(1) << (8 * n)) - 1)));
}

static enum http_name find_whole(struct span name)
{
    if (name.n >= NAME_ROOM || of_length[name.n].last == 0) {
        return HTTP_OTHER;
    }
    uint64_t word = first_word(name.p, name.n);
    uint64_t small = lowered(word, name.n);
    unsigned last = of_length[name.n].last;
    for (unsigned id = of_length[name.n].first; id <= last; id++) {
        if (small == word_of(texts[id], 8) && differs(word, word_of(texts[id], 8)) == 0 &&
            same_rest(name.p, texts[id], name.n)) {
            return (enum http_name)id;
        }
    }
    return HTTP_OTHER;
}

static bool is_of_family(struct span name, unsigned id)
{
    if ((name.p[2] | 0x20) != texts[id][2]) {
        return false;
    }
    size_t n = strlen(texts[id]);
    return name.n > n && differs(first_word(name.p, n), word_of(texts[id], 8)) == 0 &&
           same_rest(name.p, texts[id], n);
}

static enum http_name find_family(struct span name)
{
    uint8_t first = name.n < 4 ? 0 : name.p[0] | 0x20;

    if (first != 'x' && first != 'c' && first != 'a') {
        return HTTP_OTHER;
    }
    for (unsigned id = HTTP_FIRST_FAMILY; id < HTTP_NAME_COUNT; id++) {
        if (is_of_family(name, id)) {
            return (enum http_name)id;
        }
    }
    return HTTP_OTHER;
}

static enum http_name find(struct span name)
{
    enum http_name id = find_whole(name);

    return id != HTTP_OTHER ? id : find_family(name);
}

// The same with `-` for `_`. What is longer than any name of ours can only be of a family.
static enum http_name find_underscored(struct span name)
{
    uint8_t plain[NAME_ROOM];
    size_t n = name.n < NAME_ROOM ? name.n : NAME_ROOM;

    for (size_t i = 0; i < n; i++) {
        plain[i] = name.p[i] == '_' ? '-' : name.p[i];
    }
    return find(span_of(plain, n));
}

enum http_name http_name_of(struct span name)
{
    enum http_name id = find(name);

    if (id == HTTP_OTHER && name.n > 0 && memchr(name.p, '_', name.n) != NULL) {
        return find_underscored(name);
    }
    return id;
}

struct span http_name_text(enum http_name id)
{
    return span_str(texts[id]);
}

enum {
    TOKEN = 1,  // RFC 9110 5.6.2
    TARGET = 2, // may stand in a request target by itself
    NAME = 4,   // may stand in a host name
    HEX = 8,
};

static const uint8_t classes[256] = {
    ['!'] = TOKEN | TARGET,
    ['"'] = TARGET,
    ['#'] = TOKEN,
    ['$'] = TOKEN | TARGET,
    ['%'] = TOKEN,
    ['&' ... '\''] = TOKEN | TARGET,
    ['(' ... ')'] = TARGET,
    ['*' ... '+'] = TOKEN | TARGET,
    [','] = TARGET,
    ['-' ... '.'] = TOKEN | TARGET | NAME,
    ['/'] = TARGET,
    ['0' ... '9'] = TOKEN | TARGET | NAME | HEX,
    [':' ... '@'] = TARGET,
    ['A' ... 'F'] = TOKEN | TARGET | NAME | HEX,
    ['G' ... 'Z'] = TOKEN | TARGET | NAME,
    ['['] = TARGET,
    [']'] = TARGET,
    ['^'] = TOKEN | TARGET,
    ['_'] = TOKEN | TARGET | NAME,
    ['`'] = TOKEN | TARGET,
    ['a' ... 'f'] = TOKEN | TARGET | NAME | HEX,
    ['g' ... 'z'] = TOKEN | TARGET | NAME,
    ['{'] = TARGET,
    ['|'] = TOKEN | TARGET,
    ['}'] = TARGET,
    ['~'] = TOKEN | TARGET,
};

static size_t run_of(struct span text, uint8_t class)
{
    size_t i = 0;

    while (i < text.n && (classes[text.p[i]] & class) != 0) {
        i++;
    }
    return i;
}

size_t http_token_length(struct span text)
{
    return run_of(text, TOKEN);
}

bool http_is_token(struct span text)
{
    return text.n > 0 && run_of(text, TOKEN) == text.n;
}

// Non-zero where one of eight bytes is below 0x20, 0x7F or above.
static uint64_t unusual(uint64_t word)
{
    const uint64_t ones = 0x0101010101010101U;
    const uint64_t high = ones * 0x80;
    uint64_t del = word ^ (ones * 0x7F);

    return (((word - ones * 0x20) & ~word) | ((del - ones) & ~del) | word) & high;
}

// Byte by byte, for short values and those with something unusual.
static bool is_value(struct span text)
{
    bool above_ascii = false;

    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];
        if ((c < 0x20 && c != '\t') || c == 0x7F) {
            return false;
        }
        above_ascii |= c > 0x7F;
    }
    return !above_ascii || utf8_valid(text);
}

bool http_is_value(struct span text)
{
    if (text.n < 8) {
        return is_value(text);
    }
    uint64_t found = unusual(word_of(text.p + text.n - 8, 8));
    for (size_t i = 0; i + 8 < text.n; i += 8) {
        found |= unusual(word_of(text.p + i, 8));
    }
    return found == 0 || is_value(text);
}

static bool is_port(struct span text)
{
    uint64_t port = 0;

    return text.n <= 5 && num_parse_u64(text, 65535, &port) == AIU_OK && port > 0 &&
           text.p[0] != '0';
}

// "[2001:db8::1]" and what follows. The address itself is only looked at byte by byte: it is never
// connected to.
static bool is_bracketed_host(struct span text)
{
    size_t colons = 0;
    size_t i = 1;

    for (; i < text.n && text.p[i] != ']'; i++) {
        if ((classes[text.p[i]] & HEX) == 0 && text.p[i] != ':' && text.p[i] != '.') {
            return false;
        }
        colons += text.p[i] == ':';
    }
    if (i >= text.n || colons < 2 || i > 46) {
        return false;
    }
    struct span rest = span_drop_first(text, i + 1);
    return rest.n == 0 || (rest.p[0] == ':' && is_port(span_drop_first(rest, 1)));
}

bool http_is_host(struct span text)
{
    if (text.n > 0 && text.p[0] == '[') {
        return is_bracketed_host(text);
    }
    size_t n = run_of(text, NAME);
    if (n == 0 || n > 255) {
        return false;
    }
    return n == text.n || (text.p[n] == ':' && is_port(span_drop_first(text, n + 1)));
}

static bool is_escape(struct span text)
{
    return text.n >= 3 && text.p[0] == '%' && (classes[text.p[1]] & HEX) != 0 &&
           (classes[text.p[2]] & HEX) != 0;
}

bool http_is_target(struct span text)
{
    if (text.n == 0 || text.p[0] != '/') {
        return false;
    }
    for (;;) {
        text = span_drop_first(text, run_of(text, TARGET));
        if (text.n == 0) {
            return true;
        }
        if (!is_escape(text)) {
            return false;
        }
        text = span_drop_first(text, 3);
    }
}
