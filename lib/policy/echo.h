// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a request held, remembered so that its answer can be told apart: a secret or personal data
// that comes back (an echo) from one that is new, and the system prompt's own words in the answer.
// Only keyed hashes are kept, never a value.
//
// Ownership: the arena of the exchange. Threads: one. Memory: bounded (ECHO_VALUES, ECHO_SHINGLES).
// Errors:    AIU_NO_MEMORY. Beyond a bound nothing is remembered: what is unknown counts as new,
// and
//            of a long system prompt only the beginning is watched.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"

enum {
    ECHO_VALUES = 1024,
    ECHO_SHINGLES = 4096,
    ECHO_WORDS = 12, // so many words in a row are a passage
};

struct echo {
    uint64_t key[2];
    uint64_t *values, *shingles; // open addressing; 0 is empty
    uint32_t value_count, shingle_count;
    struct arena *arena;
};

// `key` is random, new for each exchange or process: hashes then say nothing outside of it.
void echo_init(struct echo *e, const uint64_t key[2], struct arena *arena);

// A value that was found in the request. Case, blanks and dashes do not count.
MUST_CHECK enum aiu_status echo_note(struct echo *e, struct span value);

// Whether the value was noted.
bool echo_has(const struct echo *e, struct span value);

// The words of a system prompt.
MUST_CHECK enum aiu_status echo_note_prompt(struct echo *e, struct span prompt);

// A place in an answer, carried from piece to piece. Zero-initialised is the start.
struct echo_reader {
    uint64_t words[ECHO_WORDS]; // hashes of the last words
    uint64_t word;              // of the one that is being read
    uint32_t count;             // of whole words so far
    bool in_word;
};

// Read the next piece of an answer; whether a passage of the prompt has ended in it, or at its end
// where `last`. `*ret_at` (may be NULL) is the offset in the piece behind the first such passage.
bool echo_read(const struct echo *e, struct echo_reader *r, struct span piece, bool last,
               size_t *ret_at);
