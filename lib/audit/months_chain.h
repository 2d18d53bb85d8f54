// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Months of a log (audit/months.h) in their order: which of them a window touches, and whether one
// is missing. By what the entries say; that nobody wrote them anew is what audit/verify.h shows.
//
// Threads: any. Memory: a reader's window.
#pragma once

#include <stdint.h>

#include "audit/months.h"

// Which month `folder` goes on from, by its first entry: "2026-10", or "" where it is the first of
// all or has no entry of its own. Errors of reader_open and reader_next.
MUST_CHECK enum aiu_status months_previous(const char *folder, char ret_previous[MONTHS_NAME_SIZE]);

// Leave those months that may have entries from `from_us` on and before `to_us`, a day more on
// both sides, as clocks are set. They are neighbours. Without its write-ahead log a month may.
MUST_CHECK enum aiu_status months_within(const char *folder, uint64_t from_us, uint64_t to_us,
                                         struct months *months);
