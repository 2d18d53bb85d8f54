// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit query`, `match` and `report`: what the log answers (guide S6, S63, S74, S92).
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "aiu/audit_ask.h"
#include "audit/usage.h"
#include "base/clock.h"
#include "base/num.h"
#include "codec/json_write.h"

enum { TEXT_MOST = 64 << 20 };

static int fail_usage(const char *usage)
{
    (void)fputs(usage, stderr);
    return aiu_status_info(AIU_USAGE)->exit;
}

static bool is_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            return true;
        }
    }
    return false;
}

// --- query ------------------------------------------------------------------------------------

static const char query_usage[] =
    "usage: aiu audit query [OPTION…]\n"
    "\n"
    "Entries that fit all options, one JSON object a line; a request's result comes with its\n"
    "decision. Exit code 1 where there is none. An index in the log's folder makes it quick; it\n"
    "is made and kept up to date by itself.\n"
    "\n"
    "  --count          only how many\n"
    "  --limit N        the first N\n" AUDIT_ASK_USAGE;

struct found {
    uint64_t count, limit;
    bool silent, raw;
};

static enum aiu_status print_hit(void *ctx, const struct query_hit *hit)
{
    struct found *f = ctx;

    if (f->count == f->limit) {
        return AIU_CANCELLED;
    }
    f->count++;
    return f->silent ? AIU_OK : audit_print_line(hit->entry, f->raw);
}

static enum aiu_status run_query(struct audit_ask *ask, struct found *f)
{
    char folder[AUDIT_FOLDER_MOST];

    TRY(audit_folder(&ask->where, folder));
    enum aiu_status st = query_run(folder, &ask->query, print_hit, f);
    if (fflush(stdout) != 0) {
        return AIU_IO;
    }
    return st == AIU_CANCELLED ? AIU_OK : st;
}

static enum aiu_status query_with(struct audit_ask *ask, struct found *f)
{
    TRY(audit_ask_prepare(ask));
    TRY(run_query(ask, f));
    if (f->silent) {
        (void)printf("%" PRIu64 "\n", f->count);
    }
    return f->count > 0 ? AIU_OK : AIU_NOT_FOUND;
}

int audit_query(int argc, char **argv)
{
    CLEANUP(audit_ask_done) struct audit_ask ask;
    struct found f = {.limit = UINT64_MAX, .raw = !isatty(STDOUT_FILENO)};

    audit_ask_init(&ask);
    if (is_help(argc, argv)) {
        (void)fputs(query_usage, stdout);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--count") == 0) {
            f.silent = true;
        } else if (strcmp(argv[i], "--limit") == 0 && i + 1 < argc) {
            if (num_parse_u64(span_str(argv[++i]), UINT64_MAX, &f.limit) != AIU_OK) {
                return fail_usage(query_usage);
            }
        } else if (!audit_ask_option(&ask, argc, argv, &i)) {
            return fail_usage(query_usage);
        }
    }
    return audit_exit(query_with(&ask, &f));
}

// --- match ------------------------------------------------------------------------------------

static const char match_usage[] =
    "usage: aiu audit match --tenant NAME --file FILE [OPTION…]\n"
    "\n"
    "The requests whose prompt was the text of FILE (- for standard input), byte for byte. The log\n"
    "holds no prompts: the text is turned into the keyed fingerprints that it would have there.\n"
    "\n" AUDIT_ASK_USAGE;

static enum aiu_status read_text(const char *path, struct buf *b)
{
    FILE *f = strcmp(path, "-") == 0 ? stdin : fopen(path, "re");
    uint8_t *p = NULL;
    size_t n = 1;

    if (f == NULL) {
        (void)fprintf(stderr, "aiu audit: %s cannot be read\n", path);
        return AIU_FILE_NOT_FOUND;
    }
    enum aiu_status st = AIU_OK;
    while (st == AIU_OK && n > 0) {
        st = buf_reserve(b, 65536, &p);
        n = st == AIU_OK ? fread(p, 1, 65536, f) : 0;
        if (n > 0) {
            buf_grow(b, n);
        }
    }
    st = ferror(f) ? AIU_IO : st;
    if (f != stdin) {
        (void)fclose(f);
    }
    return st;
}

static enum aiu_status match(struct audit_ask *ask, const char *path)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(TEXT_MOST);
    struct found f = {.limit = UINT64_MAX, .raw = !isatty(STDOUT_FILENO)};

    TRY(audit_ask_prepare(ask));
    TRY(read_text(path, &text));
    TRY(audit_ask_fingerprints(ask, NULL, buf_span(&text), &ask->query.prompt_count));
    ask->query.prompts = ask->values;
    TRY(run_query(ask, &f));
    return f.count > 0 ? AIU_OK : AIU_NOT_FOUND;
}

