// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// S2: a program whose output is the key: without a shell, within limits, with nothing of ours.
#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include "secret/load.h"
#include "test.h"

static enum aiu_status run(const char *const *argv, uint32_t timeout_ms, struct secret **ret_secret)
{
    const struct secret_source source = {
        .kind = SECRET_FROM_COMMAND, .argv = argv, .timeout_ms = timeout_ms};

    assert_ok(secret_init_process(true));
    return secret_load(&source, NULL, ret_secret);
}

#define ARGV(...) ((const char *const[]){__VA_ARGS__, NULL})

static void the_output_is_the_key(void **state)
{
    CLEANUP(secret_done) struct secret *s = NULL;

    (void)state;
    assert_ok(run(ARGV("printf", "%s\\n", "sk-abc"), 5000, &s));
    assert_true(secret_equal_span(s, SPAN_OF("sk-abc")));
}

static void arguments_reach_no_shell(void **state)
{
    CLEANUP(secret_done) struct secret *s = NULL;

    (void)state;
    assert_ok(run(ARGV("printf", "%s", "$(id);`id`|x>y"), 5000, &s));
    assert_true(secret_equal_span(s, SPAN_OF("$(id);`id`|x>y")));
}

static void a_command_that_fails_gives_no_key(void **state)
{
    struct secret *s = NULL;

    (void)state;
    assert_status(run(ARGV("false"), 5000, &s), AIU_CONFIG_BAD_KEY);
    assert_status(run(ARGV("sh", "-c", "echo sk-abc; exit 3"), 5000, &s), AIU_CONFIG_BAD_KEY);
    assert_status(run(ARGV("sh", "-c", "echo sk-abc; kill -9 $$"), 5000, &s), AIU_CONFIG_BAD_KEY);
    assert_status(run(ARGV("true"), 5000, &s), AIU_CONFIG_NO_KEY);
    assert_status(run(ARGV("printf", "a\\nb"), 5000, &s), AIU_CONFIG_BAD_KEY);
    assert_status(run(ARGV("/nonexistent/program"), 5000, &s), AIU_FILE_NOT_FOUND);
    assert_status(run(ARGV("/etc/passwd"), 5000, &s), AIU_FILE_DENIED);
    assert_status(run((const char *const[]){NULL}, 5000, &s), AIU_USAGE);
    assert_status(run(NULL, 5000, &s), AIU_USAGE);
    assert_null(s);
}

static void the_output_has_a_largest_size(void **state)
{
    struct secret *s = NULL;

    (void)state;
    assert_status(run(ARGV("cat", "/dev/zero"), 5000, &s), AIU_FILE_TOO_LARGE);
    assert_status(run(ARGV("sh", "-c", "yes | tr -d '\\n'"), 5000, &s), AIU_FILE_TOO_LARGE);
}

static uint64_t now_ms(void)
{
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void a_command_that_takes_too_long_is_ended(void **state)
{
    static const char *const scripts[] = {
        "sleep 60",
        "exec >&-; sleep 60", // closes its output and stays
        "trap '' TERM INT HUP; while :; do sleep 1; done",
    };
    struct secret *s = NULL;

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        uint64_t start = now_ms();
        assert_status(run(ARGV("sh", "-c", scripts[i]), 200, &s), AIU_TIMEOUT);
        assert_in_range(now_ms() - start, 200, 10000);
    }
}

static bool is_running(const char *pid)
{
    char path[64];
    char line[256] = "";

    (void)snprintf(path, sizeof(path), "/proc/%.20s/stat", pid);
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        return false;
    }
    bool there = fgets(line, sizeof(line), f) != NULL;
    (void)fclose(f);
    const char *after_name = strrchr(line, ')');
    return there && after_name != NULL && after_name[2] != 'Z';
}

// The shell is gone at once, but its child still holds the output.
static void children_of_the_command_are_ended_too(void **state)
{
    const char *folder = test_new_folder();
    char script[256];
    char path[128];
    struct secret *s = NULL;

    (void)state;
    (void)snprintf(path, sizeof(path), "%s/pid", folder);
    (void)snprintf(script, sizeof(script), "sleep 60 & printf %%s $! > %s; echo sk-abc", path);
    assert_status(run(ARGV("sh", "-c", script), 500, &s), AIU_TIMEOUT);
    struct span text = test_read_file(path);
    char *pid = mem_dup(text.p, text.n);
    assert_non_null(pid);
    assert_int_not_equal(text.n, 0);
    for (int i = 0; i < 200 && is_running(pid); i++) {
        (void)usleep(10000);
    }
    assert_false(is_running(pid));
    mem_free(pid);
    mem_free((void *)(uintptr_t)text.p);
    test_remove_folder(folder);
}

static void the_command_inherits_no_descriptor_and_no_input(void **state)
{
    CLEANUP(secret_done) struct secret *s = NULL;
    int fd = dup2(STDOUT_FILENO, 77); // inherited by an ordinary child
    int ends[2];

    (void)state;
    assert_int_equal(fd, 77);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "line\n", 5), 5);
    assert_int_equal(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
    assert_ok(
        run(ARGV("sh", "-c", "test -e /proc/self/fd/77 && printf open; read x || printf empty"),
            5000, &s));
    assert_true(secret_equal_span(s, SPAN_OF("empty")));
    (void)close(fd);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void the_command_sees_few_variables(void **state)
{
    CLEANUP(secret_done) struct secret *s = NULL;

    (void)state;
    assert_int_equal(setenv("AIU_TEST_OTHER_KEY", "sk-other", 1), 0);
    assert_int_equal(setenv("LD_PRELOAD_TEST", "x", 1), 0);
    assert_ok(run(
        ARGV("sh", "-c",
             "printf '%s-%s-%s' \"$AIU_TEST_OTHER_KEY\" \"$LD_PRELOAD_TEST\" \"${PATH:+path}\""),
        5000, &s));
    assert_true(secret_equal_span(s, SPAN_OF("--path")));
}

static void descriptors_do_not_leak(void **state)
{
    struct secret *s = NULL;
    int first = open("/dev/null", O_RDONLY | O_CLOEXEC);

    (void)state;
    (void)close(first);
    for (int i = 0; i < 20; i++) {
        assert_status(run(ARGV("false"), 5000, &s), AIU_CONFIG_BAD_KEY);
        assert_status(run(ARGV("/nonexistent"), 5000, &s), AIU_FILE_NOT_FOUND);
    }
    int last = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_int_equal(last, first);
    (void)close(last);
}

TEST_MAIN(the_output_is_the_key, arguments_reach_no_shell, a_command_that_fails_gives_no_key,
          the_output_has_a_largest_size, a_command_that_takes_too_long_is_ended,
          children_of_the_command_are_ended_too, the_command_inherits_no_descriptor_and_no_input,
          the_command_sees_few_variables, descriptors_do_not_leak)
