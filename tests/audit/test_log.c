// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The log in use: from many threads, over many segments, under a clock that jumps.
#include <pthread.h>
#include <stdatomic.h>

#include "audit_test.h"
#include "base/num.h"

static struct audit_log *open_log(const char *folder)
{
    const struct audit_options options = small_options(folder);
    struct audit_log *log = NULL;

    assert_ok(audit_open(&options, &log));
    return log;
}

static void what_was_appended_is_read_back_in_order(void **state)
{
    (void)state;
    char folder[PATH_SIZE], text[128];
    struct reader_entry entry;
    struct reader *r = NULL;

    struct audit_log *log = open_log(new_log_folder(folder));
    append_numbered(log, 0, 5000);
    assert_ok(audit_close(log));
    assert_ok(reader_open(folder, 0, &r));
    for (uint64_t i = 0; i < 5000; i++) {
        assert_ok(reader_next(r, &entry));
        assert_int_equal(entry.index, i);
        assert_span("entry", entry.bytes, numbered_entry(i, text));
    }
    assert_status(reader_next(r, &entry), AIU_NOT_FOUND);
    reader_free(r);
    remove_log_folder(folder);
}

static void a_reopened_log_goes_on_where_it_was(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct fsck_report report;

    (void)new_log_folder(folder);
    for (uint64_t i = 0; i < 10; i++) {
        struct audit_log *log = open_log(folder);
        append_numbered(log, i * 500, i * 500 + 500);
        assert_ok(audit_close(log));
    }
    assert_ok(fsck_run(folder, &report));
    struct tree_hash root = root_of_numbered(5000);
    assert_int_equal(report.fault, FSCK_NONE);
    assert_true(tree_hash_equal(&report.root, &root));
    assert_true(report.segments > 3);
    remove_log_folder(folder);
}