int audit_match(int argc, char **argv)
{
    CLEANUP(audit_ask_done) struct audit_ask ask;
    const char *path = NULL;

    audit_ask_init(&ask);
    if (is_help(argc, argv)) {
        (void)fputs(match_usage, stdout);
        return 0;
    }
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--file") == 0 && i + 1 < argc) {
            path = argv[++i];
        } else if (!audit_ask_option(&ask, argc, argv, &i)) {
            return fail_usage(match_usage);
        }
    }
    if (path == NULL || ask.user != NULL) { // both kinds of fingerprints at once: ask twice
        return fail_usage(match_usage);
    }
    return audit_exit(match(&ask, path));
}

// --- report -----------------------------------------------------------------------------------

static const char report_usage[] =
    "usage: aiu audit report [--by WHAT[,WHAT]] [--format text|json|csv] [OPTION…]\n"
    "\n"
    "Who used what: requests, verdicts, errors, tokens and bytes, first and last use.\n"
    "\n"
    "  --by WHAT        key (default), tenant, model, provider, user, verdict, rule or day; two of\n"
    "                   them: \"user,model\" is who used which model\n" AUDIT_ASK_USAGE;

struct report {
    struct audit_ask ask;
    enum usage_by by, then_by;
    const char *format;
};

static bool by_of(struct span text, enum usage_by *ret_by)
{
    for (int i = 0; i < USAGE_BY_COUNT; i++) {
        if (span_equal(text, span_str(usage_by_text((enum usage_by)i)))) {
            *ret_by = (enum usage_by)i;
            return true;
        }
    }
    return false;
}

static bool take_by(struct report *r, const char *text)
{
    struct span first, second;
    bool two = span_cut(span_str(text), ',', &first, &second);

    return by_of(first, &r->by) && (!two || by_of(second, &r->then_by));
}

static struct span stamp_of(uint64_t us, char out[CLOCK_STAMP_SIZE])
{
    if (us == UINT64_MAX || us == 0) {
        return SPAN_OF("");
    }
    clock_stamp(us, out);
    return span_of(out, CLOCK_STAMP_SIZE);
}

static const struct {
    const char *name;
    size_t offset;
} sums[] = {
    {"requests", offsetof(struct usage_group, requests)},
    {"pass", offsetof(struct usage_group, passed)},
    {"flag", offsetof(struct usage_group, flagged)},
    {"redact", offsetof(struct usage_group, redacted)},
    {"block", offsetof(struct usage_group, blocked)},
    {"errors", offsetof(struct usage_group, errors)},
    {"tokens_in", offsetof(struct usage_group, tokens_in)},
    {"tokens_out", offsetof(struct usage_group, tokens_out)},
    {"in_bytes", offsetof(struct usage_group, in_bytes)},
    {"out_bytes", offsetof(struct usage_group, out_bytes)},
};

static uint64_t sum_of(const struct usage_group *g, size_t i)
{
    uint64_t value = 0;

    memcpy(&value, (const char *)g + sums[i].offset, sizeof(value));
    return value;
}

static void write_group(struct json_writer *w, const struct report *r, const struct usage_group *g)
{
    char first[CLOCK_STAMP_SIZE], last[CLOCK_STAMP_SIZE];

    json_write_object(w);
    json_write_member_string(w, usage_by_text(r->by), span_str(g->names[0]));
    if (r->then_by != USAGE_BY_COUNT) {
        json_write_member_string(w, usage_by_text(r->then_by), span_str(g->names[1]));
    }
    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        json_write_member_u64(w, sums[i].name, sum_of(g, i));
    }
    json_write_member_u64(w, "mean_us", g->requests == 0 ? 0 : g->duration_us / g->requests);
    json_write_member_string(w, "first", stamp_of(g->first_us, first));
    json_write_member_string(w, "last", stamp_of(g->last_us, last));
    json_write_object_end(w);
}

// One object a line, so that a report of many groups needs no memory.
static enum aiu_status print_json(const struct report *r, const struct usage_group *groups,
                                  size_t count)
{
    for (size_t i = 0; i < count; i++) {
        CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
        struct json_writer w;
        json_writer_init(&w, &b);
        write_group(&w, r, &groups[i]);
        TRY(json_writer_finish(&w));
        TRY(audit_print_line(buf_span(&b), !isatty(STDOUT_FILENO)));
    }
    return AIU_OK;
}

// RFC 4180; a leading "=", "+", "-" or "@" would be a formula to a spreadsheet.
static void print_csv_text(const char *text)
{
    (void)fputs(strchr("=+-@\t", text[0]) != NULL && text[0] != '\0' ? "\"'" : "\"", stdout);
    for (; *text != '\0'; text++) {
        (void)fputs(*text == '"' ? "\"" : "", stdout);
        (void)putchar((unsigned char)*text < 0x20 || *text == 0x7F ? '?' : *text);
    }
    (void)putchar('"');
}

