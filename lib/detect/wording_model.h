// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The linear model of wording: words and pairs of words, hashed, each with a weight
// (docs/injection.md has the card). A text is judged by its worst windows of 48 and of 96 words;
// the sum of a window is divided by the root of its size, so that harmless text does not drift over
// the threshold by its length alone.
//
// Ownership: constant data; a run is a plain value. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MODEL_BITS = 17,
    MODEL_BLOCK = 16, // words
    MODEL_SHORT = 3,  // blocks of a window
    MODEL_LONG = 6,
    MODEL_FADE = 40, // added to the number of features of a window: few words prove little
    MODEL_MOST = 2 * MODEL_BLOCK * MODEL_LONG, // features of a window
};

struct model {
    const int8_t *weights; // 1 << MODEL_BITS
    const float *shares;   // MODEL_MOST + 1: 1 / sqrt(features + MODEL_FADE)
    float scale;           // of one step of a weight
    float bias;
    float threshold; // from here on a text is flagged by its wording alone
};

// Made by tools/train.
extern const struct model wording_model;

// Words that were said just before add nothing: a text that repeats itself, or is padded, is no
// more suspicious than the words in it.
enum { MODEL_SEEN = 512, MODEL_NEAR = MODEL_BLOCK * MODEL_LONG };

struct model_seen {
    uint32_t feature[MODEL_SEEN];
    uint32_t place[MODEL_SEEN]; // of the word, counted from MODEL_NEAR
};

// Whether the feature does not stand among those of the last words; then it does from now on.
static inline bool model_fresh(struct model_seen *s, uint32_t feature, uint32_t place)
{
    uint32_t slot = feature % MODEL_SEEN;
    bool fresh = (s->feature[slot] != feature) | (place - s->place[slot] >= MODEL_NEAR);

    s->feature[slot] = feature;
    s->place[slot] = place;
    return fresh;
}

struct model_block {
    int32_t sum;
    uint32_t features;
    size_t start; // byte
};

struct model_run {
    const struct model *model;
    struct model_block blocks[MODEL_LONG]; // a ring
    size_t block_count;                    // closed ones, and the current one
    uint32_t words;                        // in the current block
    uint32_t before;                       // hash of the last word
    uint32_t place;                        // of the next word
    float best;
    size_t start, end; // bytes of the window that is the best
    struct model_seen seen;
};

static inline uint32_t model_mix(uint32_t h)
{
    h ^= h >> 15;
    h *= UINT32_C(0x2C1B3C6D);
    h ^= h >> 12;
    h *= UINT32_C(0x297A2D39);
    return (h ^ h >> 15) >> (32 - MODEL_BITS);
}

// The features of a word of this hash (phrase_hash), behind the word `before`.
static inline uint32_t model_word(uint32_t hash)
{
    return model_mix(hash);
}

static inline uint32_t model_pair(uint32_t hash, uint32_t before)
{
    return model_mix(hash * 31 + before * UINT32_C(0x9E3779B1) + 7);
}

enum { MODEL_NO_WORD = 1 }; // before the first

void model_begin(struct model_run *r, const struct model *m);
// A block is whole: call where a word was added and `words` is MODEL_BLOCK.
void model_close_block(struct model_run *r, size_t end);
// The score of the worst window; no window: very low.
float model_end(struct model_run *r, size_t end);

// The next word, which ends at byte `end`.
static inline void model_add(struct model_run *r, uint32_t hash, size_t end)
{
    struct model_block *b = &r->blocks[r->block_count % MODEL_LONG];

    uint32_t features[] = {model_word(hash), model_pair(hash, r->before)};

    for (int i = 0; i < 2; i++) {
        // Without a branch, which would be guessed wrong at every third word.
        bool fresh = model_fresh(&r->seen, features[i], r->place);
        b->sum += r->model->weights[features[i]] * fresh;
        b->features += fresh;
    }
    r->place++;
    r->before = hash;
    if (++r->words == MODEL_BLOCK) {
        model_close_block(r, end);
    }
}
