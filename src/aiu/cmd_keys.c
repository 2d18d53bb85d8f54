// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu keys`: the gateway's own keys, one for each application (guide S5). A new key is printed
// once and kept nowhere; the configuration gets its hash.
#include <stdio.h>
#include <string.h>

#include "aiu/cmd.h"
#include "aiu/config_file.h"
#include "aiu/keys.h"
#include "aiu/option.h"
#include "secret/secret.h"
#include "secret/vkey.h"

enum { NEW_MOST = 4096, ID_MOST = 64 };

static const char usage[] =
    "usage: aiu keys new [--id ID] [--tenant TENANT] [--config FILE]\n"
    "       aiu keys list [--config FILE]\n"
    "       aiu keys show ID [--config FILE]\n"
    "       aiu keys revoke ID [--reason TEXT] [--undo] [--config FILE] [--state-dir DIR]\n"
    "       aiu keys rotate ID [--grace TIME] [--config FILE] [--state-dir DIR]\n"
    "\n"
    "  new     make a key: prints it once, and the lines for `keys:` of the configuration, which\n"
    "          hold its hash only\n"
    "  list    the configured keys: id, tenant, policy, requests a minute, models\n"
    "  show    one of them\n"
    "  revoke  refuse a key within a second, in requests under way too; --undo takes it again\n"
    "  rotate  a new key in the place of an old one: prints it once, and puts its hash into the\n"
    "          configuration file. --grace 30m: so long the former key is taken too\n";

struct request {
    const char *id, *tenant, *config, *state_dir, *reason, *grace;
    bool undo;
    const char *word; // what is no option
};

static int fail(enum aiu_status st)
{
    (void)fprintf(stderr, "aiu keys: %s\n", aiu_status_info(st)->text);
    return aiu_status_info(st)->exit;
}

static int fail_usage(void)
{
    (void)fputs(usage, stderr);
    return aiu_status_info(AIU_USAGE)->exit;
}

// --- new

static bool is_id(const char *text)
{
    size_t n = strlen(text);

    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && (i == 0 || strchr("._-", c) == NULL)) {
            return false;
        }
    }
    return n > 0 && n <= ID_MOST;
}

static enum aiu_status append_digest(struct span key, struct buf *dst)
{
    struct vkey_digest digest;

    TRY(vkey_digest(key, &digest));
    return vkey_digest_format(&digest, dst);
}

// The key on stdout, alone on its line, so that a script can take it; what to do with it, for
// people, behind it.
static enum aiu_status make_key(const struct request *r, const char *id, struct buf *dst)
{
    CLEANUP(buf_wipe) struct buf key = BUF_OF(NEW_MOST);

    TRY(vkey_generate(&key));
    TRY(buf_append(dst, buf_span(&key)));
    TRY(buf_append(dst, SPAN_OF("\n\nThis key is shown once. Give it to the application; the "
                                "configuration gets its hash:\n\nkeys:\n")));
    TRY(buf_printf(dst, "  - id: %s\n    hash: \"", id));
    TRY(append_digest(buf_span(&key), dst));
    return buf_printf(dst, "\"\n    tenant: %s\n    policy: default\n",
                      r->tenant == NULL ? "default" : r->tenant);
}

// An id that the configuration has already would be refused there.
static enum aiu_status check_id_is_free(const struct request *r, const char *id)
{
    CLEANUP(config_unrefp) struct config *c = NULL;

    if (r->config == NULL) {
        return AIU_OK;
    }
    TRY(config_file_load(r->config, false, &c));
    if (config_key(c, span_str(id)) != NULL) {
        (void)fprintf(stderr, "aiu keys: the configuration has a key with the id %s\n", id);
        return AIU_USAGE;
    }
    return AIU_OK;
}

static int run_new(const struct request *r)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(NEW_MOST);
    const char *id = r->id == NULL ? "app" : r->id;

    if (!is_id(id) || (r->tenant != NULL && !is_id(r->tenant))) {
        (void)fprintf(stderr, "aiu keys: --id and --tenant are names of letters, digits, \".\", "
                              "\"_\" and \"-\", at most 64\n");
        return aiu_status_info(AIU_USAGE)->exit;
    }
    enum aiu_status st = check_id_is_free(r, id);
    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    st = secret_init_process(false);
    if (st == AIU_OK) {
        st = make_key(r, id, &text);
    }
    if (st != AIU_OK) {
        return fail(st);
    }
    (void)fwrite(text.p, 1, text.n, stdout);
    return fflush(stdout) == 0 ? 0 : fail(AIU_IO);
}

