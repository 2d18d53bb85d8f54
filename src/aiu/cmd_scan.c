// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu scan`: what the rules find in files, in what git has staged, in a pipe, or line by line.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/scan_files.h"
#include "aiu/scan_jsonl.h"
#include "scan/select.h"

static const char usage[] =
    "usage: aiu scan [OPTION…] [PATH…]     files and folders; the current folder without a PATH\n"
    "       aiu scan [OPTION…] -           standard input\n"
    "       aiu scan [OPTION…] --staged [PATH…]\n"
    "       aiu scan --jsonl [--only KINDS] [--phone-regions REGIONS] <LINES\n"
    "\n"
    "Finds secrets and hidden characters in files (all kinds in standard input): what and where,\n"
    "never the text itself. Leaves out .git, binary files and what .gitignore names.\n"
    "\n"
    "  --staged         what the next commit adds: only lines that are new\n"
    "  --only KINDS     a list with commas: pii, secret, injection, hidden, output, all, rule ids\n"
    "                   or the front of some (pii.us, secret.aws*)\n"
    "  --phone-regions REGIONS  DE,US and so on: telephone numbers of these as people write them at\n"
    "                   home, without a word beside them\n"
    "  --format FORMAT  text (default), json, jsonl or sarif\n"
    "  --baseline FILE  leave out what this earlier report (--format json) has\n"
    "  --reveal         show what was found\n"
    "  --no-ignore      also what .gitignore names\n"
    "  --jsonl          filter: {\"id\",\"text\"} a line in, its findings and the injection verdict\n"
    "                   a line out\n"
    "\n"
    "A line with aiu:allow or gitleaks:allow is let pass, as is what the allow-lists of\n"
    ".gitleaks.toml and .gitleaksignore name.\n"
    "\n"
    "Exit code: 0 nothing found, 1 findings, 2 usage, or something could not be read.\n";

struct words {
    struct scan_request request;
    struct phone_regions regions;
    bool jsonl, narrowed;
    const char *paths[1];
};

static bool complain(const char *option, const char *why)
{
    (void)fputs("aiu scan: ", stderr);
    config_file_print(stderr, span_str(option));
    (void)fprintf(stderr, " %s\n", why);
    return false;
}

static bool take_only(struct words *w, const char *value)
{
    struct span word;

    if (select_rules(span_str(value), &w->request.rules, &word) != AIU_OK) {
        (void)fputs("aiu scan: --only: there is no kind or rule ", stderr);
        config_file_print(stderr, word);
        (void)fputc('\n', stderr);
        return false;
    }
    w->narrowed = true;
    return true;
}

static bool take_regions(struct words *w, const char *value)
{
    struct span word;
    enum aiu_status st = select_regions(span_str(value), &w->regions, &word);

    if (st == AIU_OK) {
        return true;
    }
    if (st == AIU_TOO_LONG) {
        return complain("--phone-regions", "names too many regions");
    }
    (void)fputs("aiu scan: --phone-regions: there is no region ", stderr);
    config_file_print(stderr, word);
    (void)fputs(": two letters as in ISO 3166-1, such as GB\n", stderr);
    return false;
}

static bool take_format(struct words *w, const char *value)
{
    static const char *const names[] = {[REPORT_TEXT] = "text",
                                        [REPORT_JSON] = "json",
                                        [REPORT_JSONL] = "jsonl",
                                        [REPORT_SARIF] = "sarif"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strcmp(value, names[i]) == 0) {
            w->request.format = (enum report_format)i;
            return true;
        }
    }
    return complain("--format", "is text, json, jsonl or sarif");
}

static bool take_flag(struct words *w, const char *word)
{
    const struct {
        const char *name;
        bool *into;
    } flags[] = {
        {"--staged", &w->request.staged}, {"--reveal", &w->request.reveal},
        {"--no-ignore", &w->request.all}, {"--jsonl", &w->jsonl},
        {"-", &w->request.pipe},
    };

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        if (strcmp(word, flags[i].name) == 0) {
            *flags[i].into = true;
            return true;
        }
    }
    return false;
}

