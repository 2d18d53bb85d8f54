// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The master key of an installation: 32 random bytes in STATE/master.key, from which all keyed
// hashes and seals are derived. Whoever loses it cannot match old records any more; whoever learns
// it can.
//
// Ownership: the caller gets one reference. Threads: any. Blocks on the disk.
#pragma once

#include "secret/secret.h"

enum { MASTER_KEY_SIZE = 32 };

// Read master.key in the folder `dir_fd`, or create it: 0600, never over an existing file, durable
// (file and folder) when this returns. Two processes that create it at once end with the same key.
//   AIU_CONFIG_KEY_EXPOSED  the owner is not this user, or anybody else has any right to the file
//   AIU_FILE_INVALID        not a regular file of exactly 32 bytes; never replaced
//   AIU_FILE_DENIED, AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status master_open(int dir_fd, struct secret **ret_secret);
