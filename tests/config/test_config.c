// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "config/config.h"

#include <sys/stat.h>

#include "config/show.h"
#include "support.h"

static struct config *parsed_good(void)
{
    struct span text = test_read_file(test_source("tests/config/good.yaml"));
    struct config *c = parsed((const char *)text.p, env_plain);

    mem_free((void *)text.p);
    return c;
}

static void every_default_is_what_the_snapshot_says(void **state) // S25
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(config_unrefp) struct config *c = parsed(MINIMAL, env_plain);

    assert_ok(show_text(c, &text));
    expect_file("tests/config/defaults.expected", buf_span(&text));
}

static void a_policy_without_a_word_is_the_default_profile(void **state) // S25
{
    (void)state;
    CLEANUP(config_unrefp)
    struct config *c = parsed(MINIMAL "policies: [{ name: default }]\n", env_plain);
    CLEANUP(buf_wipe) struct buf ours = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf builtin = BUF_OF(4096);

    assert_ok(policy_text(&c->policies[0], &ours));
    assert_ok(policy_text(policy_builtin(SPAN_OF("default")), &builtin));
    assert_span("policy", buf_span(&ours), buf_span(&builtin));
    assert_ptr_equal(c->keys[0].policy, &c->policies[0]);
}

static void listeners_and_providers_are_read(void **state)
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = parsed_good();

    assert_int_equal(c->data.address.kind, CONFIG_TCP);
    assert_span("host", c->data.address.host, SPAN_OF("127.0.0.1"));
    assert_int_equal(c->data.address.port, 8470);
    assert_true(c->data.address.loopback && !c->data.tls.on);
    assert_int_equal(c->admin.address.kind, CONFIG_UNIX);
    assert_span("path", c->admin.address.path, SPAN_OF("admin.sock"));
    assert_span("state", c->state_dir, SPAN_OF("/home/u/.local/state/aiu"));
    assert_int_equal(c->provider_count, 2);
    const struct config_provider *p = &c->providers[0];
    assert_span("name", p->name, SPAN_OF("openai"));
    assert_span("dialect", p->dialect, SPAN_OF("openai"));
    assert_true(p->api_key.given && p->api_key.from.kind == SECRET_FROM_ENV);
    assert_string_equal(p->api_key.from.name, "OPENAI_API_KEY");
    assert_int_equal(p->api_key.line, 10);
    assert_int_equal(p->timeouts.first_byte_ms, 60000);
    assert_int_equal(p->timeouts.total_ms, 15 * 60000);
    assert_false(p->allow_plaintext || p->account_headers);
    assert_false(c->providers[1].api_key.given);
    assert_int_equal(c->providers[1].timeouts.connect_ms, 5000);
}

static void models_and_keys_refer_to_what_they_name(void **state)
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = parsed_good();

    const struct config_model *m = config_model(c, SPAN_OF("small"));
    assert_ptr_equal(m->provider, &c->providers[1]);
    assert_span("model", m->model, SPAN_OF("llama3:8b"));
    assert_span("any", config_model(c, SPAN_OF("whatever"))->name, SPAN_OF("*"));
    assert_int_equal(c->key_count, 3);
    assert_ptr_equal(config_key(c, SPAN_OF("app1"))->policy, &c->policies[0]);
    assert_int_equal(c->keys[0].limits.requests_per_minute, 60);
    assert_span("tenant", c->keys[0].tenant, SPAN_OF("acme"));
    assert_int_equal(c->keys[1].model_count, 1);
    assert_span("model", c->keys[1].models[0], SPAN_OF("small"));
    assert_int_equal(c->keys[1].hash.n, 46);
    assert_int_equal(c->keys[2].key.from.kind, SECRET_FROM_COMMAND);
    assert_string_equal(c->keys[2].key.from.argv[2], "app3");
    assert_null(c->keys[2].key.from.argv[3]);
    assert_ptr_equal(c->keys[2].policy, policy_builtin(SPAN_OF("strict")));
    assert_null(config_key(c, SPAN_OF("app4")));
    assert_null(config_provider(c, SPAN_OF("nobody")));
}

