// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Brings an alert to people (guide S71): to a syslog collector, a command, a webhook. Blocks, with
// a bound: an attempt takes at most DELIVER_MS, and there are DELIVER_ATTEMPTS of them.
//
// A webhook is a POST of the alert's JSON with
//     aiu-signature: t=UNIX,v1=HEX     HMAC-SHA256(secret, "UNIX." body)
// so that its receiver can tell it from anybody else's, and an old one from a new one. A command
// gets the JSON on its standard input, and of the environment only PATH, HOME, USER, LANG, LC_ALL
// and TZ; exit code 0 means taken.
//
// Ownership: targets borrow what they name. Threads: one at a time a target.
#pragma once

#include "net/link.h"
#include "secret/secret.h"

enum { DELIVER_ATTEMPTS = 4, DELIVER_MS = 10000, DELIVER_PAUSE_MS = 500 };

enum deliver_kind { DELIVER_SYSLOG, DELIVER_COMMAND, DELIVER_WEBHOOK };

struct deliver_target {
    struct span name;
    enum deliver_kind kind;
    struct link_options link;    // SYSLOG
    const char *const *argv;     // COMMAND: program and arguments, NULL at the end
    struct span url;             // WEBHOOK
    const char *ca_file;         // WEBHOOK; NULL: the system's certificates
    const struct secret *secret; // WEBHOOK; NULL: not signed
    bool allow_plaintext;        // WEBHOOK
    const atomic_bool *stop;     // may be NULL; once true, an attempt ends soon
};

struct deliver_message {
    struct span json;
    struct span host;
    bool critical;
    uint64_t unix_us;
};

// AIU_OK when the target has taken it; otherwise what the last attempt said. `keep_on` (may be
// NULL) is asked before each further attempt: false gives up.
MUST_CHECK enum aiu_status deliver(const struct deliver_target *t, const struct deliver_message *m,
                                   bool (*keep_on)(void *ctx), void *ctx);
