// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// RFC 3986 narrowed to what a server's address needs. Everything that two programs could read in
// two ways is refused, so whatever is checked here is what is connected to.
#include "codec/url.h"

#include "base/num.h"

enum {
    URL_MAX = 2048,
    NAME_MAX_BYTES = 253,
    LABEL_MAX_BYTES = 63,
    SOCKET_PATH_MAX = 107,
    GROUPS = 8
};

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool is_letter(uint8_t c)
{
    return lower(c) >= 'a' && lower(c) <= 'z';
}

// One decimal part without a leading zero, which some programs read as octal.
static bool parse_octet(struct span part, uint8_t *ret_octet)
{
    uint64_t value = 0;

    if (part.n > 3 || (part.n > 1 && part.p[0] == '0') ||
        num_parse_u64(part, 255, &value) != AIU_OK) {
        return false;
    }
    *ret_octet = (uint8_t)value;
    return true;
}

bool url_parse_ipv4(struct span text, uint8_t ret_address[4])
{
    uint8_t address[4] = {0};

    for (size_t i = 0; i < sizeof(address); i++) {
        struct span part;
        bool more = span_cut(text, '.', &part, &text);
        if (more != (i < 3) || !parse_octet(part, &address[i])) {
            return false;
        }
    }
    memcpy(ret_address, address, sizeof(address));
    return true;
}

// The groups of IPv6 text on one side of "::", or all of them; returns how many, -1 for anything
// else. An IPv4 address may stand for the last two where `last` says so.
static int parse_groups(struct span text, bool last, uint16_t *groups)
{
    uint8_t v4[4] = {0};
    int n = 0;
    bool more = text.n > 0;

    while (more) {
        struct span group;
        more = span_cut(text, ':', &group, &text);
        if (!more && last && n <= GROUPS - 2 && url_parse_ipv4(group, v4)) {
            groups[n] = (uint16_t)(v4[0] << 8 | v4[1]);
            groups[n + 1] = (uint16_t)(v4[2] << 8 | v4[3]);
            return n + 2;
        }
        if (n == GROUPS || group.n == 0 || group.n > 4) {
            return -1;
        }
        unsigned value = 0;
        for (size_t i = 0; i < group.n; i++) {
            int digit = num_hex_digit(group.p[i]);
            if (digit < 0) {
                return -1;
            }
            value = value << 4 | (unsigned)digit;
        }
        groups[n++] = (uint16_t)value;
    }
    return n;
}

bool url_parse_ipv6(struct span text, uint8_t ret_address[16])
{
    uint16_t head[GROUPS] = {0};
    uint16_t tail[GROUPS] = {0};
    size_t gap = span_find_span(text, SPAN_OF("::"));
    bool whole = gap == text.n;

    int heads = parse_groups(span_first(text, gap), whole, head);
    int tails = whole ? 0 : parse_groups(span_drop_first(text, gap + 2), true, tail);
    if (heads < 0 || tails < 0 || (whole ? heads != GROUPS : heads + tails >= GROUPS)) {
        return false;
    }
    for (int i = 0; i < tails; i++) {
        head[GROUPS - tails + i] = tail[i];
    }
    for (size_t i = 0; i < GROUPS; i++) {
        ret_address[2 * i] = (uint8_t)(head[i] >> 8);
        ret_address[2 * i + 1] = (uint8_t)head[i];
    }
    return true;
}

static bool all(struct span s, bool (*is)(uint8_t))
{
    for (size_t i = 0; i < s.n; i++) {
        if (!is(s.p[i])) {
            return false;
        }
    }
    return true;
}

static bool is_name_byte(uint8_t c)
{
    return is_letter(c) || is_digit(c) || c == '-' || c == '_';
}

static bool is_label(struct span label)
{
    if (label.n == 0 || label.n > LABEL_MAX_BYTES || label.p[0] == '-' ||
        label.p[label.n - 1] == '-') {
        return false;
    }
    return all(label, is_name_byte);
}

static bool is_hex(uint8_t c)
{
    return num_hex_digit(c) >= 0;
}

