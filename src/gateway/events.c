// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/events.h"

#include <unistd.h>

#include "config/show.h"

enum { NAMES_MOST = RECORD_TEXT_MOST };

uint64_t events_record(const struct events *e, enum record_event event,
                       const struct record_field *fields, size_t count)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    uint64_t index = 0;

    if (record_event(&b, e->origin, event, clock_unix_us(e->clock), fields, count) != AIU_OK ||
        audit_append(e->audit, buf_span(&b), &index) != AIU_OK) {
        log_event(e->log, LOG_ERROR, "audit_event_lost", LOG_U64("event", event));
    }
    return index;
}

uint64_t events_process(const struct events *e, enum record_event event,
                        const struct service *service)
{
    const struct record_field fields[] = {RECORD_TEXT("cfg", service->config_hash),
                                          RECORD_NUMBER("pid", (uint64_t)getpid())};

    return events_record(e, event, fields, ARRAY_SIZE(fields));
}

static struct span source_of(const struct config_source *source)
{
    switch (source->from.kind) {
    case SECRET_FROM_ENV:
        return SPAN_OF("environment");
    case SECRET_FROM_FILE:
        return SPAN_OF("file");
    case SECRET_FROM_COMMAND:
        return SPAN_OF("command");
    case SECRET_FROM_CREDENTIAL:
        break;
    }
    return SPAN_OF("credential");
}

void events_keys(const struct events *e, const struct service *service)
{
    for (size_t i = 0; i < service->upstream_count; i++) {
        const struct upstream *u = &service->upstreams[i];
        if (u->api_key == NULL) {
            continue;
        }
        const struct record_field fields[] = {
            RECORD_TEXT("what", SPAN_OF("loaded")),
            RECORD_TEXT("provider", u->provider->name),
            RECORD_TEXT("source", source_of(&u->provider->api_key)),
            RECORD_TEXT("origin", u->origin),
        };
        (void)events_record(e, RECORD_KEY_EVENT, fields, ARRAY_SIZE(fields));
    }
}

void events_weakened(const struct events *e, const struct service *service)
{
    for (size_t i = 0; i < service->upstream_count; i++) {
        const struct upstream *u = &service->upstreams[i];
        if (u->url.scheme == URL_HTTP && !url_is_loopback(&u->url)) {
            const struct record_field fields[] = {RECORD_TEXT("what", SPAN_OF("plaintext")),
                                                  RECORD_TEXT("provider", u->provider->name)};
            (void)events_record(e, RECORD_WEAKENED, fields, ARRAY_SIZE(fields));
            log_event(e->log, LOG_WARNING, "provider_without_tls",
                      LOG_ID("provider", u->provider->name));
        }
    }
}

// "- key = value" and "+ key = value" as names alone, each once; values may be anything.
static enum aiu_status names_of(struct span diff, struct buf *names)
{
    struct span line, rest, name, value, last = {NULL, 0};

    for (rest = diff; rest.n > 0 && names->n < NAMES_MOST;) {
        (void)span_cut(rest, '\n', &line, &rest);
        if (line.n < 3 || !span_cut(span_drop_first(line, 2), ' ', &name, &value) ||
            span_equal(name, last)) {
            continue;
        }
        TRY(names->n > 0 ? buf_append(names, SPAN_OF(" ")) : AIU_OK);
        TRY(buf_append(names, name));
        last = name;
    }
    return AIU_OK;
}

void events_configuration(const struct events *e, const struct service *before,
                          const struct service *after)
{
    CLEANUP(buf_wipe) struct buf diff = BUF_OF(4 << 20);
    CLEANUP(buf_wipe) struct buf names = BUF_OF(NAMES_MOST + 1024);
    bool same = true;

    if (show_diff(before->config, after->config, &diff, &same) != AIU_OK ||
        names_of(buf_span(&diff), &names) != AIU_OK) {
        buf_reset(&names);
    }
    const struct record_field fields[] = {
        RECORD_TEXT("cfg", after->config_hash),
        RECORD_TEXT("before", before->config_hash),
        RECORD_TEXT("changed", buf_span(&names)),
        RECORD_NUMBER("pid", (uint64_t)getpid()),
    };
    (void)events_record(e, RECORD_CONFIG_CHANGE, fields, ARRAY_SIZE(fields));
}
