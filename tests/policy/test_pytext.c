// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The tables against Python's own `re` on every code point, where a Python of the same Unicode
// version is there.
#include "policy/pytext.h"

#include "test.h"

// One letter a code point: the sum of 1 for \w, 2 for \s, 4 for \d; first the Unicode version.
static const char script[] =
    "import re, sys, unicodedata\n"
    "out = [unicodedata.unidata_version, '\\n']\n"
    "tests = [(1, re.compile(r'\\w')), (2, re.compile(r'\\s')), (4, re.compile(r'\\d'))]\n"
    "for i in range(0x110000):\n"
    "    c = chr(i)\n"
    "    n = sum(bit for bit, r in tests if r.match(c))\n"
    "    assert c.isspace() == bool(n & 2) and (c.strip() == '') == bool(n & 2)\n"
    "    out.append(chr(65 + n))\n"
    "sys.stdout.write(''.join(out))\n";

static FILE *run_python(const char *folder)
{
    char path[512];
    char command[1100];

    (void)snprintf(path, sizeof(path), "%s/classes.py", folder);
    FILE *f = fopen(path, "we");
    assert_non_null(f);
    assert_true(fputs(script, f) >= 0);
    assert_int_equal(fclose(f), 0);
    (void)snprintf(command, sizeof(command), "python3 -S %s 2>/dev/null", path);
    return popen(command, "re"); // NOLINT(cert-env33-c): a test, with a fixed command
}

static void the_tables_are_pythons(void **state) // S50, S52
{
    (void)state;
    const char *folder = test_new_folder();
    FILE *python = run_python(folder);
    char version[32] = "";

    assert_non_null(python);
    if (fgets(version, sizeof(version), python) == NULL || strcmp(version, "14.0.0\n") != 0) {
        (void)pclose(python);
        test_remove_folder(folder);
        print_message("no python3 with Unicode 14.0.0\n");
        skip();
    }
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        int got = fgetc(python) - 'A';
        int wanted = (pytext_is(&pytext_word, code) ? 1 : 0) +
                     (pytext_is(&pytext_space, code) ? 2 : 0) +
                     (pytext_is(&pytext_decimal, code) ? 4 : 0);
        if (got != wanted) {
            fail_msg("U+%04X: Python %d, tables %d", code, got, wanted);
        }
    }
    assert_int_equal(pclose(python), 0);
    test_remove_folder(folder);
}

static void the_ends_of_ranges_belong_to_them(void **state)
{
    (void)state;
    assert_true(pytext_is(&pytext_word, '0') && pytext_is(&pytext_word, '9'));
    assert_false(pytext_is(&pytext_word, '/') || pytext_is(&pytext_word, ':'));
    assert_true(pytext_is(&pytext_word, '_'));
    assert_false(pytext_is(&pytext_word, 0x10FFFF));
    assert_true(pytext_is(&pytext_space, 0x3000));
    assert_false(pytext_is(&pytext_space, 0x200B)); // ZERO WIDTH SPACE is none for Python
}

static const struct {
    struct span text, stripped;
    size_t before;
} strips[] = {
    {SPAN(""), SPAN(""), 0},         {SPAN("a"), SPAN("a"), 0},
    {SPAN(" a b "), SPAN("a b"), 1}, {SPAN("\343\200\200x\302\205"), SPAN("x"), 3},
    {SPAN(" \t\n"), SPAN(""), 3},    {SPAN("\303\251 "), SPAN("\303\251"), 0},
};

static void strip_takes_blanks_of_all_scripts_off(void **state) // S49
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(strips); i++) {
        size_t before = 99;
        assert_span("strip", pytext_strip(strips[i].text, &before), strips[i].stripped);
        assert_int_equal(before, strips[i].before);
    }
}

TEST_MAIN(the_tables_are_pythons, the_ends_of_ranges_belong_to_them,
          strip_takes_blanks_of_all_scripts_off)
