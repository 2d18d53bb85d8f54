// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// aiu-verify: for auditors, who check logs of others and want to trust as little as they can. The
// verifier of `aiu audit verify` and libsodium, in one static program.
#include <stdio.h>
#include <string.h>

#include "verify/command.h"

int main(int argc, char **argv)
{
    const struct verify_command command = {.name = "aiu-verify"};

    if (argc == 2 && strcmp(argv[1], "--version") == 0) {
        (void)printf("aiu-verify %s\n", AIU_VERSION);
        return 0;
    }
    return verify_command_run(&command, argc, argv);
}
