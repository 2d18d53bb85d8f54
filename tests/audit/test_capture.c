// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Captured content (AUDIT.md 3.5; GDPR Art. 17): sealed by a key of its subject, gone with it.
#include "audit/capture.h"

#include <fcntl.h>
#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "secret/hash.h"
#include "secret/mac.h"
#include "test.h"

static const struct span id = SPAN("019ab41e-7c00-7abc-8def-0123456789ab"); // November 2025
static const struct span second = SPAN("019ab41e-7c01-7abc-8def-0123456789ab");
static const struct span canary = SPAN("the canary sings");

enum { PATH_SIZE = 512 };

struct world {
    char top[128], folder[PATH_SIZE];
    struct secret *master;
    struct capture *c;
    struct capture_store store;
    int erased, failed;
    enum aiu_status answer; // of on_erased
    uint64_t records;
    char actor[64];
    sem_t *hold; // on_erased waits for it
};

static enum aiu_status on_erased(void *ctx, const char *subject, struct span actor,
                                 uint64_t records)
{
    struct world *w = ctx;

    assert_true(capture_is_subject(subject));
    w->records = records;
    (void)snprintf(w->actor, sizeof(w->actor), "%.*s", (int)actor.n, (const char *)actor.p);
    (void)__atomic_add_fetch(&w->erased, 1, __ATOMIC_SEQ_CST);
    if (w->hold != NULL) {
        (void)sem_wait(w->hold);
    }
    return w->answer;
}

static void on_event(void *ctx, enum capture_event event, enum aiu_status why)
{
    struct world *w = ctx;

    (void)why;
    (void)__atomic_add_fetch(&w->failed, event == CAPTURE_FAILED ? 1 : 0, __ATOMIC_SEQ_CST);
}

static void open_capture(struct world *w, size_t queue)
{
    const struct capture_options o = {.folder = w->folder,
                                      .master = w->master,
                                      .queue = queue,
                                      .on_erased = on_erased,
                                      .on_event = on_event,
                                      .ctx = w};

    assert_ok(capture_new(&o, &w->c));
}

static void begin(struct world *w)
{
    uint8_t bytes[32] = {7};

    *w = (struct world){.store = CAPTURE_STORE_CLOSED};
    assert_ok(secret_init_process(true));
    assert_ok(secret_new_from_bytes(bytes, sizeof(bytes), &w->master));
    (void)snprintf(w->top, sizeof(w->top), "%s", test_new_folder());
    (void)snprintf(w->folder, sizeof(w->folder), "%s/capture", w->top);
    open_capture(w, 1 << 20);
    assert_ok(capture_start(w->c));
    assert_ok(capture_store_open(w->folder, false, &w->store));
}

static void end(struct world *w)
{
    capture_free(w->c);
    capture_store_done(&w->store);
    secret_unref(w->master);
    test_remove_folder(w->top);
}

// Everything is on disk, and another capture goes on.
static void restart(struct world *w)
{
    capture_free(w->c);
    open_capture(w, 1 << 20);
    assert_ok(capture_start(w->c));
}

static void subject_of(struct world *w, struct span name, char out[CAPTURE_SUBJECT_SIZE + 1])
{
    assert_ok(capture_name(w->c, SPAN_OF("acme"), "user", name, out));
}

static enum aiu_status put(struct world *w, struct span request, struct span user,
                           struct span content, uint8_t hash[CAPTURE_HASH_SIZE])
{
    char subject[CAPTURE_SUBJECT_SIZE + 1];
    const struct capture_item item = {request, CAPTURE_PROMPT, subject, &content, 1};

    subject_of(w, user, subject);
    return capture_put(w->c, &item, hash);
}

static enum aiu_status get(struct world *w, struct span request, struct buf *content)
{
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(CAPTURE_SEALED_MOST);
    char name[CAPTURE_NAME_MOST];

    assert_ok(capture_record_name(request, CAPTURE_PROMPT, name));
    assert_ok(capture_record_read(&w->store, name, &sealed));
    return capture_record_open(&w->store, w->master, name, buf_span(&sealed), content);
}

