// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// HTTP field names: a number for each name that the product knows, and what it is to a gateway
// (RFC 9110 5.1, 7.6.1). The table is header.def.
//
// A name is also known with `_` for `-` in any place: servers of the CGI family cannot tell the two
// apart, so a field that we would strip must not pass in that dress. Some ids stand for a family of
// names with one prefix (HTTP_X_FORWARDED).
//
// Ownership: constant data only. Threads: any. Errors: none.
#pragma once

#include "base/span.h"
#include "base/status.h"

enum http_name {
    HTTP_OTHER, // no name of ours: goes on as it came
#define HTTP_NAME(id, text, flags) id,
#include "codec/header.def"
#undef HTTP_NAME
    HTTP_FIRST_FAMILY,
    HTTP_X_FORWARDED = HTTP_FIRST_FAMILY, // x-forwarded-*
    HTTP_X_RATELIMIT,                     // x-ratelimit-*
    HTTP_ANTHROPIC_RATELIMIT,             // anthropic-ratelimit-*
    HTTP_CF,                              // cf-*: Cloudflare
    HTTP_X_ENVOY,                         // x-envoy-*
    HTTP_ACCESS_CONTROL,                  // access-control-*
    HTTP_NAME_COUNT
};

enum http_name_flags {
    HTTP_HOP = 1,        // for one connection only (RFC 9110 7.6.1)
    HTTP_OWN = 2,        // says where a message goes or ends: our writer makes it, nobody copies it
    HTTP_CREDENTIAL = 4, // proves who somebody is
    HTTP_ACCOUNT = 8,    // chooses or names the account at the provider
    HTTP_INTERNAL = 16,  // a server talks about itself: not for the other side
    HTTP_WAY = 32,       // where a request came from, or which other request it wants to be
};

// The id of a name, in any case; HTTP_OTHER where there is none.
enum http_name http_name_of(struct span name);

// The name in lower case; of a family its prefix; empty for HTTP_OTHER.
struct span http_name_text(enum http_name id);

extern const uint8_t http_flags_of_names[HTTP_NAME_COUNT];

// enum http_name_flags, or-ed.
static inline unsigned http_name_flags(enum http_name id)
{
    return http_flags_of_names[id];
}

// One field of a message. `value` has no blanks around it.
struct http_field {
    struct span name, value;
    enum http_name id;
};

// What RFC 9110 calls a token: a method, a field name. Not empty.
bool http_is_token(struct span text);

// How many bytes at the front of `text` may stand in a token.
size_t http_token_length(struct span text);

// A field value that we read and write: HTAB, 0x20 to 0x7E, and well-formed UTF-8 above that.
bool http_is_value(struct span text);

// A `Host` value (RFC 9112 3.2): a name of letters, digits, `-`, `.`, `_`, or an address in
// brackets, and after `:` a port of 1 to 65535. No userinfo, no percent, no list, not empty.
bool http_is_host(struct span text);

// A request target in origin form (RFC 9112 3.2.1): begins with `/`, visible ASCII without `#` and
// `\`, and `%` only before two hex digits.
bool http_is_target(struct span text);
