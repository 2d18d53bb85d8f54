// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "net/loop.h"

#include <pthread.h>

#include "net_test.h"

struct alarm {
    struct deadline deadline;
    struct loop *loop;
    uint64_t set_ms, fired_ms;
    uint32_t times;
};

static void on_alarm(struct deadline *d)
{
    struct alarm *a = CONTAINER_OF(d, struct alarm, deadline);

    assert_false(deadline_is_set(d));
    a->fired_ms = loop_now_ms(a->loop);
    a->times++;
}

static void arm(struct loop *l, struct alarm *a, uint64_t after_ms)
{
    a->loop = l;
    a->set_ms = loop_now_ms(l);
    deadline_set(l, &a->deadline, after_ms, on_alarm);
}

static void deadlines_fire_never_early_and_at_most_a_little_late(void **state)
{
    (void)state;
    static const uint64_t waits_ms[] = {0, 1, 50, 99, 100, 101, 250, 700, 1100};
    struct alarm alarms[ARRAY_SIZE(waits_ms)] = {0};
    struct loop *l = NULL;

    assert_ok(loop_new(NULL, &l));
    for (size_t i = 0; i < ARRAY_SIZE(waits_ms); i++) {
        arm(l, &alarms[i], waits_ms[i]);
    }
    for (size_t i = 0; i < ARRAY_SIZE(waits_ms); i++) {
        wait_until(l, alarms[i].times == 1);
        uint64_t took = alarms[i].fired_ms - alarms[i].set_ms;
        assert_true(took >= waits_ms[i]);
        assert_true(took <= waits_ms[i] + 300); // 200, and what a busy machine adds
    }
    loop_free(l);
}

static void a_deadline_can_be_moved_both_ways_and_cleared(void **state)
{
    (void)state;
    struct alarm later = {0}, sooner = {0}, cleared = {0};
    struct loop *l = NULL;

    assert_ok(loop_new(NULL, &l));
    arm(l, &later, 100);
    arm(l, &sooner, 60000);
    arm(l, &cleared, 100);
    arm(l, &later, 600);
    arm(l, &sooner, 100);
    deadline_clear(l, &cleared.deadline);
    wait_until(l, later.times == 1);
    assert_true(later.fired_ms - later.set_ms >= 600);
    assert_int_equal(sooner.times, 1);
    assert_true(sooner.fired_ms < later.fired_ms);
    assert_int_equal(cleared.times, 0);
    loop_free(l);
}

// One that clears its neighbours and sets itself again, as connections do.
struct chain {
    struct deadline deadline;
    struct loop *loop;
    struct deadline *others;
    size_t other_count;
    uint32_t times;
};

static void on_chain(struct deadline *d)
{
    struct chain *c = CONTAINER_OF(d, struct chain, deadline);

    for (size_t i = 0; i < c->other_count; i++) {
        deadline_clear(c->loop, &c->others[i]);
    }
    if (++c->times < 3) {
        deadline_set(c->loop, d, 0, on_chain);
    }
}

static void never(struct deadline *d)
{
    (void)d;
    fail_msg("a cleared deadline fired");
}

static void a_callback_may_clear_and_set_the_deadlines_of_its_own_slot(void **state)
{
    (void)state;
    struct deadline others[50] = {0};
    struct chain c = {.others = others, .other_count = ARRAY_SIZE(others)};
    struct loop *l = NULL;

    assert_ok(loop_new(NULL, &l));
    c.loop = l;
    // The newest of a slot comes first.
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        deadline_set(l, &others[i], 50, never);
    }
    deadline_set(l, &c.deadline, 50, on_chain);
    wait_until(l, c.times == 3);
    settle(l);
    loop_free(l);
}

struct step {
    struct loop_task task;
    struct loop *loop;
    struct step *next;
    uint32_t *counter, seen;
};

static void on_step(struct loop_task *t)
{
    struct step *s = CONTAINER_OF(t, struct step, task);

    s->seen = ++*s->counter;
    if (s->next != NULL) {
        loop_defer(s->loop, &s->next->task, on_step);
    }
}

static void tasks_run_in_order_once_and_can_be_cancelled(void **state)
{
    (void)state;
    uint32_t counter = 0;
    struct loop *l = NULL;
    struct step a = {.counter = &counter}, b = a, c = a, d = a;

    assert_ok(loop_new(NULL, &l));
    a.loop = l;
    a.next = &d;
    loop_defer(l, &a.task, on_step);
    loop_defer(l, &b.task, on_step);
    loop_defer(l, &c.task, on_step);
    loop_defer(l, &a.task, on_step); // already queued
    loop_defer_cancel(l, &c.task);
    loop_run_once(l, false);
    assert_int_equal(a.seen, 1);
    assert_int_equal(b.seen, 2);
    assert_int_equal(c.seen, 0);
    assert_int_equal(d.seen, 3);
    assert_int_equal(counter, 3);
    loop_free(l);
}

