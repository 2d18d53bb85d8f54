// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The kill switch (guide S78): what is stopped now. Set by a variable, a configuration, or the
// control file that `aiu maintenance` writes; every request asks it before anything else happens.
//
// The file is one JSON object:
//   {"maintenance":[{"scope":"all","reason":"…","actor":"…","since":SECONDS,"expires":SECONDS}]}
// with scope "all", "tenant:NAME", "key:ID", "model:NAME" or "provider:NAME", and expires 0 for
// "until switched off". A file that cannot be understood stops everything: an error is never an
// allow.
//
// Ownership: one per worker. Threads: control_stops from any, the rest from one.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

struct control;

struct control_subject {
    struct span tenant, key, model, provider; // empty where not known yet
    uint64_t now_unix_s;
};

MUST_CHECK enum aiu_status control_new(struct control **ret_control);
void control_free(struct control *c);

// Stopped by configuration or variable, whatever the file says.
void control_set_fixed(struct control *c, bool on);

// Take the text of the control file; empty where there is no file. AIU_JSON_INVALID where it cannot
// be understood: everything is stopped then. `*ret_changed` where it says something new.
MUST_CHECK enum aiu_status control_load(struct control *c, struct span text, bool *ret_changed);

// Whether requests of this subject are stopped. Costs one atomic read while nothing is.
bool control_stops(struct control *c, const struct control_subject *s);

// Scopes in force, for the audit log and `status`: "all", "key:app1,model:gpt-4o".
MUST_CHECK enum aiu_status control_text(struct control *c, uint64_t now_unix_s, struct buf *b);
