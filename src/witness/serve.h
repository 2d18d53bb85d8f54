// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The network of a witness: HTTP/1.1 on one loop.
#pragma once

#include "audit/witness.h"

// Serve until SIGTERM or SIGINT. AIU_ADDRESS_IN_USE, AIU_URL_INVALID, AIU_FORBIDDEN, AIU_IO,
// AIU_NO_MEMORY.
MUST_CHECK enum aiu_status serve_run(const struct witness_options *w, const char *address);
