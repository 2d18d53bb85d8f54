// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Finds the tokens of a list in a text, whole or in pieces, and writes the values in their place.
//
// Of tokens that begin at one place the longest counts. Whether a token stands at a place depends
// on one byte before it, on itself, and on at most two bytes behind it, and whether it is linked on
// CATALOG_CONTEXT bytes before it: so it is the same for every cut, and a text waits only while a
// token may be in progress.
//
// Pure. Ownership: tokens_seen borrow from the list. Threads: any. Errors: AIU_NO_MEMORY, those of
// buffers.
#pragma once

#include "detect/pseudonym.h"

struct token_seen {
    size_t start, end;
    const struct pseudonym *entry;
    bool number; // in a bare JSON number
    bool linked; // in the address of a link or image, whose host would learn the value
};

struct tokens_seen {
    struct token_seen *items;
    size_t count, capacity;
};

void tokens_seen_done(struct tokens_seen *s);
MUST_CHECK enum aiu_status tokens_seen_append(struct tokens_seen *s, const struct token_seen *item);
void tokens_seen_drop_first(struct tokens_seen *s, size_t n);

// Append what is found in `v` from `from` on; up to `*ret_decided` it is certain. CATALOG_CONTEXT
// bytes before `from` are looked at. What was added to the list since it was indexed is not found.
// Tokens are linked where `rules` have one that objects to links, but for links to its hosts; NULL:
// none is.
MUST_CHECK enum aiu_status restore_search(const struct pseudonyms *p, const struct rule_set *rules,
                                          const struct view *v, size_t from,
                                          struct tokens_seen *out, size_t *ret_decided);

enum restore_form {
    RESTORE_TEXT,       // as it was
    RESTORE_JSON,       // inside a JSON string
    RESTORE_JSON_INNER, // inside a string of JSON inside a JSON string
    RESTORE_NUMBER,     // a bare number
};

// Append the value of `e`. `*ret_fits` is false where it can not stand there: as a number stands
// what has digits and does not begin with 0.
MUST_CHECK enum aiu_status restore_append(const struct pseudonym *e, enum restore_form form,
                                          struct buf *dst, bool *ret_fits);

// `text` with the values in place of their tokens.
MUST_CHECK enum aiu_status restore_text(const struct pseudonyms *p, struct span text,
                                        struct buf *dst);
