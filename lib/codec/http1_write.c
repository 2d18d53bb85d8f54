// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Each line is checked, then its room is taken once and its parts are copied. A whole head undoes
// itself where one of its lines is refused.
#include "codec/http1_write.h"

#include <string.h>

const struct span http1_continue = SPAN("HTTP/1.1 100 Continue\r\n\r\n");

// Only this many parts make a line.
enum { MOST_PARTS = 5 };

static enum aiu_status append_all(struct buf *b, const struct span parts[MOST_PARTS])
{
    size_t total = 0;
    uint8_t *p = NULL;

    for (int i = 0; i < MOST_PARTS; i++) {
        if (__builtin_add_overflow(total, parts[i].n, &total)) {
            return AIU_TOO_LONG;
        }
    }
    TRY(buf_reserve(b, total, &p));
    for (int i = 0; i < MOST_PARTS; i++) {
        if (parts[i].n > 0) {
            memcpy(p, parts[i].p, parts[i].n);
            p += parts[i].n;
        }
    }
    buf_grow(b, total);
    return AIU_OK;
}

enum aiu_status http1_write_request_line(struct buf *b, struct span method, struct span target)
{
    bool any = span_equal(target, SPAN_OF("*")) && span_equal(method, SPAN_OF("OPTIONS"));

    if (!http_is_token(method) || span_equal(method, SPAN_OF("CONNECT")) ||
        (!any && !http_is_target(target))) {
        return AIU_HTTP_INVALID;
    }
    const struct span parts[MOST_PARTS] = {method, SPAN(" "), target, SPAN(" HTTP/1.1\r\n")};
    return append_all(b, parts);
}

static const struct {
    int status;
    struct span reason;
} reasons[] = {
    {200, SPAN("OK")},
    {201, SPAN("Created")},
    {202, SPAN("Accepted")},
    {204, SPAN("No Content")},
    {206, SPAN("Partial Content")},
    {301, SPAN("Moved Permanently")},
    {302, SPAN("Found")},
    {303, SPAN("See Other")},
    {304, SPAN("Not Modified")},
    {307, SPAN("Temporary Redirect")},
    {308, SPAN("Permanent Redirect")},
    {400, SPAN("Bad Request")},
    {401, SPAN("Unauthorized")},
    {402, SPAN("Payment Required")},
    {403, SPAN("Forbidden")},
    {404, SPAN("Not Found")},
    {405, SPAN("Method Not Allowed")},
    {406, SPAN("Not Acceptable")},
    {407, SPAN("Proxy Authentication Required")},
    {408, SPAN("Request Timeout")},
    {409, SPAN("Conflict")},
    {410, SPAN("Gone")},
    {411, SPAN("Length Required")},
    {412, SPAN("Precondition Failed")},
    {413, SPAN("Content Too Large")},
    {414, SPAN("URI Too Long")},
    {415, SPAN("Unsupported Media Type")},
    {416, SPAN("Range Not Satisfiable")},
    {417, SPAN("Expectation Failed")},
    {421, SPAN("Misdirected Request")},
    {422, SPAN("Unprocessable Content")},
    {424, SPAN("Failed Dependency")},
    {425, SPAN("Too Early")},
    {426, SPAN("Upgrade Required")},
    {428, SPAN("Precondition Required")},
    {429, SPAN("Too Many Requests")},
    {431, SPAN("Request Header Fields Too Large")},
    {451, SPAN("Unavailable For Legal Reasons")},
    {500, SPAN("Internal Server Error")},
    {501, SPAN("Not Implemented")},
    {502, SPAN("Bad Gateway")},
    {503, SPAN("Service Unavailable")},
    {504, SPAN("Gateway Timeout")},
    {505, SPAN("HTTP Version Not Supported")},
};

struct span http1_reason(int status)
{
    for (size_t i = 0; i < ARRAY_SIZE(reasons); i++) {
        if (reasons[i].status == status) {
            return reasons[i].reason;
        }
    }
    return SPAN_OF("Unknown");
}

// 1xx has no head of its own here: http1_continue is the only one we send.
enum aiu_status http1_write_status_line(struct buf *b, int status)
{
    if (status < 200 || status > 599) {
        return AIU_HTTP_INVALID;
    }
    const uint8_t digits[4] = {(uint8_t)('0' + status / 100), (uint8_t)('0' + status / 10 % 10),
                               (uint8_t)('0' + status % 10), ' '};
    const struct span parts[MOST_PARTS] = {
        SPAN("HTTP/1.1 "), {digits, 4}, http1_reason(status), SPAN("\r\n")};
    return append_all(b, parts);
}

static enum aiu_status append_field(struct buf *b, struct span name, struct span value)
{
    bool padded = value.n > 0 && (value.p[0] == ' ' || value.p[0] == '\t' ||
                                  value.p[value.n - 1] == ' ' || value.p[value.n - 1] == '\t');

    // Blanks around a value do not survive reading it: whoever wants them there is mistaken.
    if (padded || !http_is_token(name) || !http_is_value(value)) {
        return AIU_HTTP_INVALID;
    }
    const struct span parts[MOST_PARTS] = {name, SPAN(": "), value, SPAN("\r\n")};
    return append_all(b, parts);
}