static void assert_readable(struct world *w, struct span request, struct span wanted)
{
    CLEANUP(buf_wipe) struct buf b = BUF_OF(CAPTURE_MOST);

    assert_ok(get(w, request, &b));
    assert_span("content", buf_span(&b), wanted);
}

static void ask_to_erase(struct world *w, struct span user, uint64_t records)
{
    char subject[CAPTURE_SUBJECT_SIZE + 1];

    subject_of(w, user, subject);
    assert_ok(capture_erased_write(&w->store, subject, UINT64_C(1795395723004005)));
    assert_ok(capture_pending_write(&w->store, subject, records, SPAN_OF("root (sudo by ada)")));
}

static bool poll_until_erased(struct world *w, struct span user)
{
    const struct timespec pause = {0, 1000000};
    char subject[CAPTURE_SUBJECT_SIZE + 1];

    subject_of(w, user, subject);
    for (int i = 0; i < 10000 && capture_is_pending(&w->store, subject); i++) {
        capture_poll(w->c);
        (void)nanosleep(&pause, NULL);
    }
    return !capture_is_pending(&w->store, subject);
}

static const char *searched;
static int holding, files;

static int search_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)ftw;
    if (type == FTW_F) {
        struct span text = test_read_file(path);
        files++;
        holding += span_find_span(text, span_str(searched)) < text.n ? 1 : 0;
        assert_int_equal(st->st_mode & 0777, 0600);
        mem_free((void *)(uintptr_t)text.p);
    } else {
        assert_int_equal(st->st_mode & 0777, 0700);
    }
    return 0;
}

static void content_is_sealed_and_opened_again(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];

    begin(&w);
    assert_ok(put(&w, id, SPAN_OF("ada"), canary, hash));
    restart(&w);
    assert_readable(&w, id, canary);
    searched = "canary";
    holding = files = 0;
    assert_int_equal(nftw(w.folder, search_file, 8, FTW_PHYS), 0);
    assert_int_equal(files, 2); // a key and a record
    assert_int_equal(holding, 0);
    end(&w);
}

static void the_hash_is_that_of_the_file(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(CAPTURE_SEALED_MOST);
    uint8_t digest[SHA256_SIZE];
    char name[CAPTURE_NAME_MOST], hex[CAPTURE_HASH_SIZE + 1];

    begin(&w);
    assert_ok(put(&w, id, SPAN_OF("ada"), canary, hash));
    restart(&w);
    assert_ok(capture_record_name(id, CAPTURE_PROMPT, name));
    assert_ok(capture_record_read(&w.store, name, &sealed));
    sha256(buf_span(&sealed), digest);
    for (size_t i = 0; i < sizeof(digest); i++) {
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    }
    assert_span("hash", span_of(hash, sizeof(hash)), span_str(hex));
    end(&w);
}

static void content_in_pieces_is_one_content(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    char subject[CAPTURE_SUBJECT_SIZE + 1];
    const struct span pieces[] = {span_first(canary, 4), SPAN(""), span_drop_first(canary, 4)};
    const struct capture_item item = {id, CAPTURE_PROMPT, subject, pieces, 3};

    begin(&w);
    subject_of(&w, SPAN_OF("ada"), subject);
    assert_ok(capture_put(w.c, &item, hash));
    restart(&w);
    assert_readable(&w, id, canary);
    end(&w);
}

static void a_subject_is_its_tenant_kind_and_name_and_nothing_else(void **state)
{
    (void)state;
    struct world w;
    char s[6][CAPTURE_SUBJECT_SIZE + 1];

    begin(&w);
    assert_ok(capture_name(w.c, SPAN_OF("acme"), "user", SPAN_OF("ada"), s[0]));
    assert_ok(capture_name(w.c, SPAN_OF("acme"), "key", SPAN_OF("ada"), s[1]));
    assert_ok(capture_name(w.c, SPAN_OF("acm"), "euser", SPAN_OF("ada"), s[2]));
    assert_ok(capture_name(w.c, SPAN_OF("other"), "user", SPAN_OF("ada"), s[3]));
    assert_ok(capture_name(w.c, SPAN_OF("acme"), "user", SPAN_OF("ad"), s[4]));
    restart(&w);
    assert_ok(capture_name(w.c, SPAN_OF("acme"), "user", SPAN_OF("ada"), s[5]));
    assert_string_equal(s[0], s[5]);
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(s[i], s[k]);
        }
    }
    end(&w);
}

