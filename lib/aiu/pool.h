// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a public scanner is inside, and the scratches that its threads take turns with.
//
// Ownership: a scanner owns its engine and every scratch that is not out. Threads: any.
#pragma once

#include "aiu/scanner.h"
#include "base/status.h"
#include "detect/engine.h"
#include "detect/rules.h"

struct pool;

struct aiu_scanner {
    struct engine *engine;
    struct pool *pool;
    struct rule_set rules;
    bool narrowed; // an `only` was called: `rules` holds what was asked for
};

// A scratch of the scanner's engine, made where none is idle.
MUST_CHECK enum aiu_status pool_take(const struct aiu_scanner *scanner,
                                     struct scratch **ret_scratch);

// Give it back. NULL is fine.
void pool_give(const struct aiu_scanner *scanner, struct scratch *scratch);

MUST_CHECK enum aiu_status pool_new(struct pool **ret_pool);
void pool_free(struct pool *pool);

// The public form of a finding.
struct aiu_finding public_finding(const struct finding *f);
