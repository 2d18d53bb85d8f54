// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S60-S64: an audit log for any program, through the public header alone.
#include "aiu/auditor.h"

#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

enum { PATH_SIZE = 256, THREADS = 4, RECORDS = 200 };

struct place {
    const char *top;
    char log[PATH_SIZE], key[PATH_SIZE];
    struct aiu_auditor *auditor;
};

static void place_open(struct place *p)
{
    assert_ok(aiu_auditor_open(p->log, "log.example/app", p->key, &p->auditor));
}

static void place_close(struct place *p)
{
    assert_ok(aiu_auditor_close(p->auditor));
    p->auditor = NULL;
}

static void place_init(struct place *p)
{
    p->top = test_new_folder();
    (void)snprintf(p->log, sizeof(p->log), "%s/log", p->top);
    (void)snprintf(p->key, sizeof(p->key), "%s/key", p->top);
    place_open(p);
}

static void place_done(struct place *p)
{
    assert_ok(aiu_auditor_close(p->auditor));
    test_remove_folder(p->top);
}

static uint64_t append(struct place *p, unsigned number)
{
    char text[64];
    int n = snprintf(text, sizeof(text), "{\"n\":%u}", number);
    uint64_t index = 0;

    assert_ok(aiu_auditor_append(p->auditor, text, (size_t)n, &index));
    return index;
}

static struct aiu_audit_verdict verify(const struct place *p, const char *since)
{
    struct aiu_audit_verdict v;

    assert_ok(aiu_audit_verify(p->log, aiu_auditor_key(p->auditor), since,
                               since == NULL ? 0 : strlen(since), &v));
    return v;
}

static void what_is_appended_is_signed_and_verifies(void **state)
{
    CLEANUP(place_done) struct place p;
    char *note = NULL;
    size_t n = 0;

    (void)state;
    place_init(&p);
    for (unsigned i = 0; i < 300; i++) {
        assert_int_equal(append(&p, i), i);
    }
    struct aiu_audit_verdict v = verify(&p, NULL);
    assert_string_equal(v.fault, "no_checkpoint");
    assert_ok(aiu_auditor_checkpoint(p.auditor, &note, &n));
    assert_int_equal(n, strlen(note));
    v = verify(&p, note);
    assert_true(v.good);
    assert_int_equal(v.size, 300);
    assert_int_equal(v.entries, 300);
    assert_int_equal(strlen(v.root), 44);
    assert_non_null(strstr(aiu_auditor_key(p.auditor), v.key_id));
    aiu_auditor_text_free(note);
}

// S64: a receipt proves one record to anybody.
static void a_receipt_proves_its_record_and_no_other(void **state)
{
    CLEANUP(place_done) struct place p;
    char *note = NULL, *receipt = NULL;
    size_t n = 0;
    uint64_t index = 99;

    (void)state;
    place_init(&p);
    (void)append(&p, 0);
    (void)append(&p, 1);
    assert_status(aiu_auditor_prove(p.auditor, 1, &receipt, &n), AIU_BUSY);
    assert_ok(aiu_auditor_checkpoint(p.auditor, &note, NULL));
    assert_status(aiu_auditor_prove(p.auditor, 2, &receipt, &n), AIU_NOT_FOUND);
    assert_ok(aiu_auditor_prove(p.auditor, 1, &receipt, &n));
    const char *key = aiu_auditor_key(p.auditor);
    assert_ok(aiu_audit_verify_receipt(receipt, n, "{\"n\":1}", 7, key, &index));
    assert_int_equal(index, 1);
    assert_status(aiu_audit_verify_receipt(receipt, n, "{\"n\":2}", 7, key, &index),
                  AIU_AUDIT_UNVERIFIED);
    assert_status(aiu_audit_verify_receipt(receipt, n / 2, "{\"n\":1}", 7, key, &index),
                  AIU_FILE_INVALID);
    assert_status(aiu_audit_verify_receipt(receipt, n, "{\"n\":1}", 7, "nonsense", &index),
                  AIU_FILE_INVALID);
    aiu_auditor_text_free(note);
    aiu_auditor_text_free(receipt);
}

