// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The table of aiu/status.def as data, and the end of a broken invariant.
#include "base/status.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static const struct aiu_status_info rows[] = {
#define AIU_STATUS(name, number, ecode, http, exit, retryable, code, text)                         \
    {name, #name, ecode, http, exit, retryable, code, text},
#include "aiu/status.def"
#undef AIU_STATUS
};

const struct aiu_status_info *aiu_status_info(enum aiu_status status)
{
    const struct aiu_status_info *internal = &rows[0];

    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        if (rows[i].status == status) {
            return &rows[i];
        }
        if (rows[i].status == AIU_INTERNAL) {
            internal = &rows[i];
        }
    }
    return internal;
}

void check_failed(const char *file, int line, const char *what)
{
    // The invariant's source text is ours; no value of the running program is printed.
    (void)fprintf(stderr, "aiu: broken invariant at %s:%d: %s\n", file, line, what);
    abort();
}
