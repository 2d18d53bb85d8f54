// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu config` and `aiu keys` as a shell sees them. Skips where the program is not built.
#include <sys/wait.h>
#include <unistd.h>

#include "support.h"

static const char *g_folder;

static int set_up(void **state)
{
    (void)state;
    g_folder = test_new_folder();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_remove_folder(g_folder);
    return 0;
}

static const char *program(void)
{
    static char path[512];
    const char *binary = getenv("AIU_BINARY"); // NOLINT(concurrency-mt-unsafe): one thread

    (void)snprintf(path, sizeof(path), "%s/bin/aiu", binary == NULL ? "." : binary);
    if (access(path, X_OK) != 0) {
        print_message("%s is not built\n", path);
        skip();
    }
    return path;
}

// Run `aiu ARGUMENTS` in an empty environment; stdout and stderr go to `dst`.
static int run(const char *arguments, struct buf *dst)
{
    char command[1200];
    char bytes[4096];

    (void)snprintf(command, sizeof(command),
                   "env -i HOME=%s OPENAI_API_KEY=CANARY APP1_KEY=CANARY %s %s 2>&1", g_folder,
                   program(), arguments);
    FILE *p = popen(command, "re"); // NOLINT(cert-env33-c): a test, with fixed commands
    assert_non_null(p);
    for (size_t n = 0; (n = fread(bytes, 1, sizeof(bytes), p)) > 0;) {
        assert_ok(buf_append(dst, span_of(bytes, n)));
    }
    int status = pclose(p);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static bool says(const struct buf *text, const char *what)
{
    return span_find_span(buf_span(text), span_str(what)) < text->n;
}

static void check_tells_yes_or_no_by_its_exit_code(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    char arguments[1000];

    (void)snprintf(arguments, sizeof(arguments), "config check --config %s",
                   test_source("tests/config/good.yaml"));
    assert_int_equal(run(arguments, &text), 0);
    assert_true(says(&text, "good.yaml: ok\n"));
    buf_reset(&text);
    (void)snprintf(arguments, sizeof(arguments), "config check --config %s",
                   test_source("tests/config/bad/bad_duration.yaml"));
    assert_int_equal(run(arguments, &text), 3);
    assert_true(says(&text, "bad_duration.yaml:4:21: error: timeouts.header: "));
    buf_reset(&text);
    assert_int_equal(run("config check --config /nowhere.yaml", &text), 6);
    assert_true(says(&text, "the file does not exist"));
}

static void show_has_origins_and_no_secret(void **state) // S14, S30
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);

    assert_int_equal(run("config show", &text), 0);
    assert_true(says(&text, "{ env: OPENAI_API_KEY }"));
    assert_false(says(&text, "CANARY"));
}

static void the_example_is_a_file_that_checks(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    char arguments[1000];

    (void)snprintf(arguments, sizeof(arguments), "config example > %s/c.yaml", g_folder);
    assert_int_equal(run(arguments, &text), 0);
    (void)snprintf(arguments, sizeof(arguments), "config check --config %s/c.yaml", g_folder);
    assert_int_equal(run(arguments, &text), 0);
    (void)snprintf(arguments, sizeof(arguments), "config diff %s/c.yaml %s/c.yaml", g_folder,
                   g_folder);
    assert_int_equal(run(arguments, &text), 0);
    (void)snprintf(arguments, sizeof(arguments), "config diff %s/c.yaml %s", g_folder,
                   test_source("tests/config/good.yaml"));
    assert_int_equal(run(arguments, &text), 1);
}

// The lines that `keys new` prints are lines of a configuration, and do not hold the key (S5).
static void a_new_key_is_printed_once_and_its_lines_load(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    CLEANUP(buf_wipe) struct buf file = BUF_OF(1 << 20);
    struct span key, rest;

    assert_int_equal(run("keys new --id robot --tenant acme", &text), 0);
    assert_true(span_cut(buf_span(&text), '\n', &key, &rest));
    assert_true(span_starts_with(key, SPAN_OF("aiu-")) && key.n == 47);
    assert_int_equal(span_find_span(rest, key), rest.n);
    size_t at = span_find_span(rest, SPAN_OF("keys:\n"));
    assert_ok(buf_append(&file, SPAN_OF("version: 1\nproviders: [{ name: p, base_url: "
                                        "\"https://p.example\" }]\n")));
    assert_ok(buf_append(&file, span_drop_first(rest, at)));
    assert_ok(buf_append_byte(&file, '\0'));
    CLEANUP(config_unrefp) struct config *c = parsed((const char *)file.p, env_plain);
    assert_span("id", c->keys[0].id, SPAN_OF("robot"));
    assert_span("tenant", c->keys[0].tenant, SPAN_OF("acme"));
}

static void list_and_show_never_have_the_key(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    char arguments[1000];
    const char *good = test_source("tests/config/good.yaml");

    (void)snprintf(arguments, sizeof(arguments), "keys list --config %s", good);
    assert_int_equal(run(arguments, &text), 0);
    assert_true(says(&text, "app1\tacme\tdefault\t60\tall\n"));
    (void)snprintf(arguments, sizeof(arguments), "keys show app2 --config %s", good);
    assert_int_equal(run(arguments, &text), 0);
    assert_true(says(&text, "policy: careful\nkey: from hash\n"));
    assert_false(says(&text, "h1:") || says(&text, "CANARY"));
    (void)snprintf(arguments, sizeof(arguments), "keys show nobody --config %s", good);
    assert_int_equal(run(arguments, &text), 1);
    (void)snprintf(arguments, sizeof(arguments), "keys new --id app1 --config %s", good);
    assert_int_equal(run(arguments, &text), 2);
}

static void what_is_not_understood_is_a_usage_error(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "config",        "config shw",          "config show x", "config explain",
        "config diff a", "config show --jsn",   "keys",          "keys nw",
        "keys new --id", "keys new --id 'a b'", "keys show",     "keys list x",
        "config --json", "keys new x",
    };

    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
        if (run(wrong[i], &text) != 2) {
            fail_msg("aiu %s", wrong[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_tells_yes_or_no_by_its_exit_code),
        cmocka_unit_test(show_has_origins_and_no_secret),
        cmocka_unit_test(the_example_is_a_file_that_checks),
        cmocka_unit_test(a_new_key_is_printed_once_and_its_lines_load),
        cmocka_unit_test(list_and_show_never_have_the_key),
        cmocka_unit_test(what_is_not_understood_is_a_usage_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
