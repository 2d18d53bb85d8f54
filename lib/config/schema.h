// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The one table of the configuration: every key with its type, place in struct config, default,
// limits and text. Parsing, defaults, `aiu config show|explain|schema|example` and
// docs/configuration.md all come from it.
//
// Ownership: constant data. Threads: any.
#pragma once

#include "base/span.h"
#include "base/status.h"

enum schema_type {
    SCHEMA_MAP,     // an inner map, in a struct inside the outer one (or the outer one itself)
    SCHEMA_LIST,    // of maps: a pointer and a count
    SCHEMA_NAMES,   // a list of names: a pointer and a count
    SCHEMA_ID,      // identifier of ours: letters, digits and . _ -
    SCHEMA_NAME,    // name of a model: printable, no blank
    SCHEMA_TEXT,    // one line for people
    SCHEMA_PATH,    // of a file or folder; "~/" is $HOME
    SCHEMA_URL,     // codec/url.h
    SCHEMA_ADDRESS, // host:port, [v6]:port, unix:PATH
    SCHEMA_SECRET,  // { env: }, { file: }, { command: } or { credential: }
    SCHEMA_FILE,    // { file: }
    SCHEMA_HASH,    // "h1:…" of secret/vkey.h
    SCHEMA_BOOL,
    SCHEMA_NUMBER,
    SCHEMA_AUTO,     // "auto" (0) or a number
    SCHEMA_SIZE,     // 10MiB
    SCHEMA_DURATION, // 5s
    SCHEMA_DATE,     // 2027-01-31: through the end of that day, UTC
    SCHEMA_CHOICE,   // one of `choices`, stored as its index
    SCHEMA_RULE,     // id of a rule, or "KIND.*"
};

struct schema_map;

struct schema_key {
    const char *name;
    enum schema_type type;
    uint16_t offset;       // of the member in the struct of the map
    uint16_t count_offset; // LIST, NAMES: of the count; MAP: of the bool that says it was given
    uint8_t width;         // bytes of the member, where it is a number
    bool required;
    bool noted;                 // MAP: `count_offset` is used
    bool shown;                 // `aiu config example` has it, though it is not required
    const char *preset;         // the default, as it would be written; NULL: none
    uint64_t least, most;       // NUMBER, AUTO, SIZE (bytes), DURATION (ms)
    const char *const *choices; // CHOICE: NULL at the end; "" takes a number and is no choice
    const struct schema_map *map;
    const char *example; // for a key without a default
    const char *doc;
};

struct schema_map {
    const char *name; // "provider"
    const struct schema_key *keys;
    size_t count;
    size_t size; // of the struct
};

extern const struct schema_map schema_root; // struct config

// NULL where there is no such key.
const struct schema_key *schema_find(const struct schema_map *map, struct span name);

// The i-th name of the map `ctx`, empty at the end: for report_suggest.
struct span schema_name_at(const void *ctx, size_t i);

// "number", "duration such as 5s": what a value of this type looks like.
const char *schema_type_text(enum schema_type type);
