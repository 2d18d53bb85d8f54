// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A ring of counters, one for each quarter that can still touch the window; moving on in time
// empties those that fall out.
#include "limit/rate.h"

enum { NS_IN_MS = 1000000 };

static const uint64_t quarter_ns = (uint64_t)RATE_QUARTER_MS * NS_IN_MS;

void rate_init(struct rate *r, uint32_t per_minute)
{
    *r = (struct rate){.limit = per_minute};
}

void rate_set_limit(struct rate *r, uint32_t per_minute)
{
    r->limit = per_minute;
}

static uint32_t *count_of(struct rate *r, uint64_t quarter)
{
    return &r->counts[quarter % RATE_QUARTERS];
}

static void move_to(struct rate *r, uint64_t quarter)
{
    if (quarter <= r->newest) {
        return;
    }
    if (quarter - r->newest >= RATE_QUARTERS) {
        *r = (struct rate){.limit = r->limit, .newest = quarter};
        return;
    }
    while (r->newest < quarter) {
        r->newest++;
        r->total -= *count_of(r, r->newest);
        *count_of(r, r->newest) = 0;
    }
}

// When enough quarters have left the window for the total to be below the limit: quarter q takes
// the slot of the one that leaves the window as q begins.
static uint64_t free_at_ms(struct rate *r)
{
    uint32_t left = r->total;

    for (uint64_t q = r->newest + 1; q < r->newest + RATE_QUARTERS; q++) {
        left -= *count_of(r, q);
        if (left < r->limit) {
            return q * RATE_QUARTER_MS;
        }
    }
    return (r->newest + RATE_QUARTERS) * RATE_QUARTER_MS;
}

bool rate_take(struct rate *r, uint64_t now_ns, uint64_t *ret_retry_after_ms)
{
    move_to(r, now_ns / quarter_ns);
    if (r->total < r->limit) {
        r->total++;
        (*count_of(r, r->newest))++;
        return true;
    }
    uint64_t free_ms = free_at_ms(r);
    uint64_t now_ms = now_ns / NS_IN_MS;
    uint64_t newest_ms = r->newest * RATE_QUARTER_MS;
    *ret_retry_after_ms = free_ms - (now_ms > newest_ms ? now_ms : newest_ms);
    return false;
}

uint32_t rate_remaining(struct rate *r, uint64_t now_ns)
{
    move_to(r, now_ns / quarter_ns);
    return r->total < r->limit ? r->limit - r->total : 0;
}
