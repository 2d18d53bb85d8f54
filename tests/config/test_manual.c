// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "config/manual.h"

#include "config/schema.h"
#include "config/show.h"
#include "support.h"

static void the_example_loads_without_a_word(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(config_unrefp) struct config *c = NULL;
    const struct config_options o = {.env = env_plain};
    struct config_report report;

    assert_ok(manual_example(&text));
    assert_ok(config_parse(buf_span(&text), SPAN_OF("example"), &o, &report, &c));
    assert_int_equal(report.count, 0);
}

// Every line that is commented out but is a key, with its sign taken off; "# token:" is one that
// stands right behind its sign, and not deeper.
static void the_example_loads_with_what_is_commented_out(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(buf_wipe) struct buf whole = BUF_OF(1 << 16);
    static const char *const names[] = {"tls:",
                                        "certificate:",
                                        "client_ca:",
                                        "# ca_file:",
                                        "key: { file",
                                        "- rule:",
                                        "path:",
                                        "reason:",
                                        "expiry:",
                                        "exceptions:",
                                        "model:",
                                        "file:",
                                        "# token:",
                                        "default_model:",
                                        "witnesses:",
                                        "- name: site-b",
                                        "url: https://witness",
                                        "vkey:"};
    struct span rest, line;

    assert_ok(manual_example(&text));
    for (rest = buf_span(&text); span_cut(rest, '\n', &line, &rest);) {
        size_t sign = span_find_byte(line, '#');
        struct span key = span_trim_ows(span_drop_first(line, sign + 1));
        bool wanted = false;
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            struct span from = names[i][0] == '#' ? span_drop_first(line, sign) : key;
            wanted = wanted || span_starts_with(from, span_str(names[i]));
        }
        if (wanted && sign < line.n) {
            assert_ok(buf_append(&whole, span_first(line, sign)));
            line = span_drop_first(line, sign + 2);
        }
        assert_ok(buf_append(&whole, line));
        assert_ok(buf_append_byte(&whole, '\n'));
    }
    assert_ok(buf_append_byte(&whole, '\0'));
    CLEANUP(config_unrefp) struct config *c = parsed((const char *)whole.p, env_plain);
    assert_true(c->data.tls.on && c->admin.token.given);
    assert_int_equal(c->policies[0].exception_count, 1);
    assert_span("model", c->default_model, SPAN_OF("gpt-4o-mini"));
}

static void the_page_of_the_manual_is_what_the_schema_says(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 18);

    assert_ok(manual_markdown(&text));
    expect_file("docs/configuration.md", buf_span(&text));
}

static void the_json_schema_is_what_its_snapshot_says(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 18);

    assert_ok(manual_json_schema(&text));
    expect_file("tests/config/schema.expected", buf_span(&text));
}

static void explain(const char *key, enum aiu_status wanted, const char *has)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);

    assert_status(manual_explain(span_str(key), &text), wanted);
    if (span_find_span(buf_span(&text), span_str(has)) == text.n) {
        fail_msg("%s: no \"%s\" in: %.*s", key, has, (int)text.n, (const char *)text.p);
    }
}

static void a_key_is_explained_however_it_is_written(void **state)
{
    (void)state;
    explain("providers[].timeouts.connect", AIU_OK, "default: 5s\n");
    explain("providers[3].timeouts.connect", AIU_OK, "from 1ms to 1h\n");
    explain("providers.timeouts.connect", AIU_OK, "duration");
    explain("providers", AIU_OK, "  base_url ");
    explain("version", AIU_OK, "required\n");
    explain("policies.request.pii", AIU_OK,
            "type: allow, flag, pseudonym, mask, redact, drop, block\n");
    explain("AI_TIMEOUT", AIU_OK, "environment");
    explain("AI_TEMPERATURE", AIU_OK, "does not use it");
    explain("providers.timeouts.conect", AIU_NOT_FOUND, "did you mean \"connect\"?");
    explain("version.x", AIU_NOT_FOUND, "there is no such key");
    explain("", AIU_NOT_FOUND, "there is no such key");
    explain("...", AIU_NOT_FOUND, "there is no such key");
}

static void check_map(const struct schema_map *map)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct schema_key *k = &map->keys[i];
        size_t n = strlen(k->doc);
        assert_true(n > 10 && n < 250 && k->doc[n - 1] == '.');
        assert_ptr_equal(schema_find(map, span_str(k->name)), k); // no name twice
        bool inner = k->type == SCHEMA_MAP || k->type == SCHEMA_LIST;
        assert_int_equal(inner, k->map != NULL);
        assert_int_equal(k->type == SCHEMA_CHOICE, k->choices != NULL);
        assert_true(inner || k->preset != NULL || k->example != NULL);
        assert_false(k->required && k->preset != NULL);
        assert_true(k->offset < map->size || map->size == 0 || k->offset == 0);
        if (inner) {
            check_map(k->map);
        }
    }
}

static void every_key_has_a_sentence_and_a_value(void **state)
{
    (void)state;
    check_map(&schema_root);
}

TEST_MAIN(the_example_loads_without_a_word, the_example_loads_with_what_is_commented_out,
          the_page_of_the_manual_is_what_the_schema_says, the_json_schema_is_what_its_snapshot_says,
          a_key_is_explained_however_it_is_written, every_key_has_a_sentence_and_a_value)
