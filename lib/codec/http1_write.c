// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Everything is checked and measured first, then its room is taken once and it is copied: a refused
// head leaves no trace.
#include "codec/http1_write.h"

#include <string.h>

const struct span http1_continue = SPAN("HTTP/1.1 100 Continue\r\n\r\n");

static uint8_t *put(uint8_t *p, struct span bytes)
{
    if (bytes.n > 0) {
        memcpy(p, bytes.p, bytes.n);
    }
    return p + bytes.n;
}

static bool is_request_line(struct span method, struct span target)
{
    bool any = span_equal(target, SPAN_OF("*")) && span_equal(method, SPAN_OF("OPTIONS"));

    return http_is_token(method) && !span_equal(method, SPAN_OF("CONNECT")) &&
           (any || http_is_target(target));
}

static const struct span version_end = SPAN(" HTTP/1.1\r\n");

static size_t request_line_size(struct span method, struct span target)
{
    return method.n + 1 + target.n + version_end.n;
}

static uint8_t *put_request_line(uint8_t *p, struct span method, struct span target)
{
    p = put(p, method);
    *p++ = ' ';
    return put(put(p, target), version_end);
}

enum aiu_status http1_write_request_line(struct buf *b, struct span method, struct span target)
{
    size_t n = request_line_size(method, target);
    uint8_t *p = NULL;

    if (!is_request_line(method, target)) {
        return AIU_HTTP_INVALID;
    }
    TRY(buf_reserve(b, n, &p));
    (void)put_request_line(p, method, target);
    buf_grow(b, n);
    return AIU_OK;
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

// "HTTP/1.1 200 OK" and its end. 1xx has no head of its own: http1_continue is the only one we
// send.
static bool is_final_status(int status)
{
    return status >= 200 && status <= 599;
}

static size_t status_line_size(int status)
{
    return 13 + http1_reason(status).n + 2;
}

static uint8_t *put_status_line(uint8_t *p, int status)
{
    p = put(p, SPAN_OF("HTTP/1.1 "));
    *p++ = (uint8_t)('0' + status / 100);
    *p++ = (uint8_t)('0' + status / 10 % 10);
    *p++ = (uint8_t)('0' + status % 10);
    *p++ = ' ';
    return put(put(p, http1_reason(status)), SPAN_OF("\r\n"));
}

enum aiu_status http1_write_status_line(struct buf *b, int status)
{
    uint8_t *p = NULL;

    if (!is_final_status(status)) {
        return AIU_HTTP_INVALID;
    }
    TRY(buf_reserve(b, status_line_size(status), &p));
    (void)put_status_line(p, status);
    buf_grow(b, status_line_size(status));
    return AIU_OK;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

// Whether a field may be copied into a message. Blanks around a value do not survive reading it:
// whoever wants them there is mistaken.
static bool is_field(enum http_name id, struct span name, struct span value)
{
    if (id == HTTP_HOST) {
        return http_is_host(value);
    }
    if ((http_name_flags(id) & (HTTP_OWN | HTTP_HOP)) != 0) {
        return false;
    }
    bool padded = value.n > 0 && (is_blank(value.p[0]) || is_blank(value.p[value.n - 1]));
    return !padded && http_is_token(name) && http_is_value(value);
}

static size_t field_size(struct span name, struct span value)
{
    return name.n + 2 + value.n + 2;
}

static uint8_t *put_field(uint8_t *p, struct span name, struct span value)
{
    p = put(p, name);
    *p++ = ':';
    *p++ = ' ';
    p = put(p, value);
    *p++ = '\r';
    *p++ = '\n';
    return p;
}

enum aiu_status http1_write_field(struct buf *b, struct span name, struct span value)
{
    uint8_t *p = NULL;

    if (!is_field(http_name_of(name), name, value)) {
        return AIU_HTTP_INVALID;
    }
    TRY(buf_reserve(b, field_size(name, value), &p));
    (void)put_field(p, name, value);
    buf_grow(b, field_size(name, value));
    return AIU_OK;
}

static const struct span length_name = SPAN("Content-Length: ");
enum { FRAMING_ROOM = 64 }; // for the longest of the lines below

// "Content-Length: 5" and its end, "Transfer-Encoding: chunked" and its end, or nothing.
static struct span framing_line(uint8_t room[FRAMING_ROOM], enum http_framing framing,
                                uint64_t length)
{
    size_t at = FRAMING_ROOM;

    if (framing == HTTP_CHUNKED) {
        return SPAN_OF("Transfer-Encoding: chunked\r\n");
    }
    if (framing != HTTP_LENGTH) {
        return SPAN_OF("");
    }
    room[--at] = '\n';
    room[--at] = '\r';
    do {
        room[--at] = (uint8_t)('0' + length % 10);
        length /= 10;
    } while (length > 0);
    at -= length_name.n;
    (void)put(room + at, length_name);
    return span_of(room + at, FRAMING_ROOM - at);
}

// Said both ways: a client of HTTP/1.0 that asked for it needs to be told.
static struct span connection_line(bool keep_alive)
{
    return keep_alive ? SPAN_OF("Connection: keep-alive\r\n") : SPAN_OF("Connection: close\r\n");
}

enum aiu_status http1_write_framing(struct buf *b, enum http_framing framing, uint64_t length)
{
    uint8_t room[FRAMING_ROOM];

