// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Which state folder a command is about: --state-dir, else the one of --config or of the
// configuration that is found, else the embedded default.
#pragma once

#include <stdbool.h>

#include "base/status.h"

struct state_dir_options {
    const char *state_dir, *config;
};

// Write the folder's path. Problems are said on stderr.
MUST_CHECK enum aiu_status state_dir_path(const struct state_dir_options *o, char ret_path[4096]);

// Have the gateway that uses the folder, if any, read its configuration again (SIGHUP). Returns
// whether one was told.
bool state_dir_reload(int folder);

// Whether a gateway uses the folder now.
bool state_dir_is_used(int folder);

// Open it.
MUST_CHECK enum aiu_status state_dir_open(const struct state_dir_options *o, int *ret_folder);
