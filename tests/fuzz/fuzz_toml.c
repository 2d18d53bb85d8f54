// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a .gitleaks.toml: read or refused with a line, never more.
#include "base/status.h"
#include "scan/allow.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct allow allow;
    struct allow_error error = {0};
    bool yes = false;

    allow_init(&allow);
    enum aiu_status st = allow_read_gitleaks(&allow, span_of(data, size), &error);
    if (st == AIU_FILE_INVALID) {
        CHECK(error.reason[0] != '\0');
    } else if (st == AIU_OK) {
        CHECK(allow_has_file(&allow, SPAN_OF("src/a.py"), &yes) == AIU_OK);
    }
    IGNORE(allow_read_lines(&allow, span_of(data, size)));
    allow_done(&allow);
    return 0;
}
