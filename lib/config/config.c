// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// How a snapshot comes to be: defaults, file, environment, then the checks across them. A snapshot
// with any error is freed again; nobody ever sees half of one.
#include "config/config.h"

#include "config/builder.h"
#include "config/check.h"
#include "config/environment.h"
#include "config/show.h"
#include "config/vendor.h"
#include "secret/hash.h"

enum { DOCUMENT_MEMORY = 64 * 1024 * 1024, HASHED_MOST = 64 * 1024 };

// --- count

static struct snapshot *owner_of(struct config *c)
{
    return (struct snapshot *)c; // the first member
}

struct config *config_ref(struct config *c)
{
    (void)atomic_fetch_add_explicit(&owner_of(c)->count, 1, memory_order_relaxed);
    return c;
}

void config_unref(struct config *c)
{
    if (c == NULL || atomic_fetch_sub_explicit(&owner_of(c)->count, 1, memory_order_acq_rel) != 1) {
        return;
    }
    snapshot_free(owner_of(c));
}

void config_unrefp(struct config **c)
{
    config_unref(*c);
    *c = NULL;
}

// --- building

static void finish_builder(struct builder *b)
{
    buf_wipe(&b->path);
}

// The whole path buffer at once, so that entering a key cannot fail.
static enum aiu_status begin_builder(struct builder *b, struct snapshot *s,
                                     const struct config_options *o, struct config_report *report)
{
    uint8_t *ignored = NULL;

    *b = (struct builder){.snapshot = s, .report = report, .env = o->env};
    buf_init(&b->path, BUILDER_PATH);
    return buf_reserve(&b->path, BUILDER_PATH, &ignored);
}

static enum aiu_status read_file_into(struct builder *b, struct span text)
{
    struct arena nodes;
    const struct node *root = NULL;

    arena_init(&nodes, DOCUMENT_MEMORY);
    enum aiu_status st = document_parse(text, &nodes, b->report, &root);
    if (st == AIU_OK) {
        st = builder_map(b, &schema_root, root, &b->snapshot->config);
    }
    arena_done(&nodes);
    return st;
}

static enum aiu_status build_from_file(struct builder *b, struct span text)
{
    struct config *c = &b->snapshot->config;
    bool found = false;

    TRY(builder_defaults(b, &schema_root, c));
    TRY(read_file_into(b, text));
    TRY(environment_state_dir(b));
    if (c->provider_count == 0 && b->report->errors == 0) {
        TRY(vendor_add_provider(b, &found));
    }
    TRY(environment_apply(b));
    TRY(snapshot_sort_origins(b->snapshot));
    TRY(check_all(b));
    sha256(text, c->hash);
    return AIU_OK;
}

static enum aiu_status add_local_key(struct builder *b, struct span hash)
{
    struct config_key *k = arena_new(&b->snapshot->arena, sizeof(*k));

    if (k == NULL) {
        return AIU_NO_MEMORY;
    }
    TRY(builder_defaults(b, schema_find(&schema_root, SPAN_OF("keys"))->map, k));
    k->id = SPAN_OF("local");
    TRY(arena_copy(&b->snapshot->arena, hash, &k->hash));
    b->snapshot->config.keys = k;
    b->snapshot->config.key_count = 1;
    return AIU_OK;
}

// There is no file to hash, so what it comes to is hashed.
static enum aiu_status hash_values(struct config *c)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(HASHED_MOST);

    TRY(show_text(c, &text));
    sha256(buf_span(&text), c->hash);
    return AIU_OK;
}

static enum aiu_status build_embedded(struct builder *b, const struct config_options *o)
{
    struct config *c = &b->snapshot->config;
    bool found = false;

    c->version = 1;
    TRY(builder_defaults(b, &schema_root, c));
    TRY(environment_state_dir(b));
    TRY(vendor_add_provider(b, &found));
    if (!found && b->report->errors == 0 && o->mock_base_url.n > 0) {
        TRY(vendor_add_mock(b, o->mock_base_url));
    }
    if (o->local_key_hash.n > 0) {
        TRY(add_local_key(b, o->local_key_hash));
    }
    TRY(environment_apply(b));
    TRY(snapshot_sort_origins(b->snapshot));
    TRY(check_all(b));
    return hash_values(c);
}

static enum aiu_status build(struct snapshot *s, const struct span *text,
                             const struct config_options *o, struct config_report *report)
{
    CLEANUP(finish_builder) struct builder b = {0};

    TRY(begin_builder(&b, s, o, report));
    TRY(text != NULL ? build_from_file(&b, *text) : build_embedded(&b, o));
    return report_status(report);
}

static enum aiu_status new_config(const struct span *text, struct span name,
                                  const struct config_options *o, struct config_report *report,
                                  struct config **ret_config)
{
    static const struct config_options none = {0};
    CLEANUP(config_unrefp) struct config *c = NULL;
    struct snapshot *s = NULL;

    *report = (struct config_report){0};
    TRY(snapshot_new(&s));
    c = &s->config;
    TRY(arena_copy(&s->arena, name, &c->path));
    TRY(build(s, text, o == NULL ? &none : o, report));
    *ret_config = TAKE_PTR(c);
    return AIU_OK;
}

enum aiu_status config_parse(struct span text, struct span name, const struct config_options *o,
                             struct config_report *report, struct config **ret_config)
{
    return new_config(&text, name, o, report, ret_config);
}

enum aiu_status config_embedded(const struct config_options *o, struct config_report *report,
                                struct config **ret_config)
{
    return new_config(NULL, (struct span){0}, o, report, ret_config);
}

// --- look-ups

bool config_uses_mock(const struct config *c)
{
    return snapshot_of(c)->mock;
}

const struct policy *config_policy(const struct config *c, struct span name)
{
    for (size_t i = 0; i < c->policy_count; i++) {
        if (span_equal(c->policies[i].name, name)) {
            return &c->policies[i];
        }
    }
    return policy_builtin(name);
}

const struct config_model *config_model(const struct config *c, struct span name)
{
    const struct config_model *any = NULL;

    for (size_t i = 0; i < c->model_count; i++) {
        if (span_equal(c->models[i].name, name)) {
            return &c->models[i];
        }
        if (span_equal(c->models[i].name, SPAN_OF("*"))) {
            any = &c->models[i];
        }
    }
    return any;
}

const struct config_provider *config_provider(const struct config *c, struct span name)
{
    for (size_t i = 0; i < c->provider_count; i++) {
        if (span_equal(c->providers[i].name, name)) {
            return &c->providers[i];
        }
    }
    return NULL;
}

const struct config_key *config_key(const struct config *c, struct span id)
{
    for (size_t i = 0; i < c->key_count; i++) {
        if (span_equal(c->keys[i].id, id)) {
            return &c->keys[i];
        }
    }
    return NULL;
}
