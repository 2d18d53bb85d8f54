// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What the files of guess share. Inside detect only.
#pragma once

#include "detect/guess.h"

struct guessing {
    const struct folded *words;
    struct span source;
    struct folder *made;
    guess_handler take;
    void *ctx;
};

// Steps (8 a nat) by which a lane of bigram_table.c explains `part` better: 0 backwards, 1 ROT13,
// 2 another alphabet, 3 as text at all, against chance.
int guess_gain(struct span part, int lane);
// The same of letters (guess_letter) that stand for those of `alphabet`.
int guess_gain_in(struct span letters, const uint8_t alphabet[27], int lane);

// A small letter, counted from 1; 0 for anything else.
static inline uint8_t guess_letter(uint8_t c)
{
    return (uint8_t)(c - 'a') < 26 ? (uint8_t)(c & 31) : 0;
}

// Hand out the part [start, end) of the words read in one way.
MUST_CHECK enum aiu_status guess_reversed(struct guessing *g, size_t start, size_t end);
MUST_CHECK enum aiu_status guess_shifted(struct guessing *g, size_t start, size_t end);

// Look for letters apart, and for digits in words; hand them out.
MUST_CHECK enum aiu_status guess_apart(struct guessing *g);
MUST_CHECK enum aiu_status guess_leet(struct guessing *g);

// Small letters that are words written together, with blanks between the words, to `out`; whether
// most of them are words.
MUST_CHECK enum aiu_status guess_split(struct span letters, struct buf *out, bool *ret_split);
