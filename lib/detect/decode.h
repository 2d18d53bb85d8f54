// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Codes that text is written in so that nobody sees what it says: each run is decoded once, and
// what is text goes to the caller. Whether a model would read it is not asked: it could.
//
// - runs: base64 and base64url, base32, hex; bytes in variation selectors
// - groups: numbers (binary, octal, decimal, hex) a character each, Morse
// - escapes inside text: percent, HTML entities, \u, \x, octal, U+
//
// Pure. Ownership: what is handed out lives until the handler returns, or until the decoder's next
//           use. Threads: one per decoder. Time and memory: linear in the text.
// Errors:   AIU_NO_MEMORY, AIU_INSPECTION_FAILED, and what the handler returns.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"
#include "detect/fold.h"

enum { DECODE_LEAST = 8 }; // bytes; shorter text in a code says nothing

// A run at [start, end) of the text says `bytes`: valid UTF-8 without controls.
struct decoded {
    size_t start, end;
    struct span bytes;
};

typedef enum aiu_status (*decoded_handler)(void *ctx, const struct decoded *d);
// A long token at [start, end) that is no code.
typedef enum aiu_status (*token_handler)(void *ctx, size_t start, size_t end);

struct decode_handlers {
    decoded_handler decoded;
    token_handler token;
    void *ctx;
};

// Zero-initialised is ready.
struct decoder {
    struct buf bytes;
};

// What is worth looking for, one bit each, told in one pass over the text.
enum decode_hint {
    DECODE_ESCAPES = 1 << 0,
    DECODE_NUMBERS = 1 << 1,
    DECODE_MORSE = 1 << 2,
};
unsigned decode_hints(struct span text);

// Call a handler for each run and group.
MUST_CHECK enum aiu_status decode_runs(struct decoder *d, struct span text, unsigned hints,
                                       const struct decode_handlers *to);
// Only what variation selectors say.
MUST_CHECK enum aiu_status decode_selectors(struct decoder *d, struct span text,
                                            decoded_handler take, void *ctx);

// The next part of `text` that has escapes, with them decoded, as a reading with the way back.
// Begin with `*at` 0; the last reading is empty. A part is escapes not far from each other and what
// stands around them.
MUST_CHECK enum aiu_status decode_escapes(struct folder *f, struct span text, size_t *at,
                                          struct folded *ret_reading);

void decoder_wipe(struct decoder *d);
void decoder_done(struct decoder *d);

// --- for the parts of decode ------------------------------------------------------------------

// Valid UTF-8 of DECODE_LEAST bytes and more, without controls, mostly letters and digits.
bool decode_is_text(struct span bytes);

// One search: what is found in `text` goes to `take`.
struct decode_job {
    struct decoder *d;
    struct span text;
    decoded_handler take;
    void *ctx;
};

// Groups of numbers and Morse that begin at `at` or soon behind it; `*ret_end` is where to go on.
MUST_CHECK enum aiu_status decode_group(const struct decode_job *job, size_t at, size_t *ret_end);
MUST_CHECK enum aiu_status decode_morse(const struct decode_job *job, size_t at, size_t *ret_end);
