// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// `aiu scan` of files, folders, a pipe or what git has staged: loads the allow-lists, scans, and
// prints the report.
#pragma once

#include "scan/report.h"

struct scan_request {
    struct rule_set rules;
    const char *const *paths;
    size_t path_count;
    const char *baseline;
    enum report_format format;
    bool staged, pipe, all, reveal;
};

// The exit code: 0 nothing found, 1 findings, 2 something could not be read.
int scan_files(const struct scan_request *r);
