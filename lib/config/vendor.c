// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A table of vendors with their variables and addresses; then key and address are chosen from
// AI_ variables before vendor variables before the table.
#include "config/vendor.h"

#include "codec/url.h"
#include "config/environment.h"

struct vendor {
    const char *name; // of AI_PROVIDER
    const char *key_variable;
    const char *url_variable;
    const char *url; // NULL: AI_BASE_URL must be set
};

static const struct vendor vendors[] = {
    {"openai", "OPENAI_API_KEY", "OPENAI_BASE_URL", "https://api.openai.com/v1"},
    {"groq", "GROQ_API_KEY", "GROQ_BASE_URL", "https://api.groq.com/openai/v1"},
    {"together", "TOGETHER_API_KEY", "TOGETHER_BASE_URL", "https://api.together.xyz/v1"},
    {"openrouter", "OPENROUTER_API_KEY", "OPENROUTER_BASE_URL", "https://openrouter.ai/api/v1"},
    {"ollama", NULL, "OLLAMA_BASE_URL", "http://localhost:11434/v1"},
    {"lmstudio", "LMSTUDIO_API_KEY", "LMSTUDIO_BASE_URL", "http://localhost:1234/v1"},
    {"text-generation-webui", "TEXT_GENERATION_WEBUI_API_KEY", "TEXT_GENERATION_WEBUI_BASE_URL",
     "http://localhost:5000/v1"},
    {"fastchat", "FASTCHAT_API_KEY", "FASTCHAT_BASE_URL", "http://localhost:8000/v1"},
    {"openai_compatible", NULL, NULL, NULL},
};
enum { OPENAI = 0, COMPATIBLE = ARRAY_SIZE(vendors) - 1 };

static struct span vendor_name_at(const void *ctx, size_t i)
{
    (void)ctx;
    return i < ARRAY_SIZE(vendors) ? span_str(vendors[i].name) : (struct span){0};
}

static bool is_set(const struct builder *b, const char *name)
{
    return name != NULL && environment_get(b->env, name).n > 0;
}

static void refuse(struct builder *b, const char *variable, const char *message)
{
    report_error(b->report, AIU_CONFIG_INVALID, (struct config_place){.path = span_str(variable)},
                 "%s", message);
}

// NULL: none is spoken of, or the report says what is wrong.
static const struct vendor *choose_vendor(struct builder *b)
{
    struct span wanted = environment_get(b->env, "AI_PROVIDER");

    for (size_t i = 0; i < ARRAY_SIZE(vendors); i++) {
        if (span_equal(wanted, span_str(vendors[i].name))) {
            return &vendors[i];
        }
    }
    if (wanted.n > 0 && !span_equal(wanted, SPAN_OF("auto"))) {
        refuse(b, "AI_PROVIDER", "no such provider");
        report_suggest(b->report, wanted, vendor_name_at, NULL);
        return NULL;
    }
    if (is_set(b, "AI_API_KEY") || is_set(b, "AI_API_KEY_FILE") || is_set(b, "OPENAI_API_KEY")) {
        return &vendors[OPENAI];
    }
    return is_set(b, "AI_BASE_URL") ? &vendors[COMPATIBLE] : NULL;
}

// The vendor's own address, whatever AI_BASE_URL says.
static struct span own_url(const struct builder *b, const struct vendor *v)
{
    return is_set(b, v->url_variable) ? environment_get(b->env, v->url_variable) : span_str(v->url);
}

static bool same_origin(struct span a, struct span b)
{
    CLEANUP(buf_wipe) struct buf one = BUF_OF(4096);
    CLEANUP(buf_wipe) struct buf two = BUF_OF(4096);
    struct url u, w;

    return url_parse(a, &u) == AIU_OK && url_parse(b, &w) == AIU_OK &&
           url_append_origin(&u, &one) == AIU_OK && url_append_origin(&w, &two) == AIU_OK &&
           span_equal(buf_span(&one), buf_span(&two));
}

static struct config_source source_of(enum secret_source_kind kind, const char *name)
{
    return (struct config_source){.given = true, .from = {.kind = kind, .name = name}};
}

