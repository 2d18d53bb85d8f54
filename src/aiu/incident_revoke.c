// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu incident revoke-provider-key` (guide S77): the guide's function only writes a log line,
// which is a false assurance. Here each step is done or said to be not done:
//
//   stopped   a switch in STATE/control.json: the gateway denies at once and drops the key
//   dropped   the gateway's own record says that it did
//   revoked   at the provider: OpenAI's admin API, or a command of the operator's
//   dead      a call with the key is refused
//
// The outcome goes into the switch, and so onto the audit log.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "aiu/config_file.h"
#include "aiu/control_file.h"
#include "aiu/incident.h"
#include "aiu/option.h"
#include "aiu/state_dir.h"
#include "audit/query.h"
#include "base/clock.h"
#include "codec/url.h"
#include "net/once.h"
#include "secret/load.h"

enum { ANSWER_MOST = 1 << 20, CALL_MS = 20000, CONFIRM_MS = 2000, POLL_MS = 50, NOTE_SIZE = 160 };

static const char usage[] =
    "usage: aiu incident revoke-provider-key PROVIDER [OPTION…]\n"
    "\n"
    "Denies every request that would use the key, drops it from memory, has the provider revoke\n"
    "it, and calls the provider with it to see that it is dead. Exit code 0 only where all of that\n"
    "was done; what was not is said. Put a new key in place, then --undo.\n"
    "\n"
    "  --reason TEXT        for colleagues and the audit log\n"
    "  --in-flight HOW      requests under way: finish (default) or cut\n"
    "  --project ID --key-id ID   of the key, at OpenAI: revoke it by the admin API, with\n"
    "  --admin-key-file FILE      an admin key from a file, or\n"
    "  --admin-key-env NAME       from a variable\n"
    "  --hook COMMAND       any other provider: a shell command that revokes it; it gets\n"
    "                       AIU_PROVIDER, AIU_BASE_URL, AIU_PROJECT, AIU_KEY_ID, and exit code 0\n"
    "                       means revoked\n"
    "  --no-probe           do not call the provider with the key\n"
    "  --undo               the provider's key, by now another one, is used again\n"
    "  --json               the steps as JSON\n"
    "  --state-dir DIR, --config FILE   which gateway\n";

enum step { STEP_STOPPED, STEP_DROPPED, STEP_REVOKED, STEP_DEAD, STEP_KINDS };
enum outcome { OUTCOME_NOT_DONE, OUTCOME_DONE, OUTCOME_FAILED };

struct revocation {
    const char *provider, *reason, *in_flight, *project, *key_id;
    const char *admin_key_file, *admin_key_env, *hook;
    bool no_probe, undo, json;
    struct state_dir_options where;

    struct config *config;
    const struct config_provider *entry;
    struct secret_env *env;
    int folder;
    uint64_t begun_us;
    enum outcome outcomes[STEP_KINDS];
    char notes[STEP_KINDS][NOTE_SIZE];
};

__attribute__((format(printf, 4, 5))) static void
note(struct revocation *r, enum step step, enum outcome outcome, const char *format, ...)
{
    va_list args;

    r->outcomes[step] = outcome;
    va_start(args, format);
    (void)vsnprintf(r->notes[step], NOTE_SIZE, format, args);
    va_end(args);
}

// --- stopped, dropped -------------------------------------------------------------------------

static enum aiu_status set_switch(const struct revocation *r, const char *reason)
{
    const struct control_entry entry = {.list = CONTROL_PROVIDER_KEYS,
                                        .name = r->provider,
                                        .reason = reason,
                                        .cut = strcmp(r->in_flight, "cut") == 0};

    return control_file_change(r->folder, &entry, !r->undo);
}

static enum aiu_status count_hit(void *ctx, const struct query_hit *hit)
{
    (void)hit;
    (*(uint64_t *)ctx)++;
    return AIU_OK;
}

// Whether the gateway has a record of the switch, which it writes when it has taken it.
static bool is_on_record(const struct revocation *r)
{
    struct query q = QUERY_ALL;
    char folder[4200], state[4096];
    uint64_t count = 0;

    q.window.from_us = r->begun_us;
    q.columns[ROW_TYPE_NAME] = SPAN_OF("incident");
    if (state_dir_path(&r->where, state) != AIU_OK) {
        return false;
    }
    (void)snprintf(folder, sizeof(folder), "%s/audit/main", state);
    return query_run(folder, &q, count_hit, &count) == AIU_OK && count > 0;
}

