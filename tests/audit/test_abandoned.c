// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// decisions == results + abandoned, whatever ended the process in between.
#include "audit_test.h"

static void id_of(unsigned i, char out[64])
{
    (void)snprintf(out, 64, "018f3c2a-7b1c-7d2e-8f00-%012x", i);
}

static void append_record(struct audit_log *log, const struct buf *b)
{
    uint64_t index = 0;

    assert_ok(audit_append(log, buf_span(b), &index));
    assert_ok(audit_wait(log, index, 60000));
}

static void decide(struct audit_log *log, unsigned i)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    const struct record_origin origin = {SPAN("gw1"), SPAN("b000")};
    char id[64];

    id_of(i, id);
    const struct record_decision d = {.id = span_str(id)};
    assert_ok(record_decision(&b, &origin, &d));
    append_record(log, &b);
}

static void end(struct audit_log *log, unsigned i)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    char id[64];

    id_of(i, id);
    const struct record_result r = {.id = span_str(id)};
    assert_ok(record_result(&b, &r));
    append_record(log, &b);
}

static void each_open_decision_gets_one_abandoned_record(void **state)
{
    (void)state;
    char folder[PATH_SIZE], id[64];
    struct audit_log *log = NULL;
    struct audit_options options = small_options(new_log_folder(folder));
    struct fsck_report report;
    struct audit_stats stats;

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &log));
    for (unsigned i = 0; i < 2000; i++) {
        decide(log, i);
        if (i % 3 != 0) {
            end(log, i);
        }
    }
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.decisions, 2000);
    assert_int_equal(report.open, 667);

    options.boot = SPAN_OF("b001");
    assert_ok(audit_open(&options, &log));
    audit_stats(log, &stats);
    assert_int_equal(stats.abandoned, 667);
    assert_int_equal(audit_durable(log), 2000 + 1333 + 667);
    assert_ok(audit_close(log));

    // They say which start found them, and a third start finds none.
    struct reader *r = NULL;
    struct reader_entry entry;
    assert_ok(reader_open(folder, 3333, &r));
    for (unsigned i = 0; i < 2000; i += 3) {
        id_of(i, id);
        assert_ok(reader_next(r, &entry));
        assert_true(span_find_span(entry.bytes, span_str(id)) < entry.bytes.n);
        assert_true(span_find_span(entry.bytes, SPAN_OF("\"boot\":\"b001\"")) < entry.bytes.n);
    }
    reader_free(r);
    assert_ok(audit_open(&options, &log));
    assert_int_equal(audit_durable(log), 4000);
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.decisions, report.results + report.abandoned);
    assert_int_equal(report.open, 0);
    assert_int_equal(report.orphans, 0);
    remove_log_folder(folder);
}

static void more_than_a_batch_of_them_are_written_too(void **state)
{
    (void)state;
    enum { MANY = 3 * AUDIT_BATCH_ENTRIES };
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;
    struct audit_options options = small_options(new_log_folder(folder));
    CLEANUP(buf_wipe) struct buf b = BUF_OF(RECORD_MOST);
    char id[64];
    uint64_t index = 0;
    struct fsck_report report;

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &log));
    for (unsigned i = 0; i < MANY; i++) {
        id_of(i + 1, id);
        const struct record_decision d = {.id = span_str(id)};
        buf_reset(&b);
        assert_ok(record_decision(&b, &(struct record_origin){0}, &d));
        while (audit_append(log, buf_span(&b), &index) == AIU_OVERLOADED) {
        }
    }
    assert_ok(audit_close(log));
    assert_ok(audit_open(&options, &log));
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.abandoned, MANY);
    assert_int_equal(report.open, 0);
    remove_log_folder(folder);
}

static void a_result_without_its_decision_is_counted(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;
    const struct audit_options options = small_options(new_log_folder(folder));
    struct fsck_report report;

    assert_ok(audit_open(&options, &log));
    decide(log, 1);
    end(log, 1);
    end(log, 1);
    end(log, 2);
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    assert_int_equal(report.orphans, 2);
    remove_log_folder(folder);
}

TEST_MAIN(each_open_decision_gets_one_abandoned_record, more_than_a_batch_of_them_are_written_too,
          a_result_without_its_decision_is_counted)
