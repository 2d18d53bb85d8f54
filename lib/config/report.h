// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Filling a struct config_report, inside this layer.
//
// Ownership: everything is copied. Threads: one. Errors: none; what does not fit is counted.
#pragma once

#include "config/config.h"

// Where a problem stands. `line` 0: in no file.
struct config_place {
    struct span path; // of the key, or a variable's name
    uint32_t line, column;
};

// `message` is text of ours; no value of the file may go into it.
__attribute__((format(printf, 4, 5))) void report_error(struct config_report *r,
                                                        enum aiu_status status,
                                                        struct config_place at, const char *message,
                                                        ...);

__attribute__((format(printf, 3, 4))) void
report_warning(struct config_report *r, struct config_place at, const char *message, ...);

// Give the last problem a suggestion: the name in `names` closest to `word`, if one is close.
// `names(ctx, i)` is the i-th name, empty at the end.
void report_suggest(struct config_report *r, struct span word,
                    struct span (*names)(const void *ctx, size_t i), const void *ctx);

// The status of the first error; AIU_OK where there is none.
enum aiu_status report_status(const struct config_report *r);
