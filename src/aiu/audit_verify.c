// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu audit verify`: the verifier of src/verify, which also finds the log of a gateway.
#include <string.h>

#include "aiu/audit.h"
#include "audit/months.h"
#include "verify/command.h"

struct place {
    struct audit_where where;
    char folder[AUDIT_FOLDER_MOST];
};

static bool take_option(void *ctx, int argc, char **argv, int *i)
{
    struct place *p = ctx;

    return audit_where_option(&p->where, argc, argv, i);
}

static enum aiu_status find_folder(void *ctx, const char **ret_folder)
{
    struct place *p = ctx;

    struct months months;

    TRY(audit_folder(&p->where, p->folder));
    *ret_folder = p->folder;
    // Months that have ended lie beside the one that is written: all of them are checked.
    char *slash = strrchr(p->folder, '/');
    if (p->where.dir == NULL && slash != NULL) {
        *slash = '\0';
        if (months_of(p->folder, &months) != AIU_OK || months.count < 2) {
            *slash = '/';
        }
    }
    return AIU_OK;
}

int audit_verify(int argc, char **argv)
{
    struct place place = {.folder = ""};
    const struct verify_command command = {
        .name = "aiu audit verify",
        .option = take_option,
        .folder = find_folder,
        .option_help = "  --state-dir DIR, --config FILE   of a gateway, instead of --dir\n",
        .ctx = &place,
    };

    return verify_command_run(&command, argc, argv);
}