static bool take_value(struct words *w, const char *option, const char *value)
{
    if (value == NULL) {
        return complain(option, "needs a value");
    }
    if (strcmp(option, "--only") == 0) {
        return take_only(w, value);
    }
    if (strcmp(option, "--phone-regions") == 0) {
        return take_regions(w, value);
    }
    if (strcmp(option, "--format") == 0) {
        return take_format(w, value);
    }
    w->request.baseline = value;
    return true;
}

static bool has_value(const char *word)
{
    return strcmp(word, "--only") == 0 || strcmp(word, "--format") == 0 ||
           strcmp(word, "--baseline") == 0 || strcmp(word, "--phone-regions") == 0;
}

// Options anywhere, "--option=value" too; what is left are paths, moved to the front of argv.
static bool take_words(struct words *w, char **argv)
{
    size_t paths = 0;
    bool options = true;

    for (char **word = argv + 1; *word != NULL; word++) {
        char *value = options && strncmp(*word, "--", 2) == 0 ? strchr(*word, '=') : NULL;
        if (options && strcmp(*word, "--") == 0) {
            options = false;
            continue;
        }
        if (!options || (word[0][0] != '-')) {
            argv[paths++] = *word;
            continue;
        }
        if (value != NULL) {
            *value++ = '\0';
        }
        if (has_value(*word)) {
            if (!take_value(w, *word, value != NULL ? value : word[1])) {
                return false;
            }
            word += value == NULL;
        } else if (value != NULL || !take_flag(w, *word)) {
            return complain(*word, "is not known");
        }
    }
    w->request.paths = (const char *const *)argv;
    w->request.path_count = paths;
    return true;
}

static bool is_sensible(struct words *w)
{
    const struct scan_request *r = &w->request;

    if (w->jsonl && (r->path_count > 0 || r->staged || r->pipe || r->baseline != NULL)) {
        return complain("--jsonl",
                        "reads standard input and goes with --only and --phone-regions alone");
    }
    if (r->pipe && (r->path_count > 0 || r->staged)) {
        return complain("-", "goes with no path");
    }
    if (r->path_count == 0 && !r->staged) {
        w->paths[0] = ".";
        w->request.paths = w->paths;
        w->request.path_count = 1;
    }
    return true;
}

static int filter_lines(const struct rule_set *rules)
{
    uint64_t bad = 0;
    enum aiu_status st = scan_jsonl(STDIN_FILENO, STDOUT_FILENO, rules, &bad);

    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu scan: %s\n", aiu_status_info(st)->text);
    }
    return st == AIU_OK && bad == 0 ? 0 : aiu_status_info(AIU_USAGE)->exit;
}

static struct rule_set default_rules(const struct words *w)
{
    struct rule_set rules = rule_set_kind(KIND_SECRET);
    struct rule_set hidden = rule_set_kind(KIND_HIDDEN);

    if (w->jsonl || w->request.pipe) {
        return rule_set_all();
    }
    uint16_t phone = 0;
    if (w->regions.count > 0 && rules_find(SPAN_OF("pii.phone"), &phone)) {
        rule_set_add(&rules, phone); // who names regions looks for them
    }
    uint16_t escape = 0;
    if (rules_find(SPAN_OF("hidden.ansi_escape"), &escape)) {
        rule_set_remove(&hidden, escape); // scripts write them on purpose
    }
    for (size_t i = 0; i < ARRAY_SIZE(rules.bits); i++) {
        rules.bits[i] |= hidden.bits[i];
    }
    return rules;
}

int cmd_scan(int argc, char **argv)
{
    struct words w = {0};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (!take_words(&w, argv) || !is_sensible(&w)) {
        (void)fputs("`aiu scan --help` tells more.\n", stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    if (!w.narrowed) {
        w.request.rules = default_rules(&w);
    }
    w.request.rules.regions = w.regions;
    return w.jsonl ? filter_lines(&w.request.rules) : scan_files(&w.request);
}
