// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The phrases of rules: rows of word classes with bounded gaps ("ignore ..3 previous ..2 rules"),
// looked for in folded text. Inside detect and for rulec, which makes the tables.
//
// A vocabulary says for each word, or beginning of a word, of which symbols it is. Phrases are a
// tree of nodes, each with the symbol that reaches it from its parent. A node that is reached arms
// its children; a word looks only at the armed nodes of its symbols and disarms those whose parent
// is too far behind. So a text costs its length and what it arms.
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
    PHRASE_NODES = 2048,
    PHRASE_SYMBOLS = 2048,
    PHRASE_FILTER = 1 << 16,
    PHRASE_BUCKETS = 4096,
    PHRASE_WORD = 64,  // longest entry of the vocabulary, bytes
    PHRASE_NOT = 0,    // the symbol of negations
    PHRASE_ANY = 0xFF, // of `sentence`: anywhere
    PHRASE_ROOT = 0xFFFF,
};

struct phrase_entry {
    uint32_t hash;
    uint16_t at; // bytes in the pool
    uint8_t n;
    bool stem;        // more letters may follow
    uint8_t close;    // the byte that must follow, or 0
    uint16_t symbols; // in `entry_symbols`; those with roots first
    uint8_t root_count;
    uint8_t symbol_count;
};

struct phrase_node {
    uint16_t symbol;
    uint16_t parent;
    uint16_t children; // the first in `children`
    uint8_t child_count;
    uint8_t gap;      // most words between the parent and this
    uint8_t sentence; // most words since a sentence began, or PHRASE_ANY
    bool guarded;     // no negation before the phrase or in it
    uint8_t strength; // of the phrase that ends here; 0: none does
    uint16_t rule;
};

// Nodes of a symbol lie side by side: first the inner ones, which are armed, then the roots.
struct phrase_symbol {
    uint16_t inner, roots, end;
};

struct phrases {
    const uint64_t *words; // PHRASE_FILTER bits: hashes of whole words
    const uint64_t *stems; // the same of stems, and of runs of ideographs
    const uint64_t *heads; // of the first ideograph of these runs, and of the first two
    const struct phrase_entry *entries; // by bucket
    size_t entry_count;
    const uint16_t *buckets; // PHRASE_BUCKETS + 1
    const uint8_t *pool;
    size_t pool_n;
    const uint16_t *entry_symbols;
    const struct phrase_symbol *symbols;
    size_t symbol_count;
    const struct phrase_node *nodes;
    const uint16_t *children;
    size_t node_count;
};

struct phrase_hit {
    uint16_t rule;
    uint8_t strength;  // of its strongest phrase
    uint8_t points;    // of all its different phrases: the strongest whole, half of the others
    size_t start, end; // bytes of the folded text
};

enum { PHRASE_HITS = 32 };

// One hit a rule, at the first of its strongest phrase.
struct phrase_hits {
    struct phrase_hit items[PHRASE_HITS];
    size_t count;
};

// One pass over a folded text: the phrases in it, and each word to the model, which is begun.
// `model` may be NULL.
void phrases_find(const struct phrases *p, const struct rule_set *rules, struct span text,
                  struct phrase_hits *ret_hits, struct model_run *model);

// The points of hits that stand together, within a few pages: over a long document harmless words
// add up.
int phrases_points(const struct phrase_hits *hits);

// Whether a character beginning with this byte is a word by itself (Chinese, Japanese).
static inline bool phrase_ideograph(uint8_t first)
{
    return first >= 0xE3 && first <= 0xE9;
}

// a to z and 0 to 9: folded text has no capital letters.
static inline bool phrase_plain(uint8_t c)
{
    return (uint8_t)(c - 'a') < 26 || (uint8_t)(c - '0') < 10;
}

// Bytes of the punctuation or symbol at `at`, 0 where a character of a word stands there. ASCII;
// U+0080 to U+00BF, U+2000 to U+2FFF, U+3000 to U+303F, Arabic and Indic stops, emoji.
static inline uint32_t phrase_mark(const uint8_t *p, uint32_t n, uint32_t at)
{
    uint8_t c = p[at];
    uint8_t next = at + 1 < n ? p[at + 1] : 0;

    if (c < 0x80) {
        return !phrase_plain(c);
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

static inline bool phrase_in_word(const uint8_t *p, uint32_t n, uint32_t at)
{
    return phrase_plain(p[at]) ||
           (p[at] >= 0x80 && !phrase_ideograph(p[at]) && phrase_mark(p, n, at) == 0);
}

enum { PHRASE_SEED = 0x3C6EF372 };

static inline uint32_t phrase_hash(uint32_t hash, uint8_t c)
{
    return (hash ^ c) * UINT32_C(0x01000193);
}

static inline uint32_t phrase_slot(uint32_t hash)
{
    return (hash ^ hash >> 15) & (PHRASE_FILTER - 1);
}

static inline uint32_t phrase_bucket(uint32_t hash)
{
    return (hash ^ hash >> 12) & (PHRASE_BUCKETS - 1);
}
