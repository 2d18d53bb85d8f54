// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Files on the disk: the configuration itself, and the keys and certificates that it names.
#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "secret/secret.h"
#include "support.h"

static const char *g_folder;

static int set_up(void **state)
{
    (void)state;
    g_folder = test_new_folder();
    return secret_init_process(true) == AIU_OK ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    test_remove_folder(g_folder);
    return 0;
}

static const char *path_of(const char *name)
{
    static char path[512];

    (void)snprintf(path, sizeof(path), "%s/%s", g_folder, name);
    return path;
}

static void write_file(const char *name, const char *text, mode_t mode)
{
    FILE *f = fopen(path_of(name), "we");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(chmod(path_of(name), mode), 0);
}

// A file in the folder whose text has "@" in place of the folder.
static void write_config(const char *text, mode_t mode)
{
    char whole[4096] = "";
    struct span rest = span_str(text);
    struct span part;

    for (bool more = true; more;) {
        size_t n = strlen(whole);
        more = span_cut(rest, '@', &part, &rest);
        (void)snprintf(whole + n, sizeof(whole) - n, "%.*s%s", (int)part.n, (const char *)part.p,
                       more ? g_folder : "");
    }
    write_file("config.yaml", whole, mode);
}

static enum aiu_status load(const char *const *env, struct config_report *report,
                            struct config **ret_config)
{
    const struct config_options o = {.env = env, .check_files = true};

    return config_load(path_of("config.yaml"), &o, report, ret_config);
}

// The one problem of the file, as "line:column path: message".
static void assert_problem(enum aiu_status wanted, const char *text)
{
    struct config_report report;
    struct config *c = NULL;
    char got[512];
    enum aiu_status st = load(env_plain, &report, &c);

    assert_null(c);
    assert_status(st, wanted);
    assert_int_equal(report.count, 1);
    (void)snprintf(got, sizeof(got), "%u:%u %s: %s", report.problems[0].line,
                   report.problems[0].column, report.problems[0].path, report.problems[0].message);
    assert_string_equal(got, text);
}

#define KEY_FILE                                                                                   \
    "version: 1\n"                                                                                 \
    "providers: [{ name: p, base_url: \"https://p.example\", api_key: { file: @/key } }]\n"        \
    "keys: [{ id: a, hash: \"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" }]\n"

static void a_file_with_a_private_key_file_loads(void **state) // S2
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = NULL;
    struct config_report report;

    write_file("key", "sk-test\n", 0600);
    write_config(KEY_FILE, 0644);
    assert_ok(load(env_plain, &report, &c));
    assert_int_equal(report.count, 0);
    assert_int_equal(c->providers[0].api_key.from.kind, SECRET_FROM_FILE);
}

static void a_key_file_that_others_can_read_is_refused(void **state) // S2, S3
{
    (void)state;
    write_file("key", "sk-test\n", 0644);
    write_config(KEY_FILE, 0644);
    assert_problem(AIU_CONFIG_KEY_EXPOSED,
                   "2:64 providers[0].api_key: others can read or change the file: chmod 600");
}

static void a_missing_key_file_is_told_with_its_place(void **state)
{
    (void)state;
    (void)unlink(path_of("key"));
    write_config(KEY_FILE, 0644);
    assert_problem(AIU_FILE_NOT_FOUND, "2:64 providers[0].api_key: the file does not exist");
}

static void an_empty_key_file_is_refused(void **state) // S35
{
    (void)state;
    write_file("key", "\n", 0600);
    write_config(KEY_FILE, 0644);
    assert_problem(AIU_CONFIG_NO_KEY, "2:64 providers[0].api_key: is empty or not set");
}

static void a_key_with_a_line_end_inside_is_refused(void **state) // S2
{
    (void)state;
    write_file("key", "sk-test\nX-Evil: 1\n", 0600);
    write_config(KEY_FILE, 0644);
    assert_problem(AIU_CONFIG_BAD_KEY, "2:64 providers[0].api_key: the file holds more than one "
                                       "line, a blank or a byte that no key has");
}

