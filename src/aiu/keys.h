// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The verbs of `aiu keys` that change something (cmd_keys_change.c).
#pragma once

#include "aiu/state_dir.h"

struct keys_change {
    const char *id;
    const char *reason; // may be NULL
    const char *grace;  // rotate: how long the former key is still taken; NULL: not at all
    bool undo;          // revoke
    struct state_dir_options where;
};

// Each returns the exit code of the program.
int keys_revoke(const struct keys_change *k);
int keys_rotate(const struct keys_change *k);