static void a_log_goes_on_after_a_restart(void **state)
{
    CLEANUP(place_done) struct place p;
    char *first = NULL, *second = NULL;

    (void)state;
    place_init(&p);
    (void)append(&p, 0);
    assert_ok(aiu_auditor_checkpoint(p.auditor, &first, NULL));
    place_close(&p);
    place_open(&p);
    assert_int_equal(append(&p, 1), 1);
    assert_ok(aiu_auditor_checkpoint(p.auditor, &second, NULL));
    assert_true(verify(&p, first).good);
    assert_true(verify(&p, second).good);
    aiu_auditor_text_free(first);
    aiu_auditor_text_free(second);
}

// S62: who rewrites the log gets no signature from the key that signed before.
static void a_log_that_was_written_anew_is_not_signed(void **state)
{
    CLEANUP(place_done) struct place p;
    char *note = NULL;
    char command[PATH_SIZE * 3];

    (void)state;
    place_init(&p);
    (void)append(&p, 0);
    assert_ok(aiu_auditor_checkpoint(p.auditor, &note, NULL));
    place_close(&p);
    (void)snprintf(command, sizeof(command), "cd '%s' && rm -r wal frontier tile", p.log);
    assert_int_equal(system(command), 0);
    place_open(&p);
    (void)append(&p, 7); // another first record
    (void)append(&p, 8);
    char *again = NULL;
    assert_status(aiu_auditor_checkpoint(p.auditor, &again, NULL), AIU_AUDIT_UNVERIFIED);
    assert_null(again);
    assert_false(verify(&p, note).good);
    aiu_auditor_text_free(note);
}

static void the_key_is_private_and_another_key_does_not_continue_the_log(void **state)
{
    CLEANUP(place_done) struct place p;
    struct aiu_auditor *other = NULL;
    char *note = NULL;
    struct stat st;

    (void)state;
    place_init(&p);
    assert_int_equal(stat(p.key, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    (void)append(&p, 0);
    assert_ok(aiu_auditor_checkpoint(p.auditor, &note, NULL));
    assert_status(aiu_auditor_open(p.log, "log.example/app", p.key, &other), AIU_AUDIT_LOCKED);
    place_close(&p);
    assert_int_equal(unlink(p.key), 0);
    assert_status(aiu_auditor_open(p.log, "log.example/app", p.key, &other), AIU_AUDIT_UNVERIFIED);
    aiu_auditor_text_free(note);
}

static void mistakes_are_told(void **state)
{
    CLEANUP(place_done) struct place p;
    struct aiu_auditor *other = NULL;
    struct aiu_audit_verdict v;
    uint64_t index = 0;

    (void)state;
    place_init(&p);
    assert_status(aiu_auditor_append(p.auditor, "", 0, &index), AIU_USAGE);
    assert_status(aiu_auditor_append(p.auditor, "two\nlines", 9, &index), AIU_USAGE);
    assert_status(aiu_auditor_open("/nowhere/at/all", "two words", p.key, &other), AIU_USAGE);
    assert_status(aiu_audit_verify("/nowhere", aiu_auditor_key(p.auditor), NULL, 0, &v),
                  AIU_FILE_NOT_FOUND);
    assert_status(aiu_audit_verify(p.log, "nonsense", NULL, 0, &v), AIU_FILE_INVALID);
}

static void *append_many(void *ctx)
{
    for (unsigned i = 0; i < RECORDS; i++) {
        (void)append(ctx, i);
    }
    return NULL;
}

static void many_threads_append_at_once(void **state)
{
    CLEANUP(place_done) struct place p;
    pthread_t threads[THREADS];
    char *note = NULL;

    (void)state;
    place_init(&p);
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, append_many, &p), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_ok(aiu_auditor_checkpoint(p.auditor, &note, NULL));
    assert_int_equal(verify(&p, note).size, THREADS * RECORDS);
    aiu_auditor_text_free(note);
}

TEST_MAIN(what_is_appended_is_signed_and_verifies, a_receipt_proves_its_record_and_no_other,
          a_log_goes_on_after_a_restart, a_log_that_was_written_anew_is_not_signed,
          the_key_is_private_and_another_key_does_not_continue_the_log, mistakes_are_told,
          many_threads_append_at_once)
