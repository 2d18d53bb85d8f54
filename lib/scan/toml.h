// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads TOML 1.0 for what configuration of other tools needs of it: tables, arrays of tables,
// inline tables, arrays and strings of all four kinds. Numbers, truth values and dates are kept as
// they are written. Debian has no TOML library for C.
//
// Ownership: the document lives in the caller's arena. Threads: a document is read by any.
// Errors:    AIU_FILE_INVALID with a line and a reason, AIU_TOO_LONG, AIU_NO_MEMORY.
#pragma once

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"

enum { TOML_DEPTH = 32, TOML_MOST = 4 << 20 };

enum toml_kind { TOML_TABLE, TOML_ARRAY, TOML_STRING, TOML_OTHER };

struct toml {
    enum toml_kind kind;
    unsigned line;             // where it begins
    bool closed;               // written as a whole: nothing can be added by a later header
    bool defined;              // a header named it
    struct span key;           // of a member of a table
    struct span text;          // string: what it says; other: as written
    struct toml *first, *last; // members or elements
    struct toml *next;
};

struct toml_error {
    unsigned line;
    const char *reason;
};

MUST_CHECK enum aiu_status toml_parse(struct span text, struct arena *a, struct toml **ret_root,
                                      struct toml_error *ret_error);

// Member of a table; NULL where there is none or `table` is NULL or no table.
const struct toml *toml_member(const struct toml *table, struct span key);
