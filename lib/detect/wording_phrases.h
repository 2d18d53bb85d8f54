// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The phrases of rules: rows of word classes with bounded gaps ("ignore ..3 previous ..2 rules"),
// looked for in folded text. Inside detect and for rulec, which makes the tables.
//
// A vocabulary says for each word, or beginning of a word, of which symbols it is. A symbol stands
// in steps of phrases. A step holds where it was last reached; a word that comes near enough behind
// the step before reaches it. So a text costs its length, times the few steps of a symbol.
//
// Ownership: constant tables; hits are plain values. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"
#include "detect/rules.h"
#include "detect/wording_model.h"

enum {
    PHRASE_STEPS = 6144, // of all phrases
    PHRASE_FILTER = 1 << 16,
    PHRASE_WORD = 64,    // longest entry of the vocabulary, bytes
    PHRASE_SENTENCE = 0, // the symbol at the beginning of each sentence
    PHRASE_NOT = 1,      // the symbol of negations
};

struct phrase_entry {
    uint32_t hash;
    uint16_t at; // bytes in the pool
    uint8_t n;
    bool stem;     // more letters may follow
    uint8_t close; // the byte that must follow, or 0
    uint16_t symbols;
    uint16_t symbol_count;
};

// Steps of a phrase lie side by side.
struct phrase_step {
    uint8_t index; // in its phrase
    uint8_t gap;   // most words between the step before and this one
    bool last;
    bool guarded; // of the last: no negation before the phrase or in it
    uint8_t strength;
    uint16_t rule;
};

struct phrases {
    const uint64_t *filter;             // PHRASE_FILTER bits: hashes of entries
    const struct phrase_entry *entries; // sorted by hash
    const uint16_t *buckets;            // 257: by the upper eight bits of the hash
    size_t entry_count;
    const uint8_t *pool;
    size_t pool_n;
    const uint16_t *entry_symbols;
    const uint16_t *symbol_first; // symbol_count + 1: in symbol_steps
    const uint16_t *symbol_steps; // of a symbol, the later steps of a phrase first
    size_t symbol_count;
    const struct phrase_step *steps;
    size_t step_count;
};

struct phrase_hit {
    uint16_t rule;
    uint8_t strength;
    size_t start, end; // bytes of the folded text
};

enum { PHRASE_HITS = 32 };

// One hit a rule, the first of its strongest phrase.
struct phrase_hits {
    struct phrase_hit items[PHRASE_HITS];
    size_t count;
};

// One pass over a folded text: the phrases in it, and each word to the model, which is begun.
// `model` may be NULL.
void phrases_find(const struct phrases *p, const struct rule_set *rules, struct span text,
                  struct phrase_hits *ret_hits, struct model_run *model);

// Whether a character beginning with this byte is a word by itself (Chinese, Japanese).
static inline bool phrase_ideograph(uint8_t first)
{
    return first >= 0xE3 && first <= 0xE9;
}

// Bytes of the punctuation or symbol at `at`, 0 where a character of a word stands there. ASCII;
// U+0080 to U+00BF, U+2000 to U+2FFF, U+3000 to U+303F, Arabic and Indic stops, emoji.
static inline uint32_t phrase_mark(const uint8_t *p, uint32_t n, uint32_t at)
{
    uint8_t c = p[at];
    uint8_t next = at + 1 < n ? p[at + 1] : 0;

    if (c < 0x80) {
        return (uint8_t)((c | 0x20) - 'a') >= 26 && (uint8_t)(c - '0') >= 10;
    }
    if (c == 0xC2 || (c == 0xD8 && (next == 0x8C || next == 0x9B || next == 0x9F))) {
        return n - at < 2 ? 1 : 2;
    }
    if (c == 0xE2 || (c == 0xE3 && next == 0x80) ||
        (c == 0xE0 && next == 0xA5 && n - at > 2 && (p[at + 2] | 1) == 0xA5)) {
        return n - at < 3 ? n - at : 3;
    }
    return c < 0xF0 ? 0 : n - at < 4 ? n - at : 4;
}

static inline uint32_t phrase_hash(uint32_t hash, uint8_t c)
{
    return (hash ^ c) * UINT32_C(0x01000193);
}

static inline uint32_t phrase_slot(uint32_t hash)
{
    return (hash ^ hash >> 15) & (PHRASE_FILTER - 1);
}

enum { PHRASE_SEED = 0x3C6EF372 };
