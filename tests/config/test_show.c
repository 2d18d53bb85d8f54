// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "config/show.h"

#include "support.h"

static bool has_line(struct span text, const char *key, const char *value, const char *origin)
{
    struct span line, name, rest;

    while (span_cut(text, '\n', &line, &text)) {
        (void)span_cut(line, ' ', &name, &rest);
        if (span_equal(name, span_str(key))) {
            rest = span_trim_ows(rest);
            return span_starts_with(rest, span_str(value)) &&
                   span_ends_with(rest, span_str(origin));
        }
    }
    return false;
}

static void each_value_is_shown_with_its_origin(void **state) // S23, S30
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    static const char *const env[] = {"HOME=/h", "AI_LOG_LEVEL=debug", "AI_TIMEOUT=7", NULL};
    CLEANUP(config_unrefp)
    struct config *c = parsed(MINIMAL "log: { level: error, format: json }\n", env);

    assert_ok(show_table(c, &text));
    struct span t = buf_span(&text);
    assert_true(has_line(t, "log.level", "debug ", " AI_LOG_LEVEL"));
    assert_true(has_line(t, "log.format", "json ", " test.yaml:4"));
    assert_true(has_line(t, "audit.level", "strict ", " default"));
    assert_true(has_line(t, "providers[0].timeouts.total", "7s ", " AI_TIMEOUT"));
    assert_true(has_line(t, "keys[0].key", "{ env: A_KEY } ", " test.yaml:3"));
    assert_true(has_line(t, "state_dir", "/h/.local/state/aiu ", " default"));
}

static void secrets_are_masked(void **state) // S14, S30
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(config_unrefp)
    struct config *c =
        parsed("version: 1\n"
               "providers: [{ name: p, base_url: \"https://p.example\", api_key: "
               "{ command: [get-key, --password, CANARY] } }]\n"
               "keys: [{ id: a, hash: \"h1:CANARYAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\" }]\n",
               env_plain);

    assert_ok(show_table(c, &text));
    assert_ok(show_json(c, &text));
    assert_ok(show_text(c, &text));
    assert_true(span_find_span(buf_span(&text), SPAN_OF("{ command: [get-key, ****] }")) < text.n);
    assert_true(span_find_span(buf_span(&text), SPAN_OF("h1:****")) < text.n);
    assert_true(span_find_span(buf_span(&text), SPAN_OF("CANARY")) == text.n);
}

static void the_json_is_json(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(config_unrefp) struct config *c = parsed(MINIMAL, env_plain);

    assert_ok(show_json(c, &text));
    assert_true(span_starts_with(buf_span(&text),
                                 SPAN_OF("[{\"key\":\"version\",\"value\":\"1\",\"origin\":"
                                         "\"file\",\"line\":1},")));
    assert_true(span_ends_with(buf_span(&text), SPAN_OF("}]\n")));
}

static void differences_know_entries_by_their_names(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(config_unrefp)
    struct config *a = parsed(
        MINIMAL "policies: [{ name: x }, { name: y, tags: plain }]\nworkers: 2\n", env_plain);
    CLEANUP(config_unrefp)
    struct config *b =
        parsed(MINIMAL "policies: [{ name: y, tags: typed }, { name: x }]\n", env_plain);
    bool same = true;

    assert_ok(show_diff(a, b, &text, &same));
    assert_false(same);
    assert_span("diff", buf_span(&text),
                SPAN_OF("- policies[y].tags = plain\n+ policies[y].tags = typed\n"
                        "- workers = 2\n+ workers = auto\n"));
    buf_reset(&text);
    assert_ok(show_diff(a, a, &text, &same));
    assert_true(same && text.n == 0);
}

TEST_MAIN(each_value_is_shown_with_its_origin, secrets_are_masked, the_json_is_json,
          differences_know_entries_by_their_names)
