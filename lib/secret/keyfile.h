// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Inside this layer only: reading a file that holds a key, after looking at who else can.
#pragma once

#include <sys/stat.h>

#include "secret/guarded.h"

// Whether others than `self` and root can read or change a file with this `st`. `sealed`: it lies
// on a read-only memory file system. keyfile.c has the rule.
bool keyfile_exposed(const struct stat *st, uid_t self, bool sealed);

// Open and look; read to the end into `pad`, which is initialised. `public`: who else can read the
// file is not asked. Errors as in secret/load.h.
MUST_CHECK enum aiu_status keyfile_read(const char *path, bool public, struct pad *pad);

// AIU_FILE_NOT_FOUND, AIU_FILE_DENIED, AIU_NO_MEMORY or AIU_IO for an errno of open or exec.
enum aiu_status keyfile_status(int error);