// Some programs read a name that ends in a number as an IPv4 address: "127.1", "0177.0.0.1",
// "0x7f.1", "2130706433". No top-level domain does.
static bool is_number(struct span label)
{
    bool hex = span_starts_with(label, SPAN_OF("0x")) || span_starts_with(label, SPAN_OF("0X"));

    return hex ? all(span_drop_first(label, 2), is_hex) : all(label, is_digit);
}

static bool is_name(struct span host)
{
    struct span label = {0};
    bool more = true;

    if (host.n == 0 || host.n > NAME_MAX_BYTES) {
        return false;
    }
    while (more) {
        more = span_cut(host, '.', &label, &host);
        if (!is_label(label)) {
            return false;
        }
    }
    return !is_number(label);
}

static bool parse_host(struct span host, struct url *u)
{
    u->host = host;
    if (host.n > 1 && host.p[0] == '[') {
        u->host_kind = URL_IPV6;
        u->host = span_drop_last(span_drop_first(host, 1), 1);
        return host.p[host.n - 1] == ']' && url_parse_ipv6(u->host, u->address);
    }
    if (url_parse_ipv4(host, u->address)) {
        u->host_kind = URL_IPV4;
        return true;
    }
    u->host_kind = URL_NAME;
    return is_name(host);
}

static bool parse_port(struct span text, uint16_t *ret_port)
{
    uint64_t port = 0;

    if (text.n > 5 || num_parse_u64(text, UINT16_MAX, &port) != AIU_OK || text.p[0] == '0') {
        return false;
    }
    *ret_port = (uint16_t)port;
    return true;
}

static bool parse_authority(struct span authority, struct url *u)
{
    size_t host = 0;

    // Colons inside brackets are part of the address.
    if (authority.n > 0 && authority.p[0] == '[') {
        host = span_find_byte(authority, ']') + 1;
        host = host > authority.n ? authority.n : host;
    } else {
        host = span_find_byte(authority, ':');
    }
    struct span rest = span_drop_first(authority, host);
    if (rest.n > 0 && (rest.p[0] != ':' || !parse_port(span_drop_first(rest, 1), &u->port))) {
        return false;
    }
    return parse_host(span_first(authority, host), u);
}

// RFC 3986 3.3: pchar without the percent sign.
static bool is_path_byte(uint8_t c)
{
    return is_letter(c) || is_digit(c) || (c != 0 && strchr("-._~!$&'()*+,;=:@", c) != NULL);
}

static bool is_segment(struct span s)
{
    if (s.n == 0 || span_equal(s, SPAN_OF(".")) || span_equal(s, SPAN_OF(".."))) {
        return false;
    }
    return all(s, is_path_byte);
}

// "" and "/" are no path; otherwise "/a/b", with one slash more at the end allowed and dropped.
static bool parse_path(struct span path, struct url *u)
{
    if (span_ends_with(path, SPAN_OF("/"))) {
        path = span_drop_last(path, 1);
    }
    u->path = path;
    struct span rest = span_drop_first(path, 1);
    bool more = path.n > 0;
    while (more) {
        struct span segment;
        more = span_cut(rest, '/', &segment, &rest);
        if (!is_segment(segment)) {
            return false;
        }
    }
    return true;
}

static bool is_printable(uint8_t c)
{
    return c >= 0x20 && c != 0x7F;
}

static bool parse_socket(struct span path, struct url *u)
{
    u->scheme = URL_UNIX;
    u->host = path;
    return path.n > 1 && path.n <= SOCKET_PATH_MAX && path.p[0] == '/' && all(path, is_printable);
}

static bool skip_scheme(struct span *text, struct span scheme)
{
    if (!span_equal_nocase(span_first(*text, scheme.n), scheme)) {
        return false;
    }
    *text = span_drop_first(*text, scheme.n);
    return true;
}

enum aiu_status url_parse(struct span text, struct url *ret_url)
{
    struct url u = {.scheme = URL_HTTPS, .port = 443};

