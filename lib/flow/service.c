// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "flow/service.h"

#include <stdio.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/num.h"
#include "detect/canary.h"
#include "secret/hash.h"

enum { SERVICE_CAP = 16 << 20 };

// What is being built, and where a failure is to be told.
struct build {
    struct service *s;
    const struct service_options *o;
    struct service_problem *problem;
};

static enum aiu_status fail(const struct build *b, const char *list, size_t i, const char *member,
                            enum aiu_status st)
{
    (void)snprintf(b->problem->where, sizeof(b->problem->where), "%s[%zu].%s", list, i, member);
    b->problem->what = aiu_status_info(st)->text;
    return st;
}

static enum aiu_status text_of(const struct build *b, struct span s, const char **ret_text)
{
    struct span copy;

    TRY(arena_copy(&b->s->arena, s, &copy)); // with a NUL behind it
    *ret_text = (const char *)copy.p;
    return AIU_OK;
}

// --- providers --------------------------------------------------------------------------------

static enum aiu_status own_text(const struct build *b, const struct buf *text, struct span *ret_own)
{
    return arena_copy(&b->s->arena, buf_span(text), ret_own);
}

static enum aiu_status read_url(const struct build *b, struct upstream *u)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(4096);

    TRY(url_parse(u->provider->base_url, &u->url));
    TRY(url_append_origin(&u->url, &text));
    TRY(own_text(b, &text, &u->origin));
    buf_reset(&text);
    TRY(url_append_host(&u->url, &text));
    return own_text(b, &text, &u->host);
}

static enum aiu_status load_api_key(const struct build *b, struct upstream *u)
{
    if (!u->provider->api_key.given || control_has_dropped(b->o->control, u->provider->name)) {
        return AIU_OK;
    }
    TRY(secret_load(&u->provider->api_key.from, b->o->env, &u->api_key));
    if (secret_is_admin_key(u->api_key)) {
        return AIU_CONFIG_BAD_KEY; // S5: no request needs a key that administers the account
    }
    return secret_bind_origin(u->api_key, u->origin);
}

static enum aiu_status make_tls(const struct build *b, struct upstream *u)
{
    struct tls_client_options o = {0};

    if (u->url.scheme != URL_HTTPS) {
        return AIU_OK;
    }
    if (u->provider->ca_file.n > 0) {
        TRY(text_of(b, u->provider->ca_file, &o.ca_file));
    }
    return tls_new_client(&o, &u->tls);
}

static enum aiu_status build_upstream(const struct build *b, size_t i)
{
    struct upstream *u = &b->s->upstreams[i];

    u->provider = &b->s->config->providers[i];
    u->dialect = dialect_find(u->provider->dialect);
    if (u->dialect == NULL) {
        return fail(b, "providers", i, "dialect", AIU_UNSUPPORTED);
    }
    TRY(walker_new(u->dialect, &u->walker));
    enum aiu_status st = read_url(b, u);
    if (st != AIU_OK) {
        return fail(b, "providers", i, "base_url", st);
    }
    st = load_api_key(b, u);
    if (st != AIU_OK) {
        return fail(b, "providers", i, "api_key", st);
    }
    st = make_tls(b, u);
    return st == AIU_OK ? st : fail(b, "providers", i, "ca_file", st);
}

// --- keys -------------------------------------------------------------------------------------

static enum aiu_status digest_of(const struct build *b, const struct config_key *key,
                                 struct vkey_digest *ret_digest)
{
    CLEANUP(secret_done) struct secret *token = NULL;

    if (!key->key.given) {
        return vkey_digest_parse(key->hash, ret_digest);
    }
    TRY(secret_load(&key->key.from, b->o->env, &token));
    return vkey_digest_of_secret(token, ret_digest);
}

static enum aiu_status revision_of(const struct build *b, const struct policy *p,
                                   struct span *ret_revision)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 20);
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    uint8_t hash[32];

    TRY(policy_text(p, &text));
    sha256(buf_span(&text), hash);
    TRY(num_append_hex(&hex, span_of(hash, sizeof(hash))));
    return own_text(b, &hex, ret_revision);
}

// --- canaries ---------------------------------------------------------------------------------

// The text lies in memory that is wiped and in no core dump, but not guarded: it is compared with
// every byte of every answer.
static enum aiu_status load_canary(const struct build *b, const struct config_canary *canary,
                                   struct canaries *set, const char **ret_why)
{
    CLEANUP(secret_done) struct secret *value = NULL;
    CLEANUP(buf_wipe) struct buf text = BUF_OF(SECRET_LOAD_MOST);

    TRY(secret_load(&canary->value.from, b->o->env, &value));
    TRY(secret_bind_origin(value, SPAN_OF("canary")));
    TRY(secret_append_for(value, SPAN_OF("canary"), &text));
    return canaries_add(set, buf_span(&text), ret_why);
}

static enum aiu_status load_canaries(const struct build *b, const struct policy *p,
                                     const struct canaries **ret_set)
{
    struct canaries *set = arena_new(&b->s->arena, sizeof(*set));
    struct service_problem *problem = b->problem;

    if (set == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < p->canary_count; i++) {
        const char *why = NULL;
        enum aiu_status st = load_canary(b, &config_canaries(p)[i], set, &why);
        if (st != AIU_OK) {
            (void)snprintf(problem->where, sizeof(problem->where),
                           "policies[%zu].canaries[%zu].value",
                           (size_t)(p - b->s->config->policies), i);
            problem->what = why != NULL ? why : aiu_status_info(st)->text;
            return st;
        }
    }
    *ret_set = set;
    return AIU_OK;
}

