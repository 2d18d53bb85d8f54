// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The compiler of detection rules: reads rules/*.yaml, refuses what is wrong with file, line and
// reason, runs every example, and writes the catalog (lib/detect/catalog.h) as a C file. Runs at
// build time only. docs/rules.md describes the format.
#pragma once

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"
#include "detect/catalog.h"

enum {
    LIST_MOST = 256, // patterns, examples, words of one list
    CONTEXTS_MOST = 1024,
    SOURCES_MOST = 4096, // rules and their variants
    ITEMS_MOST = 24,     // of one pattern
    MEMORY = 256 << 20,
};

// A scalar of a YAML file and where it stands.
struct text {
    struct span s;
    const char *file;
    unsigned line;
};

struct texts {
    struct text *items;
    size_t count;
};

// A rule as it is written. An empty span is a key that is not there.
struct source_rule {
    size_t place; // among all that were read
    struct text id, variant_of, description, severity, confidence, certain, opt_in, validator,
        entropy, context;
    struct text context_required, placeholders, nocase, edge, left, right;
    struct text country, near, alone, between, prefix;
    struct text matcher, runs, before, prev, next;
    struct text scored;
    struct text gap, assigned, behind, gives_way;
    struct texts patterns, shapes, phrases, anchors, keywords, examples, counterexamples;
};

struct source_context {
    struct text name;
    struct texts words;
};

struct source {
    struct source_rule *rules; // once sorted: by id, then the variants
    size_t rule_count;         // at most SOURCES_MOST
    size_t main_count;         // those with an id of their own
    struct source_context *contexts;
    size_t context_count;
    struct source_context *classes; // of words, for phrases
    size_t class_count;
};

struct errors {
    unsigned count;
};

__attribute__((format(printf, 3, 4))) void fail_at(struct errors *e, const struct text *where,
                                                   const char *format, ...);

// load.c: an empty source; false where memory is used up.
bool source_init(struct arena *a, struct source *source);
// Append the rules and contexts of a file.
void load_file(struct arena *a, struct errors *e, const char *path, struct source *source);

// pattern.c: an item before its bytes lie in the catalog.
struct part {
    enum item_kind kind;
    struct byte_class class;
    struct span words[LIST_MOST]; // one of a literal
    size_t word_count;
    unsigned min, max; // literal and words: 0 or 1 each
    bool nocase;
};

struct pattern {
    struct part *parts;
    size_t count;
    size_t span_first, span_end;
    bool keywords; // begins with keywords and a gap
};

bool parse_pattern(struct arena *a, struct errors *e, const struct text *text, bool nocase,
                   struct pattern *ret);
// Put keywords and a gap of so many bytes before it.
bool lead_pattern(struct arena *a, struct errors *e, const struct texts *keywords, unsigned gap,
                  bool assigned, struct pattern *p);
// One class, "[0-9a-f]" or with a quantifier "[0-9a-f]{12}".
bool parse_class(struct arena *a, struct errors *e, const struct text *text, bool nocase,
                 struct part *ret);
// Bytes with escapes and nothing else.
bool parse_literal(struct arena *a, struct errors *e, const struct text *text, struct span *ret);

// build.c
bool build_catalog(struct arena *a, struct errors *e, struct source *source,
                   struct catalog *ret_catalog);

// phrase.c: the tables of all phrases.
bool build_phrases(struct arena *a, struct errors *e, const struct source *source,
                   struct catalog *catalog);

// phrase.c: both of the above, as all who make a catalog need them.
bool build_all(struct arena *a, struct errors *e, struct source *source,
               struct catalog *ret_catalog);

// example.c: what is written in an example, without its marks.
struct example {
    struct span text;
    size_t start, end; // of the marked finding
    bool marked;
};

bool expand_example(struct arena *a, struct errors *e, const struct text *text,
                    struct example *ret);
// As above, marks kept: what the catalog shows to people.
bool expand_marked(struct arena *a, struct errors *e, const struct text *text, struct span *ret);
void run_examples(struct arena *a, struct errors *e, const struct source *source,
                  const struct catalog *c);
// What the phrases of all rules in `rules` find, and the model by itself, as findings of the
// source, appended.
enum aiu_status find_phrases(const struct catalog *c, const struct rule_set *rules,
                             struct span text, struct findings *found);

// emit.c
bool emit_catalog(const char *path, const struct catalog *c);
