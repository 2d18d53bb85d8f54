// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What no single value can say: names that refer to each other, and combinations that are not safe.
//
// Ownership: fills in the pointers of struct config. Threads: one. Errors: AIU_NO_MEMORY; faults go
// into the report.
#pragma once

#include "config/builder.h"

MUST_CHECK enum aiu_status check_all(struct builder *b);

// The part about exports and alerts (check_watch.c).
void check_watch(struct builder *b);

// "providers[2].name" with the place where it stands in the file, or where its entry does. The
// path's bytes stay until the next builder_enter.
struct config_place check_place(struct builder *b, const char *list, size_t i, const char *key);
