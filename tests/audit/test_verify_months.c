// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S62: months as the publisher divides a log, checked as an auditor does: each alone, with one key
// for all, and as a chain.
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
    // December was taken out of the chain.
    assert_int_equal(check(s.log_folder, &key, &november), VERIFY_UNLINKED);
    mem_free((void *)(uintptr_t)november.p);
    mem_free((void *)(uintptr_t)december.p);
    site_done(&s);
}

TEST_MAIN(months_are_a_chain_that_one_key_opens)