static void confirm(struct revocation *r)
{
    const struct timespec pause = {0, POLL_MS * 1000000L};

    for (int waited = 0; waited < CONFIRM_MS; waited += POLL_MS) {
        if (is_on_record(r)) {
            note(r, STEP_DROPPED, OUTCOME_DONE, "the gateway has dropped the key from memory");
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
    note(r, STEP_DROPPED, OUTCOME_NOT_DONE,
         "no gateway confirms it: none runs on this state folder; one that starts will not load "
         "the key");
}

// --- revoked ----------------------------------------------------------------------------------

static enum aiu_status load_admin_key(struct revocation *r, struct secret **ret_key)
{
    struct secret_source source = {.kind = SECRET_FROM_FILE, .name = r->admin_key_file};
    CLEANUP(buf_wipe) struct buf origin = BUF_OF(512);
    struct url url;

    if (r->admin_key_env != NULL) {
        source = (struct secret_source){.kind = SECRET_FROM_ENV, .name = r->admin_key_env};
    }
    TRY(secret_load(&source, r->env, ret_key));
    TRY(url_parse(r->entry->base_url, &url));
    TRY(url_append_origin(&url, &origin));
    return secret_bind_origin(*ret_key, buf_span(&origin));
}

static enum aiu_status call(const struct revocation *r, const char *method, const char *path,
                            const struct secret *key, struct once_answer *answer)
{
    char ca_file[4096];
    const struct once_request request = {.method = span_str(method),
                                         .url = r->entry->base_url,
                                         .path = span_str(path),
                                         .bearer = key,
                                         .ca_file = r->entry->ca_file.n > 0 ? ca_file : NULL,
                                         .allow_plaintext = r->entry->allow_plaintext,
                                         .timeout_ms = CALL_MS};

    (void)snprintf(ca_file, sizeof(ca_file), "%.*s", (int)r->entry->ca_file.n,
                   (const char *)r->entry->ca_file.p);
    return once_run(&request, answer);
}

static bool is_plain_id(const char *id)
{
    return id[0] != '\0' && strlen(id) < 128 &&
           strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
               strlen(id);
}

// DELETE /organization/projects/{project}/api_keys/{key}: OpenAI's admin API.
static void revoke_by_api(struct revocation *r)
{
    CLEANUP(secret_done) struct secret *admin = NULL;
    struct once_answer answer = {.body = BUF_OF(ANSWER_MOST)};
    char path[512];

    if (r->project == NULL || r->key_id == NULL || !is_plain_id(r->project) ||
        !is_plain_id(r->key_id)) {
        note(r, STEP_REVOKED, OUTCOME_NOT_DONE,
             "the admin API needs --project and --key-id, plain ids");
        return;
    }
    enum aiu_status st = load_admin_key(r, &admin);
    if (st == AIU_OK) {
        (void)snprintf(path, sizeof(path), "/organization/projects/%s/api_keys/%s", r->project,
                       r->key_id);
        st = call(r, "DELETE", path, admin, &answer);
    }
    buf_wipe(&answer.body);
    if (st != AIU_OK) {
        note(r, STEP_REVOKED, OUTCOME_FAILED, "the admin API: %s", aiu_status_info(st)->text);
    } else if (answer.status == 200 || answer.status == 204) {
        note(r, STEP_REVOKED, OUTCOME_DONE, "the provider has deleted it (HTTP %d)", answer.status);
    } else {
        note(r, STEP_REVOKED, OUTCOME_FAILED, "the provider did not delete it (HTTP %d)%s",
             answer.status, answer.status == 404 ? ": there is no such key" : "");
    }
}

static void set_variable(const char *name, struct span value)
{
    char text[4096];

    (void)snprintf(text, sizeof(text), "%.*s", (int)value.n, (const char *)value.p);
    (void)setenv(name, text, 1); // NOLINT(concurrency-mt-unsafe): one thread, in the child
}

static void revoke_by_hook(struct revocation *r)
{
    int status = 0;
    pid_t child = fork();

    if (child == 0) {
        set_variable("AIU_PROVIDER", span_str(r->provider));
        set_variable("AIU_BASE_URL", r->entry->base_url);
        set_variable("AIU_PROJECT", span_str(r->project == NULL ? "" : r->project));
        set_variable("AIU_KEY_ID", span_str(r->key_id == NULL ? "" : r->key_id));
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); // what it says is for people
        (void)execl("/bin/sh", "sh", "-c", r->hook, (char *)NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || !WIFEXITED(status)) {
        note(r, STEP_REVOKED, OUTCOME_FAILED, "the hook could not be run to its end");
    } else if (WEXITSTATUS(status) == 0) {
        note(r, STEP_REVOKED, OUTCOME_DONE, "the hook says so");
    } else {
        note(r, STEP_REVOKED, OUTCOME_FAILED, "the hook failed with exit code %d",
             WEXITSTATUS(status));
    }
}

static void revoke_at_provider(struct revocation *r)
{
    if (r->hook != NULL) {
        revoke_by_hook(r);
    } else if (r->admin_key_file != NULL || r->admin_key_env != NULL) {
        revoke_by_api(r);
    } else {
        note(r, STEP_REVOKED, OUTCOME_NOT_DONE,
             "neither an admin key nor --hook is given: revoke it in the provider's console NOW");
    }
}

// --- dead -------------------------------------------------------------------------------------

static enum aiu_status load_key(struct revocation *r, struct secret **ret_key)
{
    CLEANUP(buf_wipe) struct buf origin = BUF_OF(512);
    struct url url;

    TRY(secret_load(&r->entry->api_key.from, r->env, ret_key));
    TRY(url_parse(r->entry->base_url, &url));
    TRY(url_append_origin(&url, &origin));
    return secret_bind_origin(*ret_key, buf_span(&origin));
}

static void probe(struct revocation *r)
{
    CLEANUP(secret_done) struct secret *key = NULL;
    struct once_answer answer = {.body = BUF_OF(ANSWER_MOST)};

    if (r->no_probe || !r->entry->api_key.given) {
        note(r, STEP_DEAD, OUTCOME_NOT_DONE, "%s",
             r->no_probe ? "not asked for" : "this provider has no key");
        return;
    }
    enum aiu_status st = load_key(r, &key);
    if (st != AIU_OK) {
        note(r, STEP_DEAD, OUTCOME_NOT_DONE, "the key cannot be read here: %s",
             aiu_status_info(st)->text);
        return;
    }
    st = call(r, "GET", "/models", key, &answer);
    buf_wipe(&answer.body);
    if (st != AIU_OK) {
        note(r, STEP_DEAD, OUTCOME_NOT_DONE, "not certain: %s", aiu_status_info(st)->text);
    } else if (answer.status == 401 || answer.status == 403) {
        note(r, STEP_DEAD, OUTCOME_DONE, "the provider refuses it (HTTP %d)", answer.status);
    } else if (answer.status == 200) {
        note(
            r, STEP_DEAD, OUTCOME_FAILED,
            "THE PROVIDER STILL TAKES IT (HTTP 200); revocation may need a few minutes: ask again");
    } else {
        note(r, STEP_DEAD, OUTCOME_NOT_DONE, "not certain: the provider says HTTP %d",
             answer.status);
    }
}

// --- the outcome ------------------------------------------------------------------------------

static const char *const step_names[STEP_KINDS] = {"stopped", "dropped", "revoked", "dead"};
static const char *const outcome_names[] = {"NOT DONE", "done", "FAILED"};
static const char *const outcome_codes[] = {"not_done", "done", "failed"};

static bool is_whole(const struct revocation *r)
{
    for (size_t i = 0; i < STEP_KINDS; i++) {
        if (r->outcomes[i] != OUTCOME_DONE) {
            return false;
        }
    }
    return true;
}

static void record_outcome(const struct revocation *r)
{
    char reason[256];

    (void)snprintf(reason, sizeof(reason), "%.100s%sat the provider: %s; probe: %s",
                   r->reason == NULL ? "" : r->reason, r->reason == NULL ? "" : "; ",
                   outcome_codes[r->outcomes[STEP_REVOKED]], outcome_codes[r->outcomes[STEP_DEAD]]);
    if (set_switch(r, reason) != AIU_OK) {
        (void)fprintf(stderr, "aiu incident: the outcome could not be put on record\n");
    }
}

static void print_json(const struct revocation *r)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
    struct json_writer w;

    json_writer_init(&w, &b);
    json_write_object(&w);
    json_write_member_string(&w, "provider", span_str(r->provider));
    json_write_member_bool(&w, "whole", is_whole(r));
    json_write_key(&w, "steps");
    json_write_array(&w);
    for (size_t i = 0; i < STEP_KINDS; i++) {
        json_write_object(&w);
        json_write_member_string(&w, "step", span_str(step_names[i]));
        json_write_member_string(&w, "outcome", span_str(outcome_codes[r->outcomes[i]]));
        json_write_member_string(&w, "note", span_str(r->notes[i]));
        json_write_object_end(&w);
    }
    json_write_array_end(&w);
    json_write_object_end(&w);
    if (json_writer_finish(&w) == AIU_OK) {
        (void)printf("%.*s\n", (int)b.n, (const char *)b.p);
    }
}

static void print_steps(const struct revocation *r)
{
    if (r->json) {
        print_json(r);
        return;
    }
    for (size_t i = 0; i < STEP_KINDS; i++) {
        (void)printf("%-8s %-9s %s\n", step_names[i], outcome_names[r->outcomes[i]], r->notes[i]);
    }
}

static int run_steps(struct revocation *r)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    r->begun_us = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    enum aiu_status st = set_switch(r, r->reason);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu incident: the switch could not be set: %s\n",
                      aiu_status_info(st)->text);
        return aiu_status_info(st)->exit;
    }
    if (r->undo) {
        (void)printf("the key of %s is used again\n", r->provider);
        return 0;
    }
    note(r, STEP_STOPPED, OUTCOME_DONE, "requests to this provider are denied");
    confirm(r);
    revoke_at_provider(r);
    probe(r);
    record_outcome(r);
    print_steps(r);
    return is_whole(r) ? 0 : aiu_status_info(AIU_NOT_FOUND)->exit;
}

