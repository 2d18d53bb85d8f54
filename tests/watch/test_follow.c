// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62, S92: what follows the log behind its commit point loses nothing and holds up nobody, also
// where months end, collectors hang and gateways start again.
#include "watch/follow.h"

#include <pthread.h>

#include "../audit/publish_test.h"

enum { DAYS = 30, MANY = 100000, STOP_MOST_MS = 1000 };

static const uint64_t day_us = UINT64_C(86400) * SECOND_US;

// What a collector got. `hangs`: it takes nothing and does not return.
struct collector {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t waiting, taken; // since the last flush; altogether
    uint64_t last;           // index behind the last one
    bool hangs, fails, in_order;
};

static enum aiu_status take(void *ctx, uint64_t index, struct span entry,
                            const struct row_values *values)
{
    struct collector *c = ctx;

    (void)entry;
    (void)values;
    pthread_mutex_lock(&c->lock);
    while (c->hangs) {
        (void)pthread_cond_wait(&c->changed, &c->lock);
    }
    c->in_order = c->in_order && (index == c->last || index == 0);
    c->last = index + 1;
    c->waiting++;
    pthread_mutex_unlock(&c->lock);
    return AIU_OK;
}

static enum aiu_status flush(void *ctx)
{
    struct collector *c = ctx;

    pthread_mutex_lock(&c->lock);
    enum aiu_status st = c->fails ? AIU_NETWORK : AIU_OK;
    c->taken += st == AIU_OK ? c->waiting : 0;
    c->last -= st == AIU_OK ? 0 : c->waiting;
    c->waiting = 0;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
    return st;
}

static void collector_init(struct collector *c)
{
    *c = (struct collector){.in_order = true};
    (void)pthread_mutex_init(&c->lock, NULL);
    (void)pthread_cond_init(&c->changed, NULL);
}

static void set(struct collector *c, bool *what, bool on)
{
    pthread_mutex_lock(&c->lock);
    *what = on;
    pthread_cond_broadcast(&c->changed);
    pthread_mutex_unlock(&c->lock);
}

static struct follower *start(struct site *s, struct collector *c, const struct logger *logger)
{
    const struct follow_options o = {.name = "collector",
                                     .folder = s->log_folder,
                                     .log = s->log,
                                     .logger = logger,
                                     .sink = {take, flush, NULL, c},
                                     .from_start = true};
    struct follower *f = NULL;

    assert_ok(follow_start(&o, &f));
    return f;
}

static void next_month(struct site *s)
{
    atomic_fetch_and(&s->told, ~(1U << PUBLISH_MONTH));
    atomic_fetch_add(&s->unix_us, DAYS * day_us);
    (void)site_append(s, 1); // an idle log looks once a minute
    while (!site_was_told(s, PUBLISH_MONTH)) {
        const struct timespec pause = {0, 2000000};
        (void)nanosleep(&pause, NULL);
    }
}

static uint64_t entries_of(const struct site *s, const char *month)
{
    char folder[2 * PATH_SIZE];
    uint64_t end = 0;

    (void)snprintf(folder, sizeof(folder), "%s/audit/%s", s->state, month);
    assert_ok(reader_end(folder, &end));
    return end;
}

static uint64_t entries_of_all(const struct site *s)
{
    static const char *const months[] = {"2026-11", "2026-12", "main"};
    char path[2 * PATH_SIZE];
    uint64_t sum = 0;

    for (size_t i = 0; i < ARRAY_SIZE(months); i++) {
        (void)snprintf(path, sizeof(path), "%s/audit/%s", s->state, months[i]);
        sum += access(path, F_OK) == 0 ? entries_of(s, months[i]) : 0;
    }
    return sum;
}

