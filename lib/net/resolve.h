// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The addresses of one host, looked up by the system's resolver in libuv's thread pool and kept for
// a while. An old answer is served while a new one is fetched, and stays where that fails: a
// resolver that is down for a minute must not stop a gateway whose providers have not moved.
//
// Ownership: resolver_init / resolver_done, embedded. Threads: the loop's.
// Errors:    AIU_PROVIDER_UNREACHABLE.
#pragma once

#include <netinet/in.h>

#include "net/loop_uv.h"

enum { RESOLVE_MAX = 8 };

union resolve_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

struct resolve_wait {
    struct resolve_wait *next, **link; // the resolver's
    void (*fn)(struct resolve_wait *w, enum aiu_status st);
};

struct resolve_lookup;

struct resolver {
    struct loop *loop;
    const char *host; // the owner's
    uint16_t port;
    uint32_t ttl_ms;
    union resolve_address addresses[RESOLVE_MAX];
    uint32_t count;
    uint32_t preferred;            // the address that worked last
    uint64_t expires_ms;           // of `addresses`; or of a failure when there are none
    struct resolve_lookup *lookup; // under way
    struct resolve_wait *waiting;
};

void resolver_init(struct resolver *r, struct loop *l, const char *host, uint16_t port,
                   uint32_t ttl_ms);
void resolver_done(struct resolver *r); // nobody may wait any more

// AIU_OK: r->addresses can be used now. AIU_BUSY: `fn` is called later, from the loop.
MUST_CHECK enum aiu_status resolver_get(struct resolver *r, struct resolve_wait *w,
                                        void (*fn)(struct resolve_wait *w, enum aiu_status st));
void resolver_cancel(struct resolver *r, struct resolve_wait *w);

// The address to try as number `attempt` (0 .. count - 1): the one that worked last comes first.
const struct sockaddr *resolver_address(const struct resolver *r, uint32_t attempt);

// Number `attempt` worked.
void resolver_prefer(struct resolver *r, uint32_t attempt);
