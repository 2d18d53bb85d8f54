// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Requests in the last 60 seconds, for one key (guide S65-S67, S70).
//
// Time is cut into quarters of a second and each has a counter, so memory is constant whatever the
// limit. A request counts until its whole quarter is over 60 seconds old: in no 60 seconds are more
// than the limit let through, and one that a list of exact times would let in is refused for at
// most a quarter of a second.
//
// Ownership: the caller's struct, nothing behind it. Threads: one at a time; the caller locks.
// Time:      monotonic nanoseconds, handed in. A time before the last one counts as the last one.
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum {
    RATE_WINDOW_MS = 60000,
    RATE_QUARTER_MS = 250,
    RATE_QUARTERS = RATE_WINDOW_MS / RATE_QUARTER_MS + 1, // the oldest is partly outside the window
};

struct rate {
    uint32_t limit;
    uint32_t total;  // sum of counts
    uint64_t newest; // quarter, since the clock's zero
    uint32_t counts[RATE_QUARTERS];
};

// At most `per_minute` requests; 0 refuses all.
void rate_init(struct rate *r, uint32_t per_minute);

// Another limit from now on; what was let through stays counted.
void rate_set_limit(struct rate *r, uint32_t per_minute);

// Let one request in and count it, or refuse it and say in how many milliseconds the next will be
// let in if none is in between (1 to RATE_WINDOW_MS + RATE_QUARTER_MS). A refusal is not counted:
// who keeps asking is served as soon as who waits.
bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_retry_after_ms);

// How many would be let in now.
uint32_t rate_remaining(struct rate *r, uint64_t now_ns);
