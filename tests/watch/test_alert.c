// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S69, S71: what raises an alert, and what does not.
#include "watch/alert.h"

#include "test.h"

enum { SECOND = 1000000 };

static const uint64_t begin_us = UINT64_C(1795392000) * SECOND; // midnight

struct seen {
    size_t count;
    char subject[400], name[64];
    uint64_t counted, index;
};

static enum aiu_status see(void *ctx, const struct alert *alert)
{
    struct seen *s = ctx;

    s->count++;
    s->counted = alert->count;
    s->index = alert->index;
    (void)snprintf(s->subject, sizeof(s->subject), "%.*s", (int)alert->subject.n,
                   (const char *)alert->subject.p);
    (void)snprintf(s->name, sizeof(s->name), "%.*s", (int)alert->rule->name.n,
                   (const char *)alert->rule->name.p);
    return AIU_OK;
}

static struct alerts *alerts_of(const struct alert_rule *rules, size_t count, struct seen *s)
{
    struct alerts *a = NULL;

    assert_ok(alerts_new(rules, count, see, s, &a));
    return a;
}

static struct row_values entry(enum row_type type, const char *name, uint64_t unix_us)
{
    struct row_values v = {.row = {.unix_us = unix_us, .type = (uint8_t)type}};

    v.columns[ROW_TYPE_NAME] = span_str(name);
    return v;
}

static struct row_values request(const char *key, const char *model, uint64_t unix_us)
{
    struct row_values v = entry(ROW_DECISION, "decision", unix_us);

    v.columns[ROW_KEY] = span_str(key);
    v.columns[ROW_MODEL] = span_str(model);
    v.columns[ROW_VERDICT] = SPAN_OF("pass");
    return v;
}

static void take(struct alerts *a, const struct row_values *v)
{
    assert_ok(alerts_take(a, 7, v));
}

// Two hundred requests of app1 a second apart, for the rule.
static struct seen requests_a_second_apart(const struct alert_rule *rule, size_t count)
{
    struct seen s = {0};
    struct alerts *a = alerts_of(rule, 1, &s);

    for (size_t i = 0; i < count; i++) {
        struct row_values v = request("app1", "m", begin_us + i * SECOND);
        take(a, &v);
    }
    alerts_free(a);
    return s;
}

static void a_rate_fires_above_its_number_and_is_quiet_then(void **state)
{
    (void)state;
    struct alert_rule rule = {
        .name = SPAN("busy"), .kind = ALERT_RATE, .more_than = 50, .within_s = 60, .quiet_s = 3600};

    assert_int_equal(requests_a_second_apart(&rule, 50).count, 0);
    struct seen s = requests_a_second_apart(&rule, 200);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.subject, "key:app1");
    assert_int_equal(s.counted, 51);
    assert_int_equal(s.index, 7);
    rule.more_than = 61; // 60 a minute never pass it
    assert_int_equal(requests_a_second_apart(&rule, 2000).count, 0);
    rule.more_than = 40;
    rule.quiet_s = 10;
    assert_true(requests_a_second_apart(&rule, 200).count > 5);
}

