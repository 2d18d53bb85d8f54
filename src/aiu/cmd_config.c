// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu config`: what a configuration comes to, what is wrong with it, what its keys mean.
#include <stdio.h>
#include <string.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/option.h"
#include "config/manual.h"
#include "config/show.h"
#include "secret/secret.h"

enum { OUTPUT_MOST = 64 * 1024 * 1024 };

static const char usage[] =
    "usage: aiu config show [--config FILE] [--json]\n"
    "       aiu config check [--config FILE]\n"
    "       aiu config explain KEY\n"
    "       aiu config schema\n"
    "       aiu config example\n"
    "       aiu config diff FILE FILE\n"
    "\n"
    "  show      every value and where it comes from; secrets masked\n"
    "  check     whether the gateway would take it, key files included; exit 0 or 3\n"
    "  explain   what a key of the file (providers.timeouts.connect) or a variable (AI_TIMEOUT) is\n"
    "  schema    JSON schema of the file, for editors\n"
    "  example   a file with every key\n"
    "  diff      what differs between two files; exit 0 where nothing does, 1 otherwise\n"
    "\n"
    "Without --config: $AIU_CONFIG, ~/.config/aiu/config.yaml or /etc/aiu/config.yaml, else the\n"
    "embedded defaults.\n";

struct request {
    const char *config;
    bool json;
    const char *words[2]; // what is no option
    int count;
};

static int fail(enum aiu_status st)
{
    return aiu_status_info(st)->exit;
}

static int finish(enum aiu_status st, const struct buf *text)
{
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu config: %s\n", aiu_status_info(st)->text);
        return fail(st);
    }
    config_file_print(stdout, buf_span(text));
    return fflush(stdout) == 0 ? 0 : fail(AIU_IO);
}

static int run_show(const struct request *r)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);
    enum aiu_status st = config_file_load(r->config, false, &c);

    if (st != AIU_OK) {
        return fail(st);
    }
    return finish(r->json ? show_json(c, &text) : show_table(c, &text), &text);
}

static int run_check(const struct request *r)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    enum aiu_status st = secret_init_process(false);

    if (st == AIU_OK) {
        st = config_file_load(r->config, true, &c);
    }
    if (st != AIU_OK) {
        return fail(st);
    }
    config_file_print(stdout, c->path.n > 0 ? c->path : SPAN_OF("embedded defaults"));
    (void)printf(": ok\n");
    return 0;
}

static int run_explain(const struct request *r)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);
    enum aiu_status st = manual_explain(span_str(r->words[0]), &text);

    if (st == AIU_NOT_FOUND) {
        config_file_print(stderr, buf_span(&text));
        return fail(st);
    }
    return finish(st, &text);
}

static int run_schema(const struct request *r)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);

    (void)r;
    return finish(manual_json_schema(&text), &text);
}

static int run_example(const struct request *r)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);

    (void)r;
    return finish(manual_example(&text), &text);
}

static int run_diff(const struct request *r)
{
    CLEANUP(config_unrefp) struct config *a = NULL;
    CLEANUP(config_unrefp) struct config *b = NULL;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(OUTPUT_MOST);
    bool same = true;
    enum aiu_status st = config_file_load(r->words[0], false, &a);

    if (st == AIU_OK) {
        st = config_file_load(r->words[1], false, &b);
    }
    if (st != AIU_OK) {
        return fail(st);
    }
    int code = finish(show_diff(a, b, &text, &same), &text);
    return code == 0 && !same ? 1 : code;
}

static const struct {
    const char *verb;
    int words;
    int (*run)(const struct request *r);
} verbs[] = {
    {"show", 0, run_show},     {"check", 0, run_check},     {"explain", 1, run_explain},
    {"schema", 0, run_schema}, {"example", 0, run_example}, {"diff", 2, run_diff},
};

static bool parse(int argc, char **argv, struct request *r)
{
    for (int i = 2; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            r->json = true;
        } else if (strcmp(argv[i], "--config") == 0 && i + 1 < argc) {
            r->config = argv[++i];
        } else if (argv[i][0] != '-' && r->count < 2) {
            r->words[r->count++] = argv[i];
        } else {
            option_complain("aiu config", argv[i]);
            return false;
        }
    }
    return true;
}

int cmd_config(int argc, char **argv)
{
    struct request r = {0};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(verbs); i++) {
        if (strcmp(argv[1], verbs[i].verb) == 0 && parse(argc, argv, &r) &&
            r.count == verbs[i].words) {
            return verbs[i].run(&r);
        }
    }
    (void)fputs(usage, stderr);
    return fail(AIU_USAGE);
}