enum { THREADS = 4, POSTS = 2000 };

struct poster {
    struct loop *loop;
    struct loop_post posts[POSTS];
    struct loop_bell *bell;
    uint32_t order[POSTS];
};

static uint32_t posted;  // only the loop's thread counts
static uint64_t rung_at; // the last `rings` that the bell's function saw
static atomic_ulong rings;

static void on_post(void *ctx)
{
    posted++;
    *(uint32_t *)ctx = posted;
}

static void on_bell(void *ctx)
{
    (void)ctx;
    rung_at = atomic_load(&rings);
}

static void *post_many(void *ctx)
{
    struct poster *p = ctx;

    for (size_t i = 0; i < POSTS; i++) {
        p->posts[i] = (struct loop_post){.fn = on_post, .ctx = &p->order[i]};
        loop_post(p->loop, &p->posts[i]);
        (void)atomic_fetch_add(&rings, 1);
        loop_bell_ring_ctx(p->bell);
    }
    return NULL;
}

static void posts_of_other_threads_all_arrive_in_order_and_no_ring_is_lost(void **state)
{
    (void)state;
    static struct poster posters[THREADS];
    pthread_t threads[THREADS];
    struct loop_bell bell;
    struct loop *l = NULL;

    assert_ok(loop_new(NULL, &l));
    loop_bell_init(&bell, l, on_bell, NULL);
    for (size_t i = 0; i < THREADS; i++) {
        posters[i].loop = l;
        posters[i].bell = &bell;
        assert_int_equal(pthread_create(&threads[i], NULL, post_many, &posters[i]), 0);
    }
    wait_until(l, posted == THREADS * POSTS && rung_at == THREADS * POSTS);
    for (size_t i = 0; i < THREADS; i++) {
        (void)pthread_join(threads[i], NULL);
        for (size_t k = 1; k < POSTS; k++) {
            assert_true(posters[i].order[k] > posters[i].order[k - 1]);
        }
    }
    loop_bell_done(&bell);
    loop_free(l);
}

static void *stop_soon(void *ctx)
{
    loop_stop(ctx);
    return NULL;
}

static void another_thread_can_stop_the_loop(void **state)
{
    (void)state;
    pthread_t thread;
    struct loop *l = NULL;

    assert_ok(loop_new(NULL, &l));
    assert_int_equal(pthread_create(&thread, NULL, stop_soon, l), 0);
    loop_run(l);
    (void)pthread_join(thread, NULL);
    loop_free(l);
}

static void the_budget_refuses_what_would_pass_its_limit(void **state)
{
    (void)state;
    struct budget b;

    budget_init(&b, 1000);
    assert_true(budget_take(&b, 875));
    assert_false(budget_pressed(&b));
    assert_true(budget_take(&b, 1));
    assert_true(budget_pressed(&b));
    assert_false(budget_take(&b, 125));
    assert_true(budget_take(&b, 124));
    assert_false(budget_take(&b, 1));
    assert_false(budget_take(&b, SIZE_MAX));
    assert_true(budget_take_answer(&b, BUDGET_ANSWERS));
    assert_false(budget_take_answer(&b, 1));
    budget_give(&b, 1000 + BUDGET_ANSWERS);
    assert_int_equal(budget_used(&b), 0);
}

static void a_date_is_that_of_http(void **state)
{
    (void)state;
    struct loop *l = NULL;

    assert_ok(loop_new(NULL, &l));
    struct span date = loop_date(l);
    assert_int_equal(date.n, 29);
    assert_true(span_ends_with(date, SPAN_OF(" GMT")));
    assert_int_equal(date.p[3], ',');
    loop_free(l);
}

static void a_loop_that_finds_no_memory_says_so_and_leaks_nothing(void **state)
{
    (void)state;
    size_t before = mem_in_use();

    for (size_t n = 0;; n++) {
        struct loop *l = NULL;
        mem_fail_after(n);
        enum aiu_status st = loop_new(NULL, &l);
        mem_fail_after(SIZE_MAX);
        if (st == AIU_OK) {
            loop_free(l);
            break;
        }
        assert_status(st, AIU_NO_MEMORY);
        assert_int_equal(mem_in_use(), before);
    }
    assert_int_equal(mem_in_use(), before);
}

TEST_MAIN(deadlines_fire_never_early_and_at_most_a_little_late,
          a_deadline_can_be_moved_both_ways_and_cleared,
          a_callback_may_clear_and_set_the_deadlines_of_its_own_slot,
          tasks_run_in_order_once_and_can_be_cancelled,
          posts_of_other_threads_all_arrive_in_order_and_no_ring_is_lost,
          another_thread_can_stop_the_loop, the_budget_refuses_what_would_pass_its_limit,
          a_date_is_that_of_http, a_loop_that_finds_no_memory_says_so_and_leaks_nothing)
