// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "test.h"

#include <unistd.h>

void test_assert_status(enum aiu_status got, enum aiu_status wanted, const char *file, int line)
{
    if (got != wanted) {
        print_error("status is %s, wanted %s\n", aiu_status_info(got)->name,
                    aiu_status_info(wanted)->name);
        _fail(file, line);
    }
}

static void print_span(const char *label, struct span s)
{
    print_error("%s (%zu bytes): \"", label, s.n);
    for (size_t i = 0; i < s.n && i < 2000; i++) {
        if (s.p[i] >= 0x20 && s.p[i] < 0x7F) {
            print_error("%c", s.p[i]);
        } else {
            print_error("\\x%02x", s.p[i]);
        }
    }
    print_error("\"\n");
}

void test_assert_span(const char *why, struct span got, struct span wanted, const char *file,
                      int line)
{
    if (!span_equal(got, wanted)) {
        print_error("%s\n", why);
        print_span("got", got);
        print_span("wanted", wanted);
        _fail(file, line);
    }
}

static const char *path_below(const char *variable, const char *name)
{
    static char path[4096];
    const char *top = getenv(variable);

    (void)snprintf(path, sizeof(path), "%s/%s", top == NULL ? "." : top, name);
    return path;
}

const char *test_shared(const char *name)
{
    char below[1024];

    (void)snprintf(below, sizeof(below), "data/%s", name);
    const char *path = path_below("AIU_SHARED", below);
    if (access(path, R_OK) != 0) {
        print_message("skipped: the shared test data has no %s here\n", name);
        skip();
    }
    return path;
}

const char *test_source(const char *name)
{
    return path_below("AIU_SOURCE", name);
}

struct span test_read_file(const char *path)
{
    FILE *f = fopen(path, "rbe");
    struct buf b = BUF_OF(256U << 20);
    uint8_t *p = NULL;
    size_t n = 0;

    if (f == NULL) {
        fail_msg("cannot open %s", path);
    }
    do {
        assert_ok(buf_reserve(&b, 65536, &p));
        n = fread(p, 1, 65536, f);
        buf_grow(&b, n);
    } while (n > 0);
    (void)fclose(f);
    return buf_span(&b);
}

const char *test_new_folder(void)
{
    static char folder[64];

    (void)snprintf(folder, sizeof(folder), "/tmp/aiu-test-XXXXXX");
    assert_non_null(mkdtemp(folder));
    return folder;
}

void test_remove_folder(const char *path)
{
    char command[128];

    assert_int_equal(strncmp(path, "/tmp/aiu-test-", 14), 0);
    (void)snprintf(command, sizeof(command), "rm -rf -- %s", path);
    assert_int_equal(system(command), 0); // NOLINT(cert-env33-c): a path of ours
}

uint64_t test_random(uint64_t *state)
{
    uint64_t x = *state == 0 ? 88172645463325252U : *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return x;
}
