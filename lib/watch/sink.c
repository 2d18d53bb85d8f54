// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "watch/sink.h"

#include "base/alloc.h"
#include "net/once.h"

enum { BATCH_MOST = 16 << 20, MESSAGE_MOST = 512 * 1024, POST_MS = 20000, ANSWER_MOST = 65536 };

// --- syslog -----------------------------------------------------------------------------------

struct sink_syslog {
    struct sink_syslog_options o;
    struct link *link;
    struct buf batch; // frames; of datagrams, one message at a time
    struct buf message, inner;
};

static bool is_datagram(const struct sink_syslog *s)
{
    return s->o.link.kind == LINK_UDP || s->o.link.kind == LINK_LOCAL;
}

enum aiu_status sink_syslog_new(const struct sink_syslog_options *o, struct sink_syslog **ret_sink)
{
    struct sink_syslog *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    *s = (struct sink_syslog){.o = *o,
                              .batch = BUF_OF(BATCH_MOST),
                              .message = BUF_OF(MESSAGE_MOST),
                              .inner = BUF_OF(MESSAGE_MOST)};
    enum aiu_status st = link_new(&o->link, &s->link);
    if (st != AIU_OK) {
        sink_syslog_free(s);
        return st;
    }
    *ret_sink = s;
    return AIU_OK;
}

void sink_syslog_free(struct sink_syslog *s)
{
    if (s != NULL) {
        link_free(s->link);
        buf_wipe(&s->batch);
        buf_wipe(&s->message);
        buf_wipe(&s->inner);
        mem_free(s);
    }
}

// OCSF goes as the message of a syslog line.
static enum aiu_status make_message(struct sink_syslog *s, const struct format_entry *e)
{
    buf_reset(&s->message);
    if (s->o.format == FORMAT_RFC5424) {
        return format_append(FORMAT_RFC5424, e, &s->message);
    }
    buf_reset(&s->inner);
    TRY(format_append(s->o.format, e, &s->inner));
    const struct format_syslog line = {.severity = FORMAT_INFO,
                                       .unix_us = e->values->row.unix_us,
                                       .host = s->o.host,
                                       .pid = s->o.pid,
                                       .msgid = "AUDIT",
                                       .message = buf_span(&s->inner)};
    return format_syslog_message(&line, &s->message);
}

static enum aiu_status syslog_take(void *ctx, uint64_t index, struct span entry,
                                   const struct row_values *values)
{
    struct sink_syslog *s = ctx;
    const struct format_entry e = {index, entry, values, s->o.host, s->o.pid};

    TRY(make_message(s, &e));
    if (is_datagram(s)) {
        return link_send(s->link, buf_span(&s->message));
    }
    TRY(buf_printf(&s->batch, "%zu ", s->message.n));
    return buf_append(&s->batch, buf_span(&s->message));
}

static enum aiu_status syslog_flush(void *ctx)
{
    struct sink_syslog *s = ctx;
    enum aiu_status st = s->batch.n > 0 ? link_send(s->link, buf_span(&s->batch)) : AIU_OK;

    buf_reset(&s->batch);
    return st;
}

static void syslog_rewind(void *ctx)
{
    struct sink_syslog *s = ctx;

    buf_reset(&s->batch);
}

struct follow_sink sink_syslog_of(struct sink_syslog *s)
{
    return (struct follow_sink){syslog_take, syslog_flush, syslog_rewind, s};
}

// --- OTLP -------------------------------------------------------------------------------------

struct sink_otlp {
    struct sink_otlp_options o;
    struct buf batch;
    size_t count;
};

enum aiu_status sink_otlp_new(const struct sink_otlp_options *o, struct sink_otlp **ret_sink)
{
    struct sink_otlp *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    *s = (struct sink_otlp){.o = *o, .batch = BUF_OF(BATCH_MOST)};
    *ret_sink = s;
    return AIU_OK;
}

void sink_otlp_free(struct sink_otlp *s)
{
    if (s != NULL) {
        buf_wipe(&s->batch);
        mem_free(s);
    }
}

static enum aiu_status otlp_take(void *ctx, uint64_t index, struct span entry,
                                 const struct row_values *values)
{
    struct sink_otlp *s = ctx;
    const struct format_entry e = {index, entry, values, s->o.host, 0};

    TRY(s->count == 0 ? format_otlp_begin(s->o.host, &s->batch)
                      : buf_append(&s->batch, SPAN_OF(",")));
    s->count++;
    return format_append(FORMAT_OTLP, &e, &s->batch);
}

static void otlp_rewind(void *ctx)
{
    struct sink_otlp *s = ctx;

    buf_reset(&s->batch);
    s->count = 0;
}

static enum aiu_status post(const struct sink_otlp *s)
{
    static const struct http_field type = {SPAN("content-type"), SPAN("application/json"),
                                           HTTP_CONTENT_TYPE};
    struct once_answer answer = {.body = BUF_OF(ANSWER_MOST)};
    const struct once_request r = {.method = SPAN_OF("POST"),
                                   .url = s->o.url,
                                   .fields = &type,
                                   .field_count = 1,
                                   .bearer = s->o.bearer,
                                   .body = buf_span(&s->batch),
                                   .ca_file = s->o.ca_file,
                                   .allow_plaintext = s->o.allow_plaintext,
                                   .timeout_ms = POST_MS,
                                   .stop = s->o.stop};
    enum aiu_status st = once_run(&r, &answer);

    buf_wipe(&answer.body);
    TRY(st);
    if (answer.status >= 200 && answer.status < 300) {
        return AIU_OK;
    }
    if (answer.status == 400 || answer.status == 413 || answer.status == 415 ||
        answer.status == 422) {
        log_event(s->o.logger, LOG_ERROR, "export_refused", LOG_I64("status", answer.status),
                  LOG_U64("entries", s->count));
        return AIU_OK;
    }
    return AIU_PROVIDER_ERROR;
}

static enum aiu_status otlp_flush(void *ctx)
{
    struct sink_otlp *s = ctx;

    if (s->count == 0) {
        return AIU_OK;
    }
    TRY(format_otlp_end(&s->batch));
    TRY(post(s));
    otlp_rewind(s);
    return AIU_OK;
}

struct follow_sink sink_otlp_of(struct sink_otlp *s)
{
    return (struct follow_sink){otlp_take, otlp_flush, otlp_rewind, s};
}
