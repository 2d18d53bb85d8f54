// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The options of a command as a table, and one wording for what is wrong with them.
//
// Ownership: values are words of argv. Threads: one.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct option_row {
    const char *name;   // with its dashes
    const char **value; // gets the word behind it; NULL: `flag` is set
    bool *flag;
};

// Say on standard error that a command does not take this word.
void option_complain(const char *command, const char *word);

// The option at argv[*i]. True: it was taken, and *i stands at the last word of it. False: it is
// none of these, or its value is missing; standard error was told: "COMMAND: --x needs a value".
bool option_take(const char *command, const struct option_row *rows, size_t count, int argc,
                 char **argv, int *i);
