// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A growable byte buffer that is born with its maximum. It takes memory only when bytes come, and
// wipes whatever it gives back: buffers carry prompts and answers.
//
// Ownership: the struct owns its bytes; spans into it live until the next call that changes it.
// Threads:   one. Errors: AIU_TOO_LONG at the maximum, AIU_NO_MEMORY; the buffer is unchanged then.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct buf {
    uint8_t *p;
    size_t n;
    size_t capacity;
    size_t maximum;
};

// An empty buffer as an initialiser.
#define BUF_OF(most)                                                                               \
    {                                                                                              \
        .maximum = (most)                                                                          \
    }

static inline void buf_init(struct buf *b, size_t maximum)
{
    *b = (struct buf)BUF_OF(maximum);
}

static inline struct span buf_span(const struct buf *b)
{
    return (struct span){b->p, b->n};
}

MUST_CHECK enum aiu_status buf_append(struct buf *b, struct span bytes);
MUST_CHECK enum aiu_status buf_append_byte(struct buf *b, uint8_t byte);
MUST_CHECK enum aiu_status buf_append_u64(struct buf *b, uint64_t decimal);

// printf for text of ours (numbers, names); never for content.
__attribute__((format(printf, 2, 3))) MUST_CHECK enum aiu_status
buf_printf(struct buf *b, const char *format, ...);

// Make room for `n` more bytes at `*ret_p` without counting them; buf_grow counts what was written.
MUST_CHECK enum aiu_status buf_reserve(struct buf *b, size_t n, uint8_t **ret_p);
void buf_grow(struct buf *b, size_t n);

// Drop the first `n` bytes; the rest moves to the front.
void buf_consume(struct buf *b, size_t n);

// Empty, memory kept (not wiped: the next bytes overwrite it; buf_wipe ends it).
void buf_reset(struct buf *b);

// Wipe and give the memory back. The maximum stays, so the buffer can be used again.
void buf_wipe(struct buf *b);
