// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a scan found, as people and programs read it (docs/scan.md). Nothing that came from a file
// reaches a report with its control bytes; what was found is in it only where it was revealed.
//
// Ownership: the caller's buffer. Threads: any. Errors: those of struct buf.
#pragma once

#include "base/buf.h"
#include "scan/files.h"

enum report_format { REPORT_TEXT, REPORT_JSON, REPORT_JSONL, REPORT_SARIF };

MUST_CHECK enum aiu_status report_write(const struct files_result *result,
                                        enum report_format format, const char *version,
                                        struct buf *out);

// A name of the file system for a terminal: control bytes and what is no UTF-8 as \x1b.
MUST_CHECK enum aiu_status report_append_path(struct buf *out, const char *path);
