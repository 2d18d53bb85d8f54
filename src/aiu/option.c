// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/option.h"

#include <stdio.h>
#include <string.h>

#include "aiu/config_file.h"

static void say(const char *command, const char *word, const char *what)
{
    (void)fprintf(stderr, "%s: ", command);
    config_file_print(stderr, span_str(word));
    (void)fprintf(stderr, " %s\n", what);
}

void option_complain(const char *command, const char *word)
{
    say(command, word, "is not known, or needs a value; see --help");
}

bool option_take(const char *command, const struct option_row *rows, size_t count, int argc,
                 char **argv, int *i)
{
    const struct option_row *end = rows + count;
    const struct option_row *row = rows;

    while (row < end && strcmp(argv[*i], row->name) != 0) {
        row++;
    }
    if (row == end) {
        say(command, argv[*i], "is not known; see --help");
        return false;
    }
    if (row->value == NULL) {
        *row->flag = true;
        return true;
    }
    if (*i + 1 >= argc) {
        say(command, argv[*i], "needs a value");
        return false;
    }
    *row->value = argv[++*i];
    return true;
}
