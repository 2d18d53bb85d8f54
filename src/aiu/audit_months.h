// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The months of the log that a verb is about, the oldest first.
#pragma once

#include "aiu/audit.h"
#include "audit/months.h"

struct audit_months {
    char folder[AUDIT_FOLDER_MOST]; // that has them
    struct months list;             // count 1 and name "" where the folder is a log itself
};

// Those of the gateway or of --dir; only `month` ("2026-10", "main") where it is not NULL.
// AIU_USAGE, said on stderr, where there is no such month.
MUST_CHECK enum aiu_status audit_months_open(const struct audit_where *where, const char *month,
                                             struct audit_months *ret_months);

void audit_months_path(const struct audit_months *m, size_t i, char ret_path[AUDIT_FOLDER_MOST]);

// Whether month `i` does not go on from the one before it in the list. `ret_previous`: what it goes
// on from; empty where it says nothing. A month that ended since the list was made is put into it.
bool audit_months_is_gap(struct audit_months *m, size_t i, char ret_previous[MONTHS_NAME_SIZE]);
void audit_months_say_gap(const struct audit_months *m, size_t i, const char *previous, FILE *to);

// Leave the newest.
void audit_months_keep_last(struct audit_months *m);
