// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu incident report`: the blast radius (guide S72, S74). What a key, user or time was used for,
// from the audit log alone: sums by key, model, user, day and rule, then what the gateway itself
// noted in that time.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/audit_ask.h"
#include "aiu/incident.h"
#include "audit/usage.h"
#include "base/clock.h"
#include "codec/json_write.h"

enum { EVENTS_MOST = 1000, JSON_MOST = 64 << 20 };

static const char usage[] =
    "usage: aiu incident report [--json] [OPTION…]\n"
    "\n"
    "What was done: by whom, with which models, how much, what was found in it and what happened\n"
    "at the gateway meanwhile. Give the key, user or window that the incident is about.\n"
    "\n" AUDIT_ASK_USAGE;

static const enum usage_by tables[] = {USAGE_BY_KEY,      USAGE_BY_USER, USAGE_BY_MODEL,
                                       USAGE_BY_PROVIDER, USAGE_BY_RULE, USAGE_BY_DAY};

struct report {
    struct audit_ask ask;
    bool json;
    struct json_writer w;
    uint64_t events;
};

static void print_group(enum usage_by by, const struct usage_group *g)
{
    char first[CLOCK_STAMP_SIZE] = "-", last[CLOCK_STAMP_SIZE] = "-";

    if (g->first_us != UINT64_MAX) {
        clock_stamp(g->first_us, first);
        clock_stamp(g->last_us, last);
    }
    (void)printf("  %s ", usage_by_text(by));
    audit_print_harmless(span_str(g->names[0][0] == '\0' ? "(none)" : g->names[0]));
    (void)printf(": %" PRIu64 " requests (%" PRIu64 " blocked, %" PRIu64 " redacted, %" PRIu64
                 " flagged, %" PRIu64 " errors), %" PRIu64 " tokens in, %" PRIu64
                 " out, %.19s to %.19s\n",
                 g->requests, g->blocked, g->redacted, g->flagged, g->errors, g->tokens_in,
                 g->tokens_out, first, last);
}

static void write_group(struct json_writer *w, const struct usage_group *g)
{
    char stamp[CLOCK_STAMP_SIZE];

    json_write_object(w);
    json_write_member_string(w, "name", span_str(g->names[0]));
    json_write_member_u64(w, "requests", g->requests);
    json_write_member_u64(w, "blocked", g->blocked);
    json_write_member_u64(w, "redacted", g->redacted);
    json_write_member_u64(w, "flagged", g->flagged);
    json_write_member_u64(w, "errors", g->errors);
    json_write_member_u64(w, "tokens_in", g->tokens_in);
    json_write_member_u64(w, "tokens_out", g->tokens_out);
    if (g->first_us != UINT64_MAX) {
        clock_stamp(g->first_us, stamp);
        json_write_member_string(w, "first", span_of(stamp, sizeof(stamp)));
        clock_stamp(g->last_us, stamp);
        json_write_member_string(w, "last", span_of(stamp, sizeof(stamp)));
    }
    json_write_object_end(w);
}

static enum aiu_status sum_up(struct report *r, const char *folder, enum usage_by by)
{
    const struct usage_group *groups = NULL;
    struct usage *u = NULL;
    size_t count = 0;

    TRY(usage_new(by, USAGE_BY_COUNT, &u));
    enum aiu_status st = query_run(folder, &r->ask.query, usage_take, u);
    if (st == AIU_OK) {
        usage_groups(u, &groups, &count);
        if (r->json) {
            json_write_key(&r->w, usage_by_text(by));
            json_write_array(&r->w);
        }
        for (size_t i = 0; i < count; i++) {
            if (r->json) {
                write_group(&r->w, &groups[i]);
            } else {
                print_group(by, &groups[i]);
            }
        }
        if (r->json) {
            json_write_array_end(&r->w);
        }
    }
    usage_free(u);
    return st;
}

// Events of the gateway that tell of trouble or of somebody's hand.
static enum aiu_status take_event(void *ctx, const struct query_hit *hit)
{
    struct report *r = ctx;

    if (hit->values->row.type != ROW_EVENT) {
        return AIU_OK;
    }
    if (r->events++ >= EVENTS_MOST) {
        return AIU_OK;
    }
    if (r->json) {
        json_write_raw(&r->w, hit->entry);
        return AIU_OK;
    }
    (void)printf("  ");
    return audit_print_line(hit->entry, false);
}

static enum aiu_status tell_events(struct report *r, const char *folder)
{
    struct query q = QUERY_ALL;

    q.window = r->ask.query.window;
    if (r->json) {
        json_write_key(&r->w, "events");
        json_write_array(&r->w);
    } else {
        (void)printf("events\n");
    }
    TRY(query_run(folder, &q, take_event, r));
    if (r->json) {
        json_write_array_end(&r->w);
        json_write_member_u64(&r->w, "event_count", r->events);
    } else if (r->events > EVENTS_MOST) {
        (void)printf("  … and %" PRIu64 " more: `aiu audit query` has them\n",
                     r->events - EVENTS_MOST);
    }
    return AIU_OK;
}

static enum aiu_status run(struct report *r)
{
    char folder[AUDIT_FOLDER_MOST];

    TRY(audit_ask_prepare(&r->ask));
    TRY(audit_folder(&r->ask.where, folder));
    if (!r->json) {
        (void)printf("requests\n");
    }
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        TRY(sum_up(r, folder, tables[i]));
    }
    return tell_events(r, folder);
}

static enum aiu_status run_json(struct report *r)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(JSON_MOST);

    json_writer_init(&r->w, &b);
    json_write_object(&r->w);
    TRY(run(r));
    json_write_object_end(&r->w);
    TRY(json_writer_finish(&r->w));
    return audit_print_line(buf_span(&b), !isatty(STDOUT_FILENO));
}

int incident_report(int argc, char **argv)
{
    struct report r = {.json = false};
    bool fine = true;

    audit_ask_init(&r.ask);
    for (int i = 1; fine && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (strcmp(argv[i], "--json") == 0) {
            r.json = true;
        } else {
            fine = audit_ask_option(&r.ask, argc, argv, &i);
        }
    }
    if (!fine) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    int code = audit_exit(r.json ? run_json(&r) : run(&r));
    audit_ask_done(&r.ask);
    return code;
}
