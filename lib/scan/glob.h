// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The patterns of a .gitignore file (gitignore(5)), matched against paths with '/' between names.
//
// A pattern comes from whoever wrote the tree, so matching never backtracks: all places that the
// pattern can be at are followed side by side. Time is at most pattern times path.
//
// Ownership: the glob owns its tokens (glob_done). Threads: a compiled glob is read by any.
// Errors:    AIU_NO_MEMORY; AIU_TOO_LONG for a pattern over GLOB_MOST; AIU_USAGE for one that
//            matches nothing at all ("[a", a lone backslash at the end).
#pragma once

#include <stdbool.h>

#include "base/span.h"
#include "base/status.h"

enum { GLOB_MOST = 1024 }; // bytes of a pattern

struct glob_token;

struct glob {
    struct glob_token *tokens;
    size_t count;
    size_t literals; // tokens at the front that are plain bytes
    size_t tail;     // tokens at the end that are plain bytes
    bool plain;      // nothing but plain bytes
};

MUST_CHECK enum aiu_status glob_compile(struct span pattern, struct glob *ret_glob);
void glob_done(struct glob *g);

// Whether the whole path matches.
bool glob_match(const struct glob *g, struct span path);