// Until the collector has every entry of every month; the log adds some of its own meanwhile.
static void await_all(struct site *s, struct collector *c)
{
    uint64_t until = real_monotonic_ns(NULL) + WAIT_MS * UINT64_C(1000000);
    uint64_t taken = 0, wanted = 1;

    while (taken != wanted && real_monotonic_ns(NULL) < until) {
        const struct timespec pause = {0, 2000000};
        wanted = entries_of_all(s);
        pthread_mutex_lock(&c->lock);
        taken = c->taken;
        pthread_mutex_unlock(&c->lock);
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(taken, wanted);
    assert_true(c->in_order);
}

static void entries_are_followed_into_the_next_month(void **state)
{
    (void)state;
    struct logger logger = {.level = LOG_CRITICAL};
    struct collector c;
    struct site s;

    site_init(&s);
    site_start(&s);
    collector_init(&c);
    struct follower *f = start(&s, &c, &logger);
    (void)site_append(&s, 500);
    next_month(&s);
    (void)site_append(&s, 300);
    await_all(&s, &c);
    assert_true(entries_of(&s, "main") >= 300);
    follow_stop(f);
    site_stop(&s);
    site_done(&s);
}

// Two months end while the collector refuses everything, and the gateway starts again: it gets what
// it missed, each entry once.
static void a_collector_that_was_away_for_months_misses_nothing(void **state)
{
    (void)state;
    struct logger logger = {.level = LOG_CRITICAL};
    struct collector c;
    struct site s;

    site_init(&s);
    site_start(&s);
    collector_init(&c);
    struct follower *f = start(&s, &c, &logger);
    (void)site_append(&s, 200);
    await_all(&s, &c);
    set(&c, &c.fails, true);
    (void)site_append(&s, 200);
    next_month(&s);
    (void)site_append(&s, 100);
    next_month(&s);
    (void)site_append(&s, 50);
    follow_stop(f);
    set(&c, &c.fails, false);
    f = start(&s, &c, &logger);
    await_all(&s, &c);
    follow_stop(f);

    f = start(&s, &c, &logger); // and nothing comes twice
    (void)site_append(&s, 1);
    await_all(&s, &c);
    follow_stop(f);
    site_stop(&s);
    site_done(&s);
}

// Failures that must be survived: a minute of 100,000 clients while a collector hangs.
static void a_collector_that_hangs_holds_up_no_record(void **state)
{
    (void)state;
    struct logger logger = {.level = LOG_CRITICAL};
    struct collector c;
    struct site s;

    site_init(&s);
    s.segment_size = 4 << 20;
    site_start(&s);
    collector_init(&c);
    c.hangs = true;
    struct follower *f = start(&s, &c, &logger);
    (void)site_append(&s, MANY); // returns when all are on disk
    assert_true(audit_durable(s.log) >= MANY);
    assert_ok(audit_health(s.log));
    assert_int_equal(c.taken, 0);
    assert_true(follow_lag(f) >= MANY);
    set(&c, &c.hangs, false);
    await_all(&s, &c);
    follow_stop(f);
    site_stop(&s);
    site_done(&s);
}

static void a_follower_that_waits_to_try_again_stops_at_once(void **state)
{
    (void)state;
    struct logger logger = {.level = LOG_CRITICAL};
    struct collector c;
    struct site s;

    site_init(&s);
    site_start(&s);
    collector_init(&c);
    c.fails = true;
    struct follower *f = start(&s, &c, &logger);
    (void)site_append(&s, 10);
    while (follow_failures(f) == 0) {
        const struct timespec pause = {0, 2000000};
        (void)nanosleep(&pause, NULL);
    }
    uint64_t began = real_monotonic_ns(NULL);
    follow_stop(f);
    assert_true(real_monotonic_ns(NULL) - began < STOP_MOST_MS * UINT64_C(1000000));
    site_stop(&s);
    site_done(&s);
}

TEST_MAIN(entries_are_followed_into_the_next_month,
          a_collector_that_was_away_for_months_misses_nothing,
          a_collector_that_hangs_holds_up_no_record,
          a_follower_that_waits_to_try_again_stops_at_once)
