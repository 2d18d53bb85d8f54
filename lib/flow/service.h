// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A configuration made ready to serve: secrets loaded and bound to their origins, keys hashed into
// a table, policies turned into rule sets, trust stores read. Built whole or not at all, then never
// changed; a reload builds the next one beside it (guide S4).
//
// Ownership: counted; every exchange holds a reference until its end.
// Threads:   service_new blocks on files and commands: not on a loop. Everything else from any.
// Errors:    those of secret/load.h, net/tls.h, secret/vkey.h; the problem names what and where.
#pragma once

#include "codec/url.h"
#include "config/config.h"
#include "detect/rules.h"
#include "flow/control.h"
#include "flow/limits.h"
#include "net/tls.h"
#include "provider/walk.h"
#include "secret/load.h"
#include "secret/vkey.h"

// A provider as it is called.
struct upstream {
    const struct config_provider *provider;
    const struct dialect *dialect;
    struct walker *walker;
    struct url url;
    struct span origin, host; // text of the Host field
    struct secret *api_key;   // bound to `origin`; NULL where none is needed, or it was dropped
    struct tls *tls;          // NULL for plain
};

// What a virtual key may do.
struct key_state {
    const struct config_key *key;
    struct key_window *window;
    struct rule_set rules[DIRECTION_COUNT];
    struct span revision; // hash of the policy, hexadecimal
};

struct service {
    int references; // atomic
    struct config *config;
    struct arena arena;
    struct upstream *upstreams;
    size_t upstream_count;
    struct key_state *keys;
    struct vkey_table *key_table; // index into `keys`
    struct span config_hash;      // hexadecimal
};

// Where building failed, for people: "providers[0].api_key" and the like.
struct service_problem {
    char where[160];
    const char *what; // a fixed text
};

struct service_options {
    struct config *config;   // a reference is taken
    struct secret_env *env;  // keeps what was read from the environment
    struct limits *limits;   // of all services of a process
    struct control *control; // keys of providers that it has dropped are not loaded
};

MUST_CHECK enum aiu_status service_new(const struct service_options *o,
                                       struct service_problem *problem,
                                       struct service **ret_service);

// Wipe what the environment held of the keys that `control` has dropped (guide S77).
void service_forget_dropped(const struct service_options *o);

struct service *service_ref(struct service *s);
void service_unref(struct service *s); // NULL is fine

const struct upstream *service_upstream(const struct service *s,
                                        const struct config_provider *provider);

// By the id of a virtual key. NULL where there is none.
const struct key_state *service_key(const struct service *s, struct span id);

// Whether `key` may use the model `name`.
bool key_allows_model(const struct config_key *key, struct span name);
