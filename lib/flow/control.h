// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The switches of an incident (guide S77, S78): what is stopped now, whatever the configuration
// says. Set by a variable, a configuration, or the control file that `aiu maintenance`, `aiu keys`
// and `aiu incident` write; every request asks them before anything else happens.
//
// The file is one JSON object of lists, each of which may be absent:
//   {"maintenance":   [{"scope":"all","in_flight":"finish","expires":SECONDS, …}],
//    "revoked":       [{"key":"app1", …}],
//    "retired":       [{"key":"app1","hash":"h1:…","expires":SECONDS, …}],
//    "provider_keys": [{"provider":"openai","in_flight":"finish", …}]}
// maintenance    scope "all", "tenant:NAME", "key:ID", "model:NAME" or "provider:NAME"; `in_flight`
//                "cut" ends requests under way too; expires 0 is "until switched off"
// revoked        virtual keys that are refused for good, also in requests under way
// retired        former keys of an id that are still taken until `expires`, after a rotation
// provider_keys  keys of providers that are used no more
// and in each entry "reason", "actor" and "since", for people and the audit log.
// A file that cannot be understood stops everything: an error is never an allow.
//
// Ownership: one per worker. Threads: control_load from one, everything else from any.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "secret/vkey.h"

struct control;

enum control_list {
    CONTROL_MAINTENANCE,
    CONTROL_REVOKED,
    CONTROL_RETIRED,
    CONTROL_PROVIDER_KEYS,
    CONTROL_LISTS
};

// "maintenance", "revoked", "retired", "provider_keys": the member of the file.
const char *control_list_text(enum control_list list);

// One entry of the file, for whoever records changes.
struct control_change {
    enum control_list list;
    bool on;            // false: it is gone
    struct span scope;  // "all", "key:app1", "provider:openai"
    struct span reason; // may be empty
    struct span actor;  // who wrote it, by their own word
    bool cut;
    uint64_t expires; // 0: never
};

struct control_subject {
    struct span tenant, key, model, provider; // empty where not known yet
    uint64_t now_unix_s;
};

MUST_CHECK enum aiu_status control_new(struct control **ret_control);
void control_free(struct control *c);

// Stopped by configuration or variable, whatever the file says.
void control_set_fixed(struct control *c, bool on);

// Take the text of the control file; empty where there is no file. `on_change` is called for each
// entry that is new, changed or gone; its spans live until it returns.
//   AIU_JSON_INVALID  it cannot be understood: everything is stopped then
MUST_CHECK enum aiu_status
control_load(struct control *c, struct span text,
             void (*on_change)(void *ctx, const struct control_change *change), void *ctx);

// Whether a new request of this subject may go on. One atomic read while no switch is set.
//   AIU_OK, AIU_MAINTENANCE, AIU_KEY_REVOKED, AIU_PROVIDER_KEY_REVOKED
enum aiu_status control_check(struct control *c, const struct control_subject *s);

// The same for a request under way: AIU_OK where it may be finished.
enum aiu_status control_check_under_way(struct control *c, const struct control_subject *s);

// Whether `digest` is a former key that is still taken; `ret_key` gets the id of the key, in the
// caller's buffer.
bool control_retired(struct control *c, const struct vkey_digest *digest, uint64_t now_unix_s,
                     struct buf *ret_key);

// Whether the key of this provider is not to be loaded any more.
bool control_has_dropped(struct control *c, struct span provider);

// Scopes in force, for the audit log and `status`: "all", "key:app1,model:gpt-4o".
MUST_CHECK enum aiu_status control_text(struct control *c, uint64_t now_unix_s, struct buf *b);
