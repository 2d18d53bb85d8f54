// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What engine.c and examine.c share: how an engine and a scratch are made. Inside detect only, and
// for rulec, which makes an engine of rules that are not yet built in.
#pragma once

#include <hs/hs.h>

#include "detect/catalog.h"
#include "detect/context.h"
#include "detect/decode.h"
#include "detect/engine.h"
#include "detect/examine.h"
#include "detect/fold.h"
#include "detect/matcher.h"

enum { RUN_GATED = 32, RUN_AHEAD = 4 };

// Of the first programs of a run of digits of one length, a bit each: those that may run beside a
// byte, those that need an edge before the run, and those that need a word of context.
struct run_gate {
    uint32_t before[256];
    uint32_t ahead[RUN_AHEAD][256]; // the byte behind the run, the next one, and so on
    uint32_t number_edge, phone_edge, word_edge, context;
};

struct engine {
    const struct catalog *catalog;
    hs_database_t *database;
    struct rule_set spots;  // rules that hang on runs of digits or single bytes
    struct rule_set shaped; // rules that are shapes
    bool compiled;
    struct rule_set kinds[KIND_COUNT]; // the rules of each kind
    struct context_bytes context_bytes;
    struct run_gate gates[CATALOG_RUN + 1]; // by length
};

enum {
    SCRATCH_CANDIDATES = 1 << 20, // most of one view
    READER_DEPTH = 3,             // a text, what it says in a code, and what that says in a code
};

// What reading one text in all ways needs; nothing until it is used.
struct reader {
    struct folder words, other, escapes, keys;
    struct decoder decoder;
};

struct scratch {
    hs_scratch_t *hs;
    struct candidate *candidates;
    size_t candidate_count, candidate_capacity;
    uint32_t *last_near; // context.h
    uint16_t *active;    // groups of words, context.h
    size_t active_count;
    struct reader readers[READER_DEPTH]; // deep.h
};

// Like engine_new, of any catalog; it must outlive the engine. A catalog without a database is
// compiled.
MUST_CHECK enum aiu_status engine_new_of(const struct catalog *c, struct engine **ret_engine);

// Compile the anchors of `c`. For the generic platform, so that the result runs on every machine.
MUST_CHECK enum aiu_status engine_compile(const struct catalog *c, hs_database_t **ret_database);

// The gate, which is all zero, of runs of `n` digits.
void run_gate_open(struct run_gate *gate, const struct catalog *c, size_t n);
// Whether the run at `at` goes on a word that has digits already: what may have letters in front of
// its first digits looks from those.
bool run_goes_on_word(const struct view *v, size_t at);
// The programs that may run at `run`; the bits of programs that are not there mean nothing.
// `inner`: it goes on such a word.
uint32_t run_gate_pass(const struct run_gate *gate, const struct view *v, const struct site *run,
                       bool inner);
