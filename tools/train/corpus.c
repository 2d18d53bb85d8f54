// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "train.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "codec/json.h"
#include "codec/json_text.h"
#include "detect/catalog.h"
#include "detect/fold.h"

enum { SHINGLE = 6, SKETCH = 16, SKETCH_SHARED = 3 };

static bool fails(const char *path, const char *what)
{
    (void)fprintf(stderr, "%s: %s\n", path, what);
    return false;
}

static const struct {
    const char *part;
    bool calibrates, document;
    uint8_t family;
} kinds[] = {
    // The names of the files of the shared data, or parts of them.
    {"jackhhao", true, false, 1},       {"inthewild", false, false, 1},
    {"selfreminder", false, false, 1},  {"gptfuzzer", false, false, 1},
    {"prompts_chat", true, false, 2},   {"latentinjection", false, true, 0},
    {"promptinject", false, true, 0},   {"compass", false, false, 0},
    {"static_probes", false, false, 0}, {"", true, false, 0},
};

uint16_t corpus_source(struct corpus *c, const char *name)
{
    size_t i = 0;

    while (i < c->source_count && strcmp(c->sources[i].name, name) != 0) {
        i++;
    }
    if (i == c->source_count && i < SOURCES - 1) {
        struct source_info *s = &c->sources[c->source_count++];
        size_t kind = 0;
        (void)snprintf(s->name, sizeof(s->name), "%s", name);
        while (strstr(name, kinds[kind].part) == NULL) {
            kind++;
        }
        s->calibrates = kinds[kind].calibrates;
        s->document = kinds[kind].document;
        s->family = kinds[kind].family;
    }
    return (uint16_t)i;
}

// The word at `*at` as the product cuts it (wording_phrases.c).
static uint32_t next_word(struct span text, uint32_t *at)
{
    uint32_t n = (uint32_t)text.n;
    uint32_t hash = PHRASE_SEED;

    if (phrase_ideograph(text.p[*at])) {
        for (uint32_t end = n - *at < 3 ? n : *at + 3; *at < end; (*at)++) {
            hash = phrase_hash(hash, text.p[*at]);
        }
        return hash;
    }
    while (*at < n && phrase_mark(text.p, n, *at) == 0 && !phrase_ideograph(text.p[*at])) {
        hash = phrase_hash(hash, text.p[(*at)++]);
    }
    return hash;
}

static uint32_t mixed(uint32_t h)
{
    return (h ^ h >> 15) * UINT32_C(0x2C1B3C6D);
}

static bool put_sample(struct corpus *c, struct sample *s, const uint32_t *words, uint32_t count)
{
    struct model_seen seen = {{0}, {0}};
    uint32_t before = MODEL_NO_WORD;
    uint32_t n = 0;

    s->block_count = (count + MODEL_BLOCK - 1) / MODEL_BLOCK;
    s->shingle_count = count < SHINGLE ? 0 : count - SHINGLE + 1;
    s->features = arena_array(&c->arena, 2 * (size_t)count, sizeof(*s->features));
    s->blocks = arena_array(&c->arena, s->block_count + 1, sizeof(*s->blocks));
    s->shingles = arena_array(&c->arena, s->shingle_count + 1, sizeof(*s->shingles));
    if (s->features == NULL || s->blocks == NULL || s->shingles == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t features[] = {model_word(words[i]), model_pair(words[i], before)};
        if (i % MODEL_BLOCK == 0) {
            s->blocks[i / MODEL_BLOCK] = n;
        }
        for (size_t k = 0; k < ARRAY_SIZE(features); k++) {
            if (model_fresh(&seen, features[k], i + MODEL_NEAR)) {
                s->features[n++] = features[k];
            }
        }
        before = words[i];
    }
    s->blocks[s->block_count] = n;
    for (uint32_t i = 0; i < s->shingle_count; i++) {
        uint32_t hash = 0;
        for (uint32_t k = 0; k < SHINGLE; k++) {
            hash = mixed(hash * 31 + words[i + k]);
        }
        s->shingles[i] = hash;
    }
    return true;
}

static bool put_text(struct corpus *c, struct folder *folder, struct span text, uint16_t source,
                     bool attack)
{
    struct rule_set all = rule_set_all();
    struct phrase_hits hits;
    struct folded folded;
    uint32_t count = 0;
    struct sample *s = &c->samples[c->count];

    if (c->count == c->capacity || fold_text(folder, text, &folded) != AIU_OK) {
        return false;
    }
    uint32_t *words = mem_new(folded.text.n + 1, sizeof(*words));
    if (words == NULL) {
        return false;
    }
    for (uint32_t at = 0; at < folded.text.n;) {
        uint32_t mark = phrase_mark(folded.text.p, (uint32_t)folded.text.n, at);
        at += mark;
        if (mark == 0) {
            words[count++] = next_word(folded.text, &at);
        }
    }
    bool ok = count == 0 || put_sample(c, s, words, count);
    mem_free(words);
    if (!ok || count == 0) {
        return ok;
    }
    phrases_find(&catalog_builtin.phrases, &all, folded.text, &hits, NULL);
    s->rules = (int16_t)phrases_points(&hits);
    s->source = source;
    s->attack = attack;
    c->sources[source].count++;
    c->count++;
    return true;
}

