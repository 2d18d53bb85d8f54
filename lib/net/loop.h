// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The event loop of one thread: sockets, deadlines, and the door for other threads. One loop a
// core, nothing shared between loops; a connection and its request never change thread.
//
// Ownership: loop_new / loop_free. Everything hung on a loop must be gone before loop_free.
// Threads:   all functions belong to the loop's own thread, except the three that say "any thread".
// Errors:    AIU_NO_MEMORY, AIU_IO.
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "base/status.h"
#include "net/budget.h"

struct loop; // net/loop_uv.h for the other files of this layer

// `budget` is counted for every byte of output that waits; NULL counts nothing.
MUST_CHECK enum aiu_status loop_new(struct budget *budget, struct loop **ret_loop);

// Close the loop's own handles and free it. NULL is fine.
void loop_free(struct loop *l);

// Handle events until loop_stop.
void loop_run(struct loop *l);

// Let one round of events happen (tests): waits for at least one when `wait`.
void loop_run_once(struct loop *l, bool wait);

// Make loop_run return after the current round. Any thread.
void loop_stop(struct loop *l);

// Monotonic time. `loop_now_ms` is the start of the current round and costs nothing;
// `loop_now_ns` reads the clock.
uint64_t loop_now_ms(const struct loop *l);
uint64_t loop_now_ns(void);

struct budget *loop_budget(struct loop *l);

// The time of day as HTTP's Date (RFC 9110 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT". Lives until the
// next call.
struct span loop_date(struct loop *l);

// --- crossing threads -------------------------------------------------------------------------

// Run `fn(ctx)` on the loop's thread, soon, in the order of posting. The queue's node is the
// caller's: `post` must stay valid until `fn` was called, and belongs to the caller again then.
// Any thread.
struct loop_post {
    void (*fn)(void *ctx);
    void *ctx;
    struct loop_post *next; // the loop's
};
void loop_post(struct loop *l, struct loop_post *post);

// A bell: however often it is rung, `fn(ctx)` runs at least once on the loop's thread after the
// last ring. Cheaper than loop_post where only the fact matters ("audit records up to n are
// durable").
struct loop_bell {
    struct loop *loop;
    void (*fn)(void *ctx);
    void *ctx;
    struct loop_bell *next;
    atomic_bool rung;
};
void loop_bell_init(struct loop_bell *b, struct loop *l, void (*fn)(void *ctx), void *ctx);
void loop_bell_done(struct loop_bell *b); // nobody may ring any more
void loop_bell_ring(struct loop_bell *b); // any thread
void loop_bell_ring_ctx(void *bell);      // the same with the signature of audit_subscribe

// --- deadlines --------------------------------------------------------------------------------

// One timeout of one owner. Setting and clearing is O(1) and makes no system call; it fires between
// 0 and 200 ms late, never early. Zeroed memory is a deadline that is not set.
struct deadline {
    struct deadline *next, **link; // the wheel's
    uint64_t due_ms, slot_at;
    void (*fn)(struct deadline *d);
};

// (Re)arm: `fn` is called once, `after_ms` from now, from the loop. The deadline is clear by then.
void deadline_set(struct loop *l, struct deadline *d, uint64_t after_ms,
                  void (*fn)(struct deadline *d));
void deadline_clear(struct loop *l, struct deadline *d);
static inline bool deadline_is_set(const struct deadline *d)
{
    return d->link != NULL;
}

// --- the end of a round -----------------------------------------------------------------------

// Work that waits until the events of this round were handled: one write for all that was
// collected, and every callback that must not run inside its cause. Zeroed memory is a task not
// queued.
struct loop_task {
    struct loop_task *next, **link; // the loop's
    void (*fn)(struct loop_task *t);
};
void loop_defer(struct loop *l, struct loop_task *t, void (*fn)(struct loop_task *t)); // once
void loop_defer_cancel(struct loop *l, struct loop_task *t);
