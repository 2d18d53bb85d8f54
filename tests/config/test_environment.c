// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "config/environment.h"

#include "config/vendor.h"
#include "support.h"

#define MOCK "http://127.0.0.1:9999/v1"

// What a configuration without a file comes to: "provider base_url key-source", or the report.
static void embedded_text(const char *const *env, struct buf *dst)
{
    CLEANUP(config_unrefp) struct config *c = NULL;
    const struct config_options o = {.env = env, .mock_base_url = SPAN_OF(MOCK)};
    struct config_report report;

    if (config_embedded(&o, &report, &c) != AIU_OK) {
        assert_null(c);
        assert_ok(config_report_text(&report, (struct span){0}, dst));
        return;
    }
    const struct config_provider *p = &c->providers[0];
    assert_int_equal(c->provider_count, 1);
    assert_ptr_equal(config_model(c, SPAN_OF("any"))->provider, p);
    assert_int_equal(config_uses_mock(c), span_equal(p->name, SPAN_OF("mock")));
    assert_ok(buf_append(dst, p->name));
    assert_ok(buf_append_byte(dst, ' '));
    assert_ok(buf_append(dst, p->base_url));
    assert_ok(buf_printf(dst, " %s\n", p->api_key.given ? p->api_key.from.name : "-"));
    assert_ok(config_report_text(&report, (struct span){0}, dst));
}

#define ENV(...)                                                                                   \
    {                                                                                              \
        "HOME=/home/u", __VA_ARGS__, NULL                                                          \
    }

static const struct {
    const char *why;
    const char *env[6];
    const char *wanted;
} embedded[] = {
    {"neither key: the mock", ENV("A=b"), "mock " MOCK " -\n"},
    {"AI_API_KEY alone is openai (S30)", ENV("AI_API_KEY=CANARY"),
     "openai https://api.openai.com/v1 AI_API_KEY\n"},
    {"OPENAI_API_KEY", ENV("OPENAI_API_KEY=CANARY"),
     "openai https://api.openai.com/v1 OPENAI_API_KEY\n"},
    {"AI_ goes before the vendor's", ENV("OPENAI_API_KEY=x", "AI_API_KEY=y"),
     "openai https://api.openai.com/v1 AI_API_KEY\n"},
    {"a key in a file", ENV("AI_API_KEY_FILE=/run/key"),
     "openai https://api.openai.com/v1 /run/key\n"},
    {"both is neither", ENV("AI_API_KEY=x", "AI_API_KEY_FILE=/run/key"),
     "environment: error: AI_API_KEY_FILE: AI_API_KEY is set too; set one of them\n"},
    {"an empty key is none (S35)", ENV("AI_API_KEY=", "OPENAI_API_KEY="), "mock " MOCK " -\n"},
    {"AI_API_KEY goes to AI_BASE_URL", ENV("AI_API_KEY=x", "AI_BASE_URL=https://llm.example/v1"),
     "openai https://llm.example/v1 AI_API_KEY\n"},
    {"OPENAI_API_KEY goes to OPENAI_BASE_URL",
     ENV("OPENAI_API_KEY=x", "OPENAI_BASE_URL=https://eu.api.openai.com/v1"),
     "openai https://eu.api.openai.com/v1 OPENAI_API_KEY\n"},
    {"OPENAI_API_KEY does not go to another origin",
     ENV("OPENAI_API_KEY=x", "AI_BASE_URL=http://localhost:11434/v1"),
     "openai http://localhost:11434/v1 -\n"
     "environment: warning: OPENAI_API_KEY: is not sent to AI_BASE_URL, which is another origin; set "
     "AI_API_KEY for that one\n"},
    {"the same origin in other words",
     ENV("OPENAI_API_KEY=x", "AI_BASE_URL=https://API.openai.com:443/v2"),
     "openai https://API.openai.com:443/v2 OPENAI_API_KEY\n"},
    {"AI_BASE_URL alone", ENV("AI_BASE_URL=http://localhost:11434/v1"),
     "openai_compatible http://localhost:11434/v1 -\n"},
    {"a vendor by name", ENV("AI_PROVIDER=groq", "GROQ_API_KEY=x"),
     "groq https://api.groq.com/openai/v1 GROQ_API_KEY\n"},
    {"auto", ENV("AI_PROVIDER=auto", "OPENAI_API_KEY=x"),
     "openai https://api.openai.com/v1 OPENAI_API_KEY\n"},
    {"local without a key", ENV("AI_PROVIDER=ollama"), "ollama http://localhost:11434/v1 -\n"},
    {"compatible needs an address", ENV("AI_PROVIDER=openai_compatible"),
     "environment: error: AI_BASE_URL: must be set: this provider has no address of its own\n"},
    {"a misspelt vendor", ENV("AI_PROVIDER=opanai"),
     "environment: error: AI_PROVIDER: no such provider; did you mean \"openai\"?\n"},
    {"an address that is none", ENV("AI_API_KEY=x", "AI_BASE_URL=CANARY"),
     "environment: error: AI_BASE_URL: must be a URL such as https://api.openai.com/v1\n"},
    {"plaintext to another machine (S13)", ENV("AI_API_KEY=x", "AI_BASE_URL=http://llm.example/v1"),
     "error: providers[0].base_url: http:// to another machine: use https://, or "
     "allow_plaintext: true\n"},
    {"the gateway's own address",
     ENV("OPENAI_API_KEY=x", "OPENAI_BASE_URL=http://127.0.0.1:8470/v1"),
     "error: providers[0].base_url: is the gateway's own address\n"},
};