static void policies_and_limits_are_read(void **state)
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = parsed_good();
    const struct policy *p = config_policy(c, SPAN_OF("careful"));

    assert_int_equal(p->actions[DIRECTION_REQUEST][KIND_INJECTION], ACTION_BLOCK);
    assert_int_equal(p->actions[DIRECTION_REQUEST][KIND_PII], ACTION_REDACT);
    assert_int_equal(p->max_characters, 1000);
    assert_true(p->plain_tag);
    assert_int_equal(p->phone_region_count, 4);
    assert_int_equal(p->phone_regions.count, 3); // US and CA have one plan
    assert_int_equal(policy_rules(p, DIRECTION_REQUEST).regions.count, 3);
    assert_int_equal(policy_rules(p, DIRECTION_RESPONSE).regions.count, 3);
    assert_int_equal(p->exception_count, 2);
    assert_int_equal(p->exceptions[0].expires_unix_s, 1801440000); // 2027-02-01T00:00:00Z
    assert_int_equal(p->exceptions[1].expires_unix_s, 1798761600); // 2027-01-01T00:00:00Z
    assert_int_equal(c->limits.max_body, 1 << 20);
    assert_int_equal(c->limits.max_response, 32 << 20);
    assert_int_equal(c->timeouts.header_ms, 5000);
    assert_int_equal(c->workers, 2);
    assert_int_equal(c->log.level, LOG_WARNING);
    assert_int_equal(c->log.format, LOG_JSON);
    assert_false(c->maintenance);
}

static void canaries_have_names_and_sources(void **state)
{
    (void)state;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 16);
    CLEANUP(config_unrefp)
    struct config *c =
        parsed(MINIMAL "policies: [{ name: a, canaries: [{ name: one, value: { env: ONE } },\n"
                       "            { name: two, value: { file: /run/two } }] }]\n",
               env_plain);
    const struct policy *p = &c->policies[0];

    assert_int_equal(p->canary_count, 2);
    assert_int_equal(config_canaries(p)[0].value.from.kind, SECRET_FROM_ENV);
    assert_string_equal(config_canaries(p)[1].value.from.name, "/run/two");
    assert_ok(policy_text(p, &text)); // so that a new one is another revision
    assert_true(span_find_span(buf_span(&text), SPAN_OF("canary: one\ncanary: two\n")) < text.n);
}

static void the_hash_is_that_of_the_files_bytes(void **state)
{
    (void)state;
    CLEANUP(config_unrefp) struct config *a = parsed(MINIMAL, env_plain);
    CLEANUP(config_unrefp) struct config *b = parsed(MINIMAL, env_plain);
    CLEANUP(config_unrefp) struct config *c = parsed(MINIMAL "# \n", env_plain);

    assert_memory_equal(a->hash, b->hash, sizeof(a->hash));
    assert_memory_not_equal(a->hash, c->hash, sizeof(a->hash));
}

static void whoever_keeps_a_configuration_counts(void **state)
{
    (void)state;
    size_t before = mem_in_use();
    struct config *c = parsed(MINIMAL, env_plain);
    struct config *kept = config_ref(c);

    config_unref(c);
    assert_span("still there", kept->providers[0].name, SPAN_OF("p"));
    config_unref(kept);
    config_unref(NULL);
    assert_int_equal(mem_in_use(), before);
}

static void what_is_risky_is_warned_about(void **state) // S25, S85
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = NULL;
    struct config_report report;

    assert_ok(parse_with("version: 1\n"
                         "listen: { data: { address: 0.0.0.0:80 } }\n"
                         "providers: [{ name: p, base_url: \"http://p.example\", "
                         "allow_plaintext: true }]\n",
                         env_plain, &report, &c));
    assert_report(&report,
                  "test.yaml:3:34: warning: providers[0].base_url: prompts, answers and the key "
                  "cross the network unencrypted\n"
                  "test.yaml:2:28: warning: listen.data.address: other machines can reach it and "
                  "there is no tls: keys and prompts cross the network unencrypted\n"
                  "test.yaml: warning: keys: there is no key, so nobody may call\n");
}

static void every_failed_allocation_is_survived(void **state)
{
    (void)state;
    struct span text = test_read_file(test_source("tests/config/good.yaml"));
    const struct config_options o = {.env = env_plain};
    size_t before = mem_in_use();
    enum aiu_status st = AIU_NO_MEMORY;

    for (size_t n = 0; st != AIU_OK; n++) {
        struct config_report report;
        struct config *c = NULL;
        mem_fail_after(n);
        st = config_parse(text, SPAN_OF("x"), &o, &report, &c);
        mem_fail_after(SIZE_MAX);
        if (st != AIU_OK) {
            assert_status(st, AIU_NO_MEMORY);
            assert_null(c);
        }
        config_unref(c);
        assert_int_equal(mem_in_use(), before);
    }
    mem_free((void *)text.p);
}

TEST_MAIN(every_default_is_what_the_snapshot_says, a_policy_without_a_word_is_the_default_profile,
          listeners_and_providers_are_read, models_and_keys_refer_to_what_they_name,
          policies_and_limits_are_read, canaries_have_names_and_sources,
          the_hash_is_that_of_the_files_bytes, whoever_keeps_a_configuration_counts,
          what_is_risky_is_warned_about, every_failed_allocation_is_survived)
