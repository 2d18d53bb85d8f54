// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Texts that callers own, and that aiu_redactor_text_free wipes. Threads: any.
#pragma once

#include "base/span.h"
#include "base/status.h"

// A copy with a NUL behind it. `ret_n` may be NULL.
MUST_CHECK enum aiu_status text_give(struct span text, char **ret_text, size_t *ret_n);
