// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The mock's connections: one libuv loop, TCP or a Unix socket, keep-alive, pipelining.
//
// Ownership: server_run owns everything it opens until it returns. Threads: one.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct server_options {
    struct span listen; // "127.0.0.1:0", "[::1]:8080" or "unix:PATH"
    int record_fd;      // -1: nothing is recorded
    bool quiet;         // no line a request on stderr
};

// Listen, write "ready ADDRESS" to stderr, serve until SIGTERM or SIGINT.
//   AIU_OK              a signal ended it
//   AIU_USAGE           the address is no address
//   AIU_ADDRESS_IN_USE  or AIU_IO where it cannot listen
MUST_CHECK enum aiu_status server_run(const struct server_options *options);
