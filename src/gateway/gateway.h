// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The daemon: a supervisor that binds, loads and restarts, a signer, and a worker that serves.
//
//   supervisor   main thread only. Reads the configuration, opens the state folder, binds the
//                sockets, forks the worker, reaps and restarts it. Parses nothing from the network.
//   signer       keeps the audit log's private key and signs its checkpoints (gateway/signing.h).
//   worker       one loop thread a processor, the audit log's committer, and a main thread that
//                waits for signals and looks at the control file.
#pragma once

#include "config/config.h"
#include "detect/engine.h"
#include "flow/service.h"
#include "gateway/switches.h"
#include "gateway/system.h"

enum { GATEWAY_LOOPS_MOST = 64 };

struct gateway_options {
    const char *config;    // path; NULL: the one that is found, or the embedded defaults
    const char *listen;    // address instead of the configured one
    const char *state_dir; // folder instead of the configured one
    bool check;            // look at everything, serve nothing
};

// What the supervisor prepares and the worker inherits by fork.
struct gateway {
    struct gateway_options options;
    char config_path[4096]; // empty: embedded defaults
    struct config_options config_options;
    struct config *config;
    struct secret_env *env;
    struct state state;
    struct switches switches;
    struct logger log;
    struct engine *engine;
    int data[GATEWAY_LOOPS_MOST]; // one bound socket a loop; a unix socket is the first loop's only
    size_t data_count, loops;
    int admin;
    char address[512];    // "http://127.0.0.1:8470"
    char sockets[2][512]; // files of unix sockets, removed at the end
    bool is_unix;
    int ready;     // the worker writes one byte when it serves
    int signer[2]; // the worker's and the signer's end
};

// Run the daemon; returns the exit code of the program.
int gateway_run(const struct gateway_options *o);

// The worker's life, in the forked process; returns its exit code.
int worker_run(struct gateway *g);

// Load the configuration as `g->options` say; problems are printed to stderr, or logged where
// `log_them`.
MUST_CHECK enum aiu_status gateway_load_config(struct gateway *g, bool log_them,
                                               struct config **ret_config);