static void an_erased_subject_is_unreadable_and_others_are_not(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
    char subject[CAPTURE_SUBJECT_SIZE + 1];
    static const struct span third = SPAN("019ab41e-7c02-7abc-8def-0123456789ab");
    uint64_t count = 0;

    begin(&w);
    assert_ok(put(&w, id, SPAN_OF("eve"), canary, hash));
    assert_ok(put(&w, second, SPAN_OF("ada"), canary, hash));
    restart(&w); // a second key of eve's
    assert_ok(put(&w, third, SPAN_OF("eve"), canary, hash));
    restart(&w);
    subject_of(&w, SPAN_OF("eve"), subject);
    assert_int_equal(capture_key_count(&w.store, subject), 2);
    assert_ok(capture_record_count(&w.store, subject, &count));
    assert_int_equal(count, 2);
    ask_to_erase(&w, SPAN_OF("eve"), count);
    assert_true(poll_until_erased(&w, SPAN_OF("eve")));
    restart(&w); // its thread has ended: what it said can be read
    assert_int_equal(w.erased, 1);
    assert_int_equal(w.records, 2);
    assert_string_equal(w.actor, "root (sudo by ada)");
    assert_status(get(&w, id, &b), AIU_FILE_NOT_FOUND);
    assert_status(get(&w, third, &b), AIU_FILE_NOT_FOUND);
    assert_int_equal(capture_key_count(&w.store, subject), 0);
    assert_ok(capture_record_count(&w.store, subject, &count));
    assert_int_equal(count, 0);
    assert_ok(capture_erased_read(&w.store, subject, &b));
    assert_readable(&w, second, canary);
    end(&w);
}

static void what_comes_after_an_erasure_has_another_key(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);

    begin(&w);
    assert_ok(put(&w, id, SPAN_OF("eve"), canary, hash)); // its key stays in memory
    ask_to_erase(&w, SPAN_OF("eve"), 1);
    assert_true(poll_until_erased(&w, SPAN_OF("eve")));
    assert_ok(put(&w, second, SPAN_OF("eve"), canary, hash));
    restart(&w);
    assert_status(get(&w, id, &b), AIU_FILE_NOT_FOUND);
    assert_readable(&w, second, canary);
    end(&w);
}

static void an_erasure_that_is_not_on_record_is_tried_again(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    const struct timespec pause = {0, 1000000};
    char subject[CAPTURE_SUBJECT_SIZE + 1];

    begin(&w);
    w.answer = AIU_AUDIT_UNAVAILABLE;
    assert_ok(put(&w, id, SPAN_OF("eve"), canary, hash));
    ask_to_erase(&w, SPAN_OF("eve"), 1);
    subject_of(&w, SPAN_OF("eve"), subject);
    while (__atomic_load_n(&w.erased, __ATOMIC_SEQ_CST) < 2) {
        capture_poll(w.c);
        (void)nanosleep(&pause, NULL);
    }
    assert_true(capture_is_pending(&w.store, subject));
    assert_int_equal(capture_key_count(&w.store, subject), 0); // destroyed all the same
    capture_stop(w.c);
    end(&w);
}

