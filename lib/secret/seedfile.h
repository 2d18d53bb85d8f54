// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Inside this layer only: a file of 32 random bytes that is made where it is missing.
#pragma once

#include "secret/secret.h"

enum { SEEDFILE_SIZE = 32, SEEDFILE_NAME_MOST = 64 };

// Read `name` in the folder `dir_fd`, or create it: 0600, never over an existing file, durable
// (file and folder) when this returns. Two processes that create it at once end with the same
// bytes. The errors are those of master_open, and AIU_USAGE for a name over SEEDFILE_NAME_MOST.
MUST_CHECK enum aiu_status seedfile_open(int dir_fd, const char *name, struct secret **ret_secret);