static void print_csv_row(const struct report *r, const struct usage_group *g)
{
    char first[CLOCK_STAMP_SIZE], last[CLOCK_STAMP_SIZE];
    struct span begun = stamp_of(g->first_us, first), ended = stamp_of(g->last_us, last);

    print_csv_text(g->names[0]);
    if (r->then_by != USAGE_BY_COUNT) {
        (void)putchar(',');
        print_csv_text(g->names[1]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        (void)printf(",%" PRIu64, sum_of(g, i));
    }
    (void)printf(",%.*s,%.*s\r\n", (int)begun.n, (const char *)begun.p, (int)ended.n,
                 (const char *)ended.p);
}

static void print_csv(const struct report *r, const struct usage_group *groups, size_t count)
{
    (void)fputs(usage_by_text(r->by), stdout);
    if (r->then_by != USAGE_BY_COUNT) {
        (void)printf(",%s", usage_by_text(r->then_by));
    }
    for (size_t i = 0; i < ARRAY_SIZE(sums); i++) {
        (void)printf(",%s", sums[i].name);
    }
    (void)fputs(",first,last\r\n", stdout);
    for (size_t i = 0; i < count; i++) {
        print_csv_row(r, &groups[i]);
    }
}

static void print_name(const char *name, int width)
{
    int n = (int)strlen(name);

    audit_print_harmless(span_str(name));
    (void)printf("%*s  ", n < width ? width - n : 0, "");
}

static int widest(const struct usage_group *groups, size_t count, int which, int least)
{
    for (size_t i = 0; i < count; i++) {
        int n = (int)strlen(groups[i].names[which]);
        least = n > least ? n : least;
    }
    return least < 40 ? least : 40;
}

static void print_table(const struct report *r, const struct usage_group *groups, size_t count)
{
    int first = widest(groups, count, 0, 8);
    int second = r->then_by == USAGE_BY_COUNT ? 0 : widest(groups, count, 1, 8);
    char from[CLOCK_STAMP_SIZE], to[CLOCK_STAMP_SIZE];

    (void)printf("%-*s  ", first, usage_by_text(r->by));
    if (second > 0) {
        (void)printf("%-*s  ", second, usage_by_text(r->then_by));
    }
    (void)printf("%10s %8s %8s %8s %7s %12s %12s  %-19s  %s\n", "requests", "flag", "redact",
                 "block", "errors", "tokens in", "tokens out", "first", "last");
    for (size_t i = 0; i < count; i++) {
        const struct usage_group *g = &groups[i];
        print_name(g->names[0], first);
        if (second > 0) {
            print_name(g->names[1], second);
        }
        (void)printf("%10" PRIu64 " %8" PRIu64 " %8" PRIu64 " %8" PRIu64 " %6.2f%% %12" PRIu64
                     " %12" PRIu64 "  %.19s  %.19s\n",
                     g->requests, g->flagged, g->redacted, g->blocked,
                     g->requests == 0 ? 0.0 : 100.0 * (double)g->errors / (double)g->requests,
                     g->tokens_in, g->tokens_out,
                     (const char *)span_first(stamp_of(g->first_us, from), 19).p,
                     (const char *)span_first(stamp_of(g->last_us, to), 19).p);
    }
}

static enum aiu_status report(struct report *r)
{
    char folder[AUDIT_FOLDER_MOST];
    const struct usage_group *groups = NULL;
    struct usage *u = NULL;
    size_t count = 0;

    TRY(audit_ask_prepare(&r->ask));
    TRY(audit_folder(&r->ask.where, folder));
    TRY(usage_new(r->by, r->then_by, &u));
    enum aiu_status st = query_run(folder, &r->ask.query, usage_take, u);
    if (st == AIU_OK) {
        usage_groups(u, &groups, &count);
        if (strcmp(r->format, "json") == 0) {
            st = print_json(r, groups, count);
        } else if (strcmp(r->format, "csv") == 0) {
            print_csv(r, groups, count);
        } else {
            print_table(r, groups, count);
        }
    }
    usage_free(u);
    return fflush(stdout) != 0 ? AIU_IO : st;
}

int audit_report(int argc, char **argv)
{
    struct report r = {.by = USAGE_BY_KEY, .then_by = USAGE_BY_COUNT, .format = "text"};
    bool fine = true;

    audit_ask_init(&r.ask);
    if (is_help(argc, argv)) {
        (void)fputs(report_usage, stdout);
        return 0;
    }
    for (int i = 1; fine && i < argc; i++) {
        if (strcmp(argv[i], "--by") == 0 && i + 1 < argc) {
            fine = take_by(&r, argv[++i]);
        } else if (strcmp(argv[i], "--format") == 0 && i + 1 < argc) {
            r.format = argv[++i];
        } else {
            fine = audit_ask_option(&r.ask, argc, argv, &i);
        }
    }
    fine = fine && (strcmp(r.format, "text") == 0 || strcmp(r.format, "json") == 0 ||
                    strcmp(r.format, "csv") == 0);
    int code = fine ? audit_exit(report(&r)) : fail_usage(report_usage);
    audit_ask_done(&r.ask);
    return code;
}
