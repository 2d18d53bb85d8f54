// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The catalog while it is made: arrays that grow up to fixed sizes, each thing stored once.
#pragma once

#include "rulec.h"

enum {
    PROGRAMS = 32768,
    ITEMS = 1 << 18,
    CLASSES = 4096,
    WORDS = 16384,
    POOL = 1 << 20,
    TRIGGERS = 1 << 18,
    ANCHORS = 16384,
    CONTEXT_LONGEST = 64,
    SHAPES = 4096,
};

// A program hangs on an anchor.
struct hook {
    uint16_t anchor; // ANCHORS + n: a run of n digits
    uint16_t program;
};

struct build {
    struct arena *arena;
    struct errors *errors;
    const struct source *source;
    struct rule_info *info;
    struct check *checks;
    struct program *programs;
    size_t program_count;
    struct item *items;
    size_t item_count;
    struct byte_class *classes;
    size_t class_count;
    struct word *words;
    size_t word_count;
    uint8_t *pool;
    size_t pool_n;
    struct anchor *anchors;
    size_t anchor_count;
    struct hook *hooks;
    size_t hook_count;
    struct shape *shapes;
    size_t shape_count;
    struct context_word *context_words;
    size_t context_word_count;
    struct byte_class inside;
    size_t reach;
};

// Report that an array is full; false.
bool full(const struct build *b, const struct text *where, const char *what);

uint16_t put_class(struct build *b, const struct byte_class *class);
bool put_bytes(struct build *b, const struct text *where, struct span bytes, uint32_t *ret_at);

// Let a program hang on a literal, or on a run of digits.
bool hook_on(struct build *b, const struct text *where, struct span literal, bool nocase,
             uint16_t program);
bool hook_on_run(struct build *b, const struct text *where, size_t digits, uint16_t program);

void add_class(struct byte_class *to, const struct byte_class *class);
void class_of_words(const struct part *part, struct byte_class *class);
struct byte_class class_of_part(const struct part *part);

// Most bytes that a part takes before it is certain.
size_t part_most(const struct part *part);

// The value of a key that is true or false.
bool is_true(struct build *b, const struct text *t, bool otherwise);

// shape_of.c
void build_shape(struct build *b, size_t rule, const struct text *where);
// Each shape under the groups of words that let it be tried.
bool group_shapes(struct build *b, struct catalog *c);

// program_of.c
struct program *new_program(struct build *b, const struct text *where, size_t rule);
void build_pattern(struct build *b, size_t rule, const struct text *where);
