// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The filter `aiu scan --jsonl`: a text a line in, its findings and the judgement of its wording a
// line out, in the same order. docs/scan.md is the format.
//
// A line is answered before the filter waits for more input, so that a program may write one line
// and read its answer. A line that cannot be scanned is answered with "error", and the rest goes
// on.
//
// Threads: one. Memory: the longest line and its answer.
#pragma once

#include "base/status.h"
#include "detect/rules.h"

enum { JSONL_LINE_MOST = 64 << 20 }; // bytes of a line

// Filter `in` to `out`. `*ret_bad` is the number of lines that were answered with "error".
//   AIU_IO  reading or writing failed
MUST_CHECK enum aiu_status scan_jsonl(int in, int out, const struct rule_set *rules,
                                      uint64_t *ret_bad);
