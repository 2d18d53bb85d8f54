// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The system's random generator (getrandom through libsodium).
//
// Threads: any. Errors: none; a system without randomness ends the process.
#pragma once

#include "base/clock.h"

void random_fill(uint8_t *out, size_t n);

// The same as an interface to hand to pure layers.
struct random_source random_system(void);
