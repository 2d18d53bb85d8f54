// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The files of a log folder, in an order that a copy can be made in while the log is written: the
// checkpoint, the tiles, the write-ahead log last. What belongs to the writer alone or can be made
// again (lock, reserve, index, the segment ahead, the signer's state) is left out.
//
// Ownership: paths live until the callback returns. Threads: one. Internal to audit.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

enum { COPY_CHUNK = 1 << 20, COPY_PATH_MOST = 4096 };

struct copy_walk {
    int dir; // the folder
    // Called with the path of each file inside the folder, and of each folder before its files.
    enum aiu_status (*on_file)(void *ctx, const char *path);
    enum aiu_status (*on_folder)(void *ctx, const char *path); // may be NULL
    void *ctx;
    bool wal; // the walk's own
};

//   AIU_FILE_INVALID  something that is neither file nor folder
MUST_CHECK enum aiu_status copy_walk_all(struct copy_walk *w);

// Copy all files of the folder `from` to the folder `to`, where none of them may exist, without the
// zeros at the end of segments; durable when this returns.
MUST_CHECK enum aiu_status copy_log(const char *from, const char *to);

// Whether there is nothing in the folder that a walk would show.
MUST_CHECK enum aiu_status copy_is_empty(int dir, bool *ret_empty);

MUST_CHECK enum aiu_status copy_open_dir(const char *path, int *ret_fd);
MUST_CHECK enum aiu_status copy_open_file(int dir, const char *path, int flags, int *ret_fd);

// Read up to COPY_CHUNK bytes; fewer only at the end of the file.
MUST_CHECK enum aiu_status copy_read(int fd, uint8_t *chunk, size_t *ret_n);
