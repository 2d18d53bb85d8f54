// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit tail`: the last entries of a log, live or copied (guide S92), and those that come.
// Nothing here writes to it or takes its lock. Characters that steer a terminal or reorder text are
// written as JSON escapes: the same JSON, and harmless.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "aiu/audit.h"
#include "aiu/option.h"
#include "audit/reader.h"
#include "base/num.h"

enum { TAIL_DEFAULT = 10, POLL_MS = 200 };

static const char usage[] =
    "usage: aiu audit tail [-f] [-n COUNT]\n"
    "\n"
    "The last entries of the audit log of a gateway, running or not, or of a copy of it: one JSON\n"
    "object a line.\n"
    "\n"
    "  -n COUNT         instead of 10\n"
    "  -f               go on with those that come, from month to month\n"
    "  --dir DIR        the folder of the log itself, as STATE/audit/main\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    const char *count;
    struct audit_where where;
    bool follow;
};

// What `tail -f` follows, and whether its month has ended.
struct output {
    const char *folder;
    dev_t device;
    ino_t inode;
    bool left;
};

static enum aiu_status print_entry(void *ctx, const struct reader_entry *entry)
{
    (void)ctx;
    return audit_print_line(entry->bytes, false);
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

enum aiu_status audit_each(const char *folder, uint64_t from, const struct reader_sink *sink)
{
    struct reader *r = NULL;

    TRY(reader_open(folder, from, &r));
    enum aiu_status st = reader_each(r, sink);
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

static enum aiu_status print_entries(const char *folder, uint64_t from, struct output *out,
                                     bool follow)
{
    const struct reader_sink sink = {print_entry, follow ? wait_a_little : NULL, out};

    return audit_each(folder, from, &sink);
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
    struct output out = {.left = false};
    uint64_t count = TAIL_DEFAULT, end = 0;

    if (r->count != NULL) {
        TRY(num_parse_u64(span_str(r->count), UINT64_MAX, &count));
    }
    TRY(reader_end(folder, &end));
    take_folder(&out, folder);
    enum aiu_status st = print_entries(folder, end > count ? end - count : 0, &out, r->follow);
    while (st == AIU_OK && out.left) {
        take_folder(&out, folder);
        st = print_entries(folder, 0, &out, r->follow);
    }
    return st;
}

int audit_tail(int argc, char **argv)
{
    struct request r = {.count = NULL};
    const struct option_row options[] = {{"-n", &r.count, NULL}, {"-f", NULL, &r.follow}};
    const struct audit_syntax syntax = {usage, options, ARRAY_SIZE(options)};
    char folder[AUDIT_FOLDER_MOST];
    int code = audit_parse(&syntax, &r.where, argc, argv);

    if (code != AUDIT_GO_ON) {
        return code;
    }
    enum aiu_status st = audit_folder(&r.where, folder);
    return audit_exit(st == AIU_OK ? tail(&r, folder) : st);
}
