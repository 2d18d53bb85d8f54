// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Bytes on their way out: a chain of equal chunks that the loop lends. A connection with nothing to
// send holds none, so that ten thousand idle ones cost nothing here.
//
// Ownership: the queue owns its chunks until they are consumed; they go back to the loop, wiped.
// Threads:   the loop's. Errors: AIU_OVERLOADED at the byte budget, AIU_NO_MEMORY; what was
// appended
//            before the error stays.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct loop;

enum { CHUNK_SIZE = 16384, CHUNK_ROOM = CHUNK_SIZE - 16 };

struct chunk {
    struct chunk *next;
    uint32_t start, end; // bytes start..end wait
    uint8_t bytes[CHUNK_ROOM];
};

struct outq {
    struct chunk *first, *last;
    size_t n; // bytes in all chunks
};

MUST_CHECK enum aiu_status outq_append(struct loop *l, struct outq *q, struct span bytes);

// The first run of bytes; empty where there is none.
struct span outq_front(const struct outq *q);

// Drop the first `n` bytes.
void outq_consume(struct loop *l, struct outq *q, size_t n);

void outq_clear(struct loop *l, struct outq *q);

// Free the chunks that the loop keeps for later (loop_free).
void outq_free_spare(struct loop *l);