    return buf_append(b, framing_line(room, framing, length));
}

enum aiu_status http1_write_connection(struct buf *b, bool keep_alive)
{
    return buf_append(b, connection_line(keep_alive));
}

enum aiu_status http1_write_head_end(struct buf *b)
{
    return buf_append(b, SPAN_OF("\r\n"));
}

// Check the fields and add their sizes up. By name, not by the ids in `h`: whoever built it may not
// have filled them in.
static enum aiu_status measure_fields(const struct http_head *h, size_t *size, size_t *ret_hosts)
{
    size_t hosts = 0;

    for (size_t i = 0; i < h->count; i++) {
        const struct http_field *field = &h->fields[i];
        enum http_name id = http_name_of(field->name);
        if (!is_field(id, field->name, field->value)) {
            return AIU_HTTP_INVALID;
        }
        hosts += id == HTTP_HOST;
        *size += field_size(field->name, field->value);
    }
    *ret_hosts = hosts;
    return AIU_OK;
}

static uint8_t *put_fields(uint8_t *p, const struct http_head *h, struct span framing)
{
    for (size_t i = 0; i < h->count; i++) {
        p = put_field(p, h->fields[i].name, h->fields[i].value);
    }
    p = put(put(p, framing), connection_line(h->keep_alive));
    return put(p, SPAN_OF("\r\n"));
}

enum aiu_status http1_write_request_head(struct buf *b, const struct http_head *h)
{
    uint8_t room[FRAMING_ROOM];
    struct span framing = framing_line(room, h->framing, h->length);
    size_t size = request_line_size(h->method, h->target);
    size_t hosts = 0;
    uint8_t *p = NULL;

    if (!is_request_line(h->method, h->target) || h->framing == HTTP_UNTIL_CLOSE) {
        return AIU_HTTP_INVALID;
    }
    TRY(measure_fields(h, &size, &hosts));
    if (hosts != 1) {
        return AIU_HTTP_INVALID;
    }
    size += framing.n + connection_line(h->keep_alive).n + 2;
    TRY(buf_reserve(b, size, &p));
    (void)put_fields(put_request_line(p, h->method, h->target), h, framing);
    buf_grow(b, size);
    return AIU_OK;
}

static bool can_frame(const struct http_head *h)
{
    bool endless = h->framing == HTTP_UNTIL_CLOSE && h->keep_alive;
    bool bodiless = h->status == 204 || h->status == 304;

    // Without a framing, any other status would be read until the connection ends.
    return is_final_status(h->status) && !endless && bodiless == (h->framing == HTTP_NO_BODY);
}

enum aiu_status http1_write_response_head(struct buf *b, const struct http_head *h)
{
    uint8_t room[FRAMING_ROOM];
    struct span framing = framing_line(room, h->framing, h->length);
    size_t size = framing.n + connection_line(h->keep_alive).n + 2;
    size_t hosts = 0;
    uint8_t *p = NULL;

    if (!can_frame(h)) {
        return AIU_HTTP_INVALID;
    }
    TRY(measure_fields(h, &size, &hosts));
    if (hosts != 0) {
        return AIU_HTTP_INVALID;
    }
    size += status_line_size(h->status);
    TRY(buf_reserve(b, size, &p));
    (void)put_fields(put_status_line(p, h->status), h, framing);
    buf_grow(b, size);
    return AIU_OK;
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
    uint8_t room[CHUNK_HEAD];
    size_t at = chunk_head(data.n, room);
    struct span head = {room + at, CHUNK_HEAD - at};
    uint8_t *p = NULL;

    if (data.n == 0) {
        return AIU_OK;
    }
    if (data.n > SIZE_MAX - CHUNK_HEAD - 2) {
        return AIU_TOO_LONG;
    }
    TRY(buf_reserve(b, head.n + data.n + 2, &p));
    (void)put(put(put(p, head), data), SPAN_OF("\r\n"));
    buf_grow(b, head.n + data.n + 2);
    return AIU_OK;
}

enum aiu_status http1_write_last_chunk(struct buf *b)
{
    return buf_append(b, SPAN_OF("0\r\n\r\n"));
}
