// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Structured log lines that cannot carry content (guide S14, S17, S18).
//
// A line is an event name and fields. Names must be string literals. A value is a number, a truth
// value, a name from a table of ours, or an identifier; there is no way to hand in text. An
// identifier with a byte outside [A-Za-z0-9._:/@+-] or over 96 bytes is printed as "?", so that
// neither a prompt nor a terminal escape can pass as one.
//
// Ownership: nothing is kept. Threads: any; the sink is called once a line and must be thread-safe.
// Errors: none; a line that does not fit in 1 KiB loses its last fields and says so.
#pragma once

#include "base/clock.h"
#include "base/span.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR, LOG_CRITICAL };
enum log_format { LOG_TEXT, LOG_JSON };

struct log_field {
    const char *name;
    enum log_kind { LOG_KIND_U64, LOG_KIND_I64, LOG_KIND_BOOL, LOG_KIND_NAME, LOG_KIND_ID } kind;
    uint64_t number;
    struct span text; // NAME and ID
};

struct logger {
    enum log_level level; // lines below it are dropped
    enum log_format format;
    struct clock clock;
    void (*write)(void *ctx, struct span line); // one whole line with its LF
    void *ctx;
};

#define LOG_U64(field, value)                                                                      \
    ((struct log_field){.name = "" field, .kind = LOG_KIND_U64, .number = (value)})
#define LOG_I64(field, value)                                                                      \
    ((struct log_field){                                                                           \
        .name = "" field, .kind = LOG_KIND_I64, .number = (uint64_t)(int64_t)(value)})
#define LOG_BOOL(field, value)                                                                     \
    ((struct log_field){.name = "" field, .kind = LOG_KIND_BOOL, .number = (value)})
// A string of a constant table of ours: a status name, a step, a rule id.
#define LOG_NAME(field, value)                                                                     \
    ((struct log_field){.name = "" field, .kind = LOG_KIND_NAME, .text = span_str(value)})
// A configured or generated identifier: key id, tenant, provider, request id.
#define LOG_ID(field, value)                                                                       \
    ((struct log_field){.name = "" field, .kind = LOG_KIND_ID, .text = (value)})

void log_write(const struct logger *l, enum log_level level, const char *event,
               const struct log_field *fields, size_t count);

// log_event(l, LOG_INFO, "listening", LOG_U64("port", 8470)). At least one field.
#define log_event(l, level, event, ...)                                                            \
    log_write((l), (level), "" event, (const struct log_field[]){__VA_ARGS__},                     \
              sizeof((const struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
