// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Values that were refused before this stage are empty; they have their report already, so a
// reference that is empty is passed over.
#include "config/check.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "codec/url.h"
#include "detect/canary.h"

// --- places

struct config_place check_place(struct builder *b, const char *list, size_t i, const char *key)
{
    size_t mark = builder_enter(b, span_str(list));

    (void)builder_enter_index(b, i);
    const struct origin *o = snapshot_origin(b->snapshot, buf_span(&b->path));
    if (key != NULL) {
        (void)builder_enter(b, span_str(key));
        const struct origin *own = snapshot_origin(b->snapshot, buf_span(&b->path));
        o = own != NULL ? own : o;
    }
    struct config_place at = {.path = buf_span(&b->path),
                              .line = o == NULL ? 0 : o->line,
                              .column = o == NULL ? 0 : o->column};
    builder_leave(b, mark); // the bytes stay until the next builder_enter
    return at;
}

static struct config_place place_of_key(struct builder *b, const char *path)
{
    const struct origin *o = snapshot_origin(b->snapshot, span_str(path));

    return (struct config_place){.path = span_str(path),
                                 .line = o == NULL ? 0 : o->line,
                                 .column = o == NULL ? 0 : o->column};
}

// --- names, each once

struct names {
    const uint8_t *items;
    size_t size;   // of an item
    size_t offset; // of the name in it
    size_t count;
};

static struct span name_at(const void *ctx, size_t i)
{
    const struct names *n = ctx;
    struct span name = {0};

    if (i < n->count) {
        memcpy(&name, n->items + i * n->size + n->offset, sizeof(name));
    }
    return name;
}

struct numbered {
    struct span name;
    size_t index;
};

static int compare_numbered(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    int order = span_compare(x->name, y->name);

    return order != 0 ? order : (x->index > y->index) - (x->index < y->index);
}

// By sorting, as a file may have ten thousand keys.
static enum aiu_status check_unique(struct builder *b, const struct names *n, const char *list,
                                    const char *key)
{
    struct numbered *sorted = NULL;

    if (n->count < 2) {
        return AIU_OK;
    }
    sorted = mem_new(n->count, sizeof(*sorted));
    if (sorted == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < n->count; i++) {
        sorted[i] = (struct numbered){name_at(n, i), i};
    }
    qsort(sorted, n->count, sizeof(*sorted), compare_numbered);
    for (size_t i = 1; i < n->count; i++) {
        if (sorted[i].name.n > 0 && span_equal(sorted[i].name, sorted[i - 1].name)) {
            report_error(b->report, AIU_CONFIG_INVALID, check_place(b, list, sorted[i].index, key),
                         "entry %zu of the list has the same", sorted[i - 1].index);
        }
    }
    mem_free(sorted);
    return AIU_OK;
}

#define NAMES_OF(array, n, type, member)                                                           \
    {                                                                                              \
        (const uint8_t *)(array), sizeof(type), offsetof(type, member), (n)                        \
    }

// --- providers

// S13: what goes to another machine goes encrypted, unless the file says otherwise in so many
// words.
static void check_plaintext(struct builder *b, const struct config_provider *p, size_t i)
{
    struct url u;

    if (p->base_url.n == 0 || url_parse(p->base_url, &u) != AIU_OK || u.scheme != URL_HTTP ||
        url_is_loopback(&u)) {
        return;
    }
    if (p->allow_plaintext) {
        report_warning(b->report, check_place(b, "providers", i, "base_url"),
                       "prompts, answers and the key cross the network unencrypted");
        return;
    }
    report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "providers", i, "base_url"),
                 "http:// to another machine: use https://, or allow_plaintext: true");
}

// An application's OPENAI_BASE_URL names the gateway; the gateway must not call itself.
static void check_loop(struct builder *b, const struct config_provider *p, size_t i)
{
    const struct config_address *own = &b->snapshot->config.data.address;
    struct url u;

    if (p->base_url.n > 0 && url_parse(p->base_url, &u) == AIU_OK && own->kind == CONFIG_TCP &&
        u.scheme != URL_UNIX && u.port == own->port && own->loopback && url_is_loopback(&u)) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "providers", i, "base_url"),
                     "is the gateway's own address");
    }
}

