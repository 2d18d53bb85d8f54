// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The bookkeeping lies on the heap, the bytes in pages of libsodium that are made read-only once
// they are written. They stay readable from then on: loop threads append the provider's key for
// each request, and two system calls a request to open and close a page would protect against
// nothing that can already read our memory.
#include "secret/secret.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sodium.h>

#include "base/alloc.h"
#include "secret/guarded.h"

struct secret {
    atomic_uint references;
    size_t n;
    uint8_t *bytes; // guarded
    char *origin;   // NULL: bound to none
    size_t origin_n;
};

enum aiu_status secret_init_library(void)
{
    return sodium_init() < 0 ? AIU_INTERNAL : AIU_OK;
}

enum aiu_status secret_init_process(bool dumpable)
{
    const struct rlimit none = {0, 0};

    TRY(secret_init_library());
    if (setrlimit(RLIMIT_CORE, &none) != 0 || (!dumpable && prctl(PR_SET_DUMPABLE, 0) != 0)) {
        return AIU_IO;
    }
    return AIU_OK;
}

enum aiu_status secret_new_blank(size_t n, struct secret **ret_secret, uint8_t **ret_bytes)
{
    if (n == 0) {
        return AIU_USAGE;
    }
    if (n > SECRET_MOST) {
        return AIU_TOO_LONG;
    }
    struct secret *s = mem_new(1, sizeof(*s));
    uint8_t *bytes = s == NULL ? NULL : sodium_malloc(n);
    if (bytes == NULL) {
        mem_free(s);
        return AIU_NO_MEMORY;
    }
    atomic_init(&s->references, 1);
    s->n = n;
    s->bytes = bytes;
    *ret_bytes = bytes;
    *ret_secret = s;
    return AIU_OK;
}

void secret_seal(struct secret *s)
{
    CHECK(sodium_mprotect_readonly(s->bytes) == 0);
}

static enum aiu_status new_copy(struct span bytes, struct secret **ret_secret)
{
    struct secret *s = NULL;
    uint8_t *p = NULL;

    TRY(secret_new_blank(bytes.n, &s, &p));
    memcpy(p, bytes.p, bytes.n);
    secret_seal(s);
    *ret_secret = s;
    return AIU_OK;
}

enum aiu_status secret_new_from_bytes(uint8_t *bytes, size_t n, struct secret **ret_secret)
{
    enum aiu_status st = new_copy(span_of(bytes, n), ret_secret);

    mem_wipe(bytes, n);
    return st;
}

enum aiu_status secret_new_random(size_t n, struct secret **ret_secret)
{
    struct secret *s = NULL;
    uint8_t *p = NULL;

    TRY(secret_new_blank(n, &s, &p));
    randombytes_buf(p, n);
    secret_seal(s);
    *ret_secret = s;
    return AIU_OK;
}

enum aiu_status secret_dup(const struct secret *s, struct secret **ret_secret)
{
    return new_copy(secret_bytes(s), ret_secret);
}

struct secret *secret_ref(struct secret *s)
{
    atomic_fetch_add_explicit(&s->references, 1, memory_order_relaxed);
    return s;
}

void secret_unref(struct secret *s)
{
    if (s == NULL || atomic_fetch_sub_explicit(&s->references, 1, memory_order_acq_rel) > 1) {
        return;
    }
    sodium_free(s->bytes); // wipes
    mem_free(s->origin);
    mem_free(s);
}

size_t secret_size(const struct secret *s)
{
    return s->n;
}

struct span secret_bytes(const struct secret *s)
{
    return span_of(s->bytes, s->n);
}

bool secret_equal_span(const struct secret *s, struct span given)
{
    return s->n == given.n && sodium_memcmp(s->bytes, given.p, s->n) == 0;
}

bool secret_equal(const struct secret *a, const struct secret *b)
{
    return secret_equal_span(a, secret_bytes(b));
}

bool secret_is_admin_key(const struct secret *s)
{
    struct span bytes = secret_bytes(s);

    return span_starts_with(bytes, SPAN_OF("sk-admin-")) ||
           span_starts_with(bytes, SPAN_OF("sk-ant-admin"));
}

static bool allows(const struct secret *s, struct span origin)
{
    return s->origin != NULL && span_equal(span_of(s->origin, s->origin_n), origin);
}

enum aiu_status secret_bind_origin(struct secret *s, struct span origin)
{
    if (origin.n == 0 || origin.n > SECRET_ORIGIN_MOST) {
        return AIU_USAGE;
    }
    if (s->origin != NULL) {
        return allows(s, origin) ? AIU_OK : AIU_FORBIDDEN;
    }
    s->origin = mem_dup(origin.p, origin.n);
    s->origin_n = origin.n;
    return s->origin == NULL ? AIU_NO_MEMORY : AIU_OK;
}

enum aiu_status secret_append_for(const struct secret *s, struct span origin, struct buf *dst)
{
    return allows(s, origin) ? buf_append(dst, secret_bytes(s)) : AIU_FORBIDDEN;
}

enum aiu_status pad_init(struct pad *pad, size_t maximum)
{
    *pad = (struct pad){.p = sodium_malloc(maximum + 1), .maximum = maximum};
    return pad->p == NULL ? AIU_NO_MEMORY : AIU_OK;
}

void pad_done(struct pad *pad)
{
    sodium_free(pad->p);
    *pad = (struct pad){.p = NULL};
}

enum aiu_status pad_read(struct pad *pad, int fd, bool *ret_ended)
{
    // One byte more than the maximum fits: it is how too much is told from just enough.
    ssize_t n = read(fd, pad->p + pad->n, pad->maximum + 1 - pad->n);

    if (n < 0) {
        return errno == EINTR ? AIU_OK : AIU_IO;
    }
    pad->n += (size_t)n;
    if (pad->n > pad->maximum) {
        return AIU_FILE_TOO_LARGE;
    }
    *ret_ended = n == 0;
    return AIU_OK;
}
