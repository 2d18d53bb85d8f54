// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What Unicode says of a character, as far as folding and the rules for hidden text ask. The table
// is generated: tools/fold_tables.py.
//
// Ownership: constant data. Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"
#include "base/status.h"

enum char_kind {
    CHAR_OTHER,    // punctuation, symbols, emoji
    CHAR_LETTER,   // letters, digits, and the marks that scripts spell with
    CHAR_BLANK,    // white space
    CHAR_UNSEEN,   // default ignorable, format characters, invisible operators
    CHAR_MARK,     // a combining mark that folding drops
    CHAR_TAG,      // U+E0020 to U+E007F
    CHAR_SELECTOR, // variation selectors
    CHAR_UNKNOWN,  // unassigned, private, control
    CHAR_FILLER,   // looks like a blank and is a letter or a symbol
};

enum char_script {
    SCRIPT_COMMON,
    SCRIPT_LATIN,
    SCRIPT_GREEK,
    SCRIPT_CYRILLIC,
    SCRIPT_ARMENIAN,
    SCRIPT_CHEROKEE,
    SCRIPT_HAN,
    SCRIPT_LETTERS, // all others
};

enum char_flag {
    CHAR_SAME = 1,     // folded to itself
    CHAR_UPPER = 2,    // a capital
    CHAR_STRICT = 4,   // `look` is Unicode's own word (UTS 39)
    CHAR_PRIVATE = 8,  // private use
    CHAR_STYLISH = 16, // ASCII letters or digits as no language writes them
    CHAR_JOINS = 32,   // may make one character with the one before it
};

struct fold_entry {
    uint16_t at; // of the folded form in the pool, where it is not the character itself
    uint8_t n;
    char look; // the ASCII letter, small, that a letter of another script looks like; or 0
    uint8_t kind, script, flags;
};

struct fold_pair {
    uint32_t first, second, whole;
};

struct fold_table {
    const uint8_t *pool;
    const struct fold_entry *entries;
    const uint16_t *blocks, *cells;
    const struct fold_pair *pairs; // sorted
    uint32_t block, block_count, pair_count;
};

extern const struct fold_table fold_table;

static inline const struct fold_entry *fold_entry(uint32_t code)
{
    enum { BLOCK = 64 };
    const struct fold_table *t = &fold_table;
    uint32_t block = code / BLOCK;

    return &t->entries[block < t->block_count
                           ? t->cells[t->blocks[block] * (uint32_t)BLOCK + code % BLOCK]
                           : 0];
}

// The character that the two make together (Hangul and the pairs of the table); 0 where none.
uint32_t fold_compose(uint32_t first, uint32_t second);
