// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where folded text reads better in another way: backwards, with a shifted or mirrored alphabet
// (ROT13, Caesar, Atbash), with digits for letters, with letters apart or words together. Told by
// which letters follow each other in languages of the Latin script; a guess, for scoring only, and
// made only where the text gives reason.
//
// Pure. Ownership: the caller's folder. Threads: one per folder. Time: linear in the text.
// Errors: those of the folder, and what the handler returns.
#pragma once

#include <stdint.h>

#include "base/span.h"
#include "base/status.h"
#include "detect/fold.h"

// By two symbols, first + 32 * second: four lanes of 16 bits (bigram_table.c).
extern const uint64_t guess_pairs[1024];

// `text`: the reading is text as it stood, with its case; else it is folded.
typedef enum aiu_status (*guess_handler)(void *ctx, const struct folded *reading, bool text);

// Call `take` for each reading of a part of `words` that is better than the part as it stands. The
// readings lead back to `source`, which was folded to `words`. `made` is where they are made.
MUST_CHECK enum aiu_status guess_readings(const struct folded *words, struct span source,
                                          struct folder *made, guess_handler take, void *ctx);

// The same for a text that is written upside down.
MUST_CHECK enum aiu_status guess_turned(struct span source, struct folder *made, guess_handler take,
                                        void *ctx);

// The same for one long token, the bytes [start, end) of `source`: words written together.
MUST_CHECK enum aiu_status guess_joined(struct span source, size_t start, size_t end,
                                        struct folder *made, guess_handler take, void *ctx);

// Put a token of letters and digits backwards and in ROT13 into `keys`, each on a line of its own:
// what a key may be written as.
MUST_CHECK enum aiu_status guess_key(struct span source, size_t start, size_t end,
                                     struct folder *keys);
