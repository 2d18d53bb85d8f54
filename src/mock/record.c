// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Lines are written at once: a mock that waits for a disk is still a mock, and a test must find the
// line once it has the answer.
#include "record.h"

#include <unistd.h>

#include "base/num.h"
#include "base/utf8.h"
#include "codec/json_write.h"

enum { RECORD_LINE_MAX = 6 * REQUEST_BODY_MAX + 8 * REQUEST_HEAD_MAX, NAME_MAX_N = 256 };

void record_init(struct record *r, int fd)
{
    *r = (struct record){.fd = fd};
    buf_init(&r->line, RECORD_LINE_MAX);
}

void record_done(struct record *r)
{
    buf_wipe(&r->line);
}

static void write_body(struct json_writer *w, struct span body)
{
    if (utf8_valid(body)) {
        json_write_member_string(w, "body", body);
        return;
    }
    CLEANUP(buf_wipe) struct buf text = BUF_OF((size_t)2 * RECORD_LINE_MAX);
    if (num_append_base64(&text, body) == AIU_OK) {
        json_write_member_string(w, "body_b64", buf_span(&text));
    }
}

static struct span lower(struct span name, uint8_t out[NAME_MAX_N])
{
    name = span_first(name, NAME_MAX_N);
    for (size_t i = 0; i < name.n; i++) {
        uint8_t c = name.p[i];
        out[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
    }
    return span_of(out, name.n);
}

static bool came_before(const struct request *r, size_t index)
{
    for (size_t i = 0; i < index; i++) {
        if (span_equal_nocase(r->fields[i].name, r->fields[index].name)) {
            return true;
        }
    }
    return false;
}

static void write_values(struct json_writer *w, const struct request *r, size_t index)
{
    CLEANUP(buf_wipe) struct buf joined = BUF_OF(REQUEST_HEAD_MAX);
    enum aiu_status st = buf_append(&joined, r->fields[index].value);

    for (size_t i = index + 1; i < r->count && st == AIU_OK; i++) {
        if (span_equal_nocase(r->fields[i].name, r->fields[index].name)) {
            st = buf_append(&joined, SPAN_OF(", "));
            st = st == AIU_OK ? buf_append(&joined, r->fields[i].value) : st;
        }
    }
    json_write_string(w, buf_span(&joined));
}

static void write_headers(struct json_writer *w, const struct request *r)
{
    uint8_t name[NAME_MAX_N];

    json_write_key(w, "headers");
    json_write_object(w);
    for (size_t i = 0; i < r->count; i++) {
        if (!came_before(r, i)) {
            json_write_key_span(w, lower(r->fields[i].name, name));
            write_values(w, r, i);
        }
    }
    json_write_object_end(w);
}

static void end_line(struct record *r, struct json_writer *w)
{
    json_write_object_end(w);
    if (json_writer_finish(w) != AIU_OK || buf_append_byte(&r->line, '\n') != AIU_OK ||
        write(r->fd, r->line.p, r->line.n) != (ssize_t)r->line.n) {
        r->failed++;
    }
}

static void begin_line(struct record *r, struct json_writer *w)
{
    buf_reset(&r->line);
    json_writer_init(w, &r->line);
    json_write_object(w);
}

void record_request(struct record *r, const struct request *request)
{
    struct json_writer w;

    if (r->fd < 0) {
        return;
    }
    begin_line(r, &w);
    json_write_member_string(&w, "method", request->method);
    json_write_member_string(&w, "path", request->path);
    write_headers(&w, request);
    write_body(&w, request->body);
    end_line(r, &w);
}

void record_malformed(struct record *r, struct span bytes)
{
    struct json_writer w;

    if (r->fd < 0) {
        return;
    }
    begin_line(r, &w);
    json_write_member_bool(&w, "malformed", true);
    write_body(&w, bytes);
    end_line(r, &w);
}
