// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The configuration that a command is about: --config, else the file that is found, else the
// embedded defaults. And output that no control byte of a file or variable gets through.
#pragma once

#include <stdio.h>

#include "config/config.h"

// Load it, with `check_files` as config_load has it; problems and warnings are said on stderr.
MUST_CHECK enum aiu_status config_file_load(const char *path, bool check_files,
                                            struct config **ret_config);

// Write text that may hold words of a file: control bytes but LF become "?".
void config_file_print(FILE *to, struct span text);