static enum aiu_status choose_key(struct builder *b, const struct vendor *v, struct span url,
                                  struct config_source *ret_key)
{
    if (is_set(b, "AI_API_KEY") && is_set(b, "AI_API_KEY_FILE")) {
        refuse(b, "AI_API_KEY_FILE", "AI_API_KEY is set too; set one of them");
        return AIU_OK;
    }
    if (is_set(b, "AI_API_KEY")) {
        *ret_key = source_of(SECRET_FROM_ENV, "AI_API_KEY");
        return AIU_OK;
    }
    if (is_set(b, "AI_API_KEY_FILE")) {
        struct span path;
        TRY(arena_copy(&b->snapshot->arena, environment_get(b->env, "AI_API_KEY_FILE"), &path));
        *ret_key = source_of(SECRET_FROM_FILE, (const char *)path.p);
        return AIU_OK;
    }
    if (!is_set(b, v->key_variable)) {
        return AIU_OK;
    }
    if (!same_origin(url, own_url(b, v))) {
        report_warning(b->report, (struct config_place){.path = span_str(v->key_variable)},
                       "is not sent to AI_BASE_URL, which is another origin; set AI_API_KEY for "
                       "that one");
        return AIU_OK;
    }
    *ret_key = source_of(SECRET_FROM_ENV, v->key_variable);
    return AIU_OK;
}

static enum aiu_status note(struct builder *b, struct span path, const char *variable)
{
    size_t mark = builder_enter(b, path);
    enum aiu_status st = builder_note(b, 0, 0, span_str(variable));

    builder_leave(b, mark);
    return st;
}

// One provider, and "*" served by it.
static enum aiu_status add_provider(struct builder *b, const char *name, struct span url,
                                    const struct config_source *key)
{
    struct config *c = &b->snapshot->config;
    struct arena *a = &b->snapshot->arena;
    struct config_provider *p = arena_new(a, sizeof(*p));
    struct config_model *m = arena_new(a, sizeof(*m));

    if (p == NULL || m == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(builder_defaults(b, schema_find(&schema_root, SPAN_OF("providers"))->map, p));
    p->name = span_str(name);
    p->api_key = *key;
    TRY(arena_copy(a, url, &p->base_url));
    c->providers = p;
    c->provider_count = 1;
    if (c->model_count == 0) {
        *m = (struct config_model){.name = SPAN_OF("*"), .provider_name = p->name};
        c->models = m;
        c->model_count = 1;
    }
    return AIU_OK;
}

static const char *url_variable_of(const struct builder *b, const struct vendor *v)
{
    if (is_set(b, "AI_BASE_URL")) {
        return "AI_BASE_URL";
    }
    return is_set(b, v->url_variable) ? v->url_variable : NULL;
}

enum aiu_status vendor_add_provider(struct builder *b, bool *ret_found)
{
    const struct vendor *v = choose_vendor(b);
    struct config_source key = {0};
    struct url ignored;

    *ret_found = v != NULL;
    if (v == NULL) {
        return AIU_OK;
    }
    const char *variable = url_variable_of(b, v);
    struct span url = variable != NULL ? environment_get(b->env, variable) : span_str(v->url);
    if (url_parse(url, &ignored) != AIU_OK) {
        refuse(b, variable != NULL ? variable : "AI_BASE_URL",
               url.n == 0 ? "must be set: this provider has no address of its own"
                          : "must be a URL such as https://api.openai.com/v1");
        return AIU_OK;
    }
    TRY(choose_key(b, v, url, &key));
    TRY(add_provider(b, v->name, url, &key));
    if (variable != NULL) {
        TRY(note(b, SPAN_OF("providers[0].base_url"), variable));
    }
    return key.given ? note(b, SPAN_OF("providers[0].api_key"),
                            key.from.kind == SECRET_FROM_ENV ? key.from.name : "AI_API_KEY_FILE")
                     : AIU_OK;
}

enum aiu_status vendor_add_mock(struct builder *b, struct span base_url)
{
    const struct config_source none = {0};

    b->snapshot->mock = true;
    return add_provider(b, "mock", base_url, &none);
}
