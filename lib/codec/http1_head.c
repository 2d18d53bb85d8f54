// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Each line is checked by itself when it is whole. What fields say together (one Host, one framing,
// no body where there can be none) is decided once, after the last line, from the few fields that
// concern the message itself.
#include "codec/http1_head.h"

#include <string.h>

#include "base/alloc.h"
#include "base/num.h"

enum { FIRST_ROOM = 32 }; // fields for which memory is taken at first

struct span http_head_get(const struct http_head *h, enum http_name id)
{
    for (size_t i = 0; i < h->count; i++) {
        if (h->fields[i].id == id) {
            return h->fields[i].value;
        }
    }
    return (struct span){NULL, 0};
}

size_t http_head_count(const struct http_head *h, enum http_name id)
{
    size_t count = 0;

    for (size_t i = 0; i < h->count; i++) {
        count += h->fields[i].id == id;
    }
    return count;
}

// Take the next element off a comma-separated list (RFC 9110 5.6.1); empty ones are allowed.
static struct span next_element(struct span *list)
{
    struct span element;

    (void)span_cut(*list, ',', &element, list);
    return span_trim_ows(element);
}

static bool lists(struct span list, struct span name)
{
    while (list.n > 0) {
        if (span_equal_nocase(next_element(&list), name)) {
            return true;
        }
    }
    return false;
}

bool http_head_is_hop_by_hop(const struct http_head *h, const struct http_field *field)
{
    if ((http_name_flags(field->id) & HTTP_HOP) != 0) {
        return true;
    }
    for (size_t i = 0; h->nominates && i < h->count; i++) {
        if (h->fields[i].id == HTTP_CONNECTION && lists(h->fields[i].value, field->name)) {
            return true;
        }
    }
    return false;
}

static bool is_digit(uint8_t c)
{
    return c >= '0' && c <= '9';
}

// "HTTP/1.1" or "HTTP/1.0". What is a version but not one of these is AIU_HTTP_VERSION.
static enum aiu_status take_version(struct http1 *p, struct span text)
{
    if (text.n != 8 || memcmp(text.p, "HTTP/", 5) != 0 || !is_digit(text.p[5]) ||
        text.p[6] != '.' || !is_digit(text.p[7])) {
        return AIU_HTTP_INVALID;
    }
    if (text.p[5] != '1' || text.p[7] > '1') {
        return AIU_HTTP_VERSION;
    }
    p->head.minor = (uint8_t)(text.p[7] - '0');
    return AIU_OK;
}

static enum aiu_status take_request_line(struct http1 *p, struct span line)
{
    struct span rest, version;

    (void)span_cut(line, ' ', &p->head.method, &rest);
    (void)span_cut(rest, ' ', &p->head.target, &version);
    if (!http_is_token(p->head.method)) {
        return AIU_HTTP_INVALID;
    }
    TRY(take_version(p, version));
    bool any =
        span_equal(p->head.target, SPAN_OF("*")) && span_equal(p->head.method, SPAN_OF("OPTIONS"));
    bool tunnel = span_equal(p->head.method, SPAN_OF("CONNECT"));
    return !tunnel && (any || http_is_target(p->head.target)) ? AIU_OK : AIU_HTTP_INVALID;
}

// "HTTP/1.1 200 OK". Servers that have no reason also leave the blank before it out.
static enum aiu_status take_status_line(struct http1 *p, struct span line)
{
    struct span version, rest;

    (void)span_cut(line, ' ', &version, &rest);
    TRY(take_version(p, version));
    if (rest.n < 3 || rest.p[0] < '1' || rest.p[0] > '5' || !is_digit(rest.p[1]) ||
        !is_digit(rest.p[2]) || (rest.n > 3 && rest.p[3] != ' ')) {
        return AIU_HTTP_INVALID;
    }
    p->head.status = (rest.p[0] - '0') * 100 + (rest.p[1] - '0') * 10 + (rest.p[2] - '0');
    p->head.reason = span_drop_first(rest, 4);
    return http_is_value(p->head.reason) ? AIU_OK : AIU_HTTP_INVALID;
}

