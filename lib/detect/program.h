// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Runs a program of items from a place where its anchor stands.
//
// Pure. Threads: any. Errors: none.
#pragma once

#include "detect/catalog.h"
#include "detect/matcher.h"

// Bytes after which an open item is certain, so that the finding flows.
enum { PROGRAM_CERTAIN = 64 };

enum match program_run(const struct catalog *c, const struct program *program, const struct view *v,
                       const struct site *anchor, struct hit *hit);