static enum aiu_status check_providers(struct builder *b)
{
    const struct config *c = &b->snapshot->config;
    const struct names names =
        NAMES_OF(c->providers, c->provider_count, struct config_provider, name);

    if (c->provider_count == 0 && b->report->errors == 0) {
        report_error(b->report, AIU_CONFIG_INVALID, place_of_key(b, "providers"),
                     "there is no provider: name one, or set AI_API_KEY");
    }
    for (size_t i = 0; i < c->provider_count; i++) {
        check_plaintext(b, &c->providers[i], i);
        check_loop(b, &c->providers[i], i);
    }
    return check_unique(b, &names, "providers", "name");
}

// --- models

static enum aiu_status add_any_model(struct builder *b)
{
    struct config *c = &b->snapshot->config;
    struct config_model *m = arena_new(&b->snapshot->arena, sizeof(*m));

    if (m == NULL) {
        return AIU_NO_MEMORY;
    }
    *m = (struct config_model){.name = SPAN_OF("*"), .provider_name = c->providers[0].name};
    c->models = m;
    c->model_count = 1;
    return AIU_OK;
}

static enum aiu_status check_models(struct builder *b)
{
    struct config *c = &b->snapshot->config;
    const struct names providers =
        NAMES_OF(c->providers, c->provider_count, struct config_provider, name);

    if (c->model_count == 0 && c->provider_count == 1) {
        TRY(add_any_model(b));
    }
    const struct names names = NAMES_OF(c->models, c->model_count, struct config_model, name);
    if (c->model_count == 0 && b->report->errors == 0) {
        report_error(b->report, AIU_CONFIG_INVALID, place_of_key(b, "models"),
                     "there is no model: with several providers, say who serves which");
    }
    for (size_t i = 0; i < c->model_count; i++) {
        struct config_model *m = (struct config_model *)&c->models[i]; // ours until we return
        m->provider = config_provider(c, m->provider_name);
        if (m->provider == NULL && m->provider_name.n > 0) {
            report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "models", i, "provider"),
                         "no such provider");
            report_suggest(b->report, m->provider_name, name_at, &providers);
        }
    }
    return check_unique(b, &names, "models", "name");
}

// --- policies and keys

static struct span policy_name_at(const void *ctx, size_t i)
{
    const struct config *c = ctx;
    const struct policy *builtin = NULL;

    if (i < c->policy_count) {
        return c->policies[i].name;
    }
    builtin = policy_builtin_at(i - c->policy_count);
    return builtin == NULL ? span_str("") : builtin->name;
}

static void check_regions(struct builder *b, struct policy *p, size_t i)
{
    for (size_t k = 0; k < p->phone_region_count; k++) {
        switch (phone_regions_add(&p->phone_regions, p->phone_region_names[k])) {
        case PHONE_REGION_ADDED:
            break;
        case PHONE_REGION_UNKNOWN:
            report_error(b->report, AIU_CONFIG_INVALID,
                         check_place(b, "policies", i, "phone_regions"),
                         "entry %zu: no such region: two letters as in ISO 3166-1, such as GB", k);
            break;
        case PHONE_REGION_TOO_MANY:
            report_error(b->report, AIU_CONFIG_INVALID,
                         check_place(b, "policies", i, "phone_regions"),
                         "more than %d regions with different number plans", PHONE_REGIONS_MOST);
            return;
        }
    }
}

// Each name once, and the names for the policy, which does not know what a source is.
static enum aiu_status check_canaries(struct builder *b, struct policy *p, size_t i)
{
    const struct config_canary *canaries = config_canaries(p);
    struct span *names = arena_array(&b->snapshot->arena, p->canary_count + 1, sizeof(*names));

    if (names == NULL) {
        return AIU_NO_MEMORY;
    }
    if (p->canary_count > CANARIES_MOST) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "policies", i, "canaries"),
                     "more than %d", CANARIES_MOST);
        return AIU_OK;
    }
    for (size_t k = 0; k < p->canary_count; k++) {
        names[k] = canaries[k].name;
        for (size_t before = 0; before < k; before++) {
            if (names[k].n > 0 && span_equal(names[k], names[before])) {
                report_error(b->report, AIU_CONFIG_INVALID,
                             check_place(b, "policies", i, "canaries"),
                             "entries %zu and %zu have the same name", before, k);
            }
        }
    }
    p->canary_names = names;
    return AIU_OK;
}

