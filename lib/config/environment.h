// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What environment variables say about the configuration (guide S30-S32). They go before the file.
// An empty variable counts as unset (S35).
//
// Pure: the environment is an array that is handed in. Ownership: strings are copied into the
// snapshot. Threads: one.
#pragma once

#include "config/builder.h"

// Every variable that we know, for messages and the manual.
struct environment_variable {
    const char *name;
    bool used; // false: of the guide's Python package, without a meaning here
    const char *doc;
};

// The i-th, NULL at the end.
const struct environment_variable *environment_variable_at(size_t i);

// The value; empty where it is unset or empty.
struct span environment_get(const char *const *env, const char *name);

// Append `path`, with $HOME in place of a leading "~". AIU_NOT_FOUND where $HOME is not set.
MUST_CHECK enum aiu_status environment_expand_home(const char *const *env, struct span path,
                                                   struct buf *dst);

// Settings that go before the file: AI_LOG_LEVEL, AI_MAINTENANCE_MODE and so on. Warns about AI_
// variables that nobody knows.
MUST_CHECK enum aiu_status environment_apply(struct builder *b);

// The state folder where the file names none: $STATE_DIRECTORY, $XDG_STATE_HOME/aiu, ~/.local/….
MUST_CHECK enum aiu_status environment_state_dir(struct builder *b);