static void without_a_file_the_environment_chooses_the_provider(void **state) // S30, S35
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(embedded); i++) {
        CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);
        embedded_text(embedded[i].env, &text);
        assert_span(embedded[i].why, buf_span(&text), span_str(embedded[i].wanted));
    }
}

static void without_mock_there_must_be_a_provider(void **state)
{
    (void)state;
    const struct config_options o = {.env = env_plain};
    struct config_report report;
    struct config *c = NULL;

    assert_status(config_embedded(&o, &report, &c), AIU_CONFIG_INVALID);
    assert_null(c);
}

static void the_local_key_may_call(void **state)
{
    (void)state;
    CLEANUP(config_unrefp) struct config *c = NULL;
    const struct config_options o = {
        .env = env_plain, .mock_base_url = SPAN_OF(MOCK), .local_key_hash = SPAN_OF("h1:digest")};
    struct config_report report;

    assert_ok(config_embedded(&o, &report, &c));
    assert_int_equal(report.count, 0);
    assert_int_equal(c->key_count, 1);
    assert_span("id", c->keys[0].id, SPAN_OF("local"));
    assert_span("hash", c->keys[0].hash, SPAN_OF("h1:digest"));
    assert_ptr_equal(c->keys[0].policy, policy_builtin(SPAN_OF("default")));
    assert_int_equal(c->path.n, 0);
}

static void a_file_without_providers_takes_that_of_the_environment(void **state)
{
    (void)state;
    static const char *const env[] = {"HOME=/h", "AI_API_KEY=x", NULL};
    CLEANUP(config_unrefp)
    struct config *c = parsed("version: 1\nkeys: [{ id: a, key: { env: A } }]\n", env);

    assert_span("url", c->providers[0].base_url, SPAN_OF("https://api.openai.com/v1"));
}

static void a_key_of_the_environment_does_not_touch_the_files_providers(void **state)
{
    (void)state;
    static const char *const env[] = {"HOME=/h", "AI_API_KEY=x", "AI_BASE_URL=https://x.example",
                                      NULL};
    CLEANUP(config_unrefp) struct config *c = parsed(MINIMAL, env);

    assert_span("url", c->providers[0].base_url, SPAN_OF("https://p.example/v1"));
    assert_false(c->providers[0].api_key.given);
}

static const struct {
    const char *value;
    int maintenance; // -1: refused
} truths[] = {
    {"true", 1},
    {"1", 1},
    {"yes", 1},
    {"on", 1},
    {"TRUE", 1},
    {"Yes", 1},
    {"false", 0},
    {"0", 0},
    {"no", 0},
    {"off", 0},
    {"Off", 0},
    {"", 0},
    {"2", -1},
    {"y", -1},
    {"t", -1},
    {" 1", -1},
    {"01", -1},
    {"tru", -1},
    {"maintenance-mode-please", -1},
};

static void truth_values_are_strict(void **state) // S32, S78
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(truths); i++) {
        CLEANUP(config_unrefp) struct config *c = NULL;
        char variable[64];
        const char *const env[] = {"HOME=/h", variable, NULL};
        struct config_report report;

        (void)snprintf(variable, sizeof(variable), "AI_MAINTENANCE_MODE=%s", truths[i].value);
        enum aiu_status st = parse_with(MINIMAL, env, &report, &c);
        if (truths[i].maintenance < 0) {
            assert_status(st, AIU_CONFIG_INVALID);
            assert_report(&report, "environment: error: AI_MAINTENANCE_MODE: must be true, 1, yes, "
                                   "on, false, 0, no or off\n");
        } else {
            assert_status(st, AIU_OK);
            assert_int_equal(c->maintenance, truths[i].maintenance);
        }
    }
}

static void the_environment_goes_before_the_file(void **state) // S23
{
    (void)state;
    static const char *const env[] = {"HOME=/h",
                                      "AI_LOG_LEVEL=DEBUG",
                                      "AI_MAINTENANCE_MODE=0",
                                      "AI_REQUEST_TIMEOUT_S=2.5",
                                      "AI_TIMEOUT=30",
                                      "AI_MODEL=gpt-x",
                                      NULL};
    CLEANUP(config_unrefp)
    struct config *c =
        parsed(MINIMAL "log: { level: error }\nmaintenance: true\ndefault_model: m\n", env);

    assert_int_equal(c->log.level, LOG_DEBUG);
    assert_false(c->maintenance);
    assert_int_equal(c->providers[0].timeouts.total_ms, 2500);
    assert_span("model", c->default_model, SPAN_OF("gpt-x"));
}

