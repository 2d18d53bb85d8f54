// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a .gitignore: up to the first zero byte the rules, behind it the path.
#include "base/status.h"
#include "scan/ignore.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ignore list;
    struct span rules;
    struct span path;

    (void)span_cut(span_of(data, size), 0, &rules, &path);
    ignore_init(&list, NULL, 0);
    if (ignore_read(&list, rules) == AIU_OK) {
        (void)ignore_has(&list, span_first(path, 4096), false);
        (void)ignore_has(&list, span_first(path, 4096), true);
    }
    ignore_done(&list);
    return 0;
}
