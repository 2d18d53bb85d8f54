// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <string.h>

#include "aiu/cmd.h"
#include "aiu/status.h"
#include "gateway/gateway.h"

static const char usage[] =
    "usage: aiu gateway [--config FILE] [--listen ADDRESS] [--state-dir DIR] [--check]\n"
    "\n"
    "Serves the provider's own API, guarded both ways. Without a configuration the embedded\n"
    "defaults are used: the provider of AI_API_KEY or OPENAI_API_KEY, or else the built-in offline\n"
    "provider.\n"
    "\n"
    "  --config FILE      the configuration (docs/configuration.md)\n"
    "  --listen ADDRESS   HOST:PORT or unix:PATH, instead of listen.data.address\n"
    "  --state-dir DIR    keys, audit log, sockets, instead of state_dir\n"
    "  --check            look at everything, serve nothing; exit 0 where it would serve\n"
    "\n"
    "SIGHUP reloads or changes nothing, SIGTERM drains and stops, SIGUSR1 reopens the log.\n"
    "Writes `ready http://ADDRESS` to stderr when it serves.\n";

// The value of an option that takes one; NULL, and a word about it, where it is missing.
static const char *value_of(int argc, char **argv, int *i)
{
    if (*i + 1 >= argc) {
        (void)fprintf(stderr, "aiu gateway: %s needs a value\n", argv[*i]);
        return NULL;
    }
    return argv[++*i];
}

static bool parse(int argc, char **argv, struct gateway_options *o)
{
    for (int i = 1; i < argc; i++) {
        const char **into = strcmp(argv[i], "--config") == 0      ? &o->config
                            : strcmp(argv[i], "--listen") == 0    ? &o->listen
                            : strcmp(argv[i], "--state-dir") == 0 ? &o->state_dir
                                                                  : NULL;
        if (into != NULL) {
            *into = value_of(argc, argv, &i);
            if (*into == NULL) {
                return false;
            }
        } else if (strcmp(argv[i], "--check") == 0) {
            o->check = true;
        } else {
            (void)fprintf(stderr, "aiu gateway: unknown argument %s; see aiu gateway --help\n",
                          argv[i]);
            return false;
        }
    }
    return true;
}

int cmd_gateway(int argc, char **argv)
{
    struct gateway_options o = {0};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    return parse(argc, argv, &o) ? gateway_run(&o) : aiu_status_info(AIU_USAGE)->exit;
}
