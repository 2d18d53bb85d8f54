// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The admin listener: metrics and status, on a socket of its own (INTERFACE.md "HTTP"). On a unix
// socket the file's owner is who may ask; on TCP a token is required, compared in constant time.
//
// Threads: the first loop's. Ownership: admin_free after its server is gone.
#pragma once

#include <pthread.h>

#include "audit/publish.h"
#include "flow/plane.h"
#include "gateway/watchers.h"

struct admin {
    struct plane *const *planes;
    size_t plane_count;
    const struct plane_shared *shared;
    struct budget *budget;
    struct secret *token;        // NULL: none is needed
    struct publisher *publisher; // of the audit log
    char config_hash[65];        // hexadecimal; changed on the first loop's thread
    pthread_mutex_t watchers_lock;
    struct watchers *watchers; // under the lock: a reload replaces them
};

extern const struct server_handler admin_handler; // its ctx is a struct admin *
