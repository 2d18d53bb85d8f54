// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: months as the publisher divides a log, checked as an auditor does: each alone, with one key
// for all, and as a chain.
#include "audit/months_chain.h"
#include "audit/verify.h"
#include "publish_test.h"

static const uint64_t day_us = UINT64_C(86400) * SECOND_US;

static void next_month(struct site *s)
{
    atomic_fetch_and(&s->told, ~(1U << PUBLISH_MONTH));
    atomic_fetch_add(&s->unix_us, 30 * day_us);
    (void)site_append(s, 1); // an idle log looks once a minute
    for (int i = 0; i < 5000 && !site_was_told(s, PUBLISH_MONTH); i++) {
        (void)usleep(2000);
    }
    assert_true(site_was_told(s, PUBLISH_MONTH));
}

static struct span read_note(const char *folder)
{
    char path[2 * PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/checkpoint", folder);
    return test_read_file(path);
}

// The first key of LOG/vkey: the log's own.
static void read_key(const char *folder, char text[NOTE_KEY_TEXT_MOST], struct note_key *ret_key)
{
    char path[2 * PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/vkey", folder);
    struct span file = test_read_file(path);
    (void)snprintf(text, NOTE_KEY_TEXT_MOST, "%.*s", (int)span_find_byte(file, '\n'),
                   (const char *)file.p);
    mem_free((void *)(uintptr_t)file.p);
    assert_ok(note_key_parse(span_str(text), ret_key));
}

static enum verify_fault check(const char *folder, const struct note_key *key,
                               const struct span *after)
{
    struct verify_report report;
    struct trust trust;

    trust_of_key(&trust, key);
    const struct verify_options options = {.trust = &trust, .after = after, .threads = 2};
    assert_ok(verify_log(folder, &options, &report));
    return report.fault;
}

static void assert_within(const struct site *s, uint64_t from_us, uint64_t to_us, const char *first,
                          size_t count)
{
    char audit[PATH_SIZE + 16];
    struct months m;

    (void)snprintf(audit, sizeof(audit), "%s/audit", s->state);
    assert_ok(months_of(audit, &m));
    assert_int_equal(m.count, 3);
    assert_ok(months_within(audit, from_us, to_us, &m));
    assert_int_equal(m.count, count);
    if (count > 0) {
        assert_string_equal(m.names[0], first);
    }
}

// Begun on 18 November, 18 December and 17 January, when the publisher saw a new month.
static void check_windows(const struct site *s)
{
    const uint64_t begun = UINT64_C(1795000000) * SECOND_US;
    char path[PATH_SIZE + 32], previous[MONTHS_NAME_SIZE];

    assert_within(s, 0, UINT64_MAX, "2026-11", 3);
    assert_within(s, begun + 40 * day_us, UINT64_MAX, "2026-12", 2);
    assert_within(s, begun + 10 * day_us, begun + 20 * day_us, "2026-11", 1);
    assert_within(s, begun + 40 * day_us, begun + 50 * day_us, "2026-12", 1);
    assert_within(s, begun + 29 * day_us, begun + 31 * day_us, "2026-11", 2);
    assert_within(s, begun + 100 * day_us, UINT64_MAX, "main", 1);
    assert_within(s, 0, begun - 2 * day_us, "", 0);
    assert_ok(months_previous(s->log_folder, previous));
    assert_string_equal(previous, "2026-12");
    (void)snprintf(path, sizeof(path), "%s/audit/2026-11", s->state);
    assert_ok(months_previous(path, previous));
    assert_string_equal(previous, "");
}

static void months_are_a_chain_that_one_key_opens(void **state)
{
    (void)state;
    struct site s;
    struct note_key key;
    char key_text[NOTE_KEY_TEXT_MOST], folders[2][PATH_SIZE + 16];

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 700);
    read_key(s.log_folder, key_text, &key); // November's name, and no other was ever given
    next_month(&s);
    uint64_t size = 300;
    (void)site_append(&s, size);
    assert_ok(publish_wait(s.publisher, size, WAIT_MS));
    next_month(&s);
    site_stop(&s);
    (void)snprintf(folders[0], sizeof(folders[0]), "%s/audit/2026-11", s.state);
    (void)snprintf(folders[1], sizeof(folders[1]), "%s/audit/2026-12", s.state);
    struct span november = read_note(folders[0]);
    struct span december = read_note(folders[1]);
    assert_int_equal(check(folders[0], &key, NULL), VERIFY_GOOD);
    assert_int_equal(check(folders[1], &key, &november), VERIFY_GOOD);
    assert_int_equal(check(s.log_folder, &key, &december), VERIFY_GOOD);
    check_windows(&s);
    // December was taken out of the chain.
    assert_int_equal(check(s.log_folder, &key, &november), VERIFY_UNLINKED);
    mem_free((void *)(uintptr_t)november.p);
    mem_free((void *)(uintptr_t)december.p);
    site_done(&s);
}

static struct verify_report check_epochs(const char *folder, const struct note_key *key,
                                         const struct verify_epoch *before)
{
    struct verify_report report;
    struct trust trust;

    trust_of_key(&trust, key);
    const struct verify_options options = {.trust = &trust, .epoch = before, .threads = 2};
    assert_ok(verify_log(folder, &options, &report));
    return report;
}

// As the month counts.
static void append_in_month(struct site *s, uint64_t n)
{
    assert_ok(publish_wait(s->publisher, site_append(s, n) - audit_base(s->log), WAIT_MS));
}

// Days with and without a restart before and after the key of the day is on record.
static void live_days(struct site *s, unsigned days)
{
    for (unsigned day = 0; day < days; day++) {
        atomic_fetch_add(&s->unix_us, day_us);
        append_in_month(s, 1 + day % 3);
        if (day % 2 == 1) {
            site_stop(s);
            site_start(s);
        }
        append_in_month(s, 1);
    }
}

static void keys_of_days_go_on_over_months_and_restarts_and_a_forged_one_is_found(void **state)
{
    (void)state;
    struct site s;
    struct note_key key;
    char key_text[NOTE_KEY_TEXT_MOST], november[PATH_SIZE + 16];
    uint64_t forged = 0;

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 3);
    read_key(s.log_folder, key_text, &key);
    live_days(&s, 6);
    next_month(&s);
    live_days(&s, 5);
    (void)snprintf(november, sizeof(november), "%s/audit/2026-11", s.state);
    struct verify_report first = check_epochs(november, &key, NULL);
    assert_int_equal(first.fault, VERIFY_GOOD);
    assert_true(first.epoch_keys >= 6 && first.epoch_signed >= 5 && !first.epoch_open);
    struct verify_report second = check_epochs(s.log_folder, &key, &first.epoch);
    assert_int_equal(second.fault, VERIFY_GOOD);
    assert_true(second.epoch.number > first.epoch.number && !second.epoch_open);
    assert_true(check_epochs(s.log_folder, &key, NULL).epoch_open);

    // The process that writes the log can have anything signed for, but not vouched for.
    assert_ok(audit_append(s.log,
                           SPAN_OF("{\"v\":1,\"t\":\"epoch_key\",\"ts\":\"2026-12-24T00:00:00."
                                   "000000Z\",\"epoch\":99,\"vkey\":\"a\",\"by\":\"b\"}"),
                           &forged));
    append_in_month(&s, 1);
    forged -= audit_base(s.log); // as the month counts
    second = check_epochs(s.log_folder, &key, &first.epoch);
    assert_int_equal(second.fault, VERIFY_KEY_RECORD);
    assert_int_equal(second.bad_index, forged);
    site_stop(&s);
    site_done(&s);
}

TEST_MAIN(months_are_a_chain_that_one_key_opens,
          keys_of_days_go_on_over_months_and_restarts_and_a_forged_one_is_found)
