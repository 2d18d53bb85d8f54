// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The guide's PromptValidator: each argument is a prompt.
#include <aiu/validator.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct aiu_validator validator;
    struct aiu_validator_result result;
    char message[64];

    aiu_validator_init(&validator, AIU_VALIDATOR_GUIDE);
    for (int i = 1; i < argc; i++) {
        if (aiu_validator_check(&validator, argv[i], strlen(argv[i]), &result) == AIU_OK) {
            printf("send %zu bytes\n", result.text_n);
        } else {
            aiu_validator_message(&result, message, sizeof(message));
            printf("%s: byte %zu: %s\n", result.code, result.at, message);
        }
    }
}