static enum aiu_status check_policies(struct builder *b)
{
    const struct config *c = &b->snapshot->config;
    const struct names names = NAMES_OF(c->policies, c->policy_count, struct policy, name);

    for (size_t i = 0; i < c->policy_count; i++) {
        struct policy *p = (struct policy *)&c->policies[i]; // ours until we return
        check_regions(b, p, i);
        TRY(check_canaries(b, p, i));
    }
    return check_unique(b, &names, "policies", "name");
}

// Whether the file tried to give `keys[i].key`: a value that was refused is reported already.
static bool was_tried(struct builder *b, size_t i, const char *key)
{
    size_t mark = builder_enter(b, SPAN_OF("keys"));

    (void)builder_enter_index(b, i);
    (void)builder_enter(b, span_str(key));
    bool tried = snapshot_origin(b->snapshot, buf_span(&b->path)) != NULL;
    builder_leave(b, mark);
    return tried;
}

static void check_key_source(struct builder *b, const struct config_key *k, size_t i)
{
    if (k->key.given && k->hash.n > 0) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "keys", i, NULL),
                     "has both key and hash: give one");
    } else if (!k->key.given && k->hash.n == 0 && !was_tried(b, i, "key") &&
               !was_tried(b, i, "hash")) {
        report_error(b->report, AIU_CONFIG_NO_KEY, check_place(b, "keys", i, NULL),
                     "has neither key nor hash: `aiu keys new` makes one");
    }
}

static void check_key_policy(struct builder *b, struct config_key *k, size_t i)
{
    const struct config *c = &b->snapshot->config;

    k->policy = config_policy(c, k->policy_name);
    if (k->policy == NULL) {
        report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "keys", i, "policy"),
                     "no such policy");
        report_suggest(b->report, k->policy_name, policy_name_at, c);
    }
}

static void check_key_models(struct builder *b, const struct config_key *k, size_t i)
{
    const struct config *c = &b->snapshot->config;
    const struct names names = NAMES_OF(c->models, c->model_count, struct config_model, name);

    for (size_t m = 0; m < k->model_count; m++) {
        if (config_model(c, k->models[m]) == NULL) {
            report_error(b->report, AIU_CONFIG_INVALID, check_place(b, "keys", i, "models"),
                         "entry %zu: no such model", m);
            report_suggest(b->report, k->models[m], name_at, &names);
        }
    }
}

static enum aiu_status check_keys(struct builder *b)
{
    const struct config *c = &b->snapshot->config;
    const struct names ids = NAMES_OF(c->keys, c->key_count, struct config_key, id);
    const struct names hashes = NAMES_OF(c->keys, c->key_count, struct config_key, hash);

    for (size_t i = 0; i < c->key_count; i++) {
        struct config_key *k = (struct config_key *)&c->keys[i]; // ours until we return
        check_key_source(b, k, i);
        check_key_policy(b, k, i);
        check_key_models(b, k, i);
    }
    TRY(check_unique(b, &ids, "keys", "id"));
    return check_unique(b, &hashes, "keys", "hash");
}

// --- listeners

static void check_listeners(struct builder *b)
{
    const struct config *c = &b->snapshot->config;

    if (c->admin.address.kind == CONFIG_TCP && !c->admin.token.given &&
        snapshot_origin(b->snapshot, SPAN_OF("listen.admin.token")) == NULL) {
        report_error(b->report, AIU_CONFIG_INVALID, place_of_key(b, "listen.admin.address"),
                     "a TCP address needs a token");
    }
    if (!c->data.address.loopback && !c->data.tls.on) {
        report_warning(b->report, place_of_key(b, "listen.data.address"),
                       "other machines can reach it and there is no tls: keys and prompts cross "
                       "the network unencrypted");
    }
    if (c->key_count == 0 && b->report->errors == 0 && c->path.n > 0) {
        report_warning(b->report, place_of_key(b, "keys"), "there is no key, so nobody may call");
    }
}

enum aiu_status check_all(struct builder *b)
{
    TRY(check_providers(b));
    TRY(check_models(b));
    TRY(check_policies(b));
    TRY(check_keys(b));
    check_listeners(b);
    check_watch(b);
    return AIU_OK;
}
