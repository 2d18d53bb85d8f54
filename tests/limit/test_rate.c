// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "limit/rate.h"

#include "test.h"

static const uint64_t ms = 1000000;
static const uint64_t second = 1000000000;

static bool take(struct rate *r, uint64_t now_ns)
{
    uint64_t retry_ms = 0;

    return rate_take(r, now_ns, &retry_ms);
}

// S65, S66, S67
static void sixty_a_minute_go_in_and_the_next_does_not(void **state)
{
    struct rate r;

    (void)state;
    rate_init(&r, 60);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(rate_remaining(&r, 5 * second), 60 - i);
        assert_true(take(&r, 5 * second));
    }
    assert_int_equal(rate_remaining(&r, 5 * second), 0);
    assert_false(take(&r, 5 * second));
    assert_false(take(&r, 64 * second));
    assert_true(take(&r, 66 * second));
}

// S66: the window slides; a burst across the turn of a minute is not twice the limit.
static void the_window_slides_over_the_turn_of_a_minute(void **state)
{
    struct rate r;
    int allowed = 0;

    (void)state;
    rate_init(&r, 60);
    for (uint64_t t = 0; t < 120; t++) { // 59.000 s to 60.999 s
        allowed += take(&r, 59 * second + t * 17 * ms);
    }
    assert_int_equal(allowed, 60);
}

// S67: trying again does not push the next free place away.
static void a_refusal_is_not_counted(void **state)
{
    struct rate r;

    (void)state;
    rate_init(&r, 1);
    assert_true(take(&r, 0));
    for (uint64_t t = 1; t <= 60; t++) {
        assert_false(take(&r, t * second));
    }
    assert_true(take(&r, 60 * second + RATE_QUARTER_MS * ms));
}

// S70: who waits as long as he is told is let in, and a millisecond less is too short.
static void retry_after_is_exact(void **state)
{
    uint64_t random = 7;

    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct rate r;
        uint64_t retry_ms = 0;
        uint64_t now = test_random(&random) % (1000 * second);
        rate_init(&r, 1 + (uint32_t)(test_random(&random) % 20));
        while (rate_take(&r, now, &retry_ms)) {
            now += test_random(&random) % (4 * second);
        }
        assert_in_range(retry_ms, 1, RATE_WINDOW_MS + RATE_QUARTER_MS);
        struct rate early = r;
        assert_false(take(&early, now - now % ms + (retry_ms - 1) * ms));
        assert_true(take(&r, now + retry_ms * ms));
    }
}

static void a_limit_of_zero_refuses_all(void **state)
{
    struct rate r;
    uint64_t retry_ms = 0;

    (void)state;
    rate_init(&r, 0);
    assert_false(rate_take(&r, 0, &retry_ms));
    assert_false(rate_take(&r, 1000 * second, &retry_ms));
    assert_in_range(retry_ms, 1, RATE_WINDOW_MS + RATE_QUARTER_MS);
}

static void a_lower_limit_holds_at_once_and_forgets_nothing(void **state)
{
    struct rate r;
    uint64_t retry_ms = 0;

    (void)state;
    rate_init(&r, 10);
    for (uint64_t i = 0; i < 10; i++) {
        assert_true(take(&r, i * second));
    }
    rate_set_limit(&r, 4);
    assert_int_equal(rate_remaining(&r, 10 * second), 0);
    assert_false(rate_take(&r, 10 * second, &retry_ms));
    // Seven of the ten must leave: the one of second 6 does at 66.25 s.
    assert_int_equal(retry_ms, 56250);
    rate_set_limit(&r, 12);
    assert_int_equal(rate_remaining(&r, 10 * second), 2);
}

// Threads read the clock before they take the lock, so a time may come late.
static void a_clock_that_goes_back_gives_nothing_away(void **state)
{
    struct rate r;
    uint64_t retry_ms = 0;

    (void)state;
    rate_init(&r, 2);
    assert_true(take(&r, 100 * second));
    assert_true(take(&r, 30 * second));
    assert_false(rate_take(&r, 0, &retry_ms));
    assert_int_equal(retry_ms, RATE_WINDOW_MS + RATE_QUARTER_MS);
    assert_false(take(&r, 159 * second));
    assert_true(take(&r, 161 * second));
}

static void a_long_pause_empties_the_window(void **state)
{
    struct rate r;

    (void)state;
    rate_init(&r, 1);
    assert_true(take(&r, 0));
    assert_true(take(&r, 1000000 * second));
    assert_false(take(&r, 1000000 * second));
    assert_true(take(&r, UINT64_MAX));
}

enum { MOST = 4096 };

struct oracle {
    uint64_t let_in[MOST];
    size_t n;
};

static uint32_t count_since(const struct oracle *o, uint64_t now, uint64_t age_ns)
{
    uint32_t count = 0;

    for (size_t i = 0; i < o->n; i++) {
        count += now - o->let_in[i] < age_ns;
    }
    return count;
}

// S66: against a list of exact times, for any traffic.
static void no_sixty_seconds_hold_more_and_few_are_refused(void **state)
{
    static struct oracle o;
    const uint64_t window = RATE_WINDOW_MS * ms;
    const uint64_t slack = RATE_QUARTER_MS * ms;
    uint64_t random = 42;

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct rate r;
        uint32_t limit = 1 + (uint32_t)(test_random(&random) % 80);
        uint64_t now = test_random(&random) % second;
        uint64_t most_pause = (1 + test_random(&random) % 200) * 10 * ms;
        rate_init(&r, limit);
        o.n = 0;
        for (int i = 0; i < 1500; i++) {
            bool burst = test_random(&random) % 4 == 0;
            now += burst ? 0 : test_random(&random) % most_pause;
            uint32_t exact = count_since(&o, now, window);
            uint32_t loose = count_since(&o, now, window + slack);
            bool allowed = take(&r, now);
            assert_true(!allowed || exact < limit);
            assert_true(allowed || loose >= limit);
            if (allowed) {
                o.let_in[o.n++] = now;
            }
        }
    }
}

TEST_MAIN(sixty_a_minute_go_in_and_the_next_does_not, the_window_slides_over_the_turn_of_a_minute,
          a_refusal_is_not_counted, retry_after_is_exact, a_limit_of_zero_refuses_all,
          a_lower_limit_holds_at_once_and_forgets_nothing,
          a_clock_that_goes_back_gives_nothing_away, a_long_pause_empties_the_window,
          no_sixty_seconds_hold_more_and_few_are_refused)
