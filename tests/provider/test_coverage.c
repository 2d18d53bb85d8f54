// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// docs/coverage.md is what the tables say. Run this test with AIU_WRITE=1 to write it anew.
#include "provider/dialect.h"

#include "test.h"

static const char *kind_text(enum place_kind kind)
{
    switch (kind) {
    case PLACE_TEXT:
        return "inspected";
    case PLACE_JSON_TEXT:
        return "inspected, as JSON inside a string";
    case PLACE_NAME:
        return "inspected (name)";
    case PLACE_TOKEN:
        return "inspected (repeats other text)";
    case PLACE_OPAQUE:
        return "skipped: encoded media";
    case PLACE_SHADOW:
        return "removed when text beside it is redacted";
    }
    return "";
}

static const char *role_text(enum place_role role)
{
    static const char *const names[] = {
        [ROLE_CALLER] = "caller",       [ROLE_SYSTEM] = "system", [ROLE_USER] = "user",
        [ROLE_ASSISTANT] = "assistant", [ROLE_TOOL] = "tool",     [ROLE_DEFINITION] = "definition",
    };
    return names[role];
}

static void write_table(struct buf *b, const struct place_table *t)
{
    assert_ok(buf_printf(
        b, "\n## %s\n\n| place | words of | treatment | what |\n|---|---|---|---|\n", t->title));
    for (size_t i = 0; i < t->count; i++) {
        const struct place *p = &t->rows[i];
        assert_ok(buf_printf(b, "| `%s` | %s | %s%s | %s |\n", p->path, role_text(p->role),
                             kind_text(p->kind), p->joined ? ", pieces joined" : "", p->note));
    }
}

static void write_document(struct buf *b)
{
    assert_ok(buf_printf(
        b, "# Coverage: where text stands, and what happens to it\n\n"
           "Generated from the tables of `lib/provider/openai/places.c` by `tests/provider/"
           "test_coverage.c`; a test fails when this\npage and the tables part. "
           "`tests/flow/test_coverage.c` drives a canary through each row: in requests, in whole "
           "answers, and in\nstreamed answers cut at every byte.\n\n"
           "Every string, key and number of nine digits or more that no row names is inspected all "
           "the same, as the caller's text\n(requests) or the model's (answers). A field that a "
           "provider invents tomorrow is covered today.\n"));
    for (size_t i = 0; i < dialect_openai.count; i++) {
        write_table(b, &dialect_openai.tables[i]);
    }
}

static void the_page_is_what_the_tables_say(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf b = BUF_OF(1 << 20);
    const char *path = test_source("docs/coverage.md");

    write_document(&b);
    if (getenv("AIU_WRITE") != NULL) {
        FILE *f = fopen(path, "we");
        assert_non_null(f);
        assert_int_equal(fwrite(b.p, 1, b.n, f), b.n);
        assert_int_equal(fclose(f), 0);
    }
    struct span page = test_read_file(path);
    assert_span("docs/coverage.md is old: run this test with AIU_WRITE=1", page, buf_span(&b));
    mem_free((void *)(uintptr_t)page.p);
}

TEST_MAIN(the_page_is_what_the_tables_say)
