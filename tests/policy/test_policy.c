// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "policy/policy.h"

#include "expect.h"

static uint16_t rule(const char *id)
{
    uint16_t found = 0;

    assert_true(rules_find(span_str(id), &found));
    return found;
}

static const struct policy *profile(const char *name)
{
    const struct policy *p = policy_builtin(span_str(name));

    assert_non_null(p);
    return p;
}

static enum action decide(const char *policy, enum direction d, const char *id)
{
    return policy_decide(profile(policy), d, rule(id), SPAN_OF("messages[0].content"), 0);
}

static void the_profiles_are_what_their_snapshots_say(void **state) // S25
{
    (void)state;
    for (size_t i = 0; policy_builtin_at(i) != NULL; i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);
        char name[128];
        const struct policy *p = policy_builtin_at(i);

        assert_ok(policy_text(p, &text));
        (void)snprintf(name, sizeof(name), "tests/policy/snapshots/%s.policy",
                       (const char *)p->name.p);
        expect_file(name, buf_span(&text));
    }
}

static void a_profile_is_found_by_its_exact_name(void **state)
{
    (void)state;
    assert_ptr_equal(policy_builtin(SPAN_OF("default")), policy_builtin_at(1));
    assert_null(policy_builtin(SPAN_OF("Default")));
    assert_null(policy_builtin(SPAN_OF("defaul")));
    assert_null(policy_builtin(SPAN_OF("")));
    assert_null(policy_builtin_at(3));
}

static void the_default_profile_does_what_the_manual_says(void **state)
{
    (void)state;
    assert_int_equal(decide("default", DIRECTION_REQUEST, "pii.email"), ACTION_REDACT);
    assert_int_equal(decide("default", DIRECTION_REQUEST, "secret.github_pat"), ACTION_REDACT);
    assert_int_equal(decide("default", DIRECTION_RESPONSE, "pii.card"), ACTION_REDACT);
    assert_int_equal(decide("strict", DIRECTION_REQUEST, "secret.github_pat"), ACTION_BLOCK);
}

static void the_guide_redacts_three_kinds_in_answers_only(void **state) // S54, S55, S56
{
    (void)state;
    assert_int_equal(decide("guide", DIRECTION_RESPONSE, "pii.card"), ACTION_REDACT);
    assert_int_equal(decide("guide", DIRECTION_RESPONSE, "pii.us_ssn"), ACTION_REDACT);
    assert_int_equal(decide("guide", DIRECTION_RESPONSE, "pii.email"), ACTION_REDACT);
    assert_int_equal(decide("guide", DIRECTION_RESPONSE, "pii.phone"), ACTION_ALLOW);
    assert_int_equal(decide("guide", DIRECTION_RESPONSE, "secret.github_pat"), ACTION_ALLOW);
    assert_int_equal(decide("guide", DIRECTION_REQUEST, "pii.email"), ACTION_ALLOW);
    assert_true(profile("guide")->plain_tag); // S57
}

static void only_certain_injection_rules_block(void **state)
{
    (void)state;
    size_t seen[2] = {0};

    for (size_t i = 0; i < rules_count(); i++) {
        uint16_t r = (uint16_t)i;
        const struct rule_info *info = rules_get(r);
        if (info->kind != KIND_INJECTION) {
            continue;
        }
        enum action a =
            policy_decide(profile("strict"), DIRECTION_REQUEST, r, SPAN_OF("messages[0]"), 0);
        assert_int_equal(a, info->certain ? ACTION_BLOCK : ACTION_FLAG);
        seen[info->certain]++;
    }
    assert_true(seen[true] > 0);
}

static void a_rule_that_does_not_exist_blocks(void **state)
{
    (void)state;
    uint16_t none = (uint16_t)rules_count();

    assert_int_equal(
        policy_decide(profile("default"), DIRECTION_REQUEST, none, SPAN_OF("messages[0]"), 0),
        ACTION_BLOCK);
}