enum aiu_status http1_take_start_line(struct http1 *p, struct span line)
{
    return p->response ? take_status_line(p, line) : take_request_line(p, line);
}

static inline bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t';
}

// RFC 9112 5: a name, a colon right behind it, a value with blanks around it. A line that begins
// with a blank (obs-fold) has no name. A name that we know need not be checked byte by byte.
static enum aiu_status parse_field(struct span line, struct http_field *ret_field)
{
    const uint8_t *colon = memchr(line.p, ':', line.n);
    const uint8_t *end = line.p + line.n;

    if (colon == NULL) {
        return AIU_HTTP_INVALID;
    }
    struct span name = {line.p, (size_t)(colon - line.p)};
    enum http_name id = http_name_of(name);
    if ((id == HTTP_OTHER || id >= HTTP_FIRST_FAMILY) && !http_is_token(name)) {
        return AIU_HTTP_INVALID;
    }
    const uint8_t *begin = colon + 1;
    while (begin < end && is_blank(*begin)) {
        begin++;
    }
    while (begin < end && is_blank(end[-1])) {
        end--;
    }
    struct span value = {begin, (size_t)(end - begin)};
    if (!http_is_value(value)) {
        return AIU_HTTP_INVALID;
    }
    *ret_field = (struct http_field){name, value, id};
    return AIU_OK;
}

static bool is_about_message(enum http_name id)
{
    return (http_name_flags(id) & (HTTP_OWN | HTTP_HOP)) != 0;
}

static enum aiu_status count_field(struct http1 *p, struct span line)
{
    if (p->count == p->limits->count) {
        return AIU_HEADERS_TOO_LARGE;
    }
    p->section += line.n + 2;
    return AIU_OK;
}

static enum aiu_status make_room(struct http1 *p)
{
    if (p->count < p->room) {
        return AIU_OK;
    }
    uint32_t most = p->limits->count;
    uint32_t room = p->room == 0 ? FIRST_ROOM : p->room > most / 2 ? most : p->room * 2;
    room = room < most ? room : most;
    void *fields =
        mem_resize_wiped(p->fields, p->room * sizeof(*p->fields), room * sizeof(*p->fields));
    if (fields == NULL) {
        return AIU_NO_MEMORY;
    }
    p->fields = fields;
    p->room = room;
    return AIU_OK;
}

enum aiu_status http1_take_field(struct http1 *p, struct span line)
{
    TRY(count_field(p, line));
    TRY(make_room(p));
    struct http_field *field = &p->fields[p->count];
    TRY(parse_field(line, field));
    // `Transfer_Encoding` is another name to us and the same one to a CGI server.
    if (is_about_message(field->id) && span_find_byte(field->name, '_') < field->name.n) {
        return AIU_HTTP_INVALID;
    }
    p->count++;
    return AIU_OK;
}

enum aiu_status http1_take_trailer(struct http1 *p, struct span line)
{
    struct http_field field;

    TRY(count_field(p, line));
    TRY(parse_field(line, &field));
    p->count++;
    return is_about_message(field.id) ? AIU_HTTP_INVALID : AIU_OK;
}

// What the fields about the message itself say.
struct facts {
    unsigned hosts, lengths, encodings, upgrades, expectations;
    uint64_t length;
    bool close, keep_alive, nominates;
};

// RFC 9110 8.6: one number. A leading zero is refused, since there are servers that read octal.
static enum aiu_status take_content_length(struct facts *f, struct span value)
{
    if (++f->lengths > 1 || (value.n > 1 && value.p[0] == '0')) {
        return AIU_HTTP_INVALID;
    }
    return num_parse_u64(value, UINT64_MAX, &f->length) == AIU_OK ? AIU_OK : AIU_HTTP_INVALID;
}

static enum aiu_status take_connection(struct facts *f, struct span list)
{
    while (list.n > 0) {
        struct span option = next_element(&list);
        if (span_equal_nocase(option, SPAN_OF("close"))) {
            f->close = true;
        } else if (span_equal_nocase(option, SPAN_OF("keep-alive"))) {
            f->keep_alive = true;
        } else if (option.n > 0 && !http_is_token(option)) {
            return AIU_HTTP_INVALID;
        } else {
            f->nominates |= option.n > 0;
        }
    }
    return AIU_OK;
}

