// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit fsck`: whether every byte of a log can be relied on, and every month of it is there.
// Nothing here writes to it or takes its lock.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "aiu/audit_months.h"
#include "aiu/option.h"
#include "audit/fsck.h"
#include "base/num.h"
#include "codec/json_write.h"

static const char usage[] =
    "usage: aiu audit fsck [--month MONTH] [--json]\n"
    "\n"
    "Checks every byte of the audit log of a gateway, running or not, or of a copy, month by month,\n"
    "and tells the first entry that cannot be relied on, and a month that is missing between others.\n"
    "Exit code 0 where the log is whole, 1 where it is not.\n"
    "\n"
    "  --month MONTH    only that month: 2026-10, or main, the one that is written\n"
    "  --json           an object for each month\n"
    "  --dir DIR        the folder of the log itself, as STATE/audit/main, or of its months\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

// A month, by its name where there are several, and what it should go on from where that is
// missing.
struct checked {
    struct fsck_report report;
    const char *month; // NULL: there is one
    bool is_gap;
    char previous[MONTHS_NAME_SIZE];
};

static bool is_whole(const struct checked *c)
{
    return c->report.fault == FSCK_NONE && !c->is_gap;
}

static enum aiu_status print_report_json(const struct checked *c)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf root = BUF_OF(64);
    const struct fsck_report *f = &c->report;
    struct json_writer w;

    TRY(num_append_base64(&root, span_of(f->root.bytes, TREE_HASH_SIZE)));
    json_writer_init(&w, &b);
    json_write_object(&w);
    json_write_member_bool(&w, "whole", is_whole(c));
    if (c->month != NULL) {
        json_write_member_string(&w, "month", span_str(c->month));
    }
    if (c->is_gap) {
        json_write_member_string(&w, "missing", span_str(c->previous));
    }
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

// AIU_NOT_FOUND, with its exit code 1, where the log is damaged or a month is missing.
static enum aiu_status check(struct audit_months *m, bool json)
{
    char path[AUDIT_FOLDER_MOST];
    bool whole = true;

    for (size_t i = 0; i < m->list.count; i++) {
        struct checked c;
        c.is_gap = audit_months_is_gap(m, i, c.previous);
        c.month = m->list.count > 1 ? m->list.names[i] : NULL;
        audit_months_path(m, i, path);
        TRY(fsck_run(path, &c.report));
        if (!json && c.month != NULL) {
            (void)printf("%s== %s\n", i == 0 ? "" : "\n", c.month);
        }
        if (!json && c.is_gap) {
            audit_months_say_gap(m, i, c.previous, stdout);
        }
        TRY(json ? print_report_json(&c) : print_report(&c.report));
        whole = whole && is_whole(&c);
    }
    return whole ? AIU_OK : AIU_NOT_FOUND;
}

int audit_fsck(int argc, char **argv)
{
    struct audit_where where = {0};
    struct audit_months months;
    const char *month = NULL;
    bool json = false;
    const struct option_row options[] = {{"--month", &month, NULL}, {"--json", NULL, &json}};
    const struct audit_syntax syntax = {usage, options, ARRAY_SIZE(options)};
    int code = audit_parse(&syntax, &where, argc, argv);

    if (code != AUDIT_GO_ON) {
        return code;
    }
    enum aiu_status st = audit_months_open(&where, month, &months);
    return audit_exit(st == AIU_OK ? check(&months, json) : st);
}
