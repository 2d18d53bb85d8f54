// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <time.h>

#include "test.h"

static void stamps_are_those_of_the_calendar(void **state)
{
    static const struct {
        uint64_t unix_us;
        const char *stamp;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000000Z"},
        {1, "1970-01-01T00:00:00.000001Z"},
        {951782399999999, "2000-02-28T23:59:59.999999Z"},
        {951782400000000, "2000-02-29T00:00:00.000000Z"},
        {951868800000000, "2000-03-01T00:00:00.000000Z"},
        {4107542399000000, "2100-02-28T23:59:59.000000Z"}, // 2100 is no leap year
        {4107542400000000, "2100-03-01T00:00:00.000000Z"},
        {1795395723004005, "2026-11-23T01:02:03.004005Z"},
        {253402300799999999, "9999-12-31T23:59:59.999999Z"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char stamp[CLOCK_STAMP_SIZE];
        clock_stamp(cases[i].unix_us, stamp);
        assert_span("stamp", span_of(stamp, sizeof(stamp)), span_str(cases[i].stamp));
    }
}

static void every_day_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (uint64_t day = 0; day < 2932896; day += 7) { // to the end of 9999
        char stamp[CLOCK_STAMP_SIZE], wanted[64];
        struct tm tm;
        time_t seconds = (time_t)(day * 86400 + day % 86400);
        assert_non_null(gmtime_r(&seconds, &tm));
        size_t n = strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
        clock_stamp((uint64_t)seconds * 1000000, stamp);
        assert_span("stamp", span_of(stamp, sizeof(stamp)), span_of(wanted, n));
    }
}

// RFC 9562 appendix A.6, with the random bits of its example.
static void a_uuid_is_that_of_the_standard(void **state)
{
    static const uint8_t random[10] = {0x0C, 0xC3, 0x18, 0xC4, 0xDC, 0x0C, 0x0C, 0x07, 0x39, 0x8F};
    char uuid[UUID_SIZE];

    (void)state;
    uuid_v7(1645557742000000, random, uuid);
    assert_span("uuid", span_of(uuid, sizeof(uuid)),
                SPAN_OF("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
}

static void version_and_variant_stand_whatever_is_random(void **state)
{
    uint64_t seed = 11;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        uint8_t random[10];
        char uuid[UUID_SIZE];
        for (size_t k = 0; k < sizeof(random); k++) {
            random[k] = (uint8_t)(test_random(&seed) >> 20);
        }
        uuid_v7(test_random(&seed) >> 13, random, uuid);
        assert_int_equal(uuid[14], '7');
        assert_non_null(strchr("89ab", uuid[19]));
        assert_int_equal(uuid[8], '-');
        assert_int_equal(uuid[23], '-');
    }
}

static void later_uuids_sort_behind_earlier_ones(void **state)
{
    static const uint8_t high[10] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    static const uint8_t low[10] = {0};

    (void)state;
    for (uint64_t ms = 1; ms < 1ULL << 47; ms = ms * 3 + 1) {
        char a[UUID_SIZE], b[UUID_SIZE];
        uuid_v7(ms * 1000, high, a);
        uuid_v7((ms + 1) * 1000, low, b);
        assert_true(memcmp(a, b, UUID_SIZE) < 0);
    }
}

static uint64_t seven(void *ctx)
{
    return *(uint64_t *)ctx;
}

static void a_clock_is_what_it_is_given(void **state)
{
    uint64_t value = 7;
    const struct clock c = {.monotonic_ns = seven, .unix_us = seven, .ctx = &value};

    (void)state;
    assert_int_equal(clock_monotonic_ns(&c), 7);
    value = 8;
    assert_int_equal(clock_unix_us(&c), 8);
}

TEST_MAIN(stamps_are_those_of_the_calendar, every_day_agrees_with_the_c_library,
          a_uuid_is_that_of_the_standard, version_and_variant_stand_whatever_is_random,
          later_uuids_sort_behind_earlier_ones, a_clock_is_what_it_is_given)
