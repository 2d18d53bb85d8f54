// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Months of a log: one follows another without a gap, each is whole by itself, and old ones go when
// their time is over.
#include "audit/shard.h"
#include "publish_test.h"

static const uint64_t day_us = UINT64_C(86400) * SECOND_US;

static void wait_for(struct site *s, enum publish_event event)
{
    for (int i = 0; i < 5000 && !site_was_told(s, event); i++) {
        (void)usleep(2000);
    }
    assert_true(site_was_told(s, event));
}

// Into the month of `days` later.
static void next_month(struct site *s, uint64_t days)
{
    atomic_fetch_and(&s->told, ~(1U << PUBLISH_MONTH));
    atomic_fetch_add(&s->unix_us, days * day_us);
    (void)site_append(s, 1); // an idle log looks once a minute
    wait_for(s, PUBLISH_MONTH);
}

static bool has(const struct site *s, const char *name)
{
    char path[2 * PATH_SIZE];

    (void)snprintf(path, sizeof(path), "%s/audit/%s", s->state, name);
    return access(path, F_OK) == 0;
}

static void read_entry(const char *folder, uint64_t index, char out[4096])
{
    struct reader *r = NULL;
    struct reader_entry entry;

    assert_ok(reader_open(folder, index, &r));
    assert_ok(reader_next(r, &entry));
    (void)snprintf(out, 4096, "%.*s", (int)entry.bytes.n, (const char *)entry.bytes.p);
    reader_free(r);
}

static void append_decision(struct site *s, const char *id, bool result)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    const struct record_origin origin = {SPAN("gw1"), SPAN("b007")};
    const struct record_decision d = {.id = span_str(id), .route = SPAN("/v1/x")};
    const struct record_result r = {.id = span_str(id), .http_status = 200};
    uint64_t index = 0;

    assert_ok(result ? record_result(&b, &r) : record_decision(&b, &origin, &d));
    assert_ok(audit_append(s->log, buf_span(&b), &index));
    assert_ok(audit_wait(s->log, index, WAIT_MS));
}

static void a_month_begins_with_the_last_checkpoint_of_the_one_before(void **state)
{
    (void)state;
    struct site s;
    struct checkpoint c;
    char text[4096], old[PATH_SIZE + 16], path[PATH_SIZE + 32];

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 700);
    next_month(&s, 30);
    uint64_t size = 300;
    (void)site_append(&s, size);
    assert_ok(publish_wait(s.publisher, size, WAIT_MS));
    site_checkpoint(&s, &c);
    assert_span("origin", c.origin, SPAN_OF("audit.example.com/gw1/2026-12"));
    site_assert_published(&s, size);

    // The old one is whole and closed, and what it ended with is the first entry of the new one.
    (void)snprintf(old, sizeof(old), "%s/audit/2026-11", s.state);
    struct site before = s;
    memcpy(before.log_folder, old, sizeof(old));
    site_assert_published(&before, 700);
    struct fsck_report report;
    assert_ok(fsck_run(old, &report));
    assert_int_equal(report.fault, FSCK_NONE);
    site_checkpoint(&before, &c);
    assert_int_equal(c.size, report.entries);
    (void)snprintf(path, sizeof(path), "%s/checkpoint", old);
    struct span note = test_read_file(path);
    read_entry(s.log_folder, 0, text);
    assert_non_null(strstr(text, "\"t\":\"shard\""));
    assert_non_null(strstr(text, "\"previous\":\"2026-11\""));
    struct span first_line = span_first(note, span_find_byte(note, '\n'));
    char quoted[128];
    (void)snprintf(quoted, sizeof(quoted), "\"checkpoint\":\"%.*s\\n%llu\\n", (int)first_line.n,
                   (const char *)first_line.p, (unsigned long long)c.size);
    assert_non_null(strstr(text, quoted));
    mem_free((void *)note.p);
    site_stop(&s);
    site_done(&s);
}

// By the auditor's program, which shares no code with the publisher but the formats'.
static void the_auditors_program_follows_the_months(void **state)
{
    (void)state;
    struct site s;
    char command[1024], path[PATH_SIZE + 32];
    const char *binary = getenv("AIU_BINARY"); // NOLINT(concurrency-mt-unsafe): one thread

    (void)snprintf(path, sizeof(path), "%.200s/bin/aiu-verify", binary == NULL ? "." : binary);
    if (access(path, X_OK) != 0) {
        skip();
    }
    site_init(&s);
    site_start(&s);
    site_append_published(&s, 300);
    next_month(&s, 30);
    next_month(&s, 30);
    (void)site_append(&s, 300);
    assert_ok(publish_wait(s.publisher, 300, WAIT_MS));
    site_stop(&s);
    (void)snprintf(command, sizeof(command), "%s --dir %s/audit >&2", path, s.state);
    assert_int_equal(system(command), 0); // NOLINT: a path of ours, and one thread
    (void)snprintf(path, sizeof(path), "%s/audit/2026-12/checkpoint", s.state);
    struct span note = test_read_file(path);
    ((uint8_t *)note.p)[span_find_byte(note, '\n') + 1] ^= 1; // another size
    write_file(path, note);
    assert_int_not_equal(system(command), 0); // NOLINT: as above
    mem_free((void *)note.p);
    site_done(&s);
}

