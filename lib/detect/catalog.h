// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The compiled rules: what tools/rulec makes of rules/*.yaml and the engine reads. Inside detect
// only; docs/internals/detect.md tells how the parts play together.
//
// A rule has programs, each with a check. A program is a row of items (or the name of a matcher, a
// C function), one of which is its anchor: a literal that Vectorscan looks for, a single byte or a
// run of digits that the engine looks for itself. From a place where the anchor stands, the items
// behind it are matched forwards and those before it backwards. An item takes all it can and never
// gives back, so that a program costs at most its own length.
//
// Ownership: constant data. Threads: any.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "detect/rules.h"
#include "detect/wording_phrases.h"

enum {
    CATALOG_CONTEXT = 256, // bytes that stay behind: nothing looks further left of a span's start
    CATALOG_NEAR = 128,    // how near a context word must stand
    CATALOG_PROGRAM = 512, // most bytes of a program that is not open
    CATALOG_RUN = 40,      // longest run of digits that can be an anchor
    CATALOG_BYTES = 3,     // single-byte anchors
    ITEM_OPEN = 0xFFFF,    // `max` of an item without end
    INDEX_NONE = 0xFFFF,
};

struct byte_class {
    uint64_t bits[4];
};

static inline bool class_has(const struct byte_class *c, uint8_t byte)
{
    return (c->bits[byte >> 6] >> (byte & 63) & 1) != 0;
}

static inline void class_add(struct byte_class *c, uint8_t byte)
{
    c->bits[byte >> 6] |= UINT64_C(1) << (byte & 63);
}

// A gap is what stands between a keyword and its value: up to `max` bytes; where `min` is 1, one of
// them assigns. The value begins in it at the first place where the items behind it match.
enum item_kind { ITEM_LITERAL, ITEM_CLASS, ITEM_WORDS, ITEM_GAP };

struct item {
    uint8_t kind;
    bool nocase;  // literal and words: ASCII letters of either case; the pool holds lower case
    uint16_t min; // class: fewest bytes; otherwise 0 where it may be absent, else 1
    uint16_t max; // class: most bytes or ITEM_OPEN; literal: length; words: how many
    uint32_t at;  // literal: place in the pool; class: its index; words: index of the first
};

struct word {
    uint32_t at; // in the pool
    uint16_t n;
};

enum edge { EDGE_CLASS, EDGE_NUMBER };

struct program {
    uint16_t rule;
    uint16_t check;
    uint8_t matcher; // enum matcher; 0: items
    uint8_t edge;    // enum edge: what may not stand beside
    uint32_t items;  // index of the first
    uint8_t item_count;
    uint8_t anchor;     // item
    uint8_t span_first; // items that are the finding: [first, end)
    uint8_t span_end;
    uint16_t left; // EDGE_CLASS: classes, or INDEX_NONE
    uint16_t right;
    uint16_t before; // what the byte before the anchor must be, where there is one: a class that
    uint16_t after;  // spares most runs of the program, or INDEX_NONE; the same behind
};

// What must hold of what a program found. A rule has one, and one more for each of its variants.
struct check {
    uint16_t rule;
    uint8_t confidence;
    uint16_t validator; // enum validator_id; 0: none
    uint8_t entropy;    // least, in 1/16 bit a byte; 0: not asked
    uint16_t context;   // group of context words + 1; 0: none
    uint16_t place;     // group + 1 that is context too where a word of `id_words` stands near
    uint8_t near;       // how near a context word must stand, in bytes
    bool context_required;
    bool alone;        // a text that is nothing else is context
    bool flows;        // an open item or a matcher that flows: ranks before length
    bool placeholders; // "xxxxxxxx" and the like are findings too
    bool gives_way;    // to any other that begins where it does
};

// Whether nothing but a word of its context makes a finding of it.
static inline bool check_waits(const struct check *check)
{
    return check->context_required && !check->alone && check->place == 0 && check->context > 0;
}

struct anchor {
    uint32_t at; // in the pool
    uint16_t n;
    bool nocase;
    uint32_t first, count; // in `triggers`: programs
};

// A word that tells what stands behind it, in lower case.
struct context_word {
    uint32_t at; // in the pool
    uint8_t n;
    uint16_t group;
};

enum { CONTEXT_BUCKETS = 4096 };

// An identifier of letters and digits, written in one or in groups (shape.h).
struct shape {
    uint64_t want, care; // two bits a character from the first digit on: SHAPE_DIGIT, SHAPE_LETTER
    uint16_t check;
    uint32_t prefix_at; // letters that may stand in front, such as a country's code: in the pool
    uint8_t prefix_n;
    uint8_t length;  // characters, without separators
    uint8_t lead;    // of them letters before the first digit
    uint8_t between; // SHAPE_BLANK and the like: what may stand between characters
};

enum {
    SHAPE_MOST = 30, // characters from the first digit on
    SHAPE_LEAD = 8,
    SHAPE_CODE = 4, // capital letters with a blank behind them that may begin a finding
    SHAPE_DIGIT = 1,
    SHAPE_LETTER = 2,
    SHAPE_BLANK = 1,
    SHAPE_DASH = 2,
    SHAPE_POINT = 4,
    SHAPE_SLASH = 8,
};

struct catalog {
    const struct rule_info *info;
    size_t rule_count;
    const struct check *checks;
    size_t check_count;
    const struct program *programs;
    size_t program_count;
    const struct item *items;
    size_t item_count;
    const struct byte_class *classes;
    size_t class_count;
    const struct word *words;
    size_t word_count;
    const uint8_t *pool;
    size_t pool_n;
    const uint16_t *triggers;
    size_t trigger_count;
    const struct context_word *context_words; // by bucket of their first two bytes (context.h)
    uint16_t context_buckets[CONTEXT_BUCKETS + 1];
    size_t context_longest;
    size_t context_count;    // groups
    size_t context_id_words; // the group "id_words"; context_count where there is none
    const struct shape *shapes;
    size_t shape_count;
    const uint16_t *shape_triggers; // indices of shapes, by group of context words
    const uint16_t *shape_groups;   // group g: shape_triggers[shape_groups[g] .. [g + 1])
    const struct anchor *anchors;   // those Vectorscan looks for; the index is its expression id
    size_t anchor_count;
    struct anchor bytes[CATALOG_BYTES]; // those of one byte
    size_t byte_count;
    uint32_t runs[CATALOG_RUN + 2]; // n digits: programs triggers[runs[n] .. runs[n + 1])
    struct byte_class inside;       // bytes that a span may have up to the end of its anchor
    size_t reach;                   // most of them
    const uint8_t *database;        // serialised
    size_t database_n;
    struct phrases phrases;
    uint16_t model; // the rule that stands for the model of wording; INDEX_NONE: none
};

// Made by rulec.
extern const struct catalog catalog_builtin;
