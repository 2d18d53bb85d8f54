// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu incident`: a table of verbs; docs/runbook.md says when to use which.
#include <stdio.h>
#include <string.h>

#include "aiu/cmd.h"
#include "aiu/incident.h"
#include "base/status.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} verbs[] = {
    {"report", incident_report, "what a key, user or time was used for: the blast radius"},
    {"revoke-provider-key", incident_revoke_provider_key, "make a provider's key worthless"},
};

static void print_usage(FILE *to)
{
    (void)fprintf(to, "usage: aiu incident VERB [OPTION…]\n\n");
    for (size_t i = 0; i < ARRAY_SIZE(verbs); i++) {
        (void)fprintf(to, "  %-20s %s\n", verbs[i].name, verbs[i].summary);
    }
    (void)fprintf(to, "\n`aiu incident VERB --help` tells more. See also `aiu maintenance`, `aiu "
                      "keys revoke`, `aiu audit`.\n");
}

int cmd_incident(int argc, char **argv)
{
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        print_usage(stdout);
        return 0;
    }
    for (size_t i = 0; argc >= 2 && i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(argv[1], verbs[i].name) == 0) {
            return verbs[i].run(argc - 1, argv + 1);
        }
    }
    print_usage(stderr);
    return aiu_status_info(AIU_USAGE)->exit;
}