// Keys of one policy share its canaries.
static enum aiu_status canaries_of(const struct build *b, size_t key,
                                   const struct canaries **ret_set)
{
    const struct policy *p = b->s->config->keys[key].policy;

    if (p->canary_count == 0) {
        return AIU_OK; // as the built-in profiles
    }
    for (size_t i = 0; i < key; i++) {
        if (b->s->config->keys[i].policy == p) {
            *ret_set = b->s->keys[i].rules[DIRECTION_RESPONSE].canaries;
            return AIU_OK;
        }
    }
    return load_canaries(b, p, ret_set);
}

static enum aiu_status build_key(const struct build *b, size_t i, struct vkey_digest *ret_digest)
{
    struct key_state *k = &b->s->keys[i];

    k->key = &b->s->config->keys[i];
    for (int d = 0; d < DIRECTION_COUNT; d++) {
        k->rules[d] = policy_rules(k->key->policy, (enum direction)d);
    }
    TRY(canaries_of(b, i, &k->rules[DIRECTION_RESPONSE].canaries));
    TRY(revision_of(b, k->key->policy, &k->revision));
    TRY(limits_window(b->o->limits, k->key->id, k->key->limits.requests_per_minute, &k->window));
    enum aiu_status st = digest_of(b, k->key, ret_digest);
    return st == AIU_OK ? st : fail(b, "keys", i, "key", st);
}

static enum aiu_status build_keys(const struct build *b)
{
    size_t count = b->s->config->key_count;
    struct vkey_digest *digests = arena_array(&b->s->arena, count, sizeof(*digests));

    b->s->keys = arena_array(&b->s->arena, count, sizeof(*b->s->keys));
    if (digests == NULL || b->s->keys == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        TRY(build_key(b, i, &digests[i]));
    }
    enum aiu_status st = vkey_table_new(digests, count, &b->s->key_table);
    return st == AIU_OK ? st : fail(b, "keys", 0, "key (two keys are the same)", st);
}

// --- whole ------------------------------------------------------------------------------------

static enum aiu_status build(const struct build *b)
{
    CLEANUP(buf_wipe) struct buf hex = BUF_OF(128);
    size_t count = b->s->config->provider_count;

    TRY(num_append_hex(&hex, span_of(b->s->config->hash, sizeof(b->s->config->hash))));
    TRY(own_text(b, &hex, &b->s->config_hash));
    b->s->upstreams = arena_array(&b->s->arena, count, sizeof(*b->s->upstreams));
    if (b->s->upstreams == NULL) {
        return AIU_NO_MEMORY;
    }
    b->s->upstream_count = count;
    for (size_t i = 0; i < count; i++) {
        TRY(build_upstream(b, i));
    }
    return build_keys(b);
}

void service_forget_dropped(const struct service_options *o)
{
    for (size_t i = 0; i < o->config->provider_count; i++) {
        const struct config_provider *p = &o->config->providers[i];
        if (p->api_key.given && p->api_key.from.kind == SECRET_FROM_ENV &&
            control_has_dropped(o->control, p->name)) {
            secret_env_forget(o->env, p->api_key.from.name);
        }
    }
}

enum aiu_status service_new(const struct service_options *o, struct service_problem *problem,
                            struct service **ret_service)
{
    struct service *s = mem_new(1, sizeof(*s));

    *problem = (struct service_problem){.what = ""};
    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->references = 1;
    s->config = config_ref(o->config);
    arena_init(&s->arena, SERVICE_CAP);
    const struct build b = {s, o, problem};
    enum aiu_status st = build(&b);
    if (st != AIU_OK) {
        if (problem->where[0] == '\0') {
            problem->what = aiu_status_info(st)->text;
        }
        service_unref(s);
        return st;
    }
    *ret_service = s;
    return AIU_OK;
}

struct service *service_ref(struct service *s)
{
    (void)__atomic_add_fetch(&s->references, 1, __ATOMIC_RELAXED);
    return s;
}

void service_unref(struct service *s)
{
    if (s == NULL || __atomic_sub_fetch(&s->references, 1, __ATOMIC_ACQ_REL) > 0) {
        return;
    }
    for (size_t i = 0; i < s->upstream_count; i++) {
        walker_free(s->upstreams[i].walker);
        secret_unref(s->upstreams[i].api_key);
        tls_unref(s->upstreams[i].tls);
    }
    vkey_table_free(s->key_table);
    config_unref(s->config);
    arena_done(&s->arena);
    mem_free(s);
}

const struct upstream *service_upstream(const struct service *s,
                                        const struct config_provider *provider)
{
    for (size_t i = 0; i < s->upstream_count; i++) {
        if (s->upstreams[i].provider == provider) {
            return &s->upstreams[i];
        }
    }
    return NULL;
}

const struct key_state *service_key(const struct service *s, struct span id)
{
    for (size_t i = 0; i < s->config->key_count; i++) {
        if (span_equal(s->keys[i].key->id, id)) {
            return &s->keys[i];
        }
    }
    return NULL;
}

bool key_allows_model(const struct config_key *key, struct span name)
{
    for (size_t i = 0; i < key->model_count; i++) {
        if (span_equal(key->models[i], name) || span_equal(key->models[i], SPAN_OF("*"))) {
            return true;
        }
    }
    return key->model_count == 0;
}
