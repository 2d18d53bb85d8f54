// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Numbers in source, in lists of packages and in logs are nobody's: the system's own files, up to
// three megabytes of each kind, have at most two findings of personal data a megabyte, addresses of
// mail and of the internet apart (those are there). Skips where a folder is absent. Tables of code
// points ("8672 75A8 867E 3520") are left out: some rows can not be told from cards.
#include <ftw.h>
#include <sys/stat.h>

#include "detect_test.h"

enum { BYTES_MOST = 3 << 20, FILE_MOST = 200 << 10 };

// Of the walk that goes on; nftw hands no context through.
static struct {
    const char *ending;
    struct rule_set rules;
    size_t bytes, found;
} g_seen;

static bool has_ending(const char *path, const char *ending)
{
    size_t n = strlen(path);
    size_t m = strlen(ending);

    return n >= m && strcmp(path + n - m, ending) == 0;
}

static int each_file(const char *path, const struct stat *st, int kind, struct FTW *at)
{
    CLEANUP(findings_done) struct findings found = FINDINGS_OF(FINDINGS_MOST);

    (void)at;
    if (kind != FTW_F || st->st_size == 0 || st->st_size > FILE_MOST ||
        !has_ending(path, g_seen.ending) || strstr(path, "Collate") != NULL) {
        return 0;
    }
    struct span text = test_read_file(path);
    assert_ok(scan_text(bench_get()->engine, bench_get()->scratch, &g_seen.rules, text, &found));
    g_seen.bytes += text.n;
    g_seen.found += found.count;
    mem_free((void *)text.p);
    return g_seen.bytes > BYTES_MOST;
}

static void files_of_the_system_name_nobody(void **state)
{
    (void)state;
    static const struct {
        const char *folder, *ending;
    } kinds[] = {
        {"/usr/include", ".h"},
        {"/usr/lib/python3", ".py"},
        {"/usr/share/perl", ".pm"},
        {"/var/lib/dpkg/info", ".list"},
        {"/var/lib/dpkg/info", ".md5sums"},
        {"/usr/share/cmake-3.25", ".cmake"},
        {"/usr/share/perl", ".pod"},
    };
    static const char *const real[] = {"pii.email", "pii.ip", "pii.address"};

    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        g_seen.ending = kinds[i].ending;
        g_seen.bytes = g_seen.found = 0;
        g_seen.rules = rule_set_kind(KIND_PII);
        for (size_t k = 0; k < ARRAY_SIZE(real); k++) {
            rule_set_remove(&g_seen.rules, rule_of(real[k]));
        }
        // One thread, and it has no place for a context: NOLINTNEXTLINE(concurrency-mt-unsafe)
        (void)nftw(kinds[i].folder, each_file, 16, FTW_PHYS);
        if (g_seen.bytes == 0) {
            print_message("skipped: no %s files in %s\n", kinds[i].ending, kinds[i].folder);
            continue;
        }
        print_message("%s in %s: %zu findings in %zu bytes\n", kinds[i].ending, kinds[i].folder,
                      g_seen.found, g_seen.bytes);
        assert_true(g_seen.found <= 2 + 2 * g_seen.bytes / (1 << 20));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_of_the_system_name_nobody),
    };
    return cmocka_run_group_tests(tests, NULL, bench_done);
}
