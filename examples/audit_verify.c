// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// audit_verify FOLDER VKEY: whether a log is what was signed.
#include <aiu/auditor.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    struct aiu_audit_verdict verdict;

    if (argc != 3 || aiu_audit_verify(argv[1], argv[2], NULL, 0, &verdict) != AIU_OK) {
        return 2;
    }
    if (!verdict.good) {
        printf("%s: %s\n", verdict.fault, verdict.text);
        return 1;
    }
    printf("good: %d entries are what was signed\n", (int)verdict.size);
    return 0;
}
