// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The signer (audit/signer.h) as a process of its own: the supervisor forks it, and forks it again
// when it dies; the worker asks it over a pair of sockets that outlives both. The log's private key
// is in no other process.
//
// Threads: asking one at a time; the rest from the supervisor's main thread.
#pragma once

#include <sys/types.h>

#include "audit/signer.h"
#include "gateway/gateway.h"

// Make the sockets: once, before anybody forks.
MUST_CHECK enum aiu_status signing_init(struct gateway *g);

// Fork the signer; 0 in its place is never returned, -1 where it cannot be forked.
pid_t signing_start(struct gateway *g);

// Let the signer end: it does when nobody can ask any more.
void signing_end(struct gateway *g);

// In the worker: give up the signer's end of the sockets.
void signing_leave(struct gateway *g);

// For publish_options.ask; `ctx` is the gateway. AIU_TIMEOUT, AIU_IO.
enum aiu_status signing_ask(void *ctx, const struct signer_request *request,
                            struct signer_reply *ret_reply);