static enum aiu_status take_fact(struct facts *f, const struct http_field *field)
{
    if (field->id == HTTP_CONNECTION) {
        return take_connection(f, field->value);
    }
    if (field->id == HTTP_CONTENT_LENGTH) {
        return take_content_length(f, field->value);
    }
    if (field->id == HTTP_HOST) {
        return ++f->hosts == 1 && http_is_host(field->value) ? AIU_OK : AIU_HTTP_INVALID;
    }
    if (field->id == HTTP_TRANSFER_ENCODING) {
        bool known = span_equal_nocase(field->value, SPAN_OF("chunked"));
        return ++f->encodings == 1 && known ? AIU_OK : AIU_HTTP_INVALID;
    }
    if (field->id == HTTP_EXPECT) {
        f->expectations++;
        return span_equal_nocase(field->value, SPAN_OF("100-continue")) ? AIU_OK : AIU_EXPECTATION;
    }
    f->upgrades += field->id == HTTP_UPGRADE;
    return AIU_OK;
}

static enum aiu_status gather(const struct http1 *p, struct facts *f)
{
    for (uint32_t i = 0; i < p->count; i++) {
        const struct http_field *field = &p->fields[i];
        if (is_about_message(field->id) && !(p->response && field->id == HTTP_HOST)) {
            TRY(take_fact(f, field));
        }
    }
    // RFC 9112 6.1: both may be an attack; chunked was not known to HTTP/1.0.
    if (f->encodings > 0 && (f->lengths > 0 || p->head.minor == 0)) {
        return AIU_HTTP_INVALID;
    }
    return AIU_OK;
}

static enum aiu_status settle_request(struct http1 *p, const struct facts *f)
{
    bool has_body = f->lengths + f->encodings > 0;

    // RFC 9112 3.2. Only HTTP/1.0 may do without.
    if (f->hosts == 0 && p->head.minor > 0) {
        return AIU_HTTP_INVALID;
    }
    // What follows would be a body to one server and another protocol to the next.
    if (f->upgrades > 0 && has_body) {
        return AIU_HTTP_INVALID;
    }
    p->head.expect_continue = f->expectations > 0 && has_body && p->head.minor > 0;
    return AIU_OK;
}

// RFC 9112 6.3: responses without a body whatever their fields say, and those that only the end of
// the connection ends. Where a length other than 0 contradicts the status, the peer is refused.
static enum aiu_status settle_response(struct http1 *p, const struct facts *f)
{
    int status = p->head.status;

    if (status == 101) { // we never ask to switch
        return AIU_HTTP_INVALID;
    }
    if (status < 200 || status == 204) {
        p->head.framing = HTTP_NO_BODY;
        return f->encodings == 0 && f->length == 0 ? AIU_OK : AIU_HTTP_INVALID;
    }
    if (status == 304 || p->head_request) {
        p->head.framing = HTTP_NO_BODY;
    } else if (f->lengths + f->encodings == 0) {
        p->head.framing = HTTP_UNTIL_CLOSE;
        p->head.keep_alive = false;
    }
    return AIU_OK;
}

enum aiu_status http1_settle_head(struct http1 *p)
{
    struct facts f = {.hosts = 0};
    struct http_head *h = &p->head;

    TRY(gather(p, &f));
    h->framing = f.encodings > 0 ? HTTP_CHUNKED : f.lengths > 0 ? HTTP_LENGTH : HTTP_NO_BODY;
    h->keep_alive = !f.close && (h->minor > 0 || f.keep_alive); // RFC 9112 9.3
    h->nominates = f.nominates;
    h->length = f.length;
    h->fields = p->fields;
    h->count = p->count;
    TRY(p->response ? settle_response(p, &f) : settle_request(p, &f));
    return h->framing == HTTP_LENGTH && f.length > p->limits->body ? AIU_BODY_TOO_LARGE : AIU_OK;
}
