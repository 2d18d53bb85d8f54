// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit export`: entries of all months, the oldest first, or of a window (guide S92). Into a
// file or pipe byte for byte, because a verifier hashes the lines. On a terminal, characters that
// steer it or reorder text are written as JSON escapes: the same JSON, and harmless.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/audit_ask.h"
#include "aiu/audit_months.h"
#include "aiu/option.h"
#include "audit/months_chain.h"
#include "audit/reader.h"
#include "base/num.h"
#include "watch/format.h"

static const char usage[] =
    "usage: aiu audit export [--since TIME] [--until TIME] [--month MONTH] [--format FORMAT]\n"
    "       aiu audit export --from INDEX [--to INDEX] [--month MONTH] [--format FORMAT]\n"
    "\n"
    "Entries of the audit log of a gateway, running or not, or of a copy: one a line, byte for byte,\n"
    "of all months, the oldest first. A month that is missing between others is told, and is exit\n"
    "code 78, as damage is.\n"
    "\n"
    "  --since TIME, --until TIME   of entries: 2026-11-23, 2026-11-23T01:02:03Z, or 24h, 7d ago\n"
    "  --month MONTH    only of that month: 2026-10, or main, the one that is written\n"
    "  --from INDEX     from that entry of the month on, or of the one that is written\n"
    "  --to INDEX       and before that one\n"
    "  --format FORMAT  csv, ocsf, otlp (one request) or rfc5424 instead of jsonl\n"
    "  --dir DIR        the folder of the log itself, as STATE/audit/main, or of its months\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    const char *from, *to, *format, *month, *since, *until; // as given
    struct audit_where where;
    struct audit_months months;
};

struct output {
    bool raw; // bytes as they are: a file or a pipe
    uint64_t from, to, count;
    struct index_window window;
    enum format format;
    char host[65];
};

static bool is_all(const struct output *out)
{
    return out->window.from_us == 0 && out->window.to_us == UINT64_MAX;
}

static enum aiu_status print_formatted(struct output *out, const struct reader_entry *entry,
                                       struct row_values *values)
{
    CLEANUP(buf_wipe) struct buf line = BUF_OF(1 << 20);
    struct format_entry e = {entry->index, entry->bytes, values, span_str(out->host), 0};

    TRY(format_append(out->format, &e, &line));
    if (out->format == FORMAT_OTLP && out->count++ > 0) {
        (void)putchar(',');
    }
    return audit_print_line(buf_span(&line), out->raw);
}

static enum aiu_status print_entry(void *ctx, const struct reader_entry *entry)
{
    CLEANUP(arena_done) struct arena a;
    struct row_values values;
    struct output *out = ctx;

    arena_init(&a, 4 << 20);
    if (entry->index >= out->to) {
        return AIU_CANCELLED;
    }
    if (out->format == FORMAT_RECORD && is_all(out)) {
        return audit_print_line(entry->bytes, out->raw);
    }
    row_read(entry->bytes, &a, &values);
    if (values.row.unix_us < out->window.from_us || values.row.unix_us >= out->window.to_us) {
        return AIU_OK;
    }
    return out->format == FORMAT_RECORD ? audit_print_line(entry->bytes, out->raw)
                                        : print_formatted(out, entry, &values);
}

// What stands before and behind the entries of some formats.
static enum aiu_status print_frame(const struct output *out, bool begins)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);

    if (out->format == FORMAT_CSV && begins) {
        TRY(buf_append(&b, format_csv_head));
    } else if (out->format == FORMAT_OTLP) {
        TRY(begins ? format_otlp_begin(span_str(out->host), &b) : format_otlp_end(&b));
    }
    return b.n > 0 ? audit_print_line(buf_span(&b), out->raw) : AIU_OK;
}

// A gap is told, and what is there behind it is exported all the same.
static enum aiu_status export_months(struct audit_months *m, struct output *out)
{
    const struct reader_sink sink = {print_entry, NULL, out};
    char path[AUDIT_FOLDER_MOST], previous[MONTHS_NAME_SIZE];
    bool whole = true;

    for (size_t i = 0; i < m->list.count; i++) {
        if (audit_months_is_gap(m, i, previous)) {
            audit_months_say_gap(m, i, previous, stderr);
            whole = false;
        }
        audit_months_path(m, i, path);
        TRY(audit_each(path, out->from, &sink));
    }
    return whole ? AIU_OK : AIU_AUDIT_CORRUPT;
}

static enum aiu_status number(const char *text, uint64_t *ret_value)
{
    return text == NULL ? AIU_OK : num_parse_u64(span_str(text), UINT64_MAX, ret_value);
}

static enum aiu_status prepare(struct request *r, struct output *out)
{
    bool by_index = r->from != NULL || r->to != NULL;

    (void)gethostname(out->host, sizeof(out->host) - 1);
    if (r->format != NULL && !format_find(span_str(r->format), &out->format)) {
        return AIU_USAGE;
    }
    TRY(number(r->from, &out->from));
    TRY(number(r->to, &out->to));
    TRY(audit_ask_time(r->since, &out->window.from_us));
    TRY(audit_ask_time(r->until, &out->window.to_us));
    TRY(audit_months_open(&r->where, r->month, &r->months));
    if (by_index && r->months.list.count > 1) {
        audit_months_keep_last(&r->months); // indices count in a month
    }
    return is_all(out) || r->months.list.count == 1
               ? AIU_OK
               : months_within(r->months.folder, out->window.from_us, out->window.to_us,
                               &r->months.list);
}

static enum aiu_status run(struct request *r)
{
    struct output out = {.raw = !isatty(STDOUT_FILENO),
                         .to = UINT64_MAX,
                         .window = {0, UINT64_MAX},
                         .format = FORMAT_RECORD};

    TRY(prepare(r, &out));
    TRY(print_frame(&out, true));
    enum aiu_status st = export_months(&r->months, &out);
    TRY(st == AIU_AUDIT_CORRUPT ? AIU_OK : st);
    TRY(print_frame(&out, false));
    return fflush(stdout) == 0 ? st : AIU_IO;
}

int audit_export(int argc, char **argv)
{
    struct request r = {.from = NULL};
    const struct option_row options[] = {
        {"--from", &r.from, NULL},   {"--to", &r.to, NULL},       {"--format", &r.format, NULL},
        {"--month", &r.month, NULL}, {"--since", &r.since, NULL}, {"--until", &r.until, NULL},
    };
    const struct audit_syntax syntax = {usage, options, ARRAY_SIZE(options)};
    int code = audit_parse(&syntax, &r.where, argc, argv);

    return code != AUDIT_GO_ON ? code : audit_exit(run(&r));
}
