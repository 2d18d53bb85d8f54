// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The trainer of the model of wording (lib/detect/wording_model.h): reads texts with their sources,
// learns weights, measures by sources that were left out, and writes the table. Deterministic: the
// same files give the same table. docs/injection.md has the card.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "detect/wording_model.h"

enum {
    SOURCES = 64,
    NAME = 64,
    FOLDS = 4, // of the jailbreaks, which are one family
};

// A text as the model sees it. Arrays lie in the corpus's arena.
struct sample {
    uint32_t *features;
    uint32_t *blocks; // where each block begins in `features`; block_count + 1
    uint32_t block_count;
    uint32_t *shingles; // hashes of each six words in a row
    uint32_t shingle_count;
    uint32_t copies; // set of near copies: the number of one of them
    uint16_t source;
    bool attack;
    bool skipped;  // not learned from
    int16_t rules; // points of the phrases
    float weight;
    float score;    // by a model that has not seen its source
    float foldwise; // by one that has not seen this or any near copy
};

struct source_info {
    char name[NAME];
    bool calibrates; // a harmless source that the threshold must hold for
    bool document;   // attacks stand inside of longer harmless texts
    uint8_t family;  // sets that copied from each other, or that hold many near copies
    size_t count;
};

struct corpus {
    struct arena arena;
    struct sample *samples;
    size_t count, capacity;
    struct source_info sources[SOURCES];
    size_t source_count;
};

// corpus.c: append the rows of a file. JSON lines with "text", "label" and perhaps "source", or
// plain lines with "#" before comments. Says what is wrong on stderr.
bool corpus_load(struct corpus *c, const char *path, const char *name);
uint16_t corpus_source(struct corpus *c, const char *name);
// Sets of near copies; attacks that are copies of harmless texts are skipped, and so are harmless
// texts in which a sure rule finds an attack.
bool corpus_clean(struct corpus *c);

// learn.c
struct learned {
    float *weights; // 1 << MODEL_BITS
    float *squares; // sums of squared gradients
    int8_t *steps;  // weights, quantised
    float scale;
    float bias;
};

bool learned_new(struct arena *a, struct learned *ret);
// From the samples for which `use` is true; then quantise.
void learn(const struct corpus *c, const bool *use, struct learned *l);
// With the quantised weights, as the product computes it.
float learned_score(const struct learned *l, const struct sample *s);

// report.c
// The least threshold with which no calibrating source has more than one false alarm in two
// hundred.
float calibrate(const struct corpus *c);
void print_tables(const struct corpus *c, float threshold);
bool write_model(const char *path, const struct learned *l, float threshold);
