// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Loading the database. It is made for the generic platform at build time, so that no start pays
// for a compilation (half a second and more). Only another version of Vectorscan than at build time
// makes one necessary.
#include "base/alloc.h"
#include "detect/context.h"
#include "detect/engine_parts.h"

static void *hs_alloc(size_t n)
{
    return mem_new(n, 1);
}

static enum aiu_status compile_literals(const struct catalog *c, const char **texts,
                                        size_t *lengths, unsigned *flags, unsigned *ids,
                                        hs_database_t **ret)
{
    const hs_platform_info_t generic = {.tune = HS_TUNE_FAMILY_GENERIC};
    hs_compile_error_t *error = NULL;

    for (unsigned i = 0; i < c->anchor_count; i++) {
        const struct anchor *a = &c->anchors[i];
        texts[i] = (const char *)c->pool + a->at;
        lengths[i] = a->n;
        flags[i] = a->nocase ? HS_FLAG_CASELESS : 0;
        ids[i] = i;
    }
    hs_error_t st = hs_compile_lit_multi(texts, flags, ids, lengths, (unsigned)c->anchor_count,
                                         HS_MODE_BLOCK, &generic, ret, &error);
    if (error != NULL) {
        (void)hs_free_compile_error(error);
    }
    return st == HS_SUCCESS ? AIU_OK : AIU_INTERNAL;
}

enum aiu_status engine_compile(const struct catalog *c, hs_database_t **ret_database)
{
    size_t n = c->anchor_count;
    const char **texts = mem_new(n, sizeof(*texts));
    size_t *lengths = mem_new(n, sizeof(*lengths));
    unsigned *flags = mem_new(n, sizeof(*flags));
    unsigned *ids = mem_new(n, sizeof(*ids));
    enum aiu_status st = AIU_NO_MEMORY;

    (void)hs_set_allocator(hs_alloc, mem_free);
    if (texts != NULL && lengths != NULL && flags != NULL && ids != NULL) {
        st = compile_literals(c, texts, lengths, flags, ids, ret_database);
    }
    mem_free(texts);
    mem_free(lengths);
    mem_free(flags);
    mem_free(ids);
    return st;
}

static enum aiu_status load(struct engine *e)
{
    const struct catalog *c = e->catalog;

    if (c->database_n > 0 && hs_deserialize_database((const char *)c->database, c->database_n,
                                                     &e->database) == HS_SUCCESS) {
        return AIU_OK;
    }
    e->compiled = true;
    return engine_compile(c, &e->database);
}

static void note_rules(struct engine *e, size_t first, size_t count)
{
    for (size_t i = first; i < first + count; i++) {
        rule_set_add(&e->spots, e->catalog->programs[e->catalog->triggers[i]].rule);
    }
}

// Which rules need the pass over the bytes: a scan without them spares it.
static void note_spots(struct engine *e)
{
    const struct catalog *c = e->catalog;

    note_rules(e, c->runs[0], c->runs[CATALOG_RUN + 1] - c->runs[0]);
    for (size_t i = 0; i < c->byte_count; i++) {
        note_rules(e, c->bytes[i].first, c->bytes[i].count);
    }
    for (size_t i = 0; i < c->shape_count; i++) {
        rule_set_add(&e->shaped, c->checks[c->shapes[i].check].rule);
    }
}

enum aiu_status engine_new_of(const struct catalog *c, struct engine **ret_engine)
{
    struct engine *e = mem_new(1, sizeof(*e));

    if (e == NULL) {
        return AIU_NO_MEMORY;
    }
    (void)hs_set_allocator(hs_alloc, mem_free);
    e->catalog = c;
    for (size_t i = 0; i < c->rule_count; i++) {
        rule_set_add(&e->kinds[c->info[i].kind], (uint16_t)i);
    }
    note_spots(e);
    context_bytes_of(c, &e->context_bytes);
    for (size_t n = 0; n <= CATALOG_RUN; n++) {
        run_gate_open(&e->gates[n], c, n);
    }
    enum aiu_status st = load(e);
    if (st != AIU_OK) {
        engine_free(e);
        return st;
    }
    *ret_engine = e;
    return AIU_OK;
}

enum aiu_status engine_new(struct engine **ret_engine)
{
    return engine_new_of(&catalog_builtin, ret_engine);
}

void engine_free(struct engine *e)
{
    if (e != NULL) {
        (void)hs_free_database(e->database);
        mem_free(e);
    }
}

bool engine_compiled_at_start(const struct engine *e)
{
    return e->compiled;
}

enum aiu_status scratch_new(const struct engine *e, struct scratch **ret_scratch)
{
    struct scratch *s = mem_new(1, sizeof(*s));

    if (s == NULL) {
        return AIU_NO_MEMORY;
    }
    s->last_near = mem_new(e->catalog->context_count + 1, sizeof(*s->last_near));
    s->active = mem_new(e->catalog->context_count + 1, sizeof(*s->active));
    if (s->last_near == NULL || s->active == NULL ||
        hs_alloc_scratch(e->database, &s->hs) != HS_SUCCESS) {
        scratch_free(s);
        return AIU_NO_MEMORY;
    }
    *ret_scratch = s;
    return AIU_OK;
}

void scratch_free(struct scratch *s)
{
    if (s != NULL) {
        (void)hs_free_scratch(s->hs);
        mem_free(s->candidates);
        mem_free(s->last_near);
        for (size_t i = 0; i < READER_DEPTH; i++) {
            fold_done(&s->readers[i].words);
            fold_done(&s->readers[i].other);
            fold_done(&s->readers[i].escapes);
            fold_done(&s->readers[i].keys);
            decoder_done(&s->readers[i].decoder);
        }
        mem_free(s->active);
        mem_free(s);
    }
}
