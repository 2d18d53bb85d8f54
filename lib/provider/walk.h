// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Walks a JSON document by a dialect's table and yields every place that can carry text: each
// string, each key that the table does not know, each number of nine digits or more.
//
// Ownership: `struct walker` owns a tree compiled from the tables; places point into the caller's
// document. Threads: a walker is immutable after walker_new. Errors: as stated.
#pragma once

#include "codec/json.h"
#include "provider/dialect.h"

struct walker;

// Compile the tables of `d`. Free with walker_free.
MUST_CHECK enum aiu_status walker_new(const struct dialect *d, struct walker **ret_walker);
void walker_free(struct walker *w);

// A place with text in a document.
struct place_seen {
    const struct place *row; // never NULL: a place without a row gets the row "unknown field"
    uint32_t token;          // JSON_STRING, JSON_KEY or JSON_NUMBER; for PLACE_SHADOW any value
    uint32_t choice;         // "index" of the choice around it, 0 without
    uint32_t index;          // "index" of the tool call around it, 0 without
    uint32_t path;           // equal for equal paths of one table, for joining unknown fields
    enum place_role role;
    bool known;     // the table has a row for it
    bool streaming; // inside the "delta" of a streamed answer
};

// Called for each place in document order; an error ends the walk and is what walker_run returns.
typedef enum aiu_status (*place_handler)(void *ctx, const struct place_seen *place);

MUST_CHECK enum aiu_status walker_run(const struct walker *w, enum document_kind kind,
                                      const struct json_doc *doc, place_handler on_place,
                                      void *ctx);

// The row that stands for every field without one.
extern const struct place place_unknown;
