// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// train_injection OUT.c FILE...: learn the model of wording from rows of texts, print how well
// models that have not seen a source do on it, and write the table.
#include <stdio.h>
#include <string.h>

#include "train.h"

#include "base/alloc.h"
#include "base/status.h"

enum { SAMPLES = 200000, MEMORY_GIB = 4 };

// "…/injection-deepset_train.jsonl" -> "deepset_train"
static void name_of(const char *path, char out[NAME])
{
    static const char *const prefixes[] = {"injection-", "benign-"};
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;

    for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
        size_t n = strlen(prefixes[i]);
        base += strncmp(base, prefixes[i], n) == 0 ? n : 0;
    }
    (void)snprintf(out, NAME, "%s", base);
    out[strcspn(out, ".")] = '\0';
}

// A source as large as another counts as much; a large one not as much as its rows. Where attacks
// hide in documents, the few documents without weigh more, so that the documents are not learned.
static void weigh(struct corpus *c)
{
    static const float clean_weight = 6;

    for (size_t i = 0; i < c->count; i++) {
        float root = 1;
        float rows = (float)c->sources[c->samples[i].source].count;
        while (root * root < rows) {
            root++;
        }
        bool clean = c->sources[c->samples[i].source].document && !c->samples[i].attack;
        c->samples[i].weight = (clean ? clean_weight : 1) * 30 / root;
    }
}

static bool left_out(const struct corpus *c, const struct sample *s, size_t source)
{
    const struct source_info *one = &c->sources[s->source];
    const struct source_info *two = &c->sources[source];

    return s->source == source || (one->family > 0 && one->family == two->family);
}

// Every sample is scored by a model that saw nothing of its source, nor of the source's family.
static void cross_sources(struct corpus *c, struct learned *l, bool *use)
{
    for (size_t source = 0; source < c->source_count; source++) {
        bool done = false;
        for (size_t i = 0; i < source; i++) {
            done = done ||
                   (c->sources[i].family > 0 && c->sources[i].family == c->sources[source].family);
        }
        if (done) {
            continue;
        }
        for (size_t i = 0; i < c->count; i++) {
            use[i] = !left_out(c, &c->samples[i], source);
        }
        learn(c, use, l);
        for (size_t i = 0; i < c->count; i++) {
            if (!use[i]) {
                c->samples[i].score = learned_score(l, &c->samples[i]);
                c->samples[i].foldwise = c->samples[i].score;
            }
        }
        (void)fprintf(stderr, "without %s\n", c->sources[source].name);
    }
}

// In families: by a model that saw no near copy of it.
static void cross_copies(struct corpus *c, struct learned *l, bool *use)
{
    for (uint32_t fold = 0; fold < FOLDS; fold++) {
        for (size_t i = 0; i < c->count; i++) {
            const struct sample *s = &c->samples[i];
            use[i] = c->sources[s->source].family == 0 || s->copies % FOLDS != fold;
        }
        learn(c, use, l);
        for (size_t i = 0; i < c->count; i++) {
            if (!use[i]) {
                c->samples[i].foldwise = learned_score(l, &c->samples[i]);
            }
        }
        (void)fprintf(stderr, "without copies, %u of %u\n", fold + 1, FOLDS);
    }
}

static int run(struct corpus *c, const char *out)
{
    bool *use = arena_array(&c->arena, c->count, sizeof(*use));
    struct learned l;

    if (use == NULL || !learned_new(&c->arena, &l) || !corpus_clean(c)) {
        return 1;
    }
    weigh(c);
    cross_sources(c, &l, use);
    cross_copies(c, &l, use);
    float threshold = calibrate(c);
    print_tables(c, threshold);
    memset(use, 1, c->count * sizeof(*use));
    learn(c, use, &l);
    return write_model(out, &l, threshold) ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct corpus c = {.capacity = SAMPLES};

    arena_init(&c.arena, (size_t)MEMORY_GIB << 30);
    c.samples = arena_array(&c.arena, SAMPLES, sizeof(*c.samples));
    bool ok = argc > 2 && c.samples != NULL;
    if (argc <= 2) {
        (void)fprintf(stderr, "usage: train_injection OUT.c FILE...\n");
    }
    for (int i = 2; ok && i < argc; i++) {
        char name[NAME];
        name_of(argv[i], name);
        ok = corpus_load(&c, argv[i], name);
    }
    int status = ok ? run(&c, argv[1]) : 1;
    arena_done(&c.arena);
    return status;
}
