// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "gateway/capturing.h"

#include <stdio.h>

enum { RECORD_MS = 5000 };

static enum aiu_status on_erased(void *ctx, const char *subject, struct span actor,
                                 uint64_t records)
{
    const struct capturing *w = ctx;
    const struct record_field fields[] = {RECORD_TEXT("subject", span_str(subject)),
                                          RECORD_TEXT("actor", actor),
                                          RECORD_NUMBER("records", records)};

    uint64_t index = events_record(w->events, RECORD_ERASURE, fields, ARRAY_SIZE(fields));
    return index == 0 ? AIU_AUDIT_UNAVAILABLE : audit_wait(w->events->audit, index, RECORD_MS);
}

static void on_capture(void *ctx, enum capture_event event, enum aiu_status why)
{
    const struct capturing *w = ctx;
    bool failed = event == CAPTURE_FAILED;
    const struct record_field fields[] = {
        RECORD_TEXT("what", failed ? SPAN_OF("capture_failed") : SPAN_OF("capture_recovered"))};

    (void)events_record(w->events, RECORD_AUDIT_DEGRADED, fields, ARRAY_SIZE(fields));
    if (failed) {
        log_event(w->events->log, LOG_ERROR, "capture_failed",
                  LOG_NAME("code", aiu_status_info(why)->code));
    } else {
        log_event(w->events->log, LOG_INFO, "capture_recovered", LOG_BOOL("written", true));
    }
}

enum aiu_status capturing_open(struct capturing *w, const char *state, const struct config *config,
                               struct secret *master, struct capture **ret_capture)
{
    char folder[4200];
    const struct capture_options o = {.folder = folder,
                                      .master = master,
                                      .queue = (size_t)config->capture_queue,
                                      .on_erased = on_erased,
                                      .on_event = on_capture,
                                      .ctx = w};

    (void)snprintf(folder, sizeof(folder), "%s/audit/capture", state);
    return capture_new(&o, ret_capture);
}

void capturing_apply(struct capturing *w, struct capture *c, const struct config *config)
{
    enum aiu_status st = config->capture == CONFIG_CAPTURE_OFF ? AIU_OK : capture_start(c);

    if (st != AIU_OK) {
        on_capture(w, CAPTURE_FAILED, st);
    }
}
