// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Strict: a host is always named ("0.0.0.0" for all), so that nobody opens a port to the world by
// leaving something out.
#include "config/address.h"

#include "base/num.h"
#include "codec/url.h"

static bool is_host_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
}

static bool is_host_name(struct span host)
{
    for (size_t i = 0; i < host.n; i++) {
        if (!is_host_byte(host.p[i])) {
            return false;
        }
    }
    return host.n > 0 && host.n <= 253 && host.p[0] != '-' && host.p[0] != '.';
}

static bool is_loopback(struct span host)
{
    uint8_t v4[4];
    uint8_t v6[16];
    static const uint8_t one[16] = {[15] = 1};

    if (url_parse_ipv4(host, v4)) {
        return v4[0] == 127;
    }
    if (url_parse_ipv6(host, v6)) {
        return memcmp(v6, one, sizeof(one)) == 0;
    }
    return span_equal_nocase(host, SPAN_OF("localhost"));
}

// "[::1]:8470"
static bool cut_ipv6(struct span text, struct span *ret_host, struct span *ret_port)
{
    uint8_t ignored[16];

    return span_cut(span_drop_first(text, 1), ']', ret_host, ret_port) &&
           url_parse_ipv6(*ret_host, ignored) && span_starts_with(*ret_port, SPAN_OF(":"));
}

static bool cut_host(struct span text, struct span *ret_host, struct span *ret_port)
{
    if (span_starts_with(text, SPAN_OF("["))) {
        bool ok = cut_ipv6(text, ret_host, ret_port);
        *ret_port = span_drop_first(*ret_port, 1);
        return ok;
    }
    return span_cut(text, ':', ret_host, ret_port) && is_host_name(*ret_host);
}

static enum aiu_status parse_unix(struct span path, struct config_address *ret_address)
{
    if (path.n == 0 || path.n > ADDRESS_PATH_MOST || span_find_byte(path, 0) < path.n) {
        return AIU_CONFIG_INVALID;
    }
    *ret_address = (struct config_address){.kind = CONFIG_UNIX, .path = path, .loopback = true};
    return AIU_OK;
}

enum aiu_status address_parse(struct span text, struct config_address *ret_address)
{
    struct span host = {0};
    struct span digits = {0};
    uint64_t port = 0;

    if (span_starts_with(text, SPAN_OF("unix:"))) {
        return parse_unix(span_drop_first(text, 5), ret_address);
    }
    if (!cut_host(text, &host, &digits) || num_parse_u64(digits, UINT16_MAX, &port) != AIU_OK) {
        return AIU_CONFIG_INVALID;
    }
    *ret_address = (struct config_address){
        .kind = CONFIG_TCP, .host = host, .port = (uint16_t)port, .loopback = is_loopback(host)};
    return AIU_OK;
}

enum aiu_status address_text(const struct config_address *a, struct buf *dst)
{
    bool v6 = span_find_byte(a->host, ':') < a->host.n;

    if (a->kind == CONFIG_UNIX) {
        TRY(buf_append(dst, SPAN_OF("unix:")));
        return buf_append(dst, a->path);
    }
    TRY(buf_append(dst, v6 ? SPAN_OF("[") : SPAN_OF("")));
    TRY(buf_append(dst, a->host));
    return buf_printf(dst, "%s:%u", v6 ? "]" : "", a->port);
}