static int run(struct revocation *r)
{
    enum aiu_status st = config_file_load(r->where.config, false, &r->config);

    if (st != AIU_OK) {
        return aiu_status_info(st)->exit;
    }
    r->entry = config_provider(r->config, span_str(r->provider));
    if (r->entry == NULL) {
        (void)fprintf(stderr, "aiu incident: the configuration has no provider %s\n", r->provider);
        return aiu_status_info(AIU_NOT_FOUND)->exit;
    }
    st = secret_init_process(false);
    if (st == AIU_OK) {
        st = secret_env_new(&r->env);
    }
    if (st == AIU_OK) {
        st = state_dir_open(&r->where, &r->folder);
    }
    return st == AIU_OK ? run_steps(r) : aiu_status_info(st)->exit;
}

static bool take_option(struct revocation *r, int argc, char **argv, int *i)
{
    const struct option_row options[] = {
        {"--reason", &r->reason, NULL},
        {"--in-flight", &r->in_flight, NULL},
        {"--project", &r->project, NULL},
        {"--key-id", &r->key_id, NULL},
        {"--admin-key-file", &r->admin_key_file, NULL},
        {"--admin-key-env", &r->admin_key_env, NULL},
        {"--hook", &r->hook, NULL},
        {"--no-probe", NULL, &r->no_probe},
        {"--undo", NULL, &r->undo},
        {"--json", NULL, &r->json},
        {"--state-dir", &r->where.state_dir, NULL},
        {"--config", &r->where.config, NULL},
    };

    return option_take("aiu incident revoke-provider-key", options, ARRAY_SIZE(options), argc, argv,
                       i);
}

int incident_revoke_provider_key(int argc, char **argv)
{
    struct revocation r = {.in_flight = "finish", .folder = -1};
    bool fine = true;

    for (int i = 1; fine && i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0) {
            (void)fputs(usage, stdout);
            return 0;
        }
        if (argv[i][0] != '-' && r.provider == NULL) {
            r.provider = argv[i];
        } else {
            fine = take_option(&r, argc, argv, &i);
        }
    }
    fine = fine && r.provider != NULL &&
           (strcmp(r.in_flight, "finish") == 0 || strcmp(r.in_flight, "cut") == 0);
    if (!fine) {
        (void)fputs(usage, stderr);
        return aiu_status_info(AIU_USAGE)->exit;
    }
    int code = run(&r);
    secret_env_free(r.env);
    config_unref(r.config);
    return code;
}