static void a_queue_that_is_full_skips_and_never_waits(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    static uint8_t large[300000];
    sem_t hold;
    const struct timespec pause = {0, 1000000};

    begin(&w);
    assert_int_equal(sem_init(&hold, 0, 0), 0);
    w.hold = &hold;
    ask_to_erase(&w, SPAN_OF("eve"), 0);
    while (__atomic_load_n(&w.erased, __ATOMIC_SEQ_CST) < 1) {
        capture_poll(w.c);
        (void)nanosleep(&pause, NULL);
    }
    // The thread stands: three of 300 kB fit into a MiB, a fourth does not, a small one does.
    const struct span content = span_of(large, sizeof(large));
    assert_ok(put(&w, id, SPAN_OF("ada"), content, hash));
    assert_ok(put(&w, second, SPAN_OF("ada"), content, hash));
    static const struct span more[] = {SPAN("019ab41e-7c03-7abc-8def-0123456789ab"),
                                       SPAN("019ab41e-7c04-7abc-8def-0123456789ab"),
                                       SPAN("019ab41e-7c05-7abc-8def-0123456789ab")};
    assert_ok(put(&w, more[0], SPAN_OF("ada"), content, hash));
    assert_status(put(&w, more[1], SPAN_OF("ada"), content, hash), AIU_OVERLOADED);
    assert_ok(put(&w, more[2], SPAN_OF("ada"), canary, hash));
    (void)sem_post(&hold);
    restart(&w);
    w.hold = NULL;
    assert_readable(&w, more[0], content);
    assert_readable(&w, more[2], canary);
    (void)sem_destroy(&hold);
    end(&w);
}

static void without_a_start_nothing_is_taken_and_no_file_made(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    struct stat st;

    begin(&w);
    capture_free(w.c);
    (void)snprintf(w.folder, sizeof(w.folder), "%s/none", w.top);
    open_capture(&w, 1 << 20);
    assert_status(put(&w, id, SPAN_OF("ada"), canary, hash), AIU_OVERLOADED);
    capture_poll(w.c);
    capture_purge(w.c, "2025-11");
    assert_int_equal(stat(w.folder, &st), -1);
    end(&w);
}

static void what_is_no_request_or_too_long_is_refused(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    char subject[CAPTURE_SUBJECT_SIZE + 1];
    const struct span vast = {canary.p, (size_t)CAPTURE_MOST + 1};
    const struct capture_item item = {id, CAPTURE_PROMPT, subject, &vast, 1};

    begin(&w);
    assert_status(put(&w, SPAN_OF("../../../../../../etc/passwd"), canary, canary, hash),
                  AIU_USAGE);
    assert_status(put(&w, SPAN_OF(""), canary, canary, hash), AIU_USAGE);
    subject_of(&w, SPAN_OF("ada"), subject);
    assert_status(capture_put(w.c, &item, hash), AIU_TOO_LONG);
    end(&w);
}

static void every_changed_byte_is_refused(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    CLEANUP(buf_wipe) struct buf sealed = BUF_OF(CAPTURE_SEALED_MOST);
    CLEANUP(buf_wipe) struct buf content = BUF_OF(8192);
    char name[CAPTURE_NAME_MOST], other[CAPTURE_NAME_MOST];

    begin(&w);
    assert_ok(put(&w, id, SPAN_OF("ada"), canary, hash));
    restart(&w);
    assert_ok(capture_record_name(id, CAPTURE_PROMPT, name));
    assert_ok(capture_record_name(id, CAPTURE_ANSWER, other));
    assert_ok(capture_record_read(&w.store, name, &sealed));
    for (size_t i = 0; i < sealed.n; i++) {
        sealed.p[i] ^= 0x10;
        assert_true(capture_record_open(&w.store, w.master, name, buf_span(&sealed), &content) !=
                    AIU_OK);
        sealed.p[i] ^= 0x10;
    }
    for (size_t n = 0; n < sealed.n; n++) {
        assert_true(capture_record_open(&w.store, w.master, name, span_of(sealed.p, n), &content) !=
                    AIU_OK);
    }
    // Nor is it what something else was.
    assert_status(capture_record_open(&w.store, w.master, other, buf_span(&sealed), &content),
                  AIU_FILE_INVALID);
    assert_int_equal(content.n, 0);
    end(&w);
}

