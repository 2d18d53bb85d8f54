// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads the head anew each time bytes come; heads are short, and nothing needs to be remembered.
// Strict in what matters to a judge (one length, no blank before a colon, whole chunks), so that a
// smuggled or half-rewritten request shows up as malformed in the record.
#include "request.h"

#include "base/num.h"

struct framing {
    uint64_t length;
    bool has_length;
    bool chunked;
};

static struct span take_line(struct span *rest, bool *ret_found)
{
    size_t n = span_find_span(*rest, SPAN_OF("\r\n"));
    struct span line = span_first(*rest, n);

    *ret_found = n < rest->n;
    *rest = span_drop_first(*rest, n + 2);
    return line;
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

static bool is_not_token(uint8_t c)
{
    return c <= ' ' || c >= 0x7F || strchr("()<>@,;:\\\"/[]?={}", c) != NULL;
}

static bool read_request_line(struct request *r, struct span line)
{
    struct span rest, version;

    return span_cut(line, ' ', &r->method, &rest) && r->method.n > 0 &&
           span_find(r->method, is_not_token) == r->method.n &&
           span_cut(rest, ' ', &r->path, &version) && r->path.n > 0 && r->path.p[0] == '/' &&
           span_equal(version, SPAN_OF("HTTP/1.1"));
}

static bool is_control(uint8_t c)
{
    return (c < ' ' && c != '\t') || c == 0x7F;
}

static bool read_field(struct request *r, struct span line, struct framing *framing)
{
    struct span name, value;

    if (r->count == REQUEST_FIELDS_MAX || !span_cut(line, ':', &name, &value) || name.n == 0 ||
        span_find(name, is_not_token) < name.n || span_find(value, is_control) < value.n) {
        return false;
    }
    value = span_trim_ows(value);
    r->fields[r->count++] = (struct request_field){name, value};
    if (span_equal_nocase(name, SPAN_OF("content-length"))) {
        bool first = !framing->has_length;
        framing->has_length = true;
        return first && num_parse_u64(value, REQUEST_BODY_MAX, &framing->length) == AIU_OK;
    }
    if (span_equal_nocase(name, SPAN_OF("transfer-encoding"))) {
        bool first = !framing->chunked;
        framing->chunked = true;
        return first && span_equal_nocase(value, SPAN_OF("chunked"));
    }
    return true;
}

static bool read_size(struct span line, size_t *ret_size)
{
    size_t size = 0;

    if (line.n == 0 || line.n > 7) {
        return false;
    }
    for (size_t i = 0; i < line.n; i++) {
        int digit = num_hex_digit(line.p[i]);
        if (digit < 0) {
            return false;
        }
        size = size * 16 + (size_t)digit;
    }
    *ret_size = size;
    return size <= REQUEST_BODY_MAX;
}

static enum request_state read_chunks(struct span *rest, struct buf *chunks)
{
    buf_reset(chunks);
    for (;;) {
        bool found = false;
        size_t size = 0;
        struct span line = take_line(rest, &found);
        if (!found) {
            return line.n > 7 ? REQUEST_MALFORMED : REQUEST_PARTIAL;
        }
        if (!read_size(line, &size)) {
            return REQUEST_MALFORMED;
        }
        if (rest->n < size + 2) {
            return REQUEST_PARTIAL;
        }
        if (!span_equal(span_first(span_drop_first(*rest, size), 2), SPAN_OF("\r\n")) ||
            buf_append(chunks, span_first(*rest, size)) != AIU_OK) {
            return REQUEST_MALFORMED;
        }
        *rest = span_drop_first(*rest, size + 2);
        if (size == 0) {
            return REQUEST_WHOLE;
        }
    }
}

static enum request_state read_body(struct request *r, const struct framing *framing,
                                    struct span *rest, struct buf *chunks)
{
    if (framing->chunked) {
        if (framing->has_length) {
            return REQUEST_MALFORMED;
        }
        enum request_state state = read_chunks(rest, chunks);
        r->body = buf_span(chunks);
        return state;
    }
    if (rest->n < framing->length) {
        return REQUEST_PARTIAL;
    }
    r->body = span_first(*rest, framing->length);
    *rest = span_drop_first(*rest, framing->length);
    return REQUEST_WHOLE;
}

struct span request_field(const struct request *r, struct span name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (span_equal_nocase(r->fields[i].name, name)) {
            return r->fields[i].value;
        }
    }
    return (struct span){0};
}

enum request_state request_read(struct request *r, struct span bytes, struct buf *chunks,
                                size_t *ret_used)
{
    size_t head_n = span_find_span(bytes, SPAN_OF("\r\n\r\n"));
    struct span rest = span_first(bytes, head_n + 2);
    struct framing framing = {0};
    bool found = false;

    r->count = 0;
    if (head_n == bytes.n) {
        bool too_long = bytes.n > REQUEST_HEAD_MAX;
        bool blank = bytes.n > 0 && (is_blank(bytes.p[0]) || is_control(bytes.p[0]));
        return too_long || blank ? REQUEST_MALFORMED : REQUEST_PARTIAL;
    }
    if (!read_request_line(r, take_line(&rest, &found))) {
        return REQUEST_MALFORMED;
    }
    while (rest.n > 0) {
        if (!read_field(r, take_line(&rest, &found), &framing)) {
            return REQUEST_MALFORMED;
        }
    }
    r->keep_alive = !span_equal_nocase(request_field(r, SPAN_OF("connection")), SPAN_OF("close"));
    r->expects_continue = request_field(r, SPAN_OF("expect")).n > 0;
    rest = span_drop_first(bytes, head_n + 4);
    enum request_state state = read_body(r, &framing, &rest, chunks);
    *ret_used = bytes.n - rest.n;
    return state;
}
