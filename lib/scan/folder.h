// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Walks a folder in the order of names and hands over its files: not what .gitignore files leave
// out, not .git, no links, nothing that is no regular file. A link is never followed, so no loop of
// links can hold a walk.
//
// Ownership: nothing is kept after the walk. Threads: one. Memory: the names of the folders on the
// way down.
// Errors:    AIU_NO_MEMORY. What can not be read is reported, and the walk goes on.
#pragma once

#include "scan/root.h"

struct folder_visitor {
    // A file: `path` to open, `name` for reports; both live until it returns.
    enum aiu_status (*file)(void *ctx, const char *path, const char *name);
    void (*problem)(void *ctx, const char *path, const char *why);
    void *ctx;
    bool all; // also what .gitignore leaves out
};

MUST_CHECK enum aiu_status folder_visit(const struct root *root,
                                        const struct folder_visitor *visitor);
