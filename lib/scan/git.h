// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What git has staged: the files of the index that differ from the last commit, as they will be
// committed, and the lines of each that are new.
//
// Runs git itself, found in the absolute folders of PATH, without a shell, without the repository's
// own programs (external diffs, text conversions, monitors), and with our environment, which tells
// which index a hook means.
//
// Ownership: a list owns its entries (staged_done). Threads: one.
// Errors:    AIU_NOT_FOUND where there is no git, AIU_IO where it fails (it says why itself),
//            AIU_NO_MEMORY.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/status.h"

struct staged_file {
    const char *name; // from the root of the repository
    const char *blob; // its content
    uint64_t *lines;  // pairs: first line that is new, and the one behind the last
    size_t line_pairs;
    bool whole; // git could not tell the lines: all of it counts
};

struct staged {
    struct arena arena;
    struct staged_file *files;
    size_t count;
};

// `paths` narrow it; none means all.
MUST_CHECK enum aiu_status staged_read(const char *const *paths, size_t count,
                                       struct staged *ret_staged);
void staged_done(struct staged *s);

// Hands out blobs of the repository one after the other.
struct git_blobs {
    int in, out; // of `git cat-file --batch`
    int pid;
    uint64_t left; // bytes of the blob that have not been read
    bool open;     // the line end behind it has not been read
};

MUST_CHECK enum aiu_status git_blobs_start(struct git_blobs *b);
// Begin with a blob; what is left of the one before is passed over.
MUST_CHECK enum aiu_status git_blobs_open(struct git_blobs *b, const char *blob);
// As read(2); 0 at the end of the blob.
ssize_t git_blobs_read(void *blobs, uint8_t *to, size_t most);
void git_blobs_stop(struct git_blobs *b);
