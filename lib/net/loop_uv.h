// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The inside of a loop, for the files of this layer only: they share its read buffers, its spare
// chunks and its libuv handle.
#pragma once

#include <uv.h>

#include "base/buf.h"
#include "net/loop.h"
#include "net/outq.h"

enum {
    LOOP_READ_SIZE = 65536,  // one read of a socket
    LOOP_PLAIN_SIZE = 16384, // one TLS record, decrypted
    WHEEL_TICK_MS = 100,
    WHEEL_SLOTS = 512,
};

struct loop {
    uv_loop_t uv;
    uv_async_t async;     // posts, bells and stop
    uv_prepare_t prepare; // tasks, before the loop sleeps
    uv_check_t check;     // tasks, after it handled events
    uv_timer_t tick;      // the wheel, while a deadline is set

    struct budget *budget; // may be NULL
    uint8_t *read_buffer;  // whose bytes live until the read callback returns
    uint8_t *plain_buffer;
    struct chunk *spare_chunks;
    uint32_t spare_count;
    struct buf scratch; // heads are composed here

    struct loop_task *tasks, **tasks_end;

    struct deadline *wheel[WHEEL_SLOTS];
    uint64_t wheel_at; // the last slot number (time / tick) that was handled
    size_t deadlines;

    uv_mutex_t lock; // guards the posts
    struct loop_post *posts, **posts_end;
    struct loop_bell *bells;
    atomic_bool stopping;

    int64_t date_second; // what `date` says
    char date[32];
};
