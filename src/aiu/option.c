// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "aiu/option.h"

#include <stdio.h>
#include <string.h>

#include "aiu/config_file.h"

enum option_found option_find(const struct option_row *rows, size_t count, int argc, char **argv,
                              int *i)
{
    for (size_t k = 0; k < count; k++) {
        if (strcmp(argv[*i], rows[k].name) != 0) {
            continue;
        }
        if (rows[k].value == NULL) {
            *rows[k].flag = true;
            return OPTION_TAKEN;
        }
        if (*i + 1 >= argc) {
            return OPTION_BARE;
        }
        *rows[k].value = argv[++*i];
        return OPTION_TAKEN;
    }
    return OPTION_UNKNOWN;
}

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
    enum option_found found = option_find(rows, count, argc, argv, i);

    if (found != OPTION_TAKEN) {
        say(command, argv[*i], found == OPTION_BARE ? "needs a value" : "is not known; see --help");
    }
    return found == OPTION_TAKEN;
}