static const struct {
    const char *variable;
    uint64_t total_ms; // 0: refused
} timeouts[] = {
    {"AI_TIMEOUT=30", 30000},
    {"AI_TIMEOUT=1", 1000},
    {"AI_TIMEOUT=0", 0},
    {"AI_TIMEOUT=2.5", 0},
    {"AI_TIMEOUT=-1", 0},
    {"AI_TIMEOUT=86401", 0},
    {"AI_REQUEST_TIMEOUT_S=30", 30000},
    {"AI_REQUEST_TIMEOUT_S=0.25", 250},
    {"AI_REQUEST_TIMEOUT_S=1.5", 1500},
    {"AI_REQUEST_TIMEOUT_S=1.23456", 1234},
    {"AI_REQUEST_TIMEOUT_S=.5", 0},
    {"AI_REQUEST_TIMEOUT_S=1.", 0},
    {"AI_REQUEST_TIMEOUT_S=1e3", 0},
    {"AI_REQUEST_TIMEOUT_S=0.0", 0},
    {"AI_REQUEST_TIMEOUT_S=nan", 0},
};

static void timeouts_are_seconds(void **state) // S21
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(timeouts); i++) {
        CLEANUP(config_unrefp) struct config *c = NULL;
        const char *const env[] = {"HOME=/h", timeouts[i].variable, NULL};
        struct config_report report;
        enum aiu_status st = parse_with(MINIMAL, env, &report, &c);

        assert_int_equal(st == AIU_OK, timeouts[i].total_ms != 0);
        if (c != NULL) {
            assert_int_equal(c->providers[0].timeouts.total_ms, timeouts[i].total_ms);
        }
    }
}

static void names_that_nobody_knows_are_warned_about(void **state) // S30
{
    (void)state;
    static const char *const env[] = {"HOME=/h",
                                      "AI_MODLE=x",
                                      "AI_SOMETHING_ELSE=x",
                                      "AI_TEMPERATURE=0.7",
                                      "AI_GPT_4_RPM=5",
                                      "AI_CACHE_ENABLED=true",
                                      "AIX=1",
                                      NULL};
    CLEANUP(config_unrefp) struct config *c = NULL;
    struct config_report report;

    assert_ok(parse_with(MINIMAL, env, &report, &c));
    assert_report(&report,
                  "environment: warning: AI_CACHE_ENABLED: there is no cache in this version; "
                  "nothing is cached\n"
                  "environment: warning: AI_MODLE: unknown variable; did you mean \"AI_MODEL\"?\n"
                  "environment: warning: AI_SOMETHING_ELSE: unknown variable\n");
}

static const struct {
    const char *env[4];
    const char *state_dir; // NULL: refused
} states[] = {
    {{"HOME=/home/u"}, "/home/u/.local/state/aiu"},
    {{"HOME=/home/u", "XDG_STATE_HOME=/x"}, "/x/aiu"},
    {{"HOME=/home/u", "XDG_STATE_HOME=x"}, "/home/u/.local/state/aiu"},
    {{"STATE_DIRECTORY=/var/lib/aiu", "XDG_STATE_HOME=/x"}, "/var/lib/aiu"},
    {{"STATE_DIRECTORY=/var/lib/aiu:/var/lib/other"}, "/var/lib/aiu"},
    {{"A=b"}, NULL},
};

static void the_state_folder_is_where_the_system_wants_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        CLEANUP(config_unrefp) struct config *c = NULL;
        struct config_report report;
        enum aiu_status st = parse_with(MINIMAL, states[i].env, &report, &c);

        assert_int_equal(st == AIU_OK, states[i].state_dir != NULL);
        if (c != NULL) {
            assert_span("state", c->state_dir, span_str(states[i].state_dir));
        }
    }
    CLEANUP(config_unrefp)
    struct config *given = parsed(MINIMAL "state_dir: /srv/aiu\n", states[3].env);
    assert_span("the file's", given->state_dir, SPAN_OF("/srv/aiu"));
}

TEST_MAIN(without_a_file_the_environment_chooses_the_provider,
          without_mock_there_must_be_a_provider, the_local_key_may_call,
          a_file_without_providers_takes_that_of_the_environment,
          a_key_of_the_environment_does_not_touch_the_files_providers, truth_values_are_strict,
          the_environment_goes_before_the_file, timeouts_are_seconds,
          names_that_nobody_knows_are_warned_about, the_state_folder_is_where_the_system_wants_it)
