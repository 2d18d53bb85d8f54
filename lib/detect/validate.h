// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Validators: whether what a pattern found is one. Small, pure, each named in the rules.
//
// Threads: any. Errors: none.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/span.h"

enum validity {
    VALID_NO,
    VALID_YES,  // may be
    VALID_SURE, // its checksum proves it
};

enum validator_id {
    VALIDATOR_NONE,
#define VALIDATOR(name) VALIDATOR_##name,
#include "detect/validators.def"
#undef VALIDATOR
#define ID(name) VALIDATOR_##name,
#include "detect/ids.def"
#undef ID
    VALIDATOR_COUNT
};

#define VALIDATOR(name) enum validity validate_##name(struct span text);
#include "detect/validators.def"
#undef VALIDATOR

// VALIDATOR_NONE where there is none of that name.
enum validator_id validator_id_find(struct span name);
enum validity validator_run(enum validator_id id, struct span text);

// Shannon entropy of the first 64 bytes, in 1/16 bit a byte.
unsigned entropy_sixteenths(struct span text);

// A stand-in for a secret: eight and more of x, X, * or . in a row.
bool is_placeholder(struct span text);
