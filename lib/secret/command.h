// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Inside this layer only: a program whose output is a secret.
#pragma once

#include "secret/guarded.h"

// Run argv without a shell and read its standard output into `pad`, which is initialised. Errors as
// in secret/load.h.
MUST_CHECK enum aiu_status command_read(const char *const *argv, uint32_t timeout_ms,
                                        struct pad *pad);
