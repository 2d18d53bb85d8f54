// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The rule compiler refuses what is wrong, and says where and why.
#include <stdbool.h>
#include <unistd.h>

#include "test.h"

static const char good[] = "rules:\n"
                           "  - id: secret.a\n"
                           "    description: letters\n"
                           "    severity: low\n"
                           "    pattern: 'abc[0-9]{4}'\n"
                           "    examples: ['x ⟦abc1234⟧']\n"
                           "    counterexamples: ['abc12345']\n";

// `line` of each is where the error is; %s of the good file is replaced.
static const struct {
    const char *why;
    const char *from, *to;
    unsigned line;
    const char *reason;
} cases[] = {
    {"unknown key", "severity:", "severty:", 4, "unknown key \"severty\""},
    {"unknown severity", "low", "loud", 4, "severity is"},
    {"unknown kind", "secret.a", "thing.a", 2, "an id is kind.name"},
    {"no kind", "secret.a", "a", 2, "an id is kind.name"},
    {"unknown validator", "severity: low", "severity: low\n    validator: nope", 5,
     "unknown validator"},
    {"unknown matcher", "pattern: 'abc[0-9]{4}'", "matcher: nope", 5, "unknown matcher"},
    {"unknown context", "severity: low", "severity: low\n    context: nope", 5, "unknown context"},
    {"the same id twice", "rules:\n",
     "rules:\n  - {id: secret.a, description: d, severity: low, pattern: 'abd', examples: "
     "['⟦abd⟧']}\n",
     3, "stands at"},
    {"the empty string", "abc[0-9]{4}", "[a-z]{0,4}", 5, "matches the empty string"},
    {"no anchor", "abc[0-9]{4}", "[a-z]{4}", 5, "no anchor"},
    {"no end before the end", "abc[0-9]{4}", "abc[0-9]*x", 5, "without end"},
    {"an open class", "abc[0-9]{4}", "abc[0-9", 5, "a class without end"},
    {"a bad quantifier", "abc[0-9]{4}", "abc[0-9]{4,2}", 5, "bad quantifier"},
    {"an open group", "abc[0-9]{4}", "abc([0-9]{4}", 5, "no end"},
    {"too long", "abc[0-9]{4}", "abc[0-9]{600}", 5, "longer than"},
    {"an example that does not match", "⟦abc1234⟧", "⟦abc123⟧", 6, "does not find the example"},
    {"an example with another span", "x ⟦abc1234⟧", "⟦x abc1234⟧", 6, "does not find the example"},
    {"an example without marks", "⟦abc1234⟧", "abc1234", 6, "marks"},
    {"a counterexample that matches", "abc12345", "abc1234", 7, "finds the counterexample"},
    {"no example", "    examples: ['x ⟦abc1234⟧']\n", "", 2, "needs an example"},
    {"pattern and matcher", "severity: low", "severity: low\n    matcher: jwt\n    anchors: [eyJ]",
     2, "patterns or a matcher"},
    {"a shape of something else", "pattern: 'abc[0-9]{4}'", "shape: 'A99B9'", 5,
     "a shape is made of A, 9 and X"},
    {"a shape without a digit", "pattern: 'abc[0-9]{4}'", "shape: 'AAAAAA'", 5,
     "a shape has a digit"},
    {"a separator that is none", "pattern: 'abc[0-9]{4}'", "shape: 'A99999'\n    between: '_'", 6,
     "between is some of"},
    {"a prefix in small letters", "pattern: 'abc[0-9]{4}'", "shape: 'A99999'\n    prefix: pt", 6,
     "a prefix is"},
    {"an unknown class of words", "pattern: 'abc[0-9]{4}'", "phrases: ['some @thing']", 5,
     "unknown class of words"},
    {"two words as one", "pattern: 'abc[0-9]{4}'", "phrases: ['some thing|a_b']", 5,
     "not one word"},
    {"a gap that is no number", "pattern: 'abc[0-9]{4}'", "phrases: ['some ..x thing']", 5, "..N"},
    {"a phrase that ends with a gap", "pattern: 'abc[0-9]{4}'", "phrases: ['some ..3']", 5,
     "ends with a word"},
    {"a keyword that is too short", "severity: low", "severity: low\n    keywords: [ab]", 5,
     "a keyword has"},
    {"a gap without end", "severity: low", "severity: low\n    keywords: [abc]\n    gap: 1000", 6,
     "a gap is"},
    {"no gap", "severity: low", "severity: low\n    keywords: [abc]\n    gap: 0", 6, "a gap is"},
    {"a class as a whole pattern", "abc[0-9]{4}", "[0-9]{0,3}", 5, "matches the empty string"},
    {"a mark of truth", "severity: low", "severity: low\n    keywords: [abc]\n    assigned: maybe",
     6, "true or false"},
    {"no YAML", "rules:", "rules: [", 2, ""},
};

static void write_file(const char *path, const char *text, const char *from, const char *to)
{
    FILE *f = fopen(path, "wbe");
    const char *at = strstr(text, from);

    assert_non_null(f);
    assert_non_null(at);
    (void)fprintf(f, "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
    (void)fclose(f);
}

// Runs rulec on rules.yaml of the folder; returns its exit status and what it said.
static int run(const char *folder, char *said, size_t size)
{
    char command[1024];
    const char *binary = getenv("AIU_BINARY"); // NOLINT(concurrency-mt-unsafe)

    if (binary == NULL) {
        skip();
    }
    (void)snprintf(command, sizeof(command), "cd %s && %s/bin/rulec out.c rules.yaml 2>&1", folder,
                   binary);
    FILE *f = popen(command, "re"); // NOLINT(cert-env33-c): our own program, fixed words
    assert_non_null(f);
    size_t n = fread(said, 1, size - 1, f);
    said[n] = '\0';
    int status = pclose(f);
    return status / 256;
}

static void a_good_file_compiles(void **state)
{
    (void)state;
    char said[4096];
    char path[512];
    const char *folder = test_new_folder();

    (void)snprintf(path, sizeof(path), "%s/rules.yaml", folder);
    write_file(path, good, "", "");
    if (run(folder, said, sizeof(said)) != 0) {
        fail_msg("%s", said);
    }
    (void)snprintf(path, sizeof(path), "%s/out.c", folder);
    assert_int_equal(access(path, R_OK), 0);
    test_remove_folder(folder);
}

static void what_is_wrong_is_named_with_file_line_and_reason(void **state)
{
    (void)state;
    char said[4096];
    char path[512];
    char where[64];
    const char *folder = test_new_folder();

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        (void)snprintf(path, sizeof(path), "%s/rules.yaml", folder);
        write_file(path, good, cases[i].from, cases[i].to);
        (void)snprintf(path, sizeof(path), "%s/out.c", folder);
        (void)unlink(path);
        int status = run(folder, said, sizeof(said));
        (void)snprintf(where, sizeof(where), "rules.yaml:%u: error: ", cases[i].line);
        if (status != 1 || strstr(said, where) == NULL || strstr(said, cases[i].reason) == NULL) {
            fail_msg("%s: exit %d, said: %s", cases[i].why, status, said);
        }
        assert_int_not_equal(access(path, R_OK), 0);
    }
    test_remove_folder(folder);
}

TEST_MAIN(a_good_file_compiles, what_is_wrong_is_named_with_file_line_and_reason)