static bool put_json(struct corpus *c, struct folder *folder, struct span line, const char *name)
{
    CLEANUP(buf_wipe) struct buf text = BUF_OF(1 << 26);
    CLEANUP(buf_wipe) struct buf part = BUF_OF(1 << 10);
    char source[NAME];
    struct arena arena;
    struct json_doc doc;

    arena_init(&arena, 64 << 20);
    bool ok = json_parse(line, &arena, &json_default_limits, &doc, NULL) == AIU_OK;
    uint32_t at = ok ? json_member(&doc, 0, SPAN_OF("text")) : JSON_NONE;
    ok = at != JSON_NONE && json_unescape(&doc, at, &text) == AIU_OK;
    if (ok) {
        uint32_t label = json_member(&doc, 0, SPAN_OF("label"));
        uint32_t from = json_member(&doc, 0, SPAN_OF("source"));
        bool attack = label != JSON_NONE && line.p[doc.tokens[label].start] == '1';
        if (from != JSON_NONE && json_unescape(&doc, from, &part) == AIU_OK) {
            (void)snprintf(source, sizeof(source), "%s/%.*s", name, (int)part.n, part.p);
        } else {
            (void)snprintf(source, sizeof(source), "%s", name);
        }
        ok = put_text(c, folder, buf_span(&text), corpus_source(c, source), attack);
    }
    arena_done(&arena);
    return ok;
}

static bool put_line(struct corpus *c, struct folder *folder, struct span line, const char *name)
{
    if (line.n == 0 || line.p[0] == '#') {
        return true;
    }
    return line.p[0] == '{' ? put_json(c, folder, line, name)
                            : put_text(c, folder, line, corpus_source(c, name), false);
}

bool corpus_load(struct corpus *c, const char *path, const char *name)
{
    struct folder folder = {0};
    char *line = NULL;
    size_t capacity = 0;
    ssize_t n = 0;
    FILE *f = fopen(path, "rbe");
    bool ok = f != NULL;

    while (ok && (n = getline(&line, &capacity, f)) > 0) {
        size_t end = (size_t)n - (line[n - 1] == '\n');
        ok = put_line(c, &folder, span_of(line, end), name);
    }
    free(line); // of getline
    fold_done(&folder);
    if (f != NULL) {
        (void)fclose(f);
    }
    return ok || fails(path, "can not be read as rows of text, or there are too many");
}

// --- copies

enum { SEEN_BITS = 26 };

static bool seen(const uint8_t *bits, uint32_t hash)
{
    hash >>= 32 - SEEN_BITS;
    return (bits[hash / 8] >> (hash % 8) & 1) != 0;
}

static void skip_copies(struct corpus *c, uint8_t *harmless)
{
    for (size_t i = 0; i < c->count; i++) {
        struct sample *s = &c->samples[i];
        s->skipped = !s->attack && s->rules >= 100;
        for (uint32_t k = 0; !s->attack && !s->skipped && k < s->shingle_count; k++) {
            uint32_t hash = s->shingles[k] >> (32 - SEEN_BITS);
            harmless[hash / 8] |= (uint8_t)(1 << (hash % 8));
        }
    }
    for (size_t i = 0; i < c->count; i++) {
        struct sample *s = &c->samples[i];
        uint32_t shared = 0;
        for (uint32_t k = 0; s->attack && k < s->shingle_count; k++) {
            shared += seen(harmless, s->shingles[k]);
        }
        if (s->attack && !c->sources[s->source].document && s->shingle_count > 4 &&
            10 * shared > 3 * s->shingle_count) {
            s->skipped = true;
        }
    }
}

// The least hashes of its shingles.
static void sketch(const struct sample *s, uint32_t out[SKETCH])
{
    memset(out, 0xFF, SKETCH * sizeof(*out));
    for (uint32_t i = 0; i < s->shingle_count; i++) {
        uint32_t hash = s->shingles[i];
        for (size_t k = 0; k < SKETCH && hash != out[k]; k++) {
            if (hash < out[k]) {
                uint32_t larger = out[k];
                out[k] = hash;
                hash = larger;
            }
        }
    }
}

static unsigned shared_of(const uint32_t *one, const uint32_t *two)
{
    unsigned shared = 0;

    for (size_t i = 0, k = 0; i < SKETCH && k < SKETCH;) {
        shared += one[i] == two[k] && one[i] != UINT32_MAX;
        if (one[i] < two[k]) {
            i++;
        } else {
            k++;
        }
    }
    return shared;
}

static void join_copies(struct corpus *c, const uint32_t *sketches, const uint32_t *members,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < i; k++) {
            uint32_t one = c->samples[members[i]].copies;
            uint32_t two = c->samples[members[k]].copies;
            if (one == two ||
                shared_of(sketches + SKETCH * i, sketches + SKETCH * k) < SKETCH_SHARED) {
                continue;
            }
            for (size_t j = 0; j <= i; j++) {
                struct sample *s = &c->samples[members[j]];
                s->copies = s->copies == one ? two : s->copies;
            }
        }
    }
}

bool corpus_clean(struct corpus *c)
{
    uint8_t *harmless = mem_new((size_t)1 << (SEEN_BITS - 3), 1);
    uint32_t *sketches = mem_new(c->count, SKETCH * sizeof(*sketches));
    uint32_t *members = mem_new(c->count, sizeof(*members));
    bool ok = harmless != NULL && sketches != NULL && members != NULL;
    size_t count = 0;

    if (ok) {
        skip_copies(c, harmless);
    }
    for (size_t i = 0; ok && i < c->count; i++) {
        struct sample *s = &c->samples[i];
        s->copies = (uint32_t)i;
        if (c->sources[s->source].family > 0) {
            sketch(s, sketches + SKETCH * count);
            members[count++] = (uint32_t)i;
        }
    }
    if (ok) {
        join_copies(c, sketches, members, count);
    }
    mem_free(harmless);
    mem_free(sketches);
    mem_free(members);
    return ok;
}
