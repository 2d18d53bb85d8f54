// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a configuration comes to: every value with where it came from, secrets masked.
//
// Ownership: the caller's buffer. Threads: any. Errors: those of the buffer.
#pragma once

#include "config/config.h"

// "providers[0].name = openai" a line, in the order of the schema. Values that were not given and
// have no default are left out.
MUST_CHECK enum aiu_status show_text(const struct config *c, struct buf *dst);

// The same with origins in a column: "default", "FILE:LINE" or the name of a variable.
MUST_CHECK enum aiu_status show_table(const struct config *c, struct buf *dst);

// [{"key","value","origin","line"?,"variable"?}]
MUST_CHECK enum aiu_status show_json(const struct config *c, struct buf *dst);

// Lines "- key = value" of `a` that `b` has not, and "+ key = value" the other way round, sorted by
// key. Entries of lists are known by their name, not by their number. `*ret_same`: no line.
MUST_CHECK enum aiu_status show_diff(const struct config *a, const struct config *b,
                                     struct buf *dst, bool *ret_same);
