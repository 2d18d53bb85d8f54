// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit tail`, `export` and `fsck`: read and check an audit log, live or copied (guide S92).
// Nothing here writes to it or takes its lock.
//
// `export` into a file or pipe gives every entry byte for byte, because a verifier hashes the
// lines. On a terminal, and in `tail`, characters that steer a terminal or reorder text are written
// as JSON escapes: the same JSON, and harmless.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "aiu/audit.h"
#include "aiu/option.h"
#include "audit/fsck.h"
#include "audit/reader.h"
#include "base/num.h"
#include "codec/json_write.h"
#include "watch/format.h"

enum { TAIL_DEFAULT = 10, POLL_MS = 200 };

static const char usage[] =
    "usage: aiu audit tail [-f] [-n COUNT]\n"
    "       aiu audit export [--from INDEX] [--to INDEX] [--format FORMAT]\n"
    "       aiu audit fsck [--json]\n"
    "\n"
    "Reads the audit log of a gateway, running or not, or a copy of it.\n"
    "\n"
    "  tail      the last 10 entries, one JSON object a line; -n COUNT of them; -f goes on with\n"
    "            those that come\n"
    "  export    every entry from --from on and before --to, byte for byte; --format csv, ocsf, otlp\n"
    "            (one request) or rfc5424 instead of jsonl\n"
    "  fsck      checks every byte and tells the first entry that cannot be relied on;\n"
    "            exit code 0 where the log is whole, 1 where it is damaged\n"
    "\n"
    "  --dir DIR        the folder of the log itself, as STATE/audit/main\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    const char *verb;
    const char *count, *from, *to, *format; // as given
    struct audit_where where;
    bool follow, json;
};

struct output {
    bool raw; // bytes as they are: a file or a pipe
    uint64_t to, count;
    enum format format;
    char host[65];
    // What `tail -f` follows, and whether its month has ended.
    const char *folder;
    dev_t device;
    ino_t inode;
    bool left;
};

// Output

static enum aiu_status print_formatted(struct output *out, const struct reader_entry *entry)
{
    CLEANUP(buf_wipe) struct buf line = BUF_OF(1 << 20);
    CLEANUP(arena_done) struct arena a;
    struct row_values values;
    struct format_entry e = {entry->index, entry->bytes, &values, span_str(out->host), 0};

    arena_init(&a, 4 << 20);
    row_read(entry->bytes, &a, &values);
    TRY(format_append(out->format, &e, &line));
    if (out->format == FORMAT_OTLP && out->count++ > 0) {
        (void)putchar(',');
    }
    return audit_print_line(buf_span(&line), out->raw);
}

static enum aiu_status print_entry(void *ctx, const struct reader_entry *entry)
{
    struct output *out = ctx;

    if (entry->index >= out->to) {
        return AIU_CANCELLED;
    }
    return out->format == FORMAT_RECORD ? audit_print_line(entry->bytes, out->raw)
                                        : print_formatted(out, entry);
}

// Whether another folder has the name of the one that is read: a new month has begun. The rest of
// the old one is read first.
static bool has_moved(struct output *out)
{
    struct stat st;

    if (out->left || stat(out->folder, &st) != 0) {
        return out->left;
    }
    out->left = st.st_dev != out->device || st.st_ino != out->inode;
    return false;
}

static bool wait_a_little(void *ctx)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};

    if (has_moved(ctx)) {
        return false;
    }
    return fflush(stdout) == 0 && nanosleep(&pause, NULL) == 0;
}

// The verbs

static enum aiu_status print_entries(const char *folder, uint64_t from, struct output *out,
                                     bool follow)
{
    const struct reader_sink sink = {print_entry, follow ? wait_a_little : NULL, out};
    struct reader *r = NULL;

    TRY(reader_open(folder, from, &r));
    enum aiu_status st = reader_each(r, &sink);
    if (st == AIU_AUDIT_CORRUPT) {
        (void)fprintf(stderr,
                      "aiu audit: damaged at entry %" PRIu64 "; `aiu audit fsck` explains\n",
                      reader_position(r));
    }
    reader_free(r);
    if (fflush(stdout) != 0 && st == AIU_OK) {
        return AIU_IO;
    }
    return st == AIU_CANCELLED ? AIU_OK : st;
}

static enum aiu_status number(const char *text, uint64_t otherwise, uint64_t *ret_value)
{
    if (text == NULL) {
        *ret_value = otherwise;
        return AIU_OK;
    }
    return num_parse_u64(span_str(text), UINT64_MAX, ret_value);
}

static void take_folder(struct output *out, const char *folder)
{
    struct stat st = {0};

    out->folder = folder;
    out->left = false;
    if (stat(folder, &st) == 0) {
        out->device = st.st_dev;
        out->inode = st.st_ino;
    }
}

// With -f from month to month.
static enum aiu_status tail(const struct request *r, const char *folder)
{
    struct output out = {.raw = false, .to = UINT64_MAX};
    uint64_t count = 0, end = 0;

    TRY(number(r->count, TAIL_DEFAULT, &count));
    TRY(reader_end(folder, &end));
    take_folder(&out, folder);
    enum aiu_status st = print_entries(folder, end > count ? end - count : 0, &out, r->follow);
    while (st == AIU_OK && out.left) {
        take_folder(&out, folder);
        st = print_entries(folder, 0, &out, r->follow);
    }
    return st;
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

static enum aiu_status export_entries(const struct request *r, const char *folder)
{
    struct output out = {.raw = !isatty(STDOUT_FILENO), .format = FORMAT_RECORD};
    uint64_t from = 0;

