// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A path of the command line: which tree it belongs to and what its files are called in reports.
//
// A name is the path from the root of the git repository around it; without one from the current
// folder; else the path as it was given.
//
// Ownership: the struct owns its texts (root_done). Threads: any.
// Errors:    AIU_NO_MEMORY; AIU_IO with errno where the path can not be looked at.
#pragma once

#include <sys/stat.h>

#include "base/buf.h"
#include "base/status.h"

enum { PATHS_MOST = 4096 };

struct root {
    const char *path; // as given
    char *top;        // folder of the repository, or the path itself where there is none
    char *name;       // of the path, from there; "" for the folder itself
    bool repository;  // `top` is one
    struct stat stat; // of what the path leads to
};

MUST_CHECK enum aiu_status root_open(const char *path, struct root *ret_root);
void root_done(struct root *r);

// A file as a whole, at most `most` bytes; empty where there is none. Regular files only.
MUST_CHECK enum aiu_status root_read(const char *folder, const char *name, size_t most,
                                     struct buf *out);
