// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Secrets whose form is more than a prefix and an alphabet: JSON Web Tokens (RFC 7519, 7515) and
// passwords in URLs (RFC 3986 3.2.1).
#include "base/status.h"
#include "detect/ascii.h"
#include "detect/matcher.h"

enum {
    JWT_SHOWN = 256, // bytes of the header that must tell what it is
    JWT_PART = 4,    // fewest characters of the second part
    USER_MOST = 64,
    PASSWORD_MOST = 250,
    PASSWORD_FEWEST = 3,
};

static size_t decode_base64url(struct span text, uint8_t *out)
{
    uint32_t bits = 0;
    size_t n = 0;

    for (size_t i = 0; i < text.n; i++) {
        bits = bits << 6 | base64_value(text.p[i]);
        if (i % 4 > 0) {
            out[n++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
        }
    }
    return n;
}

// The header names its algorithm or type.
static bool is_jose_header(struct span text)
{
    static const struct span names[] = {SPAN("\"alg\""), SPAN("\"typ\""), SPAN("\"kid\""),
                                        SPAN("\"enc\"")};
    uint8_t json[JWT_SHOWN];
    struct span decoded = span_of(json, decode_base64url(text, json));

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (span_find_span(decoded, names[i]) < decoded.n) {
            return true;
        }
    }
    return false;
}

static size_t base64url_end(const struct view *v, size_t at, size_t most)
{
    size_t begin = at;

    while (at < v->n && at - begin < most && is_base64url(v->p[at])) {
        at++;
    }
    return at;
}

// A header that is longer than what is looked at is certain without its end.
enum match matcher_jwt(const struct view *v, const struct site *anchor, struct hit *hit)
{
    size_t start = anchor->start;

    if (start > 0 && is_base64url(v->p[start - 1])) {
        return MATCH_NO;
    }
    size_t end = base64url_end(v, start, JWT_SHOWN);
    if (end == v->n && !v->final && end - start < JWT_SHOWN) {
        return match_more(hit, start);
    }
    *hit = (struct hit){.start = start, .end = end, .flow = {.kind = FLOW_JWT}};
    if (end - start < JWT_SHOWN) {
        if (end == v->n || v->p[end] != '.') {
            return MATCH_NO;
        }
        size_t part = base64url_end(v, end + 1, JWT_PART);
        if (part - end - 1 < JWT_PART) {
            return part == v->n && !v->final ? MATCH_MORE : MATCH_NO;
        }
    }
    return is_jose_header(span_of(v->p + start, end - start)) ? MATCH_YES : MATCH_NO;
}

static bool is_userinfo(uint8_t c)
{
    return c > ' ' && c < 0x7F && c != '/' && c != '?' && c != '#' && c != '"' && c != '\'' &&
           c != '<' && c != '>' && c != '`' && c != '\\' && c != '{' && c != '}';
}

// Stand-ins that documentation uses.
static bool is_example(struct span password)
{
    static const char *const words[] = {"password", "passwd", "pass", "pwd",
                                        "secret",   "xxx",    "***",  "bar"};

    if (password.p[0] == '$' || password.p[0] == '%' || password.p[0] == '[') {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (span_equal_nocase(password, span_str(words[i]))) {
            return true;
        }
    }
    return false;
}

static size_t user_end(const struct view *v, size_t at)
{
    size_t begin = at;

    while (at < v->n && at - begin <= USER_MOST && is_userinfo(v->p[at]) && v->p[at] != ':' &&
           v->p[at] != '@') {
        at++;
    }
    return at;
}

static bool begins_host(const struct view *v, size_t at)
{
    return at < v->n && (is_alnum(v->p[at]) || v->p[at] == '[');
}

// The last "@" of the rest of the authority ends the password: people do not escape their own.
// `*ret_end` is `start` where there is none.
static enum match password_end(const struct view *v, size_t start, size_t *ret_end)
{
    size_t at = start;

    *ret_end = start;
    while (at < v->n && at - start <= PASSWORD_MOST && is_userinfo(v->p[at])) {
        if (v->p[at] == '@' && begins_host(v, at + 1)) {
            *ret_end = at;
        }
        at++;
    }
    return at == v->n && !v->final ? MATCH_MORE : MATCH_YES;
}

// "scheme://user:password@host": the finding is the password, so that the rest still tells where.
enum match matcher_url_password(const struct view *v, const struct site *anchor, struct hit *hit)
{
    if (anchor->start == 0 || !is_alnum(v->p[anchor->start - 1])) {
        return MATCH_NO;
    }
    size_t user = user_end(v, anchor->end);
    if (user == v->n) {
        return v->final ? MATCH_NO : MATCH_MORE; // nothing of the password is there yet
    }
    if (v->p[user] != ':' || user - anchor->end > USER_MOST) {
        return MATCH_NO;
    }
    hit->start = user + 1;
    if (password_end(v, hit->start, &hit->end) == MATCH_MORE) {
        return MATCH_MORE;
    }
    struct span password = span_of(v->p + hit->start, hit->end - hit->start);
    return password.n < PASSWORD_FEWEST || is_example(password) ? MATCH_NO : MATCH_YES;
}
