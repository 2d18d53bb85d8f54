// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Scans what is no file of a tree: a pipe, and what git has staged. Results as of files.h.
//
// Ownership: the result's (files_done). Threads: one.
// Errors:    as files_scan; AIU_NOT_FOUND where there is no git.
#pragma once

#include "scan/files.h"

// The descriptor to its end, binary or not; reports know it as `name`.
MUST_CHECK enum aiu_status texts_scan_pipe(const struct files_options *options, int fd,
                                           const char *name, struct files_result *result);

// Findings on lines that the next commit adds, in the files as it will have them.
MUST_CHECK enum aiu_status texts_scan_staged(const struct files_options *options,
                                             const char *const *paths, size_t count,
                                             struct files_result *result);
