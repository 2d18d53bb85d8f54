// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A dialect is a provider's wire format as data: which of its documents have text at which place,
// and the few things that a table cannot say (how it reports usage, ends a stream, words an error).
// A new provider adds a table, not a code path.
//
// Everything that no row names is text all the same and is inspected as such: a field that a
// provider invents tomorrow is covered today.
//
// Ownership: dialects are constant. Threads: any. Errors: none here.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// The documents of a dialect.
enum document_kind {
    DOCUMENT_CHAT_REQUEST,
    DOCUMENT_CHAT_ANSWER,
    DOCUMENT_CHAT_CHUNK, // one event of a streamed answer
    DOCUMENT_EMBEDDING_REQUEST,
    DOCUMENT_EMBEDDING_ANSWER,
    DOCUMENT_MODELS_ANSWER,
    DOCUMENT_ERROR_ANSWER,
    DOCUMENT_KINDS,
};

// What stands at a place.
enum place_kind {
    PLACE_TEXT,      // text for or from the model
    PLACE_JSON_TEXT, // a string that holds JSON: tool-call arguments
    PLACE_NAME,      // an identifier or a word of the protocol; inspected like text
    PLACE_TOKEN,     // a piece of text that repeats a part of another place: log probabilities
    PLACE_OPAQUE,    // encoded media: not text, counted as skipped
    PLACE_SHADOW,    // a value that goes as a whole when text beside it is redacted
};

// Whose words they are.
enum place_role {
    ROLE_CALLER, // the caller's own fields: names, metadata, unknown fields
    ROLE_SYSTEM, // system and developer messages
    ROLE_USER,
    ROLE_ASSISTANT,
    ROLE_TOOL,       // results of tools, documents
    ROLE_DEFINITION, // tool definitions, schemas
};

// One row of a dialect's table. In `path`, names are object members and "[]" stands for every
// element of an array: "messages[].content[].text".
struct place {
    const char *path;
    enum place_kind kind;
    enum place_role role; // of messages[]: a default; the message's own "role" decides
    bool joined;          // pieces with the same choice and index, taken together, are one text
    const char *note;     // for the coverage matrix
};

struct place_table {
    enum document_kind kind;
    const char *title;
    const struct place *rows;
    size_t count;
};

struct dialect {
    const char *name;
    const struct place_table *tables;
    size_t count;
};

extern const struct dialect dialect_openai;

// The dialect of this name, NULL where there is none.
const struct dialect *dialect_find(struct span name);

// The table of `kind`; NULL where the dialect has no such document.
const struct place_table *dialect_table(const struct dialect *d, enum document_kind kind);