static void more_subjects_than_keys_in_memory_stay_readable(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    char request[UUID_SIZE + 1], user[16];

    begin(&w);
    for (unsigned i = 0; i < CAPTURE_KEYS_MOST + 8; i++) {
        (void)snprintf(request, sizeof(request), "019ab41e-7c00-7abc-8def-%012x", i);
        (void)snprintf(user, sizeof(user), "user %u", i);
        assert_ok(put(&w, span_str(request), span_str(user), span_str(user), hash));
        if (i % 256 == 0) {
            restart(&w);
        }
    }
    restart(&w);
    for (unsigned i = 0; i < CAPTURE_KEYS_MOST + 8; i += 37) {
        (void)snprintf(request, sizeof(request), "019ab41e-7c00-7abc-8def-%012x", i);
        (void)snprintf(user, sizeof(user), "user %u", i);
        assert_readable(&w, span_str(request), span_str(user));
    }
    end(&w);
}

static void months_go_with_those_of_the_log(void **state)
{
    (void)state;
    struct world w;
    uint8_t hash[CAPTURE_HASH_SIZE];
    CLEANUP(buf_wipe) struct buf b = BUF_OF(8192);
    static const struct span later = SPAN("01a20d7c-8ffd-7c2e-a458-5fab37be7dbb"); // November 2026
    char name[CAPTURE_NAME_MOST];

    begin(&w);
    assert_ok(put(&w, id, SPAN_OF("ada"), canary, hash));
    assert_ok(put(&w, later, SPAN_OF("ada"), canary, hash));
    capture_purge(w.c, "2025-12");
    restart(&w);
    assert_ok(capture_record_name(id, CAPTURE_PROMPT, name));
    assert_status(capture_record_read(&w.store, name, &b), AIU_FILE_NOT_FOUND);
    assert_readable(&w, later, canary);
    end(&w);
}

static void a_folder_that_others_can_enter_is_refused(void **state)
{
    (void)state;
    struct world w;

    begin(&w);
    capture_free(w.c);
    assert_int_equal(chmod(w.folder, 0755), 0);
    open_capture(&w, 1 << 20);
    assert_status(capture_start(w.c), AIU_AUDIT_EXPOSED);
    end(&w);
}

enum { WRITERS = 4, EACH = 100 };

static void *put_many(void *ctx)
{
    struct world *w = ctx;
    uint8_t hash[CAPTURE_HASH_SIZE];
    static unsigned next;
    char request[UUID_SIZE + 1], user[16];

    for (unsigned i = 0; i < EACH; i++) {
        unsigned n = __atomic_fetch_add(&next, 1, __ATOMIC_SEQ_CST);
        (void)snprintf(request, sizeof(request), "019ab41e-7c00-7abc-8def-%012x", n);
        (void)snprintf(user, sizeof(user), "user %u", n % 5);
        assert_ok(put(w, span_str(request), span_str(user), canary, hash));
    }
    return NULL;
}

static void threads_put_at_the_same_time(void **state)
{
    (void)state;
    struct world w;
    pthread_t threads[WRITERS];
    char request[UUID_SIZE + 1];

    begin(&w);
    for (size_t i = 0; i < WRITERS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, put_many, &w), 0);
    }
    for (size_t i = 0; i < WRITERS; i++) {
        (void)pthread_join(threads[i], NULL);
    }
    restart(&w);
    for (unsigned i = 0; i < WRITERS * EACH; i += 7) {
        (void)snprintf(request, sizeof(request), "019ab41e-7c00-7abc-8def-%012x", i);
        assert_readable(&w, span_str(request), canary);
    }
    end(&w);
}

TEST_MAIN(content_is_sealed_and_opened_again, the_hash_is_that_of_the_file,
          content_in_pieces_is_one_content, a_subject_is_its_tenant_kind_and_name_and_nothing_else,
          an_erased_subject_is_unreadable_and_others_are_not,
          what_comes_after_an_erasure_has_another_key,
          an_erasure_that_is_not_on_record_is_tried_again,
          a_queue_that_is_full_skips_and_never_waits,
          without_a_start_nothing_is_taken_and_no_file_made,
          what_is_no_request_or_too_long_is_refused, every_changed_byte_is_refused,
          more_subjects_than_keys_in_memory_stay_readable, months_go_with_those_of_the_log,
          a_folder_that_others_can_enter_is_refused, threads_put_at_the_same_time)
