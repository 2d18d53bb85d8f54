// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "scan/toml.h"

#include "test.h"

struct parsed {
    struct arena arena;
    struct toml *root;
    struct toml_error error;
    enum aiu_status status;
};

static struct parsed parse(const char *text)
{
    struct parsed p = {0};

    arena_init(&p.arena, 1 << 20);
    p.status = toml_parse(span_str(text), &p.arena, &p.root, &p.error);
    return p;
}

static const struct toml *at(const struct parsed *p, const char *a, const char *b)
{
    const struct toml *t = toml_member(p->root, span_str(a));

    return b == NULL ? t : toml_member(t, span_str(b));
}

static void tables_arrays_and_strings_of_all_kinds_are_read(void **state)
{
    (void)state;
    struct parsed p = parse("title = \"a\\tb\\u00e9\" # comment\n"
                            "[allowlist]\r\n"
                            "paths = ['''x\\d''', 'lit',\n  \"\"\"\nmore\\\n   lines\"\"\",]\n"
                            "a.b = { c = 1, d = [true, 2020-01-01] }\n"
                            "[[rules]]\nid = 'one'\n[rules.allowlist]\nstopwords = ['w']\n"
                            "[[rules]]\n\"i d\" = 'two'''\n");

    assert_status(p.status, AIU_FILE_INVALID); // three quotes too many
    arena_done(&p.arena);
    p = parse("title = \"a\\tb\\u00e9\" # comment\n"
              "[allowlist]\r\n"
              "paths = ['''x\\d''', 'lit',\n  \"\"\"\nmore\\\n   lines\"\"\",]\n"
              "a.b = { c = 1, d = [true, 2020-01-01] }\n"
              "[[rules]]\nid = 'one'\n[rules.allowlist]\nstopwords = ['w']\n"
              "[[rules]]\n\"i d\" = 'two'\n");
    assert_ok(p.status);
    assert_span("escapes", at(&p, "title", NULL)->text, SPAN_OF("a\tb\xC3\xA9"));
    const struct toml *paths = at(&p, "allowlist", "paths");
    assert_span("literal", paths->first->text, SPAN_OF("x\\d"));
    assert_span("joined lines", paths->last->text, SPAN_OF("morelines"));
    const struct toml *rules = at(&p, "rules", NULL);
    assert_int_equal(rules->kind, TOML_ARRAY);
    assert_non_null(toml_member(rules->first, SPAN_OF("allowlist")));
    assert_span("second", toml_member(rules->last, SPAN_OF("i d"))->text, SPAN_OF("two"));
    arena_done(&p.arena);
}

static const struct {
    const char *text;
    unsigned line;
} wrong[] = {
    {"a = 1\na = 2", 2},
    {"[a]\n[a]", 2},
    {"a = 'x", 1},
    {"a = \"\\q\"", 1},
    {"a", 1},
    {"= 1", 1},
    {"a = [1 2]", 1},
    {"a = {b = 1", 1},
    {"[a", 1},
    {"a = 1 b = 2", 1},
    {"a = \"\\ud800\"", 1},
    {"a = 'x\ny'", 1},
    {"a = 1\n[a.b]\n", 2},
    {"a = [1]\n[[a]]\n", 2},
    {"a = \"\x01\"", 1},
    {"x = {}\nx.y = 1", 2},
    {"a = \xff", 1},
    {"\n\nb = ", 3},
};

static void what_is_wrong_is_refused_with_its_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
        struct parsed p = parse(wrong[i].text);
        if (p.status != AIU_FILE_INVALID || p.error.line != wrong[i].line ||
            p.error.reason == NULL) {
            fail_msg("%s: status %d, line %u", wrong[i].text, p.status, p.error.line);
        }
        arena_done(&p.arena);
    }
}

static void nesting_has_a_bound(void **state)
{
    (void)state;
    char text[4096];
    size_t n = 0;

    text[n++] = 'a';
    text[n++] = '=';
    memset(text + n, '[', 2000);
    text[n + 2000] = '\0';
    struct parsed p = parse(text);
    assert_status(p.status, AIU_FILE_INVALID);
    arena_done(&p.arena);
}

TEST_MAIN(tables_arrays_and_strings_of_all_kinds_are_read, what_is_wrong_is_refused_with_its_line,
          nesting_has_a_bound)
