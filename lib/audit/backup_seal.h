// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A backup as one encrypted file (guide S79), sealed with a key of the operator's.
//
// The file is a secret/seal_stream.h of purpose "backup", whose messages begin with a letter:
// d PATH (a folder), f PATH (a file, that the following belong to), b BYTES, and e, the end.
//
// Ownership: the caller's. Threads: one; blocks on the disk. Memory: 3 MiB.
#pragma once

#include "base/status.h"
#include "secret/secret.h"

// Seal the backup (audit/backup.h) in the folder `backup` into `file`, with mode 0600; durable when
// this returns. A file that is not whole is removed again.
//   AIU_BUSY  `file` is there already: nothing is overwritten
//   AIU_FILE_DENIED, AIU_FILE_NOT_FOUND, AIU_IO (a full disk too), AIU_NO_MEMORY
MUST_CHECK enum aiu_status backup_seal(const char *backup, const char *file,
                                       const struct secret *key);

// Put the backup in `file` into the folder `to`, which must be empty. What it holds is checked by
// backup_check, as always.
//   AIU_FILE_INVALID  not sealed with this key, changed or cut; `to` may hold a part of it
MUST_CHECK enum aiu_status backup_unseal(const char *file, const char *to,
                                         const struct secret *key);