static void requests_under_way_are_carried_into_the_new_month(void **state)
{
    (void)state;
    static const char *const ids[] = {"018f3c2a-7b1c-7d2e-8f00-0123456789a0",
                                      "018f3c2a-7b1c-7d2e-8f00-0123456789a1",
                                      "018f3c2a-7b1c-7d2e-8f00-0123456789a2"};
    struct site s;
    struct fsck_report report;

    site_init(&s);
    site_start(&s);
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        append_decision(&s, ids[i], false);
    }
    append_decision(&s, ids[0], true);
    next_month(&s, 30);
    append_decision(&s, ids[1], true);
    site_stop(&s);
    assert_ok(fsck_run(s.log_folder, &report));
    assert_int_equal(report.decisions, 2); // carried
    assert_int_equal(report.results, 1);
    assert_int_equal(report.orphans, 0);
    // The third never ended: the next start says so.
    site_start(&s);
    site_stop(&s);
    assert_ok(fsck_run(s.log_folder, &report));
    assert_int_equal(report.abandoned, 1);
    assert_int_equal(report.open, 0);
    site_done(&s);
}

static void entries_come_while_a_month_begins_and_none_is_lost(void **state)
{
    (void)state;
    struct site s;
    struct fsck_report old, new;
    char text[128], folder[PATH_SIZE + 16];
    uint64_t index = 0, count = 0;

    site_init(&s);
    site_start(&s);
    atomic_fetch_add(&s.unix_us, 30 * day_us);
    while (!site_was_told(&s, PUBLISH_MONTH) || count < 5000) {
        enum aiu_status st = audit_append(s.log, numbered_entry(count, text), &index);
        assert_true(st == AIU_OK || st == AIU_OVERLOADED);
        count += st == AIU_OK;
        if (st != AIU_OK) {
            (void)usleep(1000);
        }
    }
    assert_ok(audit_wait(s.log, index, WAIT_MS));
    site_stop(&s);
    (void)snprintf(folder, sizeof(folder), "%s/audit/2026-11", s.state);
    assert_ok(fsck_run(s.log_folder, &new));
    if (has(&s, "2026-11")) {
        assert_ok(fsck_run(folder, &old));
        assert_int_equal(old.fault, FSCK_NONE);
        count = count > old.entries ? count - old.entries : 0;
    }
    assert_int_equal(new.fault, FSCK_NONE);
    assert_true(new.entries >= count);
    site_done(&s);
}

static void a_clock_that_jumps_back_or_far_ahead_changes_no_order(void **state)
{
    (void)state;
    struct site s;

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 10);
    atomic_fetch_sub(&s.unix_us, 400 * day_us);
    site_append_published(&s, 10);
    assert_false(site_was_told(&s, PUBLISH_MONTH));
    assert_false(site_was_told(&s, PUBLISH_REFUSED));
    atomic_fetch_add(&s.unix_us, 400 * day_us);
    next_month(&s, 365); // a month of next year
    uint64_t size = 100;
    (void)site_append(&s, size);
    assert_ok(publish_wait(s.publisher, size, WAIT_MS));
    atomic_fetch_sub(&s.unix_us, 365 * day_us); // and back: that month stays
    (void)site_append(&s, size);
    assert_ok(publish_wait(s.publisher, 2 * size, WAIT_MS));
    assert_false(site_was_told(&s, PUBLISH_REFUSED));
    site_assert_published(&s, 2 * size);
    site_stop(&s);
    site_start(&s); // and a start is no different
    site_stop(&s);
    site_done(&s);
}

static void the_log_of_a_month_that_was_left_is_refused(void **state)
{
    (void)state;
    struct site s;
    struct tree_head head;
    char old[PATH_SIZE + 16];

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 10);
    next_month(&s, 30);
    (void)site_append(&s, 10);
    assert_ok(publish_wait(s.publisher, 10, WAIT_MS));
    const struct signer_head now = signer_head(s.signer);
    (void)snprintf(old, sizeof(old), "%s/audit/2026-11", s.state);
    assert_status(publish_expect(old, &now, &head), AIU_AUDIT_ROLLED_BACK);
    assert_ok(publish_expect(s.log_folder, &now, &head));
    assert_int_equal(head.size, now.tree.size);
    site_stop(&s);
    site_done(&s);
}