enum aiu_status http1_write_field(struct buf *b, struct span name, struct span value)
{
    enum http_name id = http_name_of(name);

    if (id == HTTP_HOST) {
        return http_is_host(value) ? append_field(b, SPAN_OF("Host"), value) : AIU_HTTP_INVALID;
    }
    if ((http_name_flags(id) & (HTTP_OWN | HTTP_HOP)) != 0) {
        return AIU_HTTP_INVALID;
    }
    return append_field(b, name, value);
}

enum aiu_status http1_write_framing(struct buf *b, enum http_framing framing, uint64_t length)
{
    switch (framing) {
    case HTTP_NO_BODY:
    case HTTP_UNTIL_CLOSE:
        return AIU_OK;
    case HTTP_CHUNKED:
        return buf_append(b, SPAN_OF("Transfer-Encoding: chunked\r\n"));
    case HTTP_LENGTH:
        break;
    }
    uint8_t digits[20];
    size_t at = sizeof(digits);
    do {
        digits[--at] = (uint8_t)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    const struct span parts[MOST_PARTS] = {
        SPAN("Content-Length: "), {digits + at, sizeof(digits) - at}, SPAN("\r\n")};
    return append_all(b, parts);
}

enum aiu_status http1_write_connection(struct buf *b, bool keep_alive)
{
    // Said both ways: a client of HTTP/1.0 that asked for it needs to be told.
    return buf_append(b, keep_alive ? SPAN_OF("Connection: keep-alive\r\n")
                                    : SPAN_OF("Connection: close\r\n"));
}

enum aiu_status http1_write_head_end(struct buf *b)
{
    return buf_append(b, SPAN_OF("\r\n"));
}

static enum aiu_status write_fields(struct buf *b, const struct http_head *h)
{
    for (size_t i = 0; i < h->count; i++) {
        TRY(http1_write_field(b, h->fields[i].name, h->fields[i].value));
    }
    TRY(http1_write_framing(b, h->framing, h->length));
    TRY(http1_write_connection(b, h->keep_alive));
    return http1_write_head_end(b);
}

// By name, not by the ids in `h`: whoever built it may not have filled them in.
static size_t count_hosts(const struct http_head *h)
{
    size_t hosts = 0;

    for (size_t i = 0; i < h->count; i++) {
        hosts += http_name_of(h->fields[i].name) == HTTP_HOST;
    }
    return hosts;
}

static enum aiu_status write_request(struct buf *b, const struct http_head *h)
{
    if (count_hosts(h) != 1 || h->framing == HTTP_UNTIL_CLOSE) {
        return AIU_HTTP_INVALID;
    }
    TRY(http1_write_request_line(b, h->method, h->target));
    return write_fields(b, h);
}

static enum aiu_status write_response(struct buf *b, const struct http_head *h)
{
    bool endless = h->framing == HTTP_UNTIL_CLOSE && h->keep_alive;
    bool bodiless = h->status == 204 || h->status == 304;

    // Without a framing, any other status would be read until the connection ends.
    if (count_hosts(h) != 0 || endless || bodiless != (h->framing == HTTP_NO_BODY)) {
        return AIU_HTTP_INVALID;
    }
    TRY(http1_write_status_line(b, h->status));
    return write_fields(b, h);
}

static enum aiu_status all_or_nothing(struct buf *b, size_t before, enum aiu_status st)
{
    if (st != AIU_OK) {
        b->n = before;
    }
    return st;
}

enum aiu_status http1_write_request_head(struct buf *b, const struct http_head *h)
{
    size_t before = b->n;

    return all_or_nothing(b, before, write_request(b, h));
}

enum aiu_status http1_write_response_head(struct buf *b, const struct http_head *h)
{
    size_t before = b->n;

    return all_or_nothing(b, before, write_response(b, h));
}

enum { CHUNK_HEAD = 18 }; // 16 digits, CR LF

// Writes backwards from the end of `out`; returns where it begins.
static size_t chunk_head(uint64_t n, uint8_t out[CHUNK_HEAD])
{
    size_t at = CHUNK_HEAD;

    out[--at] = '\n';
    out[--at] = '\r';
    do {
        out[--at] = (uint8_t) "0123456789abcdef"[n & 15];
        n >>= 4;
    } while (n > 0);
    return at;
}

enum aiu_status http1_write_chunk_head(struct buf *b, uint64_t n)
{
    uint8_t head[CHUNK_HEAD];
    size_t at = chunk_head(n, head);

    CHECK(n > 0);
    return buf_append(b, span_of(head + at, CHUNK_HEAD - at));
}

enum aiu_status http1_write_chunk_tail(struct buf *b)
{
    return buf_append(b, SPAN_OF("\r\n"));
}

enum aiu_status http1_write_chunk(struct buf *b, struct span data)
{
    uint8_t head[CHUNK_HEAD];

    if (data.n == 0) {
        return AIU_OK;
    }
    size_t at = chunk_head(data.n, head);
    const struct span parts[MOST_PARTS] = {{head + at, CHUNK_HEAD - at}, data, SPAN("\r\n")};
    return append_all(b, parts);
}

enum aiu_status http1_write_last_chunk(struct buf *b)
{
    return buf_append(b, SPAN_OF("0\r\n\r\n"));
}
