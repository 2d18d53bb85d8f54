// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The program: a table of subcommands, one file each.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "aiu/cmd.h"
#include "aiu/status.h"
#include "base/status.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
    bool verbs_have_help; // a text for each verb, not one for all
} commands[] = {
    {"gateway", cmd_gateway, "serve: the security layer between applications and AI providers",
     false},
    {"alerts", cmd_alerts, "the rules that raise alerts; a test of who is told", false},
    {"audit", cmd_audit, "read and check the audit log", true},
    {"config", cmd_config, "show, check and explain the configuration", false},
    {"evidence", cmd_evidence, "one sealed folder with what an investigation needs", false},
    {"incident", cmd_incident, "the steps of an incident: report, revoke a provider's key", true},
    {"keys", cmd_keys, "make, list, revoke and rotate virtual keys", false},
    {"redact", cmd_redact, "put tags or pseudonyms in the place of what is found in a text", false},
    {"restore", cmd_restore, "put the values back in the place of their pseudonyms", false},
    {"rules", cmd_rules, "list, show and test the detection rules", false},
    {"scan", cmd_scan, "find personal data, secrets, injections and hidden text", false},
    {"maintenance", cmd_maintenance, "stop and resume requests, within a second", false},
};

static void print_usage(FILE *to)
{
    (void)fprintf(to, "usage: aiu COMMAND [ARGUMENT…]\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        (void)fprintf(to, "  %-12s %s\n", commands[i].name, commands[i].summary);
    }
    (void)fprintf(to, "\n`aiu COMMAND --help` tells more; `aiu --version` the version.\n");
}

// What could not be written was not said: a full disk is no success.
static int written(int code)
{
    if (fflush(stdout) == 0 && ferror(stdout) == 0) {
        return code;
    }
    (void)fputs("aiu: the output could not be written\n", stderr);
    return code == 0 || code == 1 ? aiu_status_info(AIU_IO)->exit : code;
}

// `aiu COMMAND VERB … --help`, with whatever stands between: as if nothing did.
static int run(const char *name, int argc, char **argv)
{
    bool asks_help = argc > 1 && strcmp(argv[argc - 1], "--help") == 0;

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            int words = !asks_help ? argc : commands[i].verbs_have_help && argc > 2 ? 3 : 2;
            argv[words - 1] = argv[argc - 1];
            return written(commands[i].run(words, argv));
        }
    }
    (void)fprintf(stderr, "aiu: there is no command %s\n\n", name);
    print_usage(stderr);
    return aiu_status_info(AIU_USAGE)->exit;
}

int main(int argc, char **argv)
{
    char help[] = "--help";

    if (argc < 2) {
        print_usage(stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    if (strcmp(argv[1], "--version") == 0) {
        (void)printf("aiu %s\n", AIU_VERSION);
        return written(0);
    }
    if (strcmp(argv[1], "--help") == 0 || (strcmp(argv[1], "help") == 0 && argc == 2)) {
        print_usage(stdout);
        return written(0);
    }
    if (strcmp(argv[1], "help") == 0) {
        char *words[] = {argv[2], argc > 3 ? argv[3] : help, help, NULL};
        return run(argv[2], argc > 3 ? 3 : 2, words);
    }
    return run(argv[1], argc - 1, argv + 1);
}