static void what_is_no_entry_is_refused(void **state)
{
    (void)state;
    static uint8_t text[AUDIT_ENTRY_MOST + 1];
    char folder[PATH_SIZE];
    uint64_t index = 99;

    struct audit_log *log = open_log(new_log_folder(folder));
    memset(text, 'x', sizeof(text));
    assert_status(audit_append(log, SPAN_OF(""), &index), AIU_USAGE);
    assert_status(audit_append(log, SPAN_OF("a\nb"), &index), AIU_USAGE);
    assert_status(audit_append(log, SPAN_OF("a\0b"), &index), AIU_USAGE);
    assert_status(audit_append(log, span_of(text, sizeof(text)), &index), AIU_TOO_LONG);
    assert_int_equal(index, 99);
    assert_ok(audit_append(log, span_of(text, AUDIT_ENTRY_MOST), &index));
    assert_int_equal(index, 0);
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

enum { THREADS = 64, EACH = 200 };

struct writer {
    struct audit_log *log;
    unsigned number;
    uint64_t indices[EACH];
};

static void *write_entries(void *arg)
{
    struct writer *w = arg;
    char text[64];

    for (unsigned i = 0; i < EACH; i++) {
        int n = snprintf(text, sizeof(text), "{\"thread\":%u,\"i\":%u}", w->number, i);
        while (audit_append(w->log, span_of(text, (size_t)n), &w->indices[i]) == AIU_OVERLOADED) {
        }
        if (i % 8 == 0 && audit_wait(w->log, w->indices[i], 60000) != AIU_OK) {
            return NULL;
        }
    }
    return w;
}

static void assert_written_by(const struct writer *writers, const struct reader_entry *entry)
{
    struct span number = span_skip_prefix(entry->bytes, SPAN_OF("{\"thread\":"));
    struct span rest;
    uint64_t thread = 0, i = 0;

    assert_true(span_cut(number, ',', &number, &rest));
    assert_ok(num_parse_u64(number, THREADS - 1, &thread));
    rest = span_drop_last(span_skip_prefix(rest, SPAN_OF("\"i\":")), 1);
    assert_ok(num_parse_u64(rest, EACH - 1, &i));
    assert_int_equal(writers[thread].indices[i], entry->index);
}

static void threads_do_not_lose_or_mix_entries(void **state)
{
    (void)state;
    static struct writer writers[THREADS];
    pthread_t threads[THREADS];
    char folder[PATH_SIZE];
    struct reader *r = NULL;
    struct reader_entry entry;

    struct audit_log *log = open_log(new_log_folder(folder));
    for (unsigned i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.log = log, .number = i};
        assert_int_equal(pthread_create(&threads[i], NULL, write_entries, &writers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        void *done = NULL;
        assert_int_equal(pthread_join(threads[i], &done), 0);
        assert_non_null(done);
    }
    assert_ok(audit_close(log));
    assert_ok(reader_open(folder, 0, &r));
    for (uint64_t i = 0; i < (uint64_t)THREADS * EACH; i++) {
        assert_ok(reader_next(r, &entry));
        assert_int_equal(entry.index, i);
        assert_written_by(writers, &entry);
    }
    reader_free(r);
    remove_log_folder(folder);
}

static void count_wake(void *ctx)
{
    atomic_fetch_add((atomic_uint *)ctx, 1);
}

static void subscribers_hear_of_each_batch_until_they_leave(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    atomic_uint wakes = 0;
    struct audit_log *log = open_log(new_log_folder(folder));

    assert_ok(audit_subscribe(log, count_wake, &wakes));
    append_numbered(log, 0, 1);
    append_numbered(log, 1, 2);
    assert_true(atomic_load(&wakes) >= 2);
    audit_unsubscribe(log, &wakes);
    unsigned before = atomic_load(&wakes);
    append_numbered(log, 2, 3);
    assert_int_equal(atomic_load(&wakes), before);
    for (unsigned i = 0; i < AUDIT_SUBSCRIBERS_MOST; i++) {
        assert_ok(audit_subscribe(log, count_wake, &wakes));
    }
    assert_status(audit_subscribe(log, count_wake, &wakes), AIU_OVERLOADED);
    audit_unsubscribe(log, &wakes);
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

static void an_entry_is_settled_when_it_is_on_disk_and_not_before(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct audit_log *log = open_log(new_log_folder(folder));

    assert_status(audit_settled(log, 0), AIU_BUSY);
    assert_status(audit_wait(log, 0, 20), AIU_TIMEOUT);
    append_numbered(log, 0, 1);
    assert_ok(audit_settled(log, 0));
    assert_status(audit_settled(log, 1), AIU_BUSY);
    assert_ok(audit_health(log));
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

// Held in a wake, the committer cannot take the second batch: the one more that fits is the most
// that callers can pile up.
static void hold(void *ctx)
{
    pthread_mutex_lock(ctx);
    pthread_mutex_unlock(ctx);
}

static void full_batches_refuse_and_never_block(void **state)
{
    (void)state;
    char folder[PATH_SIZE], text[128];
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct audit_stats stats;
    enum aiu_status st = AIU_OK;
    uint64_t index = 0, count = 0;

    struct audit_log *log = open_log(new_log_folder(folder));
    assert_ok(audit_subscribe(log, hold, &gate));
    pthread_mutex_lock(&gate);
    while (st == AIU_OK) {
        st = audit_append(log, numbered_entry(count, text), &index);
        count += st == AIU_OK;
        assert_true(count <= 3ULL * AUDIT_BATCH_ENTRIES);
    }
    assert_status(st, AIU_OVERLOADED);
    assert_true(count >= AUDIT_BATCH_ENTRIES);
    pthread_mutex_unlock(&gate);
    assert_ok(audit_wait(log, index, 60000));
    audit_stats(log, &stats);
    assert_int_equal(stats.entries, count);
    assert_int_equal(stats.refused, 1);
    audit_unsubscribe(log, &gate);
    append_numbered(log, count, count + 10);
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

static uint64_t jumping_unix_us(void *ctx)
{
    uint64_t *now = ctx;

    *now = *now > 1000000 ? *now - 1000000 : 4000000000000000;
    return *now;
}

// Failure matrix row 12: order is by index, never by time.
static void a_clock_that_runs_backwards_changes_no_order(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    uint64_t now = 3000000;
    struct fsck_report report;
    struct audit_log *log = NULL;
    struct audit_options options = small_options(new_log_folder(folder));

    options.clock.unix_us = jumping_unix_us;
    options.clock.ctx = &now;
    assert_ok(audit_open(&options, &log));
    append_numbered(log, 0, 5000);
    assert_ok(audit_close(log));
    assert_ok(fsck_run(folder, &report));
    struct tree_hash root = root_of_numbered(5000);
    assert_int_equal(report.fault, FSCK_NONE);
    assert_true(tree_hash_equal(&report.root, &root));
    remove_log_folder(folder);
}

static void memory_is_flat_over_100000_entries(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;
    struct audit_options options = small_options(new_log_folder(folder));

    options.unsafe_no_sync = true;
    options.segment_size = 4 << 20;
    assert_ok(audit_open(&options, &log));
    append_numbered(log, 0, 1000);
    size_t before = mem_in_use();
    append_numbered(log, 1000, 100000);
    assert_int_equal(mem_in_use(), before);
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

static void every_allocation_of_open_may_fail(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    enum aiu_status st = AIU_NO_MEMORY;
    struct audit_log *log = NULL;
    const struct audit_options options = small_options(new_log_folder(folder));

    append_numbered(log = open_log(folder), 0, 10);
    assert_ok(audit_close(log));
    size_t before = mem_in_use();
    for (size_t after = 0; st != AIU_OK; after++) {
        assert_true(after < 100);
        mem_fail_after(after);
        st = audit_open(&options, &log);
        mem_fail_after(SIZE_MAX);
        assert_true(st == AIU_OK || st == AIU_NO_MEMORY);
        assert_true(st == AIU_OK || mem_in_use() == before);
    }
    assert_int_equal(audit_durable(log), 10);
    assert_ok(audit_close(log));
    remove_log_folder(folder);
}

static void sizes_too_small_for_an_entry_are_refused(void **state)
{
    (void)state;
    char folder[PATH_SIZE];
    struct audit_log *log = NULL;
    struct audit_options options = small_options(new_log_folder(folder));

    options.segment_size = AUDIT_ENTRY_MOST;
    assert_status(audit_open(&options, &log), AIU_USAGE);
    options = small_options(folder);
    options.reserve_size = AUDIT_ENTRY_MOST;
    assert_status(audit_open(&options, &log), AIU_USAGE);
    options = small_options(NULL);
    assert_status(audit_open(&options, &log), AIU_USAGE);
    remove_log_folder(folder);
}

TEST_MAIN(what_was_appended_is_read_back_in_order, a_reopened_log_goes_on_where_it_was,
          what_is_no_entry_is_refused, threads_do_not_lose_or_mix_entries,
          subscribers_hear_of_each_batch_until_they_leave,
          an_entry_is_settled_when_it_is_on_disk_and_not_before,
          full_batches_refuse_and_never_block, a_clock_that_runs_backwards_changes_no_order,
          memory_is_flat_over_100000_entries, every_allocation_of_open_may_fail,
          sizes_too_small_for_an_entry_are_refused)
