// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Checking a log or a receipt from the command line: `aiu-verify` and `aiu audit verify` are this.
#pragma once

#include "base/status.h"

// How a program finds the log where no folder is named; NULL where it has to be named.
struct verify_command {
    const char *name; // of the command, for messages
    // Take argv[*i] and its value, where it says which log is meant.
    bool (*option)(void *ctx, int argc, char **argv, int *i);
    // The folder that is meant; what went wrong is said.
    enum aiu_status (*folder)(void *ctx, const char **ret_folder);
    const char *option_help;
    void *ctx;
};

// Returns the exit code: 0 good, 1 not, 2 usage, others of status.def.
int verify_command_run(const struct verify_command *c, int argc, char **argv);
