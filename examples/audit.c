// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// audit FOLDER KEY-FILE RECORD...: keeps an audit log of its own, and proves the first record.
#include <aiu/auditor.h>
#include <stdio.h>
#include <string.h>

static int failed(enum aiu_status status)
{
    if (status != AIU_OK) {
        fprintf(stderr, "%s\n", aiu_status_info(status)->text);
    }
    return status != AIU_OK;
}

int main(int argc, char **argv)
{
    struct aiu_auditor *auditor = NULL;
    char *checkpoint = NULL;
    char *receipt = NULL;
    uint64_t index = 0;
    size_t n = 0;

    if (argc < 4 || failed(aiu_auditor_open(argv[1], "audit.example.com/app", argv[2], &auditor))) {
        return 1;
    }
    for (int i = 3; i < argc; i++) {
        if (failed(aiu_auditor_append(auditor, argv[i], strlen(argv[i]), &index))) {
            return 1;
        }
        printf("record %d is entry %d, and on disk\n", i - 2, (int)index);
    }
    // Keep this one where nobody who can write the log can reach it.
    if (failed(aiu_auditor_checkpoint(auditor, &checkpoint, NULL)) ||
        failed(aiu_auditor_prove(auditor, 0, &receipt, &n))) {
        return 1;
    }
    if (failed(aiu_audit_verify_receipt(receipt, n, argv[3], strlen(argv[3]),
                                        aiu_auditor_key(auditor), &index))) {
        return 1;
    }
    printf("the receipt of entry %d holds\n", (int)index);
    aiu_auditor_text_free(checkpoint);
    aiu_auditor_text_free(receipt);
    return failed(aiu_auditor_close(auditor));
}
