// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The pool of one origin. Its memory goes when it was freed and the last connection, call and
// lookup of it are gone.
#include <sys/un.h>

#include "base/alloc.h"
#include "net/client_private.h"

struct client_pool_options client_default_options(void)
{
    return (struct client_pool_options){
        .limits = http1_default_limits,
        .max_idle = 64,
        .idle_ms = 30000,
        .max_age_ms = 3600000,
        .resolve_ttl_ms = 30000,
        .output_high = 65536,
    };
}

// `*shown` becomes a copy that `*owned` holds.
static bool copy_string(const char **shown, char **owned)
{
    if (*shown == NULL) {
        return true;
    }
    *owned = mem_dup(*shown, strlen(*shown));
    *shown = *owned;
    return *owned != NULL;
}

static void free_memory(struct client_pool *p)
{
    while (p->spare != NULL) {
        struct client_call *call = p->spare;
        p->spare = call->next;
        mem_free(call);
    }
    tls_resume_done(&p->resume);
    tls_unref(p->options.tls);
    mem_free((void *)p->options.host);
    mem_free((void *)p->options.unix_path);
    mem_free((void *)p->options.tls_name);
    mem_free(p);
}

static bool is_complete(const struct client_pool_options *o)
{
    static const struct sockaddr_un room;

    if (o->unix_path != NULL) {
        return strlen(o->unix_path) < sizeof(room.sun_path) &&
               (o->tls == NULL || o->tls_name != NULL);
    }
    return o->host != NULL && o->host[0] != '\0' && o->port != 0;
}

enum aiu_status client_pool_new(struct loop *l, const struct client_pool_options *o,
                                struct client_pool **ret_pool)
{
    if (!is_complete(o)) {
        return AIU_URL_INVALID;
    }
    struct client_pool *p = mem_new(1, sizeof(*p));
    if (p == NULL) {
        return AIU_NO_MEMORY;
    }
    p->loop = l;
    p->options = *o;
    if (o->tls != NULL) {
        (void)tls_ref(o->tls);
    }
    bool host = copy_string(&p->options.host, &p->host);
    bool path = copy_string(&p->options.unix_path, &p->unix_path);
    bool name = copy_string(&p->options.tls_name, &p->tls_name);
    if (!host || !path || !name) {
        free_memory(p);
        return AIU_NO_MEMORY;
    }
    resolver_init(&p->resolver, l, p->options.host, o->port, o->resolve_ttl_ms);
    *ret_pool = p;
    return AIU_OK;
}

void client_pool_forget(struct client_pool *p)
{
    if (p->freeing && p->conn_count == 0 && p->call_count == 0) {
        resolver_done(&p->resolver);
        free_memory(p);
    }
}

void client_pool_free(struct client_pool *p)
{
    if (p == NULL) {
        return;
    }
    p->freeing = true;
    while (p->idle != NULL) {
        client_conn_close(p->idle);
    }
    client_pool_forget(p);
}

uint32_t client_pool_idle(const struct client_pool *p)
{
    return p->idle_count;
}
