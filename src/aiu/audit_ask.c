// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/audit_ask.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "aiu/option.h"
#include "audit/prompt_mac.h"
#include "base/num.h"
#include "secret/master.h"

static const uint64_t day_us = UINT64_C(86400) * 1000000;

void audit_ask_init(struct audit_ask *a)
{
    *a = (struct audit_ask){.query = QUERY_ALL,
                            .macs = BUF_OF((size_t)AUDIT_MONTHS_MOST * PROMPT_MAC_TEXT_SIZE)};
}

void audit_ask_done(struct audit_ask *a)
{
    buf_wipe(&a->macs);
}

static const struct {
    const char *name;
    enum row_column column;
} columns[] = {
    {"--key", ROW_KEY},           {"--tenant", ROW_TENANT},   {"--model", ROW_MODEL},
    {"--provider", ROW_PROVIDER}, {"--verdict", ROW_VERDICT}, {"--outcome", ROW_OUTCOME},
    {"--type", ROW_TYPE_NAME},    {"--id", ROW_ID},
};

static bool take_column(struct audit_ask *a, const char *name, const char *value)
{
    for (size_t k = 0; k < ARRAY_SIZE(columns); k++) {
        if (strcmp(name, columns[k].name) == 0) {
            a->query.columns[columns[k].column] = span_str(value);
            a->tenant = columns[k].column == ROW_TENANT ? value : a->tenant;
            return true;
        }
    }
    return false;
}

bool audit_ask_option(struct audit_ask *a, int argc, char **argv, int *i)
{
    const char *name = argv[*i];

    if (audit_where_option(&a->where, argc, argv, i)) {
        return true;
    }
    const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;
    if (value == NULL) {
        option_complain("aiu", name);
        return false;
    }
    if (strcmp(name, "--since") == 0) {
        a->since = value;
    } else if (strcmp(name, "--until") == 0) {
        a->until = value;
    } else if (strcmp(name, "--user") == 0) {
        a->user = value;
    } else if (strcmp(name, "--rule") == 0) {
        a->query.rule = span_str(value);
    } else if (!take_column(a, name, value)) {
        option_complain("aiu", name);
        return false;
    }
    (*i)++;
    return true;
}

// --- times ------------------------------------------------------------------------------------

enum aiu_status audit_ask_time(const char *text, uint64_t *ret_us)
{
    uint64_t now = (uint64_t)time(NULL), ms = 0;

    if (text == NULL || row_parse_stamp(span_str(text), ret_us) == AIU_OK) {
        return AIU_OK;
    }
    if (num_parse_duration_ms(span_str(text), &ms) != AIU_OK || ms / 1000 > now) {
        (void)fprintf(stderr, "aiu audit: %s is no time: 2026-11-23, 2026-11-23T01:02:03Z, 24h\n",
                      text);
        return AIU_USAGE;
    }
    *ret_us = (now - ms / 1000) * 1000000;
    return AIU_OK;
}

// --- fingerprints -----------------------------------------------------------------------------

enum aiu_status audit_master(const struct state_dir_options *where, struct secret **ret_master)
{
    char path[4096];
    int folder = -1;

    TRY(state_dir_path(where, path));
    TRY(state_dir_open(where, &folder));
    // master_open would make one: a new key has no fingerprints in any log.
    enum aiu_status st =
        faccessat(folder, "master.key", R_OK, 0) == 0 ? AIU_OK : AIU_FILE_NOT_FOUND;
    if (st == AIU_OK) {
        st = master_open(folder, ret_master);
    }
    (void)close(folder);
    if (st != AIU_OK) {
        (void)fprintf(stderr, "aiu audit: %s/master.key: %s\n", path, aiu_status_info(st)->text);
    }
    return st;
}

static enum aiu_status open_master(const struct audit_ask *a, struct secret **ret_master)
{
    if (a->where.dir != NULL && a->where.state.state_dir == NULL && a->where.state.config == NULL) {
        (void)fprintf(stderr, "aiu audit: fingerprints need the gateway's state folder: give "
                              "--state-dir beside --dir\n");
        return AIU_USAGE;
    }
    return audit_master(&a->where.state, ret_master);
}

static enum aiu_status append_one(struct mac_keys *keys, const struct audit_ask *a,
                                  const char *kind, struct span text, uint64_t us, struct buf *b)
{
    struct span tenant = span_str(a->tenant);

    return kind == NULL ? prompt_mac(keys, tenant, us, text, b)
                        : name_mac(keys, tenant, us, kind, text, b);
}

// A key a month: days are tried, and what is the same as the day before is the same month.
static enum aiu_status fill(struct audit_ask *a, struct mac_keys *keys, const char *kind,
                            struct span text, size_t *ret_count)
{
    uint64_t now = (uint64_t)time(NULL) * 1000000 + day_us;
    uint64_t to = a->query.window.to_us < now ? a->query.window.to_us : now;
    uint64_t most = 28 * day_us * AUDIT_MONTHS_MOST;
    uint64_t from = a->query.window.from_us;
    size_t count = 0;

    from = to > most && from < to - most ? to - most : from;
    for (uint64_t us = from; us < to + day_us && count < AUDIT_MONTHS_MOST; us += day_us) {
        TRY(append_one(keys, a, kind, text, us, &a->macs));
        struct span mac =
            span_of(a->macs.p + a->macs.n - PROMPT_MAC_TEXT_SIZE, PROMPT_MAC_TEXT_SIZE);
        if (count > 0 && span_equal(mac, span_of(mac.p - mac.n, mac.n))) {
            a->macs.n -= PROMPT_MAC_TEXT_SIZE;
        } else {
            count++;
        }
    }
    for (size_t i = 0; i < count; i++) { // the buffer has stopped moving
        a->values[i] = span_of(a->macs.p + i * PROMPT_MAC_TEXT_SIZE, PROMPT_MAC_TEXT_SIZE);
    }
    *ret_count = count;
    return AIU_OK;
}

enum aiu_status audit_ask_fingerprints(struct audit_ask *a, const char *kind, struct span text,
                                       size_t *ret_count)
{
    CLEANUP(secret_done) struct secret *master = NULL;
    struct mac_keys *keys = NULL;

    if (a->tenant == NULL) {
        (void)fprintf(stderr, "aiu audit: fingerprints are a tenant's: give --tenant\n");
        return AIU_USAGE;
    }
    TRY(secret_init_process(false));
    TRY(open_master(a, &master));
    TRY(mac_keys_new(master, &keys));
    enum aiu_status st = fill(a, keys, kind, text, ret_count);
    mac_keys_free(keys);
    return st;
}

enum aiu_status audit_ask_prepare(struct audit_ask *a)
{
    struct query *q = &a->query;

    q->one_month = a->where.dir != NULL; // that folder was asked for
    TRY(audit_ask_time(a->since, &q->window.from_us));
    TRY(audit_ask_time(a->until, &q->window.to_us));
    if (a->user == NULL) {
        return AIU_OK;
    }
    if (strncmp(a->user, "h1:", 3) == 0) {
        q->columns[ROW_USER] = span_str(a->user);
        return AIU_OK;
    }
    TRY(audit_ask_fingerprints(a, "user", span_str(a->user), &q->user_count));
    q->users = a->values;
    return AIU_OK;
}
