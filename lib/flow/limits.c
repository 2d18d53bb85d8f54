// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A list: windows are looked up when a configuration is built, never by a request.
#include "flow/limits.h"

#include <pthread.h>

#include "base/alloc.h"
#include "limit/rate.h"

struct key_window {
    pthread_mutex_t lock;
    struct rate rate;
    bool limited;
    char *id;
    size_t id_n;
    struct key_window *next;
};

struct limits {
    pthread_mutex_t lock;
    struct key_window *first;
};

enum aiu_status limits_new(struct limits **ret_limits)
{
    struct limits *l = mem_new(1, sizeof(*l));

    if (l == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)pthread_mutex_init(&l->lock, NULL);
    *ret_limits = l;
    return AIU_OK;
}

void limits_free(struct limits *l)
{
    while (l != NULL && l->first != NULL) {
        struct key_window *w = l->first;
        l->first = w->next;
        (void)pthread_mutex_destroy(&w->lock);
        mem_free(w->id);
        mem_free(w);
    }
    if (l != NULL) {
        (void)pthread_mutex_destroy(&l->lock);
        mem_free(l);
    }
}

static struct key_window *find(const struct limits *l, struct span id)
{
    struct key_window *w = l->first;

    while (w != NULL && !span_equal(id, span_of(w->id, w->id_n))) {
        w = w->next;
    }
    return w;
}

static struct key_window *add(struct limits *l, struct span id)
{
    struct key_window *w = mem_new(1, sizeof(*w));

    if (w == NULL) {
        return NULL;
    }
    w->id = mem_dup(id.p, id.n);
    if (w->id == NULL) {
        mem_free(w);
        return NULL;
    }
    w->id_n = id.n;
    (void)pthread_mutex_init(&w->lock, NULL);
    rate_init(&w->rate, 0);
    w->next = l->first;
    l->first = w;
    return w;
}

enum aiu_status limits_window(struct limits *l, struct span id, uint32_t per_minute,
                              struct key_window **ret_window)
{
    (void)pthread_mutex_lock(&l->lock);
    struct key_window *w = find(l, id);
    if (w == NULL) {
        w = add(l, id);
    }
    (void)pthread_mutex_unlock(&l->lock);
    if (w == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)pthread_mutex_lock(&w->lock);
    rate_set_limit(&w->rate, per_minute);
    w->limited = per_minute > 0;
    (void)pthread_mutex_unlock(&w->lock);
    *ret_window = w;
    return AIU_OK;
}

enum aiu_status key_window_take(struct key_window *w, uint64_t now_ns, uint64_t *ret_retry_after_ms)
{
    (void)pthread_mutex_lock(&w->lock);
    bool in = !w->limited || rate_take(&w->rate, now_ns, ret_retry_after_ms);
    (void)pthread_mutex_unlock(&w->lock);
    return in ? AIU_OK : AIU_RATE_LIMITED;
}