// --- list and show

static const char *source_name(const struct config_key *k)
{
    if (!k->key.given) {
        return "hash";
    }
    switch (k->key.from.kind) {
    case SECRET_FROM_ENV:
        return "environment";
    case SECRET_FROM_FILE:
        return "file";
    case SECRET_FROM_COMMAND:
        return "command";
    case SECRET_FROM_CREDENTIAL:
        return "credential";
    }
    return "?";
}

static void print_span(struct span s)
{
    config_file_print(stdout, s);
}

static void print_models(const struct config_key *k)
{
    for (size_t i = 0; i < k->model_count; i++) {
        (void)fputs(i == 0 ? "" : ",", stdout);
        print_span(k->models[i]);
    }
    if (k->model_count == 0) {
        (void)fputs("all", stdout);
    }
}

static void print_row(const struct config_key *k)
{
    print_span(k->id);
    (void)putchar('\t');
    print_span(k->tenant);
    (void)putchar('\t');
    print_span(k->policy_name);
    (void)printf("\t%u\t", k->limits.requests_per_minute);
    print_models(k);
    (void)putchar('\n');
}

static int run_list(const struct request *r)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    enum aiu_status st = config_file_load(r->config, false, &c);

    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    (void)printf("ID\tTENANT\tPOLICY\tPER MINUTE\tMODELS\n");
    for (size_t i = 0; i < c->key_count; i++) {
        print_row(&c->keys[i]);
    }
    return 0;
}

static void print_key(const struct config_key *k)
{
    (void)fputs("id: ", stdout);
    print_span(k->id);
    (void)fputs("\ntenant: ", stdout);
    print_span(k->tenant);
    (void)fputs("\npolicy: ", stdout);
    print_span(k->policy_name);
    (void)printf("\nkey: from %s\nrequests a minute: ", source_name(k));
    if (k->limits.requests_per_minute == 0) {
        (void)fputs("no limit", stdout);
    } else {
        (void)printf("%u", k->limits.requests_per_minute);
    }
    (void)fputs("\nmodels: ", stdout);
    print_models(k);
    (void)putchar('\n');
}

static int run_show(const struct request *r)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    enum aiu_status st = config_file_load(r->config, false, &c);

    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    const struct config_key *k = config_key(c, span_str(r->word));
    if (k == NULL) {
        (void)fprintf(stderr, "aiu keys: the configuration has no key with this id\n");
        return aiu_status_info(AIU_NOT_FOUND)->exit;
    }
    print_key(k);
    return 0;
}

// --- arguments

static bool parse(int argc, char **argv, struct request *r)
{
    const struct option_row options[] = {
        {"--id", &r->id, NULL},         {"--tenant", &r->tenant, NULL},
        {"--config", &r->config, NULL}, {"--state-dir", &r->state_dir, NULL},
        {"--reason", &r->reason, NULL}, {"--grace", &r->grace, NULL},
        {"--undo", NULL, &r->undo},
    };

    for (int i = 2; i < argc; i++) {
        if (argv[i][0] != '-' && r->word == NULL) {
            r->word = argv[i];
        } else if (!option_take("aiu keys", options, ARRAY_SIZE(options), argc, argv, &i)) {
            return false;
        }
    }
    return true;
}

static int run_change(const char *verb, const struct request *r)
{
    const struct keys_change k = {.id = r->word,
                                  .reason = r->reason,
                                  .grace = r->grace,
                                  .undo = r->undo,
                                  .where = {.config = r->config, .state_dir = r->state_dir}};

    if (!is_id(k.id)) {
        return fail_usage();
    }
    return strcmp(verb, "revoke") == 0 ? keys_revoke(&k) : keys_rotate(&k);
}

int cmd_keys(int argc, char **argv)
{
    struct request r = {0};

    if (argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        (void)fputs(usage, stdout);
        return 0;
    }
    if (argc < 2 || !parse(argc, argv, &r)) {
        return fail_usage();
    }
    if (strcmp(argv[1], "new") == 0 && r.word == NULL) {
        return run_new(&r);
    }
    if (strcmp(argv[1], "list") == 0 && r.word == NULL) {
        return run_list(&r);
    }
    if (r.word == NULL) {
        return fail_usage();
    }
    if (strcmp(argv[1], "revoke") == 0 || strcmp(argv[1], "rotate") == 0) {
        return run_change(argv[1], &r);
    }
    return strcmp(argv[1], "show") == 0 ? run_show(&r) : fail_usage();
}
