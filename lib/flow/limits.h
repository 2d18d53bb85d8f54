// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The rate windows of all virtual keys. They outlive configurations, so that a reload gives nobody
// a fresh minute; a window is found by the key's id.
//
// Ownership: one per worker; windows live as long as it. Threads: any.
// Errors:    AIU_NO_MEMORY, AIU_RATE_LIMITED.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct limits;
struct key_window;

MUST_CHECK enum aiu_status limits_new(struct limits **ret_limits);
void limits_free(struct limits *l);

// The window of the key `id`, with this limit from now on. 0: no limit.
MUST_CHECK enum aiu_status limits_window(struct limits *l, struct span id, uint32_t per_minute,
                                         struct key_window **ret_window);

// Let one request in. AIU_RATE_LIMITED with the wait until the next, in milliseconds.
MUST_CHECK enum aiu_status key_window_take(struct key_window *w, uint64_t now_ns,
                                           uint64_t *ret_retry_after_ms);
