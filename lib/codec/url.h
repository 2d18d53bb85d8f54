// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Addresses of servers: absolute http and https URLs (RFC 3986, a strict part of it), and
// `unix:PATH` for a local socket.
//
// One text has one meaning, or is refused: no user name, query, fragment, backslash, blank or
// percent sign, no IPv4 in octal, hexadecimal or fewer than four parts, no dot at the end of a
// name, no empty, "." or ".." segment, no port 0 (guide S13; server-side request forgery).
//
// Ownership: the parts borrow the text. Threads: any. Errors: AIU_URL_INVALID.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

enum url_scheme { URL_HTTP, URL_HTTPS, URL_UNIX };
enum url_host { URL_NAME, URL_IPV4, URL_IPV6 };

struct url {
    enum url_scheme scheme;
    enum url_host host_kind;
    struct span host;    // as written, without the brackets of IPv6; for URL_UNIX the socket's path
    uint8_t address[16]; // IPv4: the first four bytes; network order
    uint16_t port;       // as written, or 80 or 443; 0 for URL_UNIX
    struct span path;    // "" or "/v1": never ends with a slash
};

// Absolute URL of at most 2048 bytes, or "unix:/absolute/path" of at most 107.
MUST_CHECK enum aiu_status url_parse(struct span text, struct url *ret_url);

// Strict dotted IPv4, and IPv6 text without brackets and zone.
bool url_parse_ipv4(struct span text, uint8_t ret_address[4]);
bool url_parse_ipv6(struct span text, uint8_t ret_address[16]);

// 127.0.0.0/8, ::1, the name "localhost", a local socket: bytes do not leave the machine.
bool url_is_loopback(const struct url *u);

// Append the origin in its one spelling: "https://host:443", name in lower case, IPv6 as RFC 5952
// has it, port always there; "unix:/path".
MUST_CHECK enum aiu_status url_append_origin(const struct url *u, struct buf *out);

// Append what a Host field carries (RFC 9110 7.2): the port only where it is not the scheme's own;
// "localhost" for a local socket.
MUST_CHECK enum aiu_status url_append_host(const struct url *u, struct buf *out);
