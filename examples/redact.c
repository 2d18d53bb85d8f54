// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Each argument with its personal data and secrets replaced.
#include <aiu/redactor.h>
#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    struct aiu_scanner *scanner = NULL;
    struct aiu_redactor *redactor = NULL;
    char *text = NULL;

    if (aiu_scanner_new(&scanner) != AIU_OK) {
        return 1;
    }
    aiu_scanner_only_kind(scanner, AIU_KIND_PII);
    aiu_scanner_only_kind(scanner, AIU_KIND_SECRET);
    if (aiu_redactor_new(scanner, AIU_REDACTOR_TYPED, &redactor) != AIU_OK) {
        return 1;
    }
    for (int i = 1; i < argc; i++) {
        if (aiu_redactor_redact(redactor, argv[i], strlen(argv[i]), &text, NULL) != AIU_OK) {
            return 1; // not examined: nothing goes on
        }
        puts(text);
        aiu_redactor_text_free(text);
    }
    aiu_redactor_free(redactor);
    aiu_scanner_free(scanner);
}
