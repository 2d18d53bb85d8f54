// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A secret in memory: provider keys, TLS keys, the master key (guide S2, S5, S16).
//
// The bytes lie in memory of libsodium: guard pages around them, locked, left out of core dumps,
// wiped before they are given back. Nothing hands out a pointer to them. They leave in two ways
// only: into a MAC or key derivation (secret/mac.h), and by secret_append_for, to the one origin
// that the secret was bound to.
//
// Ownership: counted. secret_new_* gives one reference, secret_ref another; the last secret_unref
//            wipes. The bytes never change after creation.
// Threads:   any, once bound; bind before other threads see it.
// Memory:    at most SECRET_MOST bytes, and about four pages for each secret. Where the process may
//            not lock more memory (RLIMIT_MEMLOCK), a secret works unlocked.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

struct secret;

enum { SECRET_MOST = 64 * 1024, SECRET_ORIGIN_MOST = 512 };

// Once, before anything else of this layer and before threads: starts libsodium, forbids core dumps
// and, unless `dumpable` (tests, debuggers), reading this process's memory by others of its user.
MUST_CHECK enum aiu_status secret_init_process(bool dumpable);

// The same for a library, which leaves its process as it is: starts libsodium. Any thread, any
// number of times.
MUST_CHECK enum aiu_status secret_init_library(void);

// Take over `n` bytes: they are copied and the source is wiped, also on failure.
//   AIU_USAGE      n is 0
//   AIU_TOO_LONG   n is over SECRET_MOST
//   AIU_NO_MEMORY
MUST_CHECK enum aiu_status secret_new_from_bytes(uint8_t *bytes, size_t n,
                                                 struct secret **ret_secret);

// `n` bytes from the system's random generator.
MUST_CHECK enum aiu_status secret_new_random(size_t n, struct secret **ret_secret);

// A second secret with the same bytes, bound to nothing.
MUST_CHECK enum aiu_status secret_dup(const struct secret *s, struct secret **ret_secret);

struct secret *secret_ref(struct secret *s);

// NULL is fine.
void secret_unref(struct secret *s);

// For CLEANUP.
static inline void secret_done(struct secret **s)
{
    secret_unref(*s);
    *s = NULL;
}

size_t secret_size(const struct secret *s);

// Compared in a time that depends on the lengths only.
bool secret_equal(const struct secret *a, const struct secret *b);
bool secret_equal_span(const struct secret *s, struct span given);

// Whether it is a key that administers an account instead of using it ("sk-admin-…",
// "sk-ant-admin…"): no request needs such a key (guide S5).
bool secret_is_admin_key(const struct secret *s);

// Bind to an origin: "https://api.openai.com:443", or any other text that names where it may go
// ("tls:data"). Once: a second, different origin is AIU_FORBIDDEN. AIU_USAGE where the text is
// empty or over SECRET_ORIGIN_MOST.
MUST_CHECK enum aiu_status secret_bind_origin(struct secret *s, struct span origin);

// Append the bytes to `dst`, which the caller wipes (buf_wipe) as soon as they are sent.
//   AIU_FORBIDDEN  `s` is bound to another origin, or to none; `dst` is as it was
//   other          of buf_append
MUST_CHECK enum aiu_status secret_append_for(const struct secret *s, struct span origin,
                                             struct buf *dst);