// What receipts go by: the admin socket tells it of a sealed bundle of evidence.
static void an_entry_has_a_number_in_its_month(void **state)
{
    (void)state;
    struct site s;
    char text[4096], wanted[128];
    uint64_t index = 0;

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 100);
    assert_int_equal(audit_base(s.log), 0);
    next_month(&s, 30);
    assert_true(audit_base(s.log) > 0);
    struct span entry = numbered_entry(4711, wanted);
    assert_ok(audit_append(s.log, entry, &index));
    assert_ok(audit_wait(s.log, index, WAIT_MS));
    read_entry(s.log_folder, index - audit_base(s.log), text);
    assert_span("entry", span_str(text), entry);
    site_stop(&s);
    site_done(&s);
}

// Without the signer's file an old checkpoint still says how long the log was.
static void a_lost_state_of_the_signer_does_not_hide_a_cut_log(void **state)
{
    (void)state;
    struct site s;
    struct tree_head head;
    char path[2 * PATH_SIZE];

    site_init(&s);
    site_start(&s);
    site_append_published(&s, 500);
    site_stop(&s);
    assert_int_equal(unlinkat(s.state_fd, "audit-signing.state", 0), 0);
    assert_ok(site_open_signer(&s));
    const struct signer_head nothing = signer_head(s.signer);
    assert_int_equal(nothing.tree.size, 0);
    assert_ok(publish_expect(s.log_folder, &nothing, &head));
    assert_true(head.size >= 500);
    signer_free(s.signer);
    // And without a checkpoint there is nothing to demand.
    assert_int_equal(unlink(site_path(&s, "checkpoint", path)), 0);
    assert_ok(publish_expect(s.log_folder, &nothing, &head));
    assert_int_equal(head.size, 0);
    site_done(&s);
}

static void rename_log(const struct site *s, const char *from, const char *to)
{
    char a[2 * PATH_SIZE], b[2 * PATH_SIZE];

    (void)snprintf(a, sizeof(a), "%s/audit/%s", s->state, from);
    (void)snprintf(b, sizeof(b), "%s/audit/%s", s->state, to);
    assert_int_equal(rename(a, b), 0);
}

static void a_crash_between_the_two_names_is_ended_by_the_next_start(void **state)
{
    (void)state;
    struct site s;
    char audit[PATH_SIZE + 16], next[PATH_SIZE + 32];

    site_init(&s);
    (void)snprintf(audit, sizeof(audit), "%s/audit", s.state);
    (void)snprintf(next, sizeof(next), "%s/next", audit);
    assert_ok(shard_settle(audit)); // nothing there yet
    site_start(&s);
    site_append_published(&s, 10);
    next_month(&s, 30);
    site_stop(&s);
    rename_log(&s, "main", "next"); // as before the second rename
    assert_ok(shard_settle(audit));
    assert_true(has(&s, "main") && !has(&s, "next"));
    site_start(&s);
    site_stop(&s);
    // And one that was not ready.
    assert_int_equal(mkdir(next, 0700), 0);
    assert_ok(shard_settle(audit));
    assert_true(has(&s, "main") && !has(&s, "next"));
    site_done(&s);
}

static void old_months_go_when_their_time_is_over_and_that_is_on_record(void **state)
{
    (void)state;
    struct site s;
    bool found = false;

    site_init(&s);
    s.keep_ms = UINT64_C(200) * 86400 * 1000;
    site_start(&s);
    site_append_published(&s, 10);
    next_month(&s, 30);  // 2026-12-18
    next_month(&s, 170); // 2027-06: November ended 188 days ago
    (void)usleep(100000);
    assert_true(has(&s, "2026-11") && has(&s, "2026-12"));
    next_month(&s, 30); // 2027-07: 200 days ago it was December
    wait_for(&s, PUBLISH_PURGED);
    assert_false(has(&s, "2026-11"));
    assert_true(has(&s, "2026-12") && has(&s, "2027-06") && has(&s, "main"));
    site_stop(&s);

    struct reader *r = NULL;
    struct reader_entry entry;
    assert_ok(reader_open(s.log_folder, 0, &r));
    while (reader_next(r, &entry) == AIU_OK) {
        found = found || (span_find_span(entry.bytes, SPAN_OF("\"t\":\"purge\"")) < entry.bytes.n &&
                          span_find_span(entry.bytes, SPAN_OF("\"2026-11\"")) < entry.bytes.n);
    }
    reader_free(r);
    assert_true(found);
    site_done(&s);
}

TEST_MAIN(an_entry_has_a_number_in_its_month, a_lost_state_of_the_signer_does_not_hide_a_cut_log,
          a_month_begins_with_the_last_checkpoint_of_the_one_before,
          the_auditors_program_follows_the_months,
          requests_under_way_are_carried_into_the_new_month,
          entries_come_while_a_month_begins_and_none_is_lost,
          a_clock_that_jumps_back_or_far_ahead_changes_no_order,
          the_log_of_a_month_that_was_left_is_refused,
          a_crash_between_the_two_names_is_ended_by_the_next_start,
          old_months_go_when_their_time_is_over_and_that_is_on_record)
