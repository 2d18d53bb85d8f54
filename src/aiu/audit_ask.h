// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Options of the verbs that ask a log something (query, report, match), as a struct query.
#pragma once

#include "aiu/audit.h"
#include "audit/query.h"
#include "secret/secret.h"

enum { AUDIT_MONTHS_MOST = 60 };

struct audit_ask {
    struct audit_where where;
    const char *since, *until; // as given
    const char *user, *tenant;
    struct query query;
    // Fingerprints, one a month of the window.
    struct buf macs;
    struct span values[AUDIT_MONTHS_MOST];
};

void audit_ask_init(struct audit_ask *a);
void audit_ask_done(struct audit_ask *a);

// What all of them understand, for their usage.
#define AUDIT_ASK_USAGE                                                                            \
    "  --since TIME, --until TIME   2026-11-23, 2026-11-23T01:02:03Z, or 90m, 24h, 7d ago\n"       \
    "  --key ID --tenant NAME --model NAME --provider NAME --id REQUEST\n"                         \
    "  --verdict pass|flag|redact|block   --outcome ok|blocked|error|client_abort|…\n"           \
    "  --rule ID        pii.email, or \"pii.\" for all that begin so\n"                            \
    "  --type TYPE      decision, auth_fail, maintenance, key_event, …\n"                        \
    "  --user NAME      with --tenant: the log holds keyed fingerprints only, so the gateway's\n"  \
    "                   state folder is needed; or a fingerprint as it stands in the log\n"        \
    "  --dir DIR        the folder of the log itself, as STATE/audit/main\n"                       \
    "  --state-dir DIR, --config FILE   which gateway\n"

// Take the option argv[*i] with its value. False where it is none of these or lacks a value.
bool audit_ask_option(struct audit_ask *a, int argc, char **argv, int *i);

// All options are taken: make the query. Problems are said on stderr.
MUST_CHECK enum aiu_status audit_ask_prepare(struct audit_ask *a);

// A stamp, or a duration before now, as --since takes it; NULL leaves `*ret_us`. AIU_USAGE is said
// on stderr.
MUST_CHECK enum aiu_status audit_ask_time(const char *text, uint64_t *ret_us);

// The fingerprints of `text` for every month of the window: of a user's name, or (kind NULL) of a
// prompt. `ret_count` of them in a->values. Needs the state folder with its master key.
MUST_CHECK enum aiu_status audit_ask_fingerprints(struct audit_ask *a, const char *kind,
                                                  struct span text, size_t *ret_count);
