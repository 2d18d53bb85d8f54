// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Where a byte of a file is, as people and editors count. Lines end with LF. A byte that is no
// UTF-8 counts as one character.
//
// Ownership: nothing is kept. Threads: any. Errors: none.
#pragma once

#include "base/span.h"
#include "scan/file_finding.h"

// The first byte of a file.
#define PLACE_FIRST ((struct place){.line = 1, .column = 1, .column_utf16 = 1})

// The place behind `bytes`, which stand at `*p`.
void place_advance(struct place *p, struct span bytes);