    (void)gethostname(out.host, sizeof(out.host) - 1);
    if (r->format != NULL && !format_find(span_str(r->format), &out.format)) {
        return AIU_USAGE;
    }
    TRY(number(r->from, 0, &from));
    TRY(number(r->to, UINT64_MAX, &out.to));
    TRY(print_frame(&out, true));
    TRY(print_entries(folder, from, &out, false));
    TRY(print_frame(&out, false));
    return fflush(stdout) == 0 ? AIU_OK : AIU_IO;
}

static enum aiu_status print_report_json(const struct fsck_report *f)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);
    struct json_writer w;

    TRY(num_append_base64(&root, span_of(f->root.bytes, TREE_HASH_SIZE)));
    json_writer_init(&w, &b);
    json_write_object(&w);
    json_write_member_bool(&w, "whole", f->fault == FSCK_NONE);
    json_write_member_u64(&w, "entries", f->entries);
    json_write_member_u64(&w, "segments", f->segments);
    json_write_member_string(&w, "root", buf_span(&root));
    json_write_member_u64(&w, "decisions", f->decisions);
    json_write_member_u64(&w, "results", f->results);
    json_write_member_u64(&w, "abandoned", f->abandoned);
    json_write_member_u64(&w, "open", f->open);
    json_write_member_u64(&w, "orphans", f->orphans);
    json_write_member_u64(&w, "torn_bytes", f->torn_bytes);
    if (f->fault != FSCK_NONE) {
        json_write_member_u64(&w, "bad_index", f->bad_index);
        json_write_member_string(&w, "segment", span_str(f->segment));
        json_write_member_u64(&w, "offset", f->offset);
        json_write_member_string(&w, "fault", span_str(fsck_text(f->fault)));
    }
    json_write_object_end(&w);
    TRY(json_writer_finish(&w));
    (void)printf("%.*s\n", (int)b.n, (const char *)b.p);
    return AIU_OK;
}

static enum aiu_status print_report(const struct fsck_report *f)
{
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);

    TRY(num_append_base64(&root, span_of(f->root.bytes, TREE_HASH_SIZE)));
    if (f->fault != FSCK_NONE) {
        (void)printf("damaged: %s%s%s\n", fsck_text(f->fault), f->segment[0] == '\0' ? "" : "; ",
                     f->segment);
        (void)printf("first bad entry %" PRIu64 ", at byte %" PRIu64 " of that file\n",
                     f->bad_index, f->offset);
    }
    (void)printf("%s %" PRIu64 " %s in %" PRIu64 " %s, root %.*s\n",
                 f->fault == FSCK_NONE ? "whole:" : "good before that:", f->entries,
                 f->entries == 1 ? "entry" : "entries", f->segments,
                 f->segments == 1 ? "segment" : "segments", (int)root.n, (const char *)root.p);
    (void)printf("%" PRIu64 " decisions, %" PRIu64 " results, %" PRIu64 " abandoned, %" PRIu64
                 " open, %" PRIu64 " results without a decision\n",
                 f->decisions, f->results, f->abandoned, f->open, f->orphans);
    if (f->torn_bytes > 0) {
        (void)printf("%" PRIu64 " bytes of an unfinished write at the end: the next start of the "
                     "gateway clears them\n",
                     f->torn_bytes);
    }
    return AIU_OK;
}

// AIU_NOT_FOUND, with its exit code 1, where the log is damaged.
static enum aiu_status check(const struct request *r, const char *folder)
{
    struct fsck_report report;

    TRY(fsck_run(folder, &report));
    TRY(r->json ? print_report_json(&report) : print_report(&report));
    return report.fault == FSCK_NONE ? AIU_OK : AIU_NOT_FOUND;
}

// Arguments

static const struct {
    const char *name;
    enum aiu_status (*run)(const struct request *r, const char *folder);
} verbs[] = {{"tail", tail}, {"export", export_entries}, {"fsck", check}};

static bool take_option(struct request *r, int argc, char **argv, int *i)
{
    const struct option_row options[] = {
        {"--from", &r->from, NULL},     {"--to", &r->to, NULL},     {"-n", &r->count, NULL},
        {"--format", &r->format, NULL}, {"--json", NULL, &r->json}, {"-f", NULL, &r->follow},
    };

    if (audit_where_option(&r->where, argc, argv, i)) {
        return true;
    }
    return option_take("aiu audit", options, ARRAY_SIZE(options), argc, argv, i);
}

// An option of another verb is a mistake that would go unseen.
static bool is_fitting(const struct request *r)
{
    bool is_tail = strcmp(r->verb, "tail") == 0;
    bool is_export = strcmp(r->verb, "export") == 0;
    bool is_fsck = strcmp(r->verb, "fsck") == 0;

    return (is_tail || (!r->follow && r->count == NULL)) &&
           (is_export || (r->from == NULL && r->to == NULL && r->format == NULL)) &&
           (is_fsck || !r->json);
}

static int run(const struct request *r)
{
    char folder[AUDIT_FOLDER_MOST];

    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(verbs[i].name, r->verb) != 0) {
            continue;
        }
        enum aiu_status st = audit_folder(&r->where, folder);
        return audit_exit(st == AIU_OK ? verbs[i].run(r, folder) : st);
    }
    (void)fputs(usage, stderr);
    return aiu_status_info(AIU_USAGE)->exit;
}

int audit_read(int argc, char **argv)
{
    struct request r = {.verb = argv[0]};
    bool known = true;

    for (int i = 1; known && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return 0;
        }
        known = take_option(&r, argc, argv, &i);
    }
    if (!known || !is_fitting(&r)) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return run(&r);
}
