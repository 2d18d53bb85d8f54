// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu alerts`: the rules in force, and whether the people whom they tell can be reached (S71).
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/option.h"
#include "gateway/watchers.h"
#include "watch/alert.h"

static const char usage[] =
    "usage: aiu alerts list [--config FILE]\n"
    "       aiu alerts test [--config FILE]\n"
    "\n"
    "  list    the rules that raise alerts, and who is told\n"
    "  test    sends a test alert to each target and says whether it was taken; exit code 1 where\n"
    "          one was not\n";

static int list(const struct config *c)
{
    struct alert_rule rules[ALERT_RULES_MOST];
    size_t count = watchers_rules(c, rules);

    if (c->alerts.off) {
        (void)printf("alerts are off\n");
        return 0;
    }
    (void)printf("RULE\tWHEN\tSEVERITY\tMORE THAN\tWITHIN\tEVENT\n");
    for (size_t i = 0; i < count; i++) {
        const struct alert_rule *r = &rules[i];
        config_file_print(stdout, r->name);
        (void)printf("\t%s\t%s\t%" PRIu64 "\t%us\t", alert_kind_text(r->kind),
                     alert_severity_text(r->severity), r->more_than, r->within_s);
        config_file_print(stdout, r->event);
        (void)putchar('\n');
    }
    for (size_t i = 0; i < c->alerts.target_count; i++) {
        (void)fputs(i == 0 ? "\nTOLD\n" : "", stdout);
        config_file_print(stdout, c->alerts.targets[i].name);
        (void)putchar('\n');
    }
    return 0;
}

static void say(void *ctx, struct span target, enum aiu_status st)
{
    bool *all = ctx;

    *all = *all && st == AIU_OK;
    config_file_print(stdout, target);
    (void)printf(": %s\n", st == AIU_OK ? "taken" : aiu_status_info(st)->text);
}

static int test(struct config *c)
{
    char host[65] = "unknown";
    bool all = true;

    (void)gethostname(host, sizeof(host) - 1);
    if (c->alerts.target_count == 0) {
        (void)printf("the configuration names nobody to tell (alerts.to)\n");
        return 0;
    }
    enum aiu_status st =
        watchers_test(c, span_str(host), (uint64_t)time(NULL) * 1000000, say, &all);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu alerts: %s\n", aiu_status_info(st)->text);
        return aiu_status_info(st)->exit;
    }
    return all ? 0 : aiu_status_info(AIU_NOT_FOUND)->exit;
}

int cmd_alerts(int argc, char **argv)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    const char *path = argc == 4 && strcmp(argv[2], "--config") == 0 ? argv[3] : NULL;
    bool is_list = argc > 1 && strcmp(argv[1], "list") == 0;
    bool is_test = argc > 1 && strcmp(argv[1], "test") == 0;

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if ((!is_list && !is_test) || (argc != 2 && path == NULL)) {
        if (argc > 1) {
            option_complain("aiu alerts", is_list || is_test ? argv[2] : argv[1]);
        }
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    enum aiu_status st = config_file_load(path, false, &c);
    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    return is_list ? list(c) : test(c);
}