    if (text.n > URL_MAX) {
        return AIU_URL_INVALID;
    }
    if (skip_scheme(&text, SPAN_OF("unix:"))) {
        if (!parse_socket(text, &u)) {
            return AIU_URL_INVALID;
        }
        u.port = 0;
        *ret_url = u;
        return AIU_OK;
    }
    if (skip_scheme(&text, SPAN_OF("http://"))) {
        u.scheme = URL_HTTP;
        u.port = 80;
    } else if (!skip_scheme(&text, SPAN_OF("https://"))) {
        return AIU_URL_INVALID;
    }
    size_t slash = span_find_byte(text, '/');
    if (!parse_authority(span_first(text, slash), &u) ||
        !parse_path(span_drop_first(text, slash), &u)) {
        return AIU_URL_INVALID;
    }
    *ret_url = u;
    return AIU_OK;
}

bool url_is_loopback(const struct url *u)
{
    static const uint8_t one[16] = {[15] = 1};

    if (u->scheme == URL_UNIX) {
        return true;
    }
    switch (u->host_kind) {
    case URL_IPV4:
        return u->address[0] == 127;
    case URL_IPV6:
        return memcmp(u->address, one, sizeof(one)) == 0;
    case URL_NAME:
        break;
    }
    return span_equal_nocase(u->host, SPAN_OF("localhost"));
}

static uint16_t group_of(const uint8_t address[16], size_t i)
{
    return (uint16_t)(address[2 * i] << 8 | address[2 * i + 1]);
}

// RFC 5952 4.2: "::" for the longest run of two or more zero groups, the first of equals.
static size_t longest_zeros(const uint8_t address[16], size_t *ret_n)
{
    size_t best = GROUPS;

    *ret_n = 1;
    for (size_t i = 0; i < GROUPS; i++) {
        size_t n = 0;
        while (i + n < GROUPS && group_of(address, i + n) == 0) {
            n++;
        }
        if (n > *ret_n) {
            best = i;
            *ret_n = n;
        }
    }
    return best;
}

static enum aiu_status append_ipv6(const uint8_t address[16], struct buf *out)
{
    size_t zeros = 0;
    size_t from = longest_zeros(address, &zeros);
    size_t i = 0;

    TRY(buf_append_byte(out, '['));
    while (i < GROUPS) {
        if (i == from) {
            TRY(buf_append(out, SPAN_OF("::")));
            i += zeros;
            continue;
        }
        bool colon = i > 0 && i != from + zeros;
        TRY(buf_printf(out, "%s%x", colon ? ":" : "", group_of(address, i)));
        i++;
    }
    return buf_append_byte(out, ']');
}

static enum aiu_status append_authority(const struct url *u, struct buf *out)
{
    if (u->host_kind == URL_IPV6) {
        return append_ipv6(u->address, out);
    }
    for (size_t i = 0; i < u->host.n; i++) {
        TRY(buf_append_byte(out, lower(u->host.p[i])));
    }
    return AIU_OK;
}

static enum aiu_status append_port(const struct url *u, struct buf *out)
{
    TRY(buf_append_byte(out, ':'));
    return buf_append_u64(out, u->port);
}

enum aiu_status url_append_origin(const struct url *u, struct buf *out)
{
    switch (u->scheme) {
    case URL_UNIX:
        TRY(buf_append(out, SPAN_OF("unix:")));
        return buf_append(out, u->host);
    case URL_HTTP:
        TRY(buf_append(out, SPAN_OF("http://")));
        break;
    case URL_HTTPS:
        TRY(buf_append(out, SPAN_OF("https://")));
        break;
    }
    TRY(append_authority(u, out));
    return append_port(u, out);
}

enum aiu_status url_append_host(const struct url *u, struct buf *out)
{
    if (u->scheme == URL_UNIX) {
        return buf_append(out, SPAN_OF("localhost"));
    }
    TRY(append_authority(u, out));
    return u->port == (u->scheme == URL_HTTPS ? 443 : 80) ? AIU_OK : append_port(u, out);
}