static void keys_are_counted_apart(void **state)
{
    (void)state;
    const struct alert_rule rule = {.kind = ALERT_RATE, .more_than = 10, .within_s = 60};
    struct seen s = {0};
    struct alerts *a = alerts_of(&rule, 1, &s);
    char key[32];

    for (uint64_t i = 0; i < 5000; i++) {
        (void)snprintf(key, sizeof(key), "key%llu", (unsigned long long)(i % 500));
        struct row_values v = request(key, "m", begin_us + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 0);
    alerts_free(a);
}

static void a_burst_is_many_times_the_usual(void **state)
{
    (void)state;
    const struct alert_rule rule = {
        .kind = ALERT_BURST, .more_than = 10, .least = 100, .within_s = 60, .quiet_s = 3600};
    struct seen s = {0};
    struct alerts *a = alerts_of(&rule, 1, &s);
    uint64_t now = begin_us;

    for (size_t minute = 0; minute < 60; minute++, now += 60 * SECOND) {
        for (size_t i = 0; i < 20; i++) {
            struct row_values v = request("app1", "m", now + i);
            take(a, &v);
        }
    }
    assert_int_equal(s.count, 0);
    for (size_t i = 0; i < 150; i++) { // more than usual, not ten times
        struct row_values v = request("app1", "m", now + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 0);
    now += 60 * SECOND;
    for (size_t i = 0; i < 1000; i++) {
        struct row_values v = request("app1", "m", now + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 1);
    alerts_free(a);
}

static void a_model_is_new_once(void **state)
{
    (void)state;
    const struct alert_rule rule = {.kind = ALERT_NEW_MODEL};
    struct seen s = {0};
    struct alerts *a = alerts_of(&rule, 1, &s);
    struct row_values v = request("app1", "gpt-4o", begin_us);
    const struct query_hit hit = {1, {NULL, 0}, &v};

    assert_ok(alerts_learn(a, &hit)); // the past is no news
    take(a, &v);
    assert_int_equal(s.count, 0);
    v = request("app1", "gpt-5", begin_us);
    take(a, &v);
    take(a, &v);
    assert_int_equal(s.count, 1);
    assert_string_equal(s.subject, "key:app1 model:gpt-5");
    v = request("app2", "gpt-5", begin_us);
    take(a, &v);
    assert_int_equal(s.count, 2);
    alerts_free(a);
}

static void hours_are_a_part_of_the_day(void **state)
{
    (void)state;
    static const struct {
        uint16_t from, to, minute;
        bool after;
    } cases[] = {{480, 1080, 479, true},  {480, 1080, 480, false},  {480, 1080, 1079, false},
                 {480, 1080, 1080, true}, {1320, 360, 1330, false}, {1320, 360, 10, false},
                 {1320, 360, 360, true},  {1320, 360, 1319, true}};

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct alert_rule rule = {
            .kind = ALERT_AFTER_HOURS, .from_minute = cases[i].from, .to_minute = cases[i].to};
        struct seen s = {0};
        struct alerts *a = alerts_of(&rule, 1, &s);
        struct row_values v =
            request("app1", "m", begin_us + (uint64_t)cases[i].minute * 60 * SECOND);
        take(a, &v);
        assert_int_equal(s.count, cases[i].after);
        alerts_free(a);
    }
}

static void denials_and_wrong_keys_add_up(void **state)
{
    (void)state;
    const struct alert_rule rules[] = {
        {.name = SPAN("denials"),
         .kind = ALERT_DENIALS,
         .more_than = 3,
         .within_s = 60,
         .quiet_s = 600},
        {.name = SPAN("auth"),
         .kind = ALERT_AUTH_FAILURES,
         .more_than = 3,
         .within_s = 60,
         .quiet_s = 600},
    };
    struct seen s = {0};
    struct alerts *a = alerts_of(rules, 2, &s);

    for (size_t i = 0; i < 4; i++) {
        struct row_values v = request("app1", "m", begin_us + i);
        v.columns[ROW_VERDICT] = i % 2 == 0 ? SPAN_OF("block") : SPAN_OF("redact");
        take(a, &v);
        v = entry(ROW_EVENT, "policy_block", begin_us + i);
        v.columns[ROW_KEY] = SPAN_OF("app1");
        take(a, &v);
    }
    assert_int_equal(s.count, 1);
    assert_string_equal(s.name, "denials");
    for (size_t i = 0; i < 4; i++) {
        struct row_values v = entry(ROW_EVENT, "auth_fail", begin_us + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 2);
    assert_string_equal(s.name, "auth");
    assert_string_equal(s.subject, "all");
    alerts_free(a);
}

static void tokens_are_spent_by_the_key_of_their_request(void **state)
{
    (void)state;
    const struct alert_rule rule = {
        .kind = ALERT_SPEND, .more_than = 1000, .within_s = 3600, .quiet_s = 600};
    struct seen s = {0};
    struct alerts *a = alerts_of(&rule, 1, &s);
    char id[40];

    for (unsigned i = 0; i < 11; i++) {
        (void)snprintf(id, sizeof(id), "0199c3a0-0000-7000-8000-%012x", i);
        struct row_values v = request(i == 5 ? "app2" : "app1", "m", begin_us + i);
        v.columns[ROW_ID] = span_str(id);
        take(a, &v);
        v = entry(ROW_RESULT, "result", begin_us + i);
        v.columns[ROW_ID] = span_str(id);
        v.tokens_in = 90;
        v.tokens_out = 11;
        take(a, &v);
    }
    assert_int_equal(s.count, 1);
    assert_string_equal(s.subject, "key:app1");
    assert_int_equal(s.counted, 1010);
    alerts_free(a);
}

static void an_event_is_told_at_once_by_the_defaults(void **state)
{
    (void)state;
    struct seen s = {0};
    struct alerts *a = alerts_of(alert_defaults, alert_default_count, &s);
    struct row_values v = entry(ROW_EVENT, "audit_degraded", begin_us);

    take(a, &v);
    assert_int_equal(s.count, 1);
    v = entry(ROW_EVENT, "boot", begin_us);
    take(a, &v);
    v = entry(ROW_EVENT, "alert", begin_us); // or alerts would breed
    take(a, &v);
    assert_int_equal(s.count, 1);
    alerts_free(a);
}

// A clock that is a year ahead for one entry.
static void a_clock_that_jumps_does_not_silence_a_rule(void **state)
{
    (void)state;
    const uint64_t year_us = UINT64_C(365) * 86400 * 1000000;
    const struct alert_rule rule = {
        .kind = ALERT_RATE, .more_than = 3, .within_s = 60, .quiet_s = 900};
    struct seen s = {0};
    struct alerts *a = alerts_of(&rule, 1, &s);

    for (uint64_t i = 0; i < 5; i++) {
        struct row_values v = request("app", "m", begin_us + year_us + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 1);
    for (uint64_t i = 0; i < 3; i++) {
        struct row_values v = request("app", "m", begin_us + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 1); // counted anew
    for (uint64_t i = 0; i < 5; i++) {
        struct row_values v = request("app", "m", begin_us + 10 + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 2);
    alerts_free(a);
}

static void more_keys_than_fit_push_out_the_oldest(void **state)
{
    (void)state;
    const struct alert_rule rule = {.kind = ALERT_RATE, .more_than = 100, .within_s = 60};
    struct seen s = {0};
    struct alerts *a = alerts_of(&rule, 1, &s);
    char key[32];

    for (uint64_t i = 0; i < 3 * ALERT_SUBJECTS; i++) {
        (void)snprintf(key, sizeof(key), "key%llu", (unsigned long long)i);
        struct row_values v = request(key, "m", begin_us + i);
        take(a, &v);
    }
    assert_int_equal(s.count, 0);
    alerts_free(a);
}

TEST_MAIN(a_clock_that_jumps_does_not_silence_a_rule,
          a_rate_fires_above_its_number_and_is_quiet_then, keys_are_counted_apart,
          a_burst_is_many_times_the_usual, a_model_is_new_once, hours_are_a_part_of_the_day,
          denials_and_wrong_keys_add_up, tokens_are_spent_by_the_key_of_their_request,
          an_event_is_told_at_once_by_the_defaults, more_keys_than_fit_push_out_the_oldest)
