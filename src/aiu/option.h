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

enum option_found {
    OPTION_TAKEN,   // *i stands at the last word of it
    OPTION_UNKNOWN, // argv[*i] is none of these
    OPTION_BARE,    // it is one, and its value is missing
};

enum option_found option_find(const struct option_row *rows, size_t count, int argc, char **argv,
                              int *i);

// Say on standard error that a command does not take this word.
void option_complain(const char *command, const char *word);

// The same as option_find; what is not taken is said on standard error: "COMMAND: --x needs a
// value". True: taken.
bool option_take(const char *command, const struct option_row *rows, size_t count, int argc,
                 char **argv, int *i);
