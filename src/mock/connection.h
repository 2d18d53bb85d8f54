// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One connection of the mock: reads requests, has them answered, plays the script of each answer.
//
// Ownership: a connection frees itself once its handles are closed. Threads: the loop's.
#pragma once

#include <uv.h>

#include "answer.h"
#include "record.h"
#include "request.h"
#include "script.h"

// What all connections of one mock share.
struct mock {
    uv_loop_t loop;
    struct record record;
    struct answers answers;
    struct request request;  // the one at hand; requests are answered one at a time
    struct connection *open; // list
    bool quiet;
    uint8_t input[65536]; // what the last read brought
};

// Take the waiting connection off `listener`.
void connection_accept(struct mock *m, uv_stream_t *listener);

// Close all of them; they are gone when the loop has run out of work.
void connection_close_all(struct mock *m);
