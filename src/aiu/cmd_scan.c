// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu scan`: what the rules find in texts.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/scan_jsonl.h"
#include "aiu/scan_select.h"

static const char usage[] =
    "usage: aiu scan --jsonl [--only KINDS] <LINES\n"
    "\n"
    "  --jsonl        filter: {\"id\",\"text\"} a line in, findings and the injection verdict a "
    "line out\n"
    "  --only KINDS   a list with commas: pii, secret, injection, hidden, output, or rule ids\n"
    "\n"
    "Exit code: 0 all lines were scanned, 2 a line could not be.\n";

struct request {
    struct rule_set rules;
    bool jsonl;
};

static bool take_only(struct request *r, const char *words)
{
    struct span word;

    if (words == NULL) {
        (void)fprintf(stderr, "aiu scan: --only needs a value\n");
        return false;
    }
    if (select_rules(span_str(words), &r->rules, &word) != AIU_OK) {
        (void)fputs("aiu scan: --only: there is no kind or rule ", stderr);
        config_file_print(stderr, word);
        (void)fputc('\n', stderr);
        return false;
    }
    return true;
}

static bool take_options(struct request *r, char **argv)
{
    for (char **word = argv + 1; *word != NULL; word++) {
        if (strcmp(*word, "--jsonl") == 0) {
            r->jsonl = true;
        } else if (strcmp(*word, "--only") == 0) {
            if (!take_only(r, word[1])) {
                return false;
            }
            word++;
        } else {
            (void)fputs(usage, stderr);
            return false;
        }
    }
    return true;
}

static int filter_lines(const struct request *r)
{
    uint64_t bad = 0;
    enum aiu_status st = scan_jsonl(STDIN_FILENO, STDOUT_FILENO, &r->rules, &bad);

    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu scan: %s\n", aiu_status_info(st)->text);
    }
    return st == AIU_OK && bad == 0 ? 0 : aiu_status_info(AIU_USAGE)->exit;
}

int cmd_scan(int argc, char **argv)
{
    struct request r = {.rules = rule_set_all()};

    if (argc > 1 && strcmp(argv[1], "--help") == 0) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (!take_options(&r, argv)) {
        return aiu_status_info(AIU_USAGE)->exit;
    }
    if (!r.jsonl) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    return filter_lines(&r);
}
