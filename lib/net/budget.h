// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One number for all bytes that peers can make the process hold: bodies being collected, output
// that a slow reader has not taken. Shared by every loop. Whoever would pass the limit is refused,
// so that the answer is a 503 and not the kernel's out-of-memory killer.
//
// Ownership: one per process, outlives the loops. Threads: any. Errors: false at the limit.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

enum { BUDGET_ANSWERS = 4 << 20 };

struct budget {
    atomic_size_t used;
    size_t limit;
};

// `limit` 0 means no limit.
void budget_init(struct budget *b, size_t limit);

// Count `n` bytes; false, and nothing counted, where they would pass the limit.
bool budget_take(struct budget *b, size_t n);

// The same for the beginning of an answer: it may pass the limit by an eighth, or by BUDGET_ANSWERS
// where that is more, because "no more room" must still be said to those who find none.
bool budget_take_answer(struct budget *b, size_t n);

// Give back what was taken.
void budget_give(struct budget *b, size_t n);

// More than seven eighths are used: the time to refuse new requests, while the old ones still have
// room to finish.
bool budget_pressed(const struct budget *b);

size_t budget_used(const struct budget *b);