static void an_unset_variable_is_told_with_its_place(void **state)
{
    (void)state;
    write_config("version: 1\nproviders: [{ name: p, base_url: \"https://p.example\" }]\n"
                 "keys: [{ id: a, key: { env: NOT_SET } }]\n",
                 0644);
    assert_problem(AIU_CONFIG_NO_KEY, "3:22 keys[0].key: is empty or not set");
}

static void a_missing_certificate_is_told_with_its_place(void **state)
{
    (void)state;
    write_file("key", "-----BEGIN\nPEM\n", 0600);
    write_config("version: 1\nproviders: [{ name: p, base_url: \"https://p.example\" }]\n"
                 "keys: [{ id: a, hash: \"h1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" }]\n"
                 "listen: { data: { tls: { certificate: { file: @/none.pem }, key: { file: @/key } "
                 "} } }\n",
                 0644);
    assert_problem(AIU_FILE_NOT_FOUND, "4:39 listen.data.tls.certificate: the file does not exist");
}

static void a_configuration_that_anybody_can_change_is_refused(void **state)
{
    (void)state;
    write_file("key", "sk-test\n", 0600);
    write_config(KEY_FILE, 0666);
    assert_problem(AIU_CONFIG_KEY_EXPOSED, "0:0 : anybody can change this file: chmod o-w");
}

static void a_file_that_cannot_be_read_is_told(void **state)
{
    (void)state;
    struct config_report report;
    struct config *c = NULL;

    assert_status(config_load(path_of("none.yaml"), NULL, &report, &c), AIU_FILE_NOT_FOUND);
    assert_string_equal(report.problems[0].message, "the file does not exist");
    assert_status(config_load(g_folder, NULL, &report, &c), AIU_FILE_INVALID);
    assert_null(c);
}

static void without_the_check_key_files_are_not_looked_at(void **state)
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = NULL;
    struct config_report report;

    (void)unlink(path_of("key"));
    write_config(KEY_FILE, 0644);
    const struct config_options o = {.env = env_plain};
    assert_ok(config_load(path_of("config.yaml"), &o, &report, &c));
}

static void the_file_is_looked_for_where_it_is_expected(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf found = BUF_OF(1024);
    char variable[600];
    const char *const env[] = {variable, NULL};

    (void)snprintf(variable, sizeof(variable), "AIU_CONFIG=/a/b.yaml");
    assert_ok(config_find_file(env, &found));
    assert_span("named", buf_span(&found), SPAN_OF("/a/b.yaml"));
    buf_reset(&found);

    assert_true(mkdir(path_of("aiu"), 0700) == 0 || errno == EEXIST);
    write_file("aiu/config.yaml", "version: 1\n", 0600);
    (void)snprintf(variable, sizeof(variable), "XDG_CONFIG_HOME=%s", g_folder);
    assert_ok(config_find_file(env, &found));
    assert_span("found", buf_span(&found), span_str(path_of("aiu/config.yaml")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_with_a_private_key_file_loads),
        cmocka_unit_test(a_key_file_that_others_can_read_is_refused),
        cmocka_unit_test(a_missing_key_file_is_told_with_its_place),
        cmocka_unit_test(an_empty_key_file_is_refused),
        cmocka_unit_test(a_key_with_a_line_end_inside_is_refused),
        cmocka_unit_test(an_unset_variable_is_told_with_its_place),
        cmocka_unit_test(a_missing_certificate_is_told_with_its_place),
        cmocka_unit_test(a_configuration_that_anybody_can_change_is_refused),
        cmocka_unit_test(a_file_that_cannot_be_read_is_told),
        cmocka_unit_test(without_the_check_key_files_are_not_looked_at),
        cmocka_unit_test(the_file_is_looked_for_where_it_is_expected),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
