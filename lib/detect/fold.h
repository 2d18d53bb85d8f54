// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// One reading of a text for those who judge words: what a model reads, without what hides it, and
// the way back to the bytes of the source.
//
// The folded text is valid UTF-8 and
// - lower case, compatibility characters as what they stand for (NFKC: full width, mathematical
//   alphabets, ligatures), circled, squared and small capital letters as letters;
// - Latin letters without diacritics ("für" is "fur", "ß" is "ss", "ł" is "l", "æ" is "ae"); other
//   scripts keep theirs, composed;
// - Cyrillic, Greek and other look-alikes as the Latin letter where the word is a disguise of a
//   Latin one; a word of its own script stays what it is;
// - without characters that are not seen; tag characters as the ASCII that they write;
// - blanks of any kind and number as one U+0020, none at either end.
//
// Ownership: text and marks belong to the folder until its next use; wiped by fold_wipe.
// Threads:   one per folder. Time and memory: linear in the text.
// Errors:    AIU_NO_MEMORY; AIU_INSPECTION_FAILED for a text of more than FOLD_MOST bytes.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

enum { FOLD_MOST = 64 << 20 };

// From byte `text` of the folded text on, up to the next mark, source and folded bytes run side by
// side; or, where `source_n` is not 0, all of it stands for these source bytes.
struct fold_mark {
    uint32_t text;
    uint32_t source;
    uint32_t source_n;
};

// What folding met, one bit each.
enum fold_trait {
    FOLD_NOT_ASCII = 1 << 0, // bytes that are not ASCII
    FOLD_STYLED = 1 << 1,    // ASCII letters written with other characters
    FOLD_LOOKALIKE = 1 << 2, // look-alikes of other scripts in a Latin word
    FOLD_UNSEEN = 1 << 3,    // characters that are not seen inside words
    FOLD_STACKED = 1 << 4,   // combining marks that no word needs
    FOLD_TAGS = 1 << 5,      // tag characters that write text
    FOLD_SELECTORS = 1 << 6, // variation selectors in a row, which can carry bytes
    FOLD_TURNED = 1 << 9,    // letters that look like others upside down
    // Not of folding: where the text comes from.
    FOLD_DECODED = 1 << 7, // it was written in a code (decode.h)
    FOLD_GUESSED = 1 << 8, // one reading of several (reading.h)
};

struct folded {
    struct span text;
    const struct fold_mark *marks; // sorted; none: byte for byte
    size_t mark_count;
    uint32_t traits;
};

// Memory that is kept from text to text. Zero-initialised is ready.
struct folder {
    struct buf text;
    struct fold_mark *marks;
    size_t mark_count, mark_capacity;
};

MUST_CHECK enum aiu_status fold_text(struct folder *f, struct span source,
                                     struct folded *ret_folded);

// The same for exact rules, whose patterns know case and blanks: only disguises are taken off,
// every other byte is what it was.
MUST_CHECK enum aiu_status fold_exact(struct folder *f, struct span source,
                                      struct folded *ret_folded);

// Wipe what the last text left; the memory stays.
void fold_wipe(struct folder *f);
void fold_done(struct folder *f);

// The source bytes of the folded bytes [start, end), at least one of them where end > start.
void folded_source(const struct folded *f, size_t start, size_t end, size_t *ret_start,
                   size_t *ret_end);

// --- for those who make readings --------------------------------------------------------------

// An empty reading; then `bytes` for the `source_n` bytes at `at`, in ascending order.
void fold_begin(struct folder *f);
MUST_CHECK enum aiu_status fold_put(struct folder *f, struct span bytes, size_t at,
                                    size_t source_n);
// The same where the order inside is another: all of `bytes` stand for all of the source.
MUST_CHECK enum aiu_status fold_put_whole(struct folder *f, struct span bytes, size_t at,
                                          size_t source_n);
struct folded fold_reading(const struct folder *f, uint32_t traits);

// Only the mark of `n` bytes that come to `text`.
MUST_CHECK enum aiu_status fold_note(struct folder *f, size_t text, size_t n, size_t at,
                                     size_t source_n);
