// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Time and randomness as things that are handed in, so that pure layers have neither and tests
// choose both.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct clock {
    uint64_t (*monotonic_ns)(void *ctx); // for timers and durations; never goes back
    uint64_t (*unix_us)(void *ctx);      // for stamps only (guide S61)
    void *ctx;
};

struct random_source {
    enum aiu_status (*fill)(void *ctx, uint8_t *out, size_t n);
    void *ctx;
};

static inline uint64_t clock_monotonic_ns(const struct clock *c)
{
    return c->monotonic_ns(c->ctx);
}

static inline uint64_t clock_unix_us(const struct clock *c)
{
    return c->unix_us(c->ctx);
}

// "2026-11-23T01:02:03.004005Z" (27 bytes, no NUL) for a time up to the year 9999.
enum { CLOCK_STAMP_SIZE = 27 };
void clock_stamp(uint64_t unix_us, char out[CLOCK_STAMP_SIZE]);

// A UUIDv7 (RFC 9562 5.7) as its 36 characters: 48 bits of milliseconds, 74 of `random[10]`.
enum { UUID_SIZE = 36 };
void uuid_v7(uint64_t unix_us, const uint8_t random[10], char out[UUID_SIZE]);
