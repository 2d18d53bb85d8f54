// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu maintenance`: the kill switch (guide S78), an entry of STATE/control.json.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "aiu/cmd.h"
#include "aiu/control_file.h"
#include "aiu/option.h"
#include "aiu/state_dir.h"

static const char usage[] =
    "usage: aiu maintenance on [--scope SCOPE] [--reason TEXT] [--expires TIME] [--in-flight HOW]\n"
    "       aiu maintenance off [--scope SCOPE]\n"
    "       aiu maintenance status [--json]\n"
    "\n"
    "Stops new requests everywhere within a second; they get 503 with retry-after.\n"
    "\n"
    "  --scope SCOPE    all (default), tenant:NAME, key:ID, model:NAME or provider:NAME\n"
    "  --reason TEXT    for colleagues and the audit log; shown by `status`\n"
    "  --expires TIME   30m, 2h, 1d from now; without it until switched off\n"
    "  --in-flight HOW  what becomes of requests under way: finish (default), or cut, which ends\n"
    "                   them with an error, in the middle of a stream too\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

struct request {
    const char *verb, *scope, *reason, *expires, *in_flight;
    struct state_dir_options where;
    bool json;
};

static bool take_option(struct request *r, int argc, char **argv, int *i)
{
    const struct option_row options[] = {
        {"--scope", &r->scope, NULL},
        {"--reason", &r->reason, NULL},
        {"--expires", &r->expires, NULL},
        {"--in-flight", &r->in_flight, NULL},
        {"--json", NULL, &r->json},
        {"--config", &r->where.config, NULL},
        {"--state-dir", &r->where.state_dir, NULL},
    };

    return option_take("aiu maintenance", options, ARRAY_SIZE(options), argc, argv, i);
}

static bool is_scope(const char *scope)
{
    static const char *const kinds[] = {"tenant:", "key:", "model:", "provider:"};

    if (strcmp(scope, "all") == 0) {
        return true;
    }
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        size_t n = strlen(kinds[i]);
        if (strncmp(scope, kinds[i], n) == 0 && scope[n] != '\0' && strlen(scope) <= 128) {
            return true;
        }
    }
    return false;
}

// Prints an entry that is in force; false for one that is over.
static bool print_entry(const struct control_file *f, uint32_t item)
{
    uint64_t expires = 0;
    uint64_t now = (uint64_t)time(NULL);

    IGNORE(json_u64(&f->doc, json_member(&f->doc, item, SPAN_OF("expires")), &expires));
    if (expires != 0 && expires <= now) {
        return false;
    }
    control_file_print(f, json_member(&f->doc, item, SPAN_OF("scope")));
    (void)printf(expires == 0 ? "\tuntil switched off\t" : "\tfor %llu s\t",
                 (unsigned long long)(expires - now));
    control_file_print(f, json_member(&f->doc, item, SPAN_OF("reason")));
    (void)putchar('\n');
    return true;
}

static int print_status(const struct request *r, int folder)
{
    CLEANUP(control_file_done) struct control_file f;
    bool stopped = false;

    if (control_file_read(folder, &f) != AIU_OK) {
        (void)fprintf(stderr,
                      "aiu maintenance: control.json cannot be understood, so everything is "
                      "stopped: repair it\n");
        return aiu_status_info(AIU_FILE_INVALID)->exit;
    }
    if (r->json) {
        (void)printf("%.*s\n", (int)f.text.n, f.text.n > 0 ? (const char *)f.text.p : "{}");
        return 0;
    }
    for (uint32_t item = control_file_first(&f, CONTROL_MAINTENANCE); item != JSON_NONE;
         item = control_file_next(&f, CONTROL_MAINTENANCE, item)) {
        stopped = print_entry(&f, item) || stopped;
    }
    if (!stopped) {
        (void)printf("nothing is stopped\n");
    }
    return 0;
}

static int run(const struct request *r)
{
    struct control_entry entry = {.list = CONTROL_MAINTENANCE,
                                  .name = r->scope,
                                  .reason = r->reason,
                                  .cut = strcmp(r->in_flight, "cut") == 0};
    int folder = -1;

    if (control_file_expiry(r->expires, &entry.expires_unix_s) != AIU_OK) {
        (void)fprintf(stderr, "aiu maintenance: --expires is a duration like 30m or 2h\n");
        return aiu_status_info(AIU_USAGE)->exit;
    }
    enum aiu_status st = state_dir_open(&r->where, &folder);
    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    if (strcmp(r->verb, "status") == 0) {
        return print_status(r, folder);
    }
    st = control_file_change(folder, &entry, strcmp(r->verb, "on") == 0);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu maintenance: %s\n", aiu_status_info(st)->text);
        return aiu_status_info(st)->exit;
    }
    (void)printf("maintenance %s for %s\n", r->verb, r->scope);
    return 0;
}

int cmd_maintenance(int argc, char **argv)
{
    struct request r = {.scope = "all", .in_flight = "finish"};

    if (argc < 2 || strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, argc < 2 ? stderr : stdout);
        return argc < 2 ? aiu_status_info(AIU_USAGE)->exit : 0;
    }
    r.verb = argv[1];
    bool known =
        strcmp(r.verb, "on") == 0 || strcmp(r.verb, "off") == 0 || strcmp(r.verb, "status") == 0;
    for (int i = 2; known && i < argc; i++) {
        known = take_option(&r, argc, argv, &i);
    }
    known = known && (strcmp(r.in_flight, "finish") == 0 || strcmp(r.in_flight, "cut") == 0);
    if (!known || !is_scope(r.scope)) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return run(&r);
}
