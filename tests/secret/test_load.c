// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S2, S35, S40: where secrets come from, and what is refused.
#include "secret/load.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "secret/keyfile.h"
#include "test.h"

static enum aiu_status load_from(enum secret_source_kind kind, const char *name,
                                 struct secret **ret_secret)
{
    struct secret_source source = {.kind = kind, .name = name};

    assert_ok(secret_init_process(true));
    return secret_load(&source, NULL, ret_secret);
}

static void assert_loads(enum secret_source_kind kind, const char *name, struct span wanted)
{
    CLEANUP(secret_done) struct secret *s = NULL;

    assert_ok(load_from(kind, name, &s));
    assert_true(secret_equal_span(s, wanted));
}

static void assert_refuses(enum secret_source_kind kind, const char *name, enum aiu_status wanted)
{
    struct secret *s = NULL;

    assert_status(load_from(kind, name, &s), wanted);
    assert_null(s);
}

static const struct {
    const char *why;
    struct span given;
    enum aiu_status status;
    struct span key;
} values[] = {
    {"plain", SPAN("sk-abc"), AIU_OK, SPAN("sk-abc")},
    {"one line end is taken off", SPAN("sk-abc\n"), AIU_OK, SPAN("sk-abc")},
    {"also that of Windows", SPAN("sk-abc\r\n"), AIU_OK, SPAN("sk-abc")},
    {"but not two", SPAN("sk-abc\n\n"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"a blank inside", SPAN("pass phrase"), AIU_OK, SPAN("pass phrase")},
    {"a blank before", SPAN(" sk-abc"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"a blank behind", SPAN("sk-abc "), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"header injection", SPAN("sk-abc\r\nX-Evil: 1"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"CR", SPAN("sk\rabc"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"CR at the end", SPAN("sk-abc\r"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"tab", SPAN("sk\tabc"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"escape", SPAN("sk\033abc"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"delete", SPAN("sk\177abc"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"not ASCII", SPAN("sk-\303\244bc"), AIU_CONFIG_BAD_KEY, SPAN("")},
    {"empty is not set", SPAN(""), AIU_CONFIG_NO_KEY, SPAN("")},
    {"a line end only", SPAN("\n"), AIU_CONFIG_NO_KEY, SPAN("")},
};

static void a_variable_is_checked_and_taken_out_of_the_environment(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        char text[64];
        (void)snprintf(text, sizeof(text), "%.*s", (int)values[i].given.n, values[i].given.p);
        assert_int_equal(setenv("AIU_TEST_KEY", text, 1), 0);
        const char *place = getenv("AIU_TEST_KEY");
        size_t n = strlen(place);
        if (values[i].status == AIU_OK) {
            assert_loads(SECRET_FROM_ENV, "AIU_TEST_KEY", values[i].key);
        } else {
            assert_refuses(SECRET_FROM_ENV, "AIU_TEST_KEY", values[i].status);
        }
        assert_null(getenv("AIU_TEST_KEY"));
        for (size_t k = 0; k < n; k++) {
            assert_int_equal(place[k], 0); // glibc keeps the string: it must be overwritten
        }
    }
    assert_refuses(SECRET_FROM_ENV, "AIU_TEST_KEY", AIU_CONFIG_NO_KEY);
    assert_refuses(SECRET_FROM_ENV, "", AIU_CONFIG_NO_KEY);
    assert_refuses(SECRET_FROM_ENV, NULL, AIU_USAGE);
}

static void a_variable_can_be_read_again_where_it_is_kept(void **state)
{
    const struct secret_source source = {.kind = SECRET_FROM_ENV, .name = "AIU_TEST_KEY"};
    struct secret_env *env = NULL;
    struct secret *first = NULL;
    struct secret *again = NULL;
    struct secret *changed = NULL;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_ok(secret_env_new(&env));
    assert_status(secret_load(&source, env, &first), AIU_CONFIG_NO_KEY);
    assert_int_equal(setenv("AIU_TEST_KEY", "sk-1\n", 1), 0);
    assert_ok(secret_load(&source, env, &first));
    assert_ok(secret_load(&source, env, &again));
    assert_true(secret_equal_span(again, SPAN_OF("sk-1")));
    assert_ok(secret_bind_origin(first, SPAN_OF("https://a:443"))); // each has its own binding
    assert_ok(secret_bind_origin(again, SPAN_OF("https://b:443")));
    assert_int_equal(setenv("AIU_TEST_KEY", "sk-2", 1), 0);
    assert_ok(secret_load(&source, env, &changed));
    assert_true(secret_equal_span(changed, SPAN_OF("sk-2")));
    secret_unref(changed);
    assert_ok(secret_load(&source, env, &changed));
    assert_true(secret_equal_span(changed, SPAN_OF("sk-2")));
    assert_string_equal(secret_env_name(env, 0), "AIU_TEST_KEY");
    assert_null(secret_env_name(env, 1));
    assert_null(secret_env_name(NULL, 0));
    secret_env_forget(env, "AIU_TEST_KEY");
    secret_env_forget(env, "AIU_TEST_OTHER");
    assert_status(secret_load(&source, env, &again), AIU_CONFIG_NO_KEY);
    assert_string_equal(secret_env_name(env, 0), "AIU_TEST_KEY"); // it was there
    secret_unref(first);
    secret_unref(again);
    secret_unref(changed);
    secret_env_free(env);
    secret_env_free(NULL);
}

// Runs as the child of the next test, with the key in the environment it was started with.
static int look_at_own_environment(void)
{
    struct secret_source source = {.kind = SECRET_FROM_ENV, .name = "AIU_TEST_KEY"};
    const char *show[] = {"env", NULL};
    const struct secret_source child = {.kind = SECRET_FROM_COMMAND, .argv = show, .raw = true};
    struct secret *s = NULL;
    struct secret *printed = NULL;
    struct span before = test_read_file("/proc/self/environ");
    bool there = span_find_span(before, SPAN_OF("sk-canary")) < before.n;

    if (!there || secret_init_process(true) != AIU_OK || secret_load(&source, NULL, &s) != AIU_OK ||
        secret_load(&child, NULL, &printed) != AIU_OK) {
        return 2;
    }
    struct span after = test_read_file("/proc/self/environ");
    struct buf inherited = BUF_OF(SECRET_LOAD_MOST);
    if (secret_bind_origin(printed, SPAN_OF("test")) != AIU_OK ||
        secret_append_for(printed, SPAN_OF("test"), &inherited) != AIU_OK) {
        return 2;
    }
    bool gone = span_find_span(after, SPAN_OF("sk-canary")) == after.n;
    bool others_kept = span_find_span(after, SPAN_OF("AIU_TEST_CHILD=1")) < after.n;
    bool not_inherited = span_find_span(buf_span(&inherited), SPAN_OF("AIU_TEST")) == inherited.n;
    mem_free((void *)(uintptr_t)before.p);
    mem_free((void *)(uintptr_t)after.p);
    buf_wipe(&inherited);
    secret_unref(s);
    secret_unref(printed);
    return gone && others_kept && not_inherited ? 0 : 1;
}

// The one that a crafted start put there twice goes twice.
static void no_child_and_no_proc_shows_a_key_that_was_read(void **state)
{
    char *const argv[] = {(char[]){"self"}, NULL};
    char *const environment[] = {(char[]){"AIU_TEST_CHILD=1"}, (char[]){"AIU_TEST_KEY=sk-canary"},
                                 (char[]){"AIU_TEST_KEY=sk-canary"}, (char[]){"PATH=/usr/bin:/bin"},
                                 NULL};
    int status = 0;
    pid_t pid = fork();

    (void)state;
    if (pid == 0) {
        (void)execve("/proc/self/exe", argv, environment);
        _exit(3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static const char *write_file(const char *folder, const char *name, struct span text, mode_t mode)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    (void)unlink(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text.p, text.n), text.n);
    assert_int_equal(fchmod(fd, mode), 0);
    (void)close(fd);
    return path;
}

static void a_file_is_checked_like_a_variable(void **state)
{
    const char *folder = test_new_folder();

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
        const char *path = write_file(folder, "key", values[i].given, 0600);
        if (values[i].status == AIU_OK) {
            assert_loads(SECRET_FROM_FILE, path, values[i].key);
        } else {
            assert_refuses(SECRET_FROM_FILE, path, values[i].status);
        }
    }
    assert_refuses(SECRET_FROM_FILE, write_file(folder, "nul", SPAN_OF("sk\0abc"), 0600),
                   AIU_CONFIG_BAD_KEY);
    test_remove_folder(folder);
}

static void what_is_no_plain_file_is_refused_without_waiting(void **state)
{
    const char *folder = test_new_folder();
    char path[256];

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/missing", folder);
    assert_refuses(SECRET_FROM_FILE, path, AIU_FILE_NOT_FOUND);
    assert_refuses(SECRET_FROM_FILE, folder, AIU_FILE_INVALID);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refuses(SECRET_FROM_FILE, path, AIU_FILE_INVALID);
    if (geteuid() != 0) { // root may read all
        assert_refuses(SECRET_FROM_FILE, write_file(folder, "no", SPAN_OF("k"), 0),
                       AIU_FILE_DENIED);
    }
    test_remove_folder(folder);
}

static void a_file_has_a_largest_size(void **state)
{
    static uint8_t text[SECRET_LOAD_MOST + 1];
    const char *folder = test_new_folder();

    (void)state;
    memset(text, 'k', sizeof(text));
    assert_loads(SECRET_FROM_FILE, write_file(folder, "k", span_of(text, SECRET_LOAD_MOST), 0600),
                 span_of(text, SECRET_LOAD_MOST));
    assert_refuses(SECRET_FROM_FILE, write_file(folder, "k", span_of(text, sizeof(text)), 0600),
                   AIU_FILE_TOO_LARGE);
    assert_refuses(SECRET_FROM_FILE, "/dev/zero", AIU_FILE_INVALID);
    test_remove_folder(folder);
}

static void raw_bytes_are_left_as_they_are(void **state)
{
    const char *folder = test_new_folder();
    struct span pem = SPAN_OF("-----BEGIN X-----\nAAAA\n-----END X-----\n");
    struct secret_source source = {.kind = SECRET_FROM_FILE, .raw = true};
    CLEANUP(secret_done) struct secret *s = NULL;

    (void)state;
    assert_ok(secret_init_process(true));
    source.name = write_file(folder, "pem", pem, 0600);
    assert_ok(secret_load(&source, NULL, &s));
    assert_true(secret_equal_span(s, pem));
    test_remove_folder(folder);
}

// S2: the rule of keyfile.c. 1000 is this user, 2000 another.
static void files_that_others_can_read_or_change_are_exposed(void **state)
{
    static const struct {
        uid_t owner;
        mode_t mode;
        bool sealed;
        bool exposed;
    } cases[] = {
        {1000, 0600, false, false}, {1000, 0400, false, false}, {1000, 0640, false, true},
        {1000, 0604, false, true},  {1000, 0620, false, true},  {1000, 0644, true, true},
        {2000, 0600, false, true},  {2000, 0400, true, true},   {0, 0400, false, false},
        {0, 0440, false, false},    {0, 0640, false, false},    {0, 0660, false, true},
        {0, 0444, false, true},     {0, 0644, false, true},     {0, 0644, true, false},
        {0, 0444, true, false},     {0, 0646, true, true},      {0, 0664, true, true},
        {0, 0611, true, true},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        const struct stat st = {.st_uid = cases[i].owner, .st_mode = S_IFREG | cases[i].mode};
        assert_int_equal(keyfile_exposed(&st, 1000, cases[i].sealed), cases[i].exposed);
    }
}

// The rights that count are those of the file, whatever link leads to it.
static void an_exposed_file_is_refused_through_a_link_too(void **state)
{
    const char *folder = test_new_folder();
    char link[256];

    (void)state;
    (void)snprintf(link, sizeof(link), "%s/link", folder);
    assert_refuses(SECRET_FROM_FILE, write_file(folder, "open", SPAN_OF("sk-abc"), 0644),
                   AIU_CONFIG_KEY_EXPOSED);
    assert_int_equal(symlink("open", link), 0);
    assert_refuses(SECRET_FROM_FILE, link, AIU_CONFIG_KEY_EXPOSED);
    (void)write_file(folder, "open", SPAN_OF("sk-abc"), 0600);
    assert_loads(SECRET_FROM_FILE, link, SPAN_OF("sk-abc"));
    test_remove_folder(folder);
}

static void a_credential_comes_from_its_folder_only(void **state)
{
    const char *folder = test_new_folder();

    (void)state;
    (void)write_file(folder, "openai", SPAN_OF("sk-abc\n"), 0400);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_refuses(SECRET_FROM_CREDENTIAL, "openai", AIU_CONFIG_NO_KEY);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", folder, 1), 0);
    assert_loads(SECRET_FROM_CREDENTIAL, "openai", SPAN_OF("sk-abc"));
    assert_refuses(SECRET_FROM_CREDENTIAL, "missing", AIU_FILE_NOT_FOUND);
    assert_refuses(SECRET_FROM_CREDENTIAL, "../openai", AIU_USAGE);
    assert_refuses(SECRET_FROM_CREDENTIAL, "..", AIU_USAGE);
    assert_refuses(SECRET_FROM_CREDENTIAL, "", AIU_USAGE);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    test_remove_folder(folder);
}

static void a_variable_or_the_file_it_names_but_not_both(void **state)
{
    const char *folder = test_new_folder();
    struct secret *s = NULL;

    (void)state;
    assert_ok(secret_init_process(true));
    assert_status(secret_load_env_or_file("AIU_TEST_KEY", NULL, &s), AIU_CONFIG_NO_KEY);
    assert_int_equal(
        setenv("AIU_TEST_KEY_FILE", write_file(folder, "key", SPAN_OF("sk-file"), 0600), 1), 0);
    assert_ok(secret_load_env_or_file("AIU_TEST_KEY", NULL, &s));
    assert_true(secret_equal_span(s, SPAN_OF("sk-file")));
    secret_unref(s);
    assert_int_equal(setenv("AIU_TEST_KEY", "", 1), 0); // S35: set but empty is not set
    assert_ok(secret_load_env_or_file("AIU_TEST_KEY", NULL, &s));
    secret_unref(s);
    assert_int_equal(setenv("AIU_TEST_KEY", "sk-env", 1), 0);
    assert_status(secret_load_env_or_file("AIU_TEST_KEY", NULL, &s), AIU_CONFIG_INVALID);
    assert_int_equal(unsetenv("AIU_TEST_KEY_FILE"), 0);
    assert_ok(secret_load_env_or_file("AIU_TEST_KEY", NULL, &s));
    assert_true(secret_equal_span(s, SPAN_OF("sk-env")));
    secret_unref(s);
    assert_status(secret_load_env_or_file("", NULL, &s), AIU_USAGE);
    test_remove_folder(folder);
}

static void a_failed_allocation_leaks_nothing(void **state)
{
    const struct secret_source source = {.kind = SECRET_FROM_ENV, .name = "AIU_TEST_KEY"};
    size_t before = mem_in_use();
    bool done = false;

    (void)state;
    assert_ok(secret_init_process(true));
    for (size_t fail = 0; !done; fail++) {
        struct secret_env *env = NULL;
        struct secret *s = NULL;
        assert_ok(secret_env_new(&env));
        assert_int_equal(setenv("AIU_TEST_KEY", "sk-abc", 1), 0);
        mem_fail_after(fail);
        enum aiu_status st = secret_load(&source, env, &s);
        mem_fail_after(SIZE_MAX);
        done = st == AIU_OK;
        assert_true(done || st == AIU_NO_MEMORY);
        assert_null(getenv("AIU_TEST_KEY"));
        secret_unref(s);
        secret_env_free(env);
        assert_int_equal(mem_in_use(), before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_variable_is_checked_and_taken_out_of_the_environment),
        cmocka_unit_test(a_variable_can_be_read_again_where_it_is_kept),
        cmocka_unit_test(no_child_and_no_proc_shows_a_key_that_was_read),
        cmocka_unit_test(a_file_is_checked_like_a_variable),
        cmocka_unit_test(what_is_no_plain_file_is_refused_without_waiting),
        cmocka_unit_test(a_file_has_a_largest_size),
        cmocka_unit_test(raw_bytes_are_left_as_they_are),
        cmocka_unit_test(files_that_others_can_read_or_change_are_exposed),
        cmocka_unit_test(an_exposed_file_is_refused_through_a_link_too),
        cmocka_unit_test(a_credential_comes_from_its_folder_only),
        cmocka_unit_test(a_variable_or_the_file_it_names_but_not_both),
        cmocka_unit_test(a_failed_allocation_leaks_nothing),
    };

    if (getenv("AIU_TEST_CHILD") != NULL) {
        return look_at_own_environment();
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
