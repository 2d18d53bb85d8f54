// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Files that do not load, and what is said about each: bad/NAME.yaml and bad/NAME.expected.
#include <dirent.h>

#include "support.h"

enum { FILES_MOST = 200, NAME_SIZE = 64 };

static int compare_names(const void *a, const void *b)
{
    return strcmp(a, b);
}

static size_t bad_files(char names[FILES_MOST][NAME_SIZE])
{
    DIR *d = opendir(test_source("tests/config/bad"));
    const struct dirent *entry = NULL;
    size_t count = 0;

    assert_non_null(d);
    while ((entry = readdir(d)) != NULL) { // NOLINT(concurrency-mt-unsafe): one thread
        struct span name = span_str(entry->d_name);
        if (span_ends_with(name, SPAN_OF(".yaml"))) {
            assert_true(count < FILES_MOST && name.n < NAME_SIZE);
            memcpy(names[count], name.p, name.n - 5);
            names[count++][name.n - 5] = '\0';
        }
    }
    assert_int_equal(closedir(d), 0);
    qsort(names, count, NAME_SIZE, compare_names);
    return count;
}

static void check_bad_file(const char *name)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    const struct config_options o = {.env = env_plain};
    struct config_report report;
    struct config *c = NULL;
    char path[256];

    (void)snprintf(path, sizeof(path), "tests/config/bad/%s.yaml", name);
    struct span file = test_read_file(test_source(path));
    enum aiu_status st = config_parse(file, span_str(name), &o, &report, &c);
    if (st == AIU_OK || c != NULL || report.errors == 0) {
        fail_msg("%s loads", name);
    }
    assert_int_equal(aiu_status_info(st)->exit, st == AIU_FILE_TOO_LARGE ? 6 : 3);
    assert_ok(config_report_text(&report, SPAN_OF("config.yaml"), &text));
    if (span_find_span(buf_span(&text), SPAN_OF("CANARY")) < text.n) {
        fail_msg("%s: a value stands in the report", name);
    }
    (void)snprintf(path, sizeof(path), "tests/config/bad/%s.expected", name);
    expect_file(path, buf_span(&text));
    mem_free((void *)file.p);
}

static void each_bad_file_is_refused_with_its_places_and_reasons(void **state) // S3, S13, S25
{
    (void)state;
    static char names[FILES_MOST][NAME_SIZE];
    size_t count = bad_files(names);

    assert_true(count >= 30);
    for (size_t i = 0; i < count; i++) {
        check_bad_file(names[i]);
    }
}

static void at_most_twenty_problems_are_told_and_the_rest_counted(void **state)
{
    (void)state;
    char text[4096] = MINIMAL;
    struct config_report report;
    struct config *c = NULL;

    for (int i = 0; i < 25; i++) {
        size_t n = strlen(text);
        (void)snprintf(text + n, sizeof(text) - n, "unknown%c: 1\n", 'a' + i);
    }
    assert_status(parse_with(text, env_plain, &report, &c), AIU_CONFIG_UNKNOWN_NAME);
    assert_int_equal(report.count, CONFIG_PROBLEMS);
    assert_int_equal(report.more, 5);
    assert_int_equal(report.errors, 25);
}

static void a_file_over_its_limit_is_refused(void **state)
{
    (void)state;
    size_t n = 1024 * 1024 + 1;
    uint8_t *text = mem_new(n, 1);
    struct config_report report;
    struct config *c = NULL;

    assert_non_null(text);
    memset(text, '#', n);
    assert_status(config_parse(span_of(text, n), SPAN_OF("x"), NULL, &report, &c),
                  AIU_FILE_TOO_LARGE);
    assert_null(c);
    mem_free(text);
}

TEST_MAIN(each_bad_file_is_refused_with_its_places_and_reasons,
          at_most_twenty_problems_are_told_and_the_rest_counted, a_file_over_its_limit_is_refused)
