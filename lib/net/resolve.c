// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One lookup at a time, shared by all who wait. getaddrinfo tells no TTL, so ours is a setting. A
// failure is kept for a second, so that a name that does not exist costs one lookup a second.
#include "net/resolve.h"

#include <arpa/inet.h>

#include "base/alloc.h"

enum { FAILURE_TTL_MS = 1000 };

struct resolve_lookup {
    uv_getaddrinfo_t request;
    struct resolver *owner; // NULL: nobody wants the answer any more
};

static bool set_literal(struct resolver *r)
{
    union resolve_address *a = &r->addresses[0];

    if (inet_pton(AF_INET, r->host, &a->v4.sin_addr) == 1) {
        a->v4.sin_family = AF_INET;
        a->v4.sin_port = htons(r->port);
        return true;
    }
    if (inet_pton(AF_INET6, r->host, &a->v6.sin6_addr) == 1) {
        a->v6.sin6_family = AF_INET6;
        a->v6.sin6_port = htons(r->port);
        return true;
    }
    return false;
}

void resolver_init(struct resolver *r, struct loop *l, const char *host, uint16_t port,
                   uint32_t ttl_ms)
{
    *r = (struct resolver){.loop = l, .host = host, .port = port, .ttl_ms = ttl_ms};
    if (host != NULL && set_literal(r)) {
        r->count = 1;
        r->expires_ms = UINT64_MAX;
    }
}

void resolver_done(struct resolver *r)
{
    CHECK(r->waiting == NULL);
    if (r->lookup != NULL) {
        r->lookup->owner = NULL;
        (void)uv_cancel((uv_req_t *)&r->lookup->request);
        r->lookup = NULL;
    }
}

static void take_addresses(struct resolver *r, const struct addrinfo *list)
{
    r->count = 0;
    r->preferred = 0;
    for (const struct addrinfo *i = list; i != NULL && r->count < RESOLVE_MAX; i = i->ai_next) {
        union resolve_address *a = &r->addresses[r->count];
        if (i->ai_addrlen > sizeof(*a) || (i->ai_family != AF_INET && i->ai_family != AF_INET6)) {
            continue;
        }
        memcpy(a, i->ai_addr, i->ai_addrlen);
        // sin_port and sin6_port lie in the same place.
        a->v4.sin_port = htons(r->port);
        r->count++;
    }
}

static void tell_waiting(struct resolver *r, enum aiu_status st)
{
    while (r->waiting != NULL) {
        struct resolve_wait *w = r->waiting;
        resolver_cancel(r, w);
        w->fn(w, st);
    }
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *list)
{
    struct resolve_lookup *lookup = CONTAINER_OF(request, struct resolve_lookup, request);
    struct resolver *r = lookup->owner;

    mem_free(lookup);
    if (r == NULL) {
        uv_freeaddrinfo(list);
        return;
    }
    r->lookup = NULL;
    if (status == 0) {
        take_addresses(r, list);
    }
    uv_freeaddrinfo(list);
    r->expires_ms =
        loop_now_ms(r->loop) + (status == 0 && r->count > 0 ? r->ttl_ms : FAILURE_TTL_MS);
    tell_waiting(r, r->count > 0 ? AIU_OK : AIU_PROVIDER_UNREACHABLE);
}

static enum aiu_status start_lookup(struct resolver *r)
{
    const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};

    if (r->lookup != NULL) {
        return AIU_OK;
    }
    struct resolve_lookup *lookup = mem_new(1, sizeof(*lookup));
    if (lookup == NULL) {
        return AIU_NO_MEMORY;
    }
    lookup->owner = r;
    if (uv_getaddrinfo(&r->loop->uv, &lookup->request, on_resolved, r->host, NULL, &hints) != 0) {
        mem_free(lookup);
        return AIU_PROVIDER_UNREACHABLE;
    }
    r->lookup = lookup;
    return AIU_OK;
}

enum aiu_status resolver_get(struct resolver *r, struct resolve_wait *w,
                             void (*fn)(struct resolve_wait *w, enum aiu_status st))
{
    bool fresh = loop_now_ms(r->loop) < r->expires_ms;

    if (r->count > 0) {
        if (!fresh) {
            (void)start_lookup(r); // the old answer serves meanwhile
        }
        return AIU_OK;
    }
    if (fresh) {
        return AIU_PROVIDER_UNREACHABLE; // it failed a moment ago
    }
    TRY(start_lookup(r));
    w->fn = fn;
    w->next = r->waiting;
    w->link = &r->waiting;
    if (r->waiting != NULL) {
        r->waiting->link = &w->next;
    }
    r->waiting = w;
    return AIU_BUSY;
}

void resolver_cancel(struct resolver *r, struct resolve_wait *w)
{
    (void)r;
    if (w->link == NULL) {
        return;
    }
    *w->link = w->next;
    if (w->next != NULL) {
        w->next->link = w->link;
    }
    w->link = NULL;
    w->next = NULL;
}

const struct sockaddr *resolver_address(const struct resolver *r, uint32_t attempt)
{
    return &r->addresses[(r->preferred + attempt) % r->count].any;
}

void resolver_prefer(struct resolver *r, uint32_t attempt)
{
    if (r->count > 0) {
        r->preferred = (r->preferred + attempt) % r->count;
    }
}
