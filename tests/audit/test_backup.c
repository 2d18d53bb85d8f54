// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S79, S90: a backup is whole, private, never overwrites, and is not believed once it was touched.
#include "audit/backup.h"
#include "audit/backup_seal.h"

#include <pthread.h>
#include <stdatomic.h>

#include "audit_test.h"

enum { ENTRIES = 5000 };

static void fill_log(const char *folder, uint64_t n)
{
    struct audit_options options = small_options(folder);
    struct audit_log *log = NULL;

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &log));
    append_numbered(log, 0, n);
    assert_ok(audit_close(log));
}

static struct backup_options to_folder(const char *log, const char *to)
{
    return (struct backup_options){
        .log = log, .to = to, .host = "gw 1/../x", .now_unix_s = UINT64_C(1795392000)};
}

static void a_backup_is_the_log_and_private(void **state)
{
    (void)state;
    char log[PATH_SIZE];
    const char *to = test_new_folder();
    CLEANUP(buf_wipe) struct buf why = BUF_OF(4096);
    struct backup_result made, checked;
    struct stat st;

    fill_log(new_log_folder(log), ENTRIES);
    const struct backup_options o = to_folder(log, to);
    assert_ok(backup_make(&o, &made));
    assert_int_equal(made.entries, ENTRIES);
    const struct tree_hash root = root_of_numbered(ENTRIES);
    assert_memory_equal(&made.root, &root, sizeof(root));
    assert_non_null(strstr(made.path, "/aiu-audit-gw-1-..-x-20261123T000000Z"));
    assert_int_equal(stat(made.path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_ok(backup_check(made.path, &checked, &why));
    assert_int_equal(checked.entries, ENTRIES);
    // Another one in the same second has another name (the guide's overwrites).
    assert_ok(backup_make(&o, &checked));
    assert_string_not_equal(made.path, checked.path);
    remove_log_folder(log);
    test_remove_folder(to);
}

static void a_restored_log_can_be_written_on(void **state)
{
    (void)state;
    char log[PATH_SIZE], restored[PATH_SIZE];
    const char *to = test_new_folder();
    CLEANUP(buf_wipe) struct buf why = BUF_OF(4096);
    struct backup_result made, back;
    struct audit_log *writer = NULL;

    fill_log(new_log_folder(log), ENTRIES);
    const struct backup_options o = to_folder(log, to);
    assert_ok(backup_make(&o, &made));
    (void)snprintf(restored, sizeof(restored), "%.200s/log", test_new_folder());
    assert_ok(backup_restore(made.path, restored, &back, &why));
    assert_int_equal(back.entries, ENTRIES);
    assert_status(backup_restore(made.path, restored, &back, &why), AIU_BUSY);
    const struct audit_options options = small_options(restored);
    assert_ok(audit_open(&options, &writer));
    append_numbered(writer, ENTRIES, ENTRIES + 100);
    assert_ok(audit_close(writer));
    remove_log_folder(restored);
    remove_log_folder(log);
    test_remove_folder(to);
}

// Change one file of a backup; `nth` counts through them. False where there are no more.
static bool find_file(const char *backup, size_t nth, char out[2 * PATH_SIZE])
{
    static const char *const names[] = {"frontier", "MANIFEST.json"};
    char path[PATH_SIZE];

    if (nth < ARRAY_SIZE(names)) {
        (void)snprintf(out, 2 * PATH_SIZE, "%s/%s", backup, names[nth]);
        return true;
    }
    for (uint64_t first = 0, i = ARRAY_SIZE(names); first < ENTRIES; first++) {
        if (access(segment_path(backup, first, path), F_OK) == 0 && i++ == nth) {
            (void)snprintf(out, 2 * PATH_SIZE, "%s", path);
            return true;
        }
    }
    return false;
}

static void flip_byte(const char *path)
{
    struct stat st;
    uint8_t byte = 0;
    int fd = open(path, O_RDWR | O_CLOEXEC);

    assert_int_equal(fstat(fd, &st), 0);
    assert_int_equal(pread(fd, &byte, 1, st.st_size / 2), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, st.st_size / 2), 1);
    assert_int_equal(close(fd), 0);
}

static void a_backup_that_was_touched_is_refused_with_the_file(void **state)
{
    (void)state;
    char log[PATH_SIZE], path[2 * PATH_SIZE];
    const char *to = test_new_folder();
    CLEANUP(buf_wipe) struct buf why = BUF_OF(4096);
    struct backup_result made, checked;
    size_t files = 0;

    fill_log(new_log_folder(log), ENTRIES);
    const struct backup_options o = to_folder(log, to);
    assert_ok(backup_make(&o, &made));
    for (; find_file(made.path, files, path); files++) {
        flip_byte(path);
        assert_status(backup_check(made.path, &checked, &why), AIU_NOT_FOUND);
        assert_true(why.n > 0);
        if (files != 1) {
            assert_non_null(memmem(why.p, why.n, strrchr(path, '/') + 1, 8));
        }
        flip_byte(path);
        assert_ok(backup_check(made.path, &checked, &why));
    }
    assert_true(files > 4);
    assert_true(find_file(made.path, 3, path)); // a segment that is missing
    assert_int_equal(unlink(path), 0);
    assert_status(backup_check(made.path, &checked, &why), AIU_NOT_FOUND);
    remove_log_folder(log);
    test_remove_folder(to);
}

static struct secret *key_of(uint8_t fill)
{
    struct secret *key = NULL;
    uint8_t bytes[32];

    assert_ok(secret_init_library());
    memset(bytes, fill, sizeof(bytes));
    assert_ok(secret_new_from_bytes(bytes, sizeof(bytes), &key));
    return key;
}

static enum aiu_status unseal(const char *file, const struct secret *key,
                              struct backup_result *ret_result)
{
    CLEANUP(buf_wipe) struct buf why = BUF_OF(4096);
    const char *to = test_new_folder();
    enum aiu_status st = backup_unseal(file, to, key);

    st = st == AIU_OK ? backup_check(to, ret_result, &why) : st;
    test_remove_folder(to);
    return st;
}

static void a_sealed_backup_opens_with_its_key_alone_and_only_whole(void **state)
{
    (void)state;
    char log[PATH_SIZE], file[PATH_SIZE];
    const char *to = test_new_folder();
    CLEANUP(secret_done) struct secret *key = key_of(1);
    CLEANUP(secret_done) struct secret *other = key_of(2);
    struct backup_result made, opened;
    struct stat st;

    fill_log(new_log_folder(log), ENTRIES);
    const struct backup_options o = to_folder(log, to);
    assert_ok(backup_make(&o, &made));
    (void)snprintf(file, sizeof(file), "%.200s/sealed", to);
    assert_ok(backup_seal(made.path, file, key));
    assert_status(backup_seal(made.path, file, key), AIU_BUSY); // overwrites nothing
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_ok(unseal(file, key, &opened));
    assert_int_equal(opened.entries, ENTRIES);
    assert_memory_equal(&opened.root, &made.root, sizeof(made.root));
    assert_status(unseal(file, other, &opened), AIU_FILE_INVALID);
    flip_byte(file);
    assert_status(unseal(file, key, &opened), AIU_FILE_INVALID);
    flip_byte(file);
    assert_ok(unseal(file, key, &opened));
    for (off_t cut = 1; cut < st.st_size; cut *= 3) {
        assert_int_equal(truncate(file, st.st_size - cut), 0);
        assert_status(unseal(file, key, &opened), AIU_FILE_INVALID);
    }
    remove_log_folder(log);
    test_remove_folder(to);
}

static void a_damaged_log_gives_no_backup(void **state)
{
    (void)state;
    char log[PATH_SIZE], path[PATH_SIZE];
    const char *to = test_new_folder();
    struct backup_result made;

    fill_log(new_log_folder(log), ENTRIES);
    int fd = open(segment_path(log, 0, path), O_RDWR | O_CLOEXEC);
    assert_int_equal(pwrite(fd, "x", 1, 2000), 1);
    assert_int_equal(close(fd), 0);
    const struct backup_options o = to_folder(log, to);
    assert_status(backup_make(&o, &made), AIU_AUDIT_CORRUPT);
    (void)snprintf(path, sizeof(path), "%.200s/MANIFEST.json", made.path);
    assert_int_not_equal(access(path, F_OK), 0);
    remove_log_folder(log);
    test_remove_folder(to);
}

struct writer {
    const char *folder;
    struct audit_log *log;
    atomic_bool stop;
};

static void *keep_writing(void *arg)
{
    struct writer *w = arg;

    for (uint64_t i = 0; !atomic_load(&w->stop) && i < 400000; i += 100) {
        append_numbered(w->log, i, i + 100);
    }
    return NULL;
}

static void a_log_that_is_written_meanwhile_gives_whole_backups(void **state)
{
    (void)state;
    char log[PATH_SIZE];
    const char *to = test_new_folder();
    struct backup_result made;
    struct writer w = {.folder = new_log_folder(log)};
    struct audit_options options = small_options(log);
    pthread_t thread;

    options.unsafe_no_sync = true;
    assert_ok(audit_open(&options, &w.log));
    assert_int_equal(pthread_create(&thread, NULL, keep_writing, &w), 0);
    for (int i = 0; i < 8; i++) {
        const struct backup_options o = to_folder(log, to);
        uint64_t durable = audit_durable(w.log);
        assert_ok(backup_make(&o, &made));
        assert_true(made.entries >= durable);
        const struct tree_hash root = root_of_numbered(made.entries);
        assert_memory_equal(&made.root, &root, sizeof(root));
    }
    atomic_store(&w.stop, true);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_ok(audit_close(w.log));
    remove_log_folder(log);
    test_remove_folder(to);
}

TEST_MAIN(a_backup_is_the_log_and_private, a_restored_log_can_be_written_on,
          a_backup_that_was_touched_is_refused_with_the_file,
          a_sealed_backup_opens_with_its_key_alone_and_only_whole, a_damaged_log_gives_no_backup,
          a_log_that_is_written_meanwhile_gives_whole_backups)
