// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One line is built on the stack and handed to the sink in one piece, so that lines of threads do
// not mix. Text: "stamp LEVEL event name=value ...". JSON: one object with the same names.
#include "base/log.h"

#include "base/num.h"

enum { LINE_SIZE = 1024, TAIL_SIZE = 24, ID_MOST = 96 };

struct line {
    uint8_t p[LINE_SIZE];
    size_t n;
    bool cut;
};

static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"};

static void put(struct line *line, struct span s)
{
    if (line->cut || s.n > LINE_SIZE - TAIL_SIZE - line->n) {
        line->cut = true;
        return;
    }
    memcpy(line->p + line->n, s.p, s.n);
    line->n += s.n;
}

static void put_u64(struct line *line, uint64_t value)
{
    uint8_t digits[20];
    size_t n = sizeof(digits);

    do {
        digits[--n] = (uint8_t)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put(line, span_of(digits + n, sizeof(digits) - n));
}

static bool is_id_byte(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c != 0 && strchr("._:/@+-", c) != NULL);
}

static struct span printable_id(struct span id)
{
    for (size_t i = 0; i < id.n; i++) {
        if (!is_id_byte(id.p[i])) {
            return SPAN_OF("?");
        }
    }
    return id.n == 0 || id.n > ID_MOST ? SPAN_OF("?") : id;
}

static void put_quoted(struct line *line, struct span s, bool quote)
{
    put(line, quote ? SPAN_OF("\"") : SPAN_OF(""));
    put(line, s);
    put(line, quote ? SPAN_OF("\"") : SPAN_OF(""));
}

static void put_value(struct line *line, const struct log_field *f, bool json)
{
    switch (f->kind) {
    case LOG_KIND_U64:
        put_u64(line, f->number);
        break;
    case LOG_KIND_I64:
        put(line, (int64_t)f->number < 0 ? SPAN_OF("-") : SPAN_OF(""));
        put_u64(line, (int64_t)f->number < 0 ? 0 - f->number : f->number);
        break;
    case LOG_KIND_BOOL:
        put(line, f->number != 0 ? SPAN_OF("true") : SPAN_OF("false"));
        break;
    case LOG_KIND_NAME:
    case LOG_KIND_ID:
        put_quoted(line, printable_id(f->text), json);
        break;
    }
}

static void put_name(struct line *line, const char *name, bool json)
{
    put(line, json ? SPAN_OF(",\"") : SPAN_OF(" "));
    put(line, span_str(name));
    put(line, json ? SPAN_OF("\":") : SPAN_OF("="));
}

static void put_head(struct line *line, const struct logger *l, enum log_level level,
                     const char *event)
{
    char stamp[CLOCK_STAMP_SIZE];
    bool json = l->format == LOG_JSON;

    clock_stamp(clock_unix_us(&l->clock), stamp);
    put(line, json ? SPAN_OF("{\"ts\":\"") : SPAN_OF(""));
    put(line, span_of(stamp, sizeof(stamp)));
    put(line, json ? SPAN_OF("\",\"level\":\"") : SPAN_OF(" "));
    put(line, span_str(level_names[level]));
    put(line, json ? SPAN_OF("\",\"event\":\"") : SPAN_OF(" "));
    put(line, span_str(event));
    put(line, json ? SPAN_OF("\"") : SPAN_OF(""));
}

void log_write(const struct logger *l, enum log_level level, const char *event,
               const struct log_field *fields, size_t count)
{
    struct line line = {.n = 0};
    bool json = l->format == LOG_JSON;

    if (level < l->level || l->write == NULL) {
        return;
    }
    put_head(&line, l, level, event);
    for (size_t i = 0; i < count && !line.cut; i++) {
        size_t before = line.n;
        put_name(&line, fields[i].name, json);
        put_value(&line, &fields[i], json);
        line.n = line.cut ? before : line.n; // a field is there whole or not at all
    }
    struct span tail = json ? SPAN_OF("}\n") : SPAN_OF("\n");
    if (line.cut) {
        tail = json ? SPAN_OF(",\"cut\":true}\n") : SPAN_OF(" cut=true\n");
    }
    memcpy(line.p + line.n, tail.p, tail.n);
    l->write(l->ctx, span_of(line.p, line.n + tail.n));
}
