// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "secret/master.h"

#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include "test.h"

struct place {
    const char *folder;
    int fd;
    char path[128];
};

static void place_init(struct place *p)
{
    assert_ok(secret_init_process(true));
    p->folder = test_new_folder();
    p->fd = open(p->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(p->fd >= 0);
    (void)snprintf(p->path, sizeof(p->path), "%s/master.key", p->folder);
}

static void place_done(struct place *p)
{
    (void)close(p->fd);
    test_remove_folder(p->folder);
}

static int files_in(const char *folder)
{
    DIR *d = opendir(folder);
    const struct dirent *entry = NULL;
    int count = 0;

    assert_non_null(d);
    while ((entry = readdir(d)) != NULL) {
        count += entry->d_name[0] != '.';
    }
    (void)closedir(d);
    return count;
}

static void the_key_is_created_once_and_found_again(void **state)
{
    CLEANUP(place_done) struct place p;
    CLEANUP(secret_done) struct secret *first = NULL;
    CLEANUP(secret_done) struct secret *again = NULL;
    struct stat st;
    mode_t mask = umask(0777); // whatever it is, the file has its mode

    (void)state;
    place_init(&p);
    assert_ok(master_open(p.fd, &first));
    (void)umask(mask);
    assert_ok(master_open(p.fd, &again));
    assert_true(secret_equal(first, again));
    assert_int_equal(secret_size(first), MASTER_KEY_SIZE);
    assert_int_equal(stat(p.path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0600);
    assert_int_equal(st.st_size, MASTER_KEY_SIZE);
    assert_int_equal(files_in(p.folder), 1);
}

static void a_key_that_others_can_reach_is_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0620, 0602, 0610, 0644};
    CLEANUP(place_done) struct place p;
    struct secret *s = NULL;

    (void)state;
    place_init(&p);
    assert_ok(master_open(p.fd, &s));
    secret_unref(s);
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        assert_int_equal(chmod(p.path, modes[i]), 0);
        assert_status(master_open(p.fd, &s), AIU_CONFIG_KEY_EXPOSED);
    }
    assert_int_equal(chmod(p.path, 0400), 0);
    assert_ok(master_open(p.fd, &s));
    secret_unref(s);
    if (geteuid() == 0) {
        assert_int_equal(chown(p.path, 1, 1), 0);
        assert_status(master_open(p.fd, &s), AIU_CONFIG_KEY_EXPOSED);
    }
}

static void what_is_no_key_is_refused_and_never_replaced(void **state)
{
    CLEANUP(place_done) struct place p;
    struct secret *s = NULL;

    (void)state;
    place_init(&p);
    for (size_t n = 0; n <= 33; n += 11) {
        int fd = open(p.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, "0123456789012345678901234567890123", n), n);
        (void)close(fd);
        assert_status(master_open(p.fd, &s), AIU_FILE_INVALID);
        struct span left = test_read_file(p.path);
        assert_int_equal(left.n, n);
        mem_free((void *)(uintptr_t)left.p);
        assert_int_equal(unlink(p.path), 0);
    }
    assert_int_equal(symlink("elsewhere", p.path), 0);
    assert_status(master_open(p.fd, &s), AIU_FILE_INVALID);
    assert_int_equal(unlink(p.path), 0);
    assert_int_equal(mkdir(p.path, 0700), 0);
    assert_status(master_open(p.fd, &s), AIU_FILE_INVALID);
    assert_int_equal(rmdir(p.path), 0);
    assert_int_equal(mkfifo(p.path, 0600), 0);
    assert_status(master_open(p.fd, &s), AIU_FILE_INVALID);
}

static void *open_it(void *ctx)
{
    struct secret *s = NULL;

    return master_open(*(int *)ctx, &s) == AIU_OK ? s : NULL;
}

static void all_who_create_it_at_once_have_the_same(void **state)
{
    pthread_t threads[8];

    (void)state;
    for (int round = 0; round < 20; round++) {
        CLEANUP(place_done) struct place p;
        struct secret *all[ARRAY_SIZE(threads)];
        place_init(&p);
        for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, open_it, &p.fd), 0);
        }
        for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
            assert_int_equal(pthread_join(threads[i], (void **)&all[i]), 0);
            assert_non_null(all[i]);
            assert_true(secret_equal(all[i], all[0]));
        }
        for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
            secret_unref(all[i]);
        }
        assert_int_equal(files_in(p.folder), 1);
    }
}

static void a_folder_that_may_not_be_written_is_an_error(void **state)
{
    struct secret *s = NULL;
    int proc = open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    (void)state;
    assert_ok(secret_init_process(true));
    assert_true(proc >= 0);
    assert_int_not_equal(master_open(proc, &s), AIU_OK);
    assert_null(s);
    (void)close(proc);
}

TEST_MAIN(the_key_is_created_once_and_found_again, a_key_that_others_can_reach_is_refused,
          what_is_no_key_is_refused_and_never_replaced, all_who_create_it_at_once_have_the_same,
          a_folder_that_may_not_be_written_is_an_error)
