// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The line before each chunk (RFC 9112 7.1). Only for http1.c.
//
// Ownership: nothing is kept. Threads: any. Errors: AIU_HTTP_INVALID.
#pragma once

#include "base/span.h"
#include "base/status.h"

// "1f4" or "1f4;name=value;name=\"quoted\"", without its CR LF: 1 to 16 hex digits, then extensions
// without any blank. `*ret_extensions` is how many bytes they have.
MUST_CHECK enum aiu_status http1_chunk_line(struct span line, uint64_t *ret_size,
                                            size_t *ret_extensions);
