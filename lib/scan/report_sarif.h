// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// SARIF 2.1.0 as GitHub's code scanning takes it.
//
// Ownership: the caller's buffer. Threads: any. Errors: those of struct buf.
#pragma once

#include "base/buf.h"
#include "scan/files.h"

MUST_CHECK enum aiu_status report_write_sarif(const struct files_result *result,
                                              const char *version, struct buf *out);
