// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The months of a log: STATE/audit/2026-10, …, and main, which is being written.
#pragma once

#include <stddef.h>

#include "base/status.h"

enum { MONTHS_MOST = 1200, MONTHS_NAME_SIZE = 8, MONTHS_PATH_MOST = 4096 };

struct months {
    char names[MONTHS_MOST][MONTHS_NAME_SIZE]; // in order, "main" at the end
    size_t count;                              // 0: the folder is a log itself
};

// The place of a name in the list; `count` where it is not there.
size_t months_find(const struct months *m, const char *name);

// AIU_FILE_NOT_FOUND where there is no such folder, AIU_FILE_DENIED, AIU_TOO_LONG.
MUST_CHECK enum aiu_status months_of(const char *folder, struct months *ret_months);