static void the_rules_to_scan_for_are_those_that_do_something(void **state)
{
    (void)state;
    for (size_t i = 0; policy_builtin_at(i) != NULL; i++) {
        for (enum direction d = DIRECTION_REQUEST; d < DIRECTION_COUNT; d++) {
            const struct policy *p = policy_builtin_at(i);
            struct rule_set set = policy_rules(p, d);
            for (size_t n = 0; n < rules_count(); n++) {
                uint16_t r = (uint16_t)n;
                enum action a = policy_decide(p, d, r, SPAN_OF("x"), 0);
                assert_int_equal(rule_set_has(&set, r), a != ACTION_ALLOW);
            }
        }
    }
}

static const struct {
    const char *pattern, *path;
    bool matches;
} paths[] = {
    {"messages[0].content", "messages[0].content", true},
    {"messages[0].content", "messages[1].content", false},
    {"messages[*].content", "messages[0].content", true},
    {"messages[*].content", "messages[1234].content", true},
    {"messages[].content", "messages[7].content", true},
    {"messages[*].content", "messages[].content", true},
    {"messages[*].content", "messages[x].content", false},
    {"messages[*].content", "messages[0].content.text", false},
    {"messages[*].content.text", "messages[0].content", false},
    {"messages[*].content[*].text", "messages[0].content[12].text", true},
    {"messages[*]", "messages[0", false},
    {"messages[*]", "messages", false},
    {"messages[*]", "messages[0][1]", false},
    {"*", "anything[0].at.all", true},
    {"*", "", true},
    {"", "", true},
    {"", "x", false},
    {"x", "", false},
    {"*.content", "messages[0].content", false},
};

static void paths_match_exactly_but_for_indices(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
        bool got = policy_path_matches(span_str(paths[i].pattern), span_str(paths[i].path));
        if (got != paths[i].matches) {
            fail_msg("%s against %s", paths[i].pattern, paths[i].path);
        }
    }
}

static void an_exception_holds_for_its_rule_path_and_time(void **state)
{
    (void)state;
    const struct policy_exception exceptions[] = {
        {.rule = SPAN("pii.email"),
         .path = SPAN("messages[*].content"),
         .reason = SPAN("footer"),
         .expires_unix_s = 1000},
        {.rule = SPAN("secret.*"),
         .path = SPAN("*"),
         .reason = SPAN("training range"),
         .expires_unix_s = 500},
    };
    struct policy p = *profile("default");
    struct span inside = SPAN("messages[3].content");
    struct span outside = SPAN("metadata.note");
    uint16_t email = rule("pii.email");
    uint16_t pat = rule("secret.github_pat");

    p.exceptions = exceptions;
    p.exception_count = ARRAY_SIZE(exceptions);
    assert_int_equal(policy_decide(&p, DIRECTION_REQUEST, email, inside, 999), ACTION_ALLOW);
    assert_int_equal(policy_decide(&p, DIRECTION_REQUEST, email, inside, 1000), ACTION_REDACT);
    assert_int_equal(policy_decide(&p, DIRECTION_REQUEST, email, outside, 0), ACTION_REDACT);
    assert_int_equal(policy_decide(&p, DIRECTION_REQUEST, rule("pii.card"), inside, 0),
                     ACTION_REDACT);
    assert_int_equal(policy_decide(&p, DIRECTION_REQUEST, pat, outside, 499), ACTION_ALLOW);
    assert_int_equal(policy_decide(&p, DIRECTION_REQUEST, pat, outside, 500), ACTION_REDACT);
}

static void actions_have_names(void **state)
{
    (void)state;
    enum action a = ACTION_ALLOW;

    for (enum action want = ACTION_ALLOW; want <= ACTION_BLOCK; want++) {
        assert_true(action_find(span_str(action_text(want)), &a));
        assert_int_equal(a, want);
    }
    assert_false(action_find(SPAN_OF("encrypt"), &a));
    assert_false(action_find(SPAN_OF("Allow"), &a));
    assert_false(action_find(SPAN_OF(""), &a));
}

TEST_MAIN(the_profiles_are_what_their_snapshots_say, a_profile_is_found_by_its_exact_name,
          the_default_profile_does_what_the_manual_says,
          the_guide_redacts_three_kinds_in_answers_only, only_certain_injection_rules_block,
          a_rule_that_does_not_exist_blocks, the_rules_to_scan_for_are_those_that_do_something,
          paths_match_exactly_but_for_indices, an_exception_holds_for_its_rule_path_and_time,
          actions_have_names)
