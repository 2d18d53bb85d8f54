// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Shapes: identifiers of letters and digits that people write in one or in groups, with one
// separator between characters ("12345678Z", "12.345.678-Z", "756 9217 0769 85"). The digits and
// letters around a run of digits are collected once (a chain) and compared with each shape by one
// operation, so that a hundred kinds of identifiers cost little more than one.
//
// Pure. Ownership: everything is the caller's. Threads: any. Errors: none.
#pragma once

#include "detect/catalog.h"
#include "detect/matcher.h"

struct chain {
    size_t start; // of the run of digits
    uint64_t signature;
    size_t n;                              // characters from there on
    uint8_t text[SHAPE_LEAD + SHAPE_MOST]; // upper case; letters in front of the run come first
    uint32_t ends[SHAPE_MOST];             // behind each character
    uint8_t between[SHAPE_MOST];           // separators up to it
    size_t lead;                           // letters in front of the run
    size_t lead_start;                     // where they begin
    bool cut;                              // the view ends before the chain does
};

// What stands at a run of digits that begins at `start`.
void chain_read(const struct view *v, size_t start, struct chain *ret_chain);

// Whether `shape` stands there. `ret_text`: its characters without separators, of the chain.
enum match shape_match(const struct catalog *c, const struct shape *shape, const struct view *v,
                       const struct chain *chain, struct hit *hit, struct span *ret_text);

// How many capital letters, at most SHAPE_CODE, stand as a word before a blank before `at`: "PT
// 501".
size_t letters_before_blank(const struct view *v, size_t at);

// Whether nothing but [start, end) stands in the text: blanks and quotes are nothing, and so is a
// country's code in front. MATCH_MORE where the text goes on behind the view.
enum match stands_alone(const struct view *v, size_t start, size_t end);
// Whether what begins at `start` may stand alone.
bool may_stand_alone(const struct view *v, size_t start);
