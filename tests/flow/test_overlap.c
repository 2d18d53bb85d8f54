// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where findings and tokens lie over each other (S57): a value that comes back is not new, what the
// model makes up around it is.
#include "flow/overlap.h"

#include "test.h"

static const struct pseudonym entry;

// The rows say the action in the place of the confidence.
static enum aiu_status judge(void *ctx, const struct finding *f, enum action *ret_action)
{
    (*(int *)ctx)++;
    *ret_action = (enum action)f->confidence;
    return AIU_OK;
}

struct row {
    const char *why;
    struct finding finding;
    struct token_seen token;
    bool restored, edited;
    size_t edit_from;
    int asked;
};

static const struct row rows[] = {
    {"a finding that is the token",
     {2, 8, .confidence = ACTION_BLOCK, .open = false},
     {2, 8, &entry, false, false},
     true,
     false,
     2,
     0},
    {"inside it",
     {3, 7, .confidence = ACTION_BLOCK, .open = false},
     {2, 8, &entry, false, false},
     true,
     false,
     3,
     0},
    {"apart",
     {9, 12, .confidence = ACTION_REDACT, .open = false},
     {2, 8, &entry, false, false},
     true,
     true,
     9,
     1},
    {"around it, redacted",
     {1, 9, .confidence = ACTION_REDACT, .open = false},
     {2, 8, &entry, false, false},
     false,
     true,
     1,
     1},
    {"around it, flagged",
     {1, 9, .confidence = ACTION_FLAG, .open = false},
     {2, 8, &entry, false, false},
     true,
     false,
     1,
     1},
    {"from its start on and behind",
     {2, 12, .confidence = ACTION_DROP, .open = false},
     {2, 8, &entry, false, false},
     true,
     true,
     8,
     1},
    {"from inside and behind",
     {5, 12, .confidence = ACTION_MASK, .open = false},
     {2, 8, &entry, false, false},
     true,
     true,
     8,
     1},
    {"from before and into it",
     {0, 5, .confidence = ACTION_MASK, .open = false},
     {2, 8, &entry, false, false},
     false,
     true,
     0,
     1},
};

static void assert_row(const struct row *r, const struct finding *f, const struct token_seen *t,
                       int asked)
{
    if ((t->entry != NULL) != r->restored || finding_edits(f) != r->edited || asked != r->asked ||
        (r->edited && f->start != r->edit_from)) {
        fail_msg("%s: restored %d, edited %d from %zu, asked %d", r->why, t->entry != NULL,
                 finding_edits(f), f->start, asked);
    }
}

// In one go, and in pieces that end at every place.
static void each_overlap_is_settled_the_same_for_every_cut(void **state)
{
    (void)state;

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        for (size_t cut = 0; cut < 14; cut++) {
            struct finding f = rows[i].finding;
            struct token_seen t = rows[i].token;
            struct findings found = {&f, 1, 1, 1};
            struct tokens_seen seen = {&t, 1, 1};
            int asked = 0;
            assert_ok(overlap_settle(&found, &seen, cut, judge, &asked));
            assert_ok(overlap_settle(&found, &seen, SIZE_MAX, judge, &asked));
            assert_row(&rows[i], &f, &t, asked);
        }
    }
}

// One that is open may still grow out of the token.
static void an_open_finding_inside_a_token_is_settled_when_it_leaves_it(void **state)
{
    (void)state;
    struct finding f = {2, 6, .confidence = ACTION_REDACT, .open = true};
    struct token_seen t = {2, 8, &entry, false, false};
    struct findings found = {&f, 1, 1, 1};
    struct tokens_seen seen = {&t, 1, 1};
    int asked = 0;

    assert_ok(overlap_settle(&found, &seen, 6, judge, &asked));
    assert_int_equal(asked, 0);
    f.end = 12;
    f.open = false;
    assert_ok(overlap_settle(&found, &seen, SIZE_MAX, judge, &asked));
    assert_int_equal(asked, 1);
    assert_true(finding_edits(&f) && f.start == 8 && t.entry != NULL);
}

static void findings_that_overlap_become_one_with_the_strongest_action(void **state)
{
    (void)state;
    struct finding f[] = {{2, 6, .confidence = ACTION_PSEUDONYM, .value_n = 4},
                          {4, 9, .confidence = ACTION_REDACT, .value_n = 5},
                          {5, 7, .confidence = ACTION_FLAG, .value_n = 2},
                          {9, 12, .confidence = ACTION_MASK, .value_n = 3}};
    struct findings found = {f, 4, 4, 4};
    struct tokens_seen none = {0};
    int asked = 0;

    assert_ok(overlap_settle(&found, &none, SIZE_MAX, judge, &asked));
    assert_int_equal(asked, 4);
    assert_true(f[0].note == note_of(ACTION_REDACT) && f[0].end == 9);
    assert_false(finding_edits(&f[1]));
    assert_true(finding_edits(&f[3]) && f[3].start == 9);
}

// A link that is flagged would carry the value to its host: the token stays.
static void no_value_comes_back_inside_a_link_that_carries_data(void **state)
{
    (void)state;
    uint16_t link = 0;

    while (rules_get(link) != NULL && rules_get(link)->kind != KIND_OUTPUT) {
        link++;
    }
    if (rules_get(link) == NULL) {
        skip(); // no such rule is built in
    }
    for (enum action a = ACTION_ALLOW; a <= ACTION_FLAG; a++) {
        struct finding f = {0, 20, .rule = link, .confidence = (uint8_t)a};
        struct token_seen t = {5, 15, &entry, false, false};
        struct findings found = {&f, 1, 1, 1};
        struct tokens_seen seen = {&t, 1, 1};
        int asked = 0;
        assert_ok(overlap_settle(&found, &seen, SIZE_MAX, judge, &asked));
        assert_true((t.entry != NULL) == (a == ACTION_ALLOW));
    }
}

// In an address that a host would learn of the token stays, and is no finding for that.
static void a_linked_token_stays_and_covers_what_is_found_in_it(void **state)
{
    (void)state;
    struct finding f = {5, 15, .confidence = ACTION_BLOCK};
    struct token_seen t = {5, 15, &entry, .linked = true};
    struct findings found = {&f, 1, 1, 1};
    struct tokens_seen seen = {&t, 1, 1};
    int asked = 0;

    assert_ok(overlap_settle(&found, &seen, SIZE_MAX, judge, &asked));
    assert_int_equal(asked, 0);
    assert_true(t.entry == NULL && !finding_edits(&f));
}

TEST_MAIN(findings_that_overlap_become_one_with_the_strongest_action,
          a_linked_token_stays_and_covers_what_is_found_in_it,
          no_value_comes_back_inside_a_link_that_carries_data,
          each_overlap_is_settled_the_same_for_every_cut,
          an_open_finding_inside_a_token_is_settled_when_it_leaves_it)
