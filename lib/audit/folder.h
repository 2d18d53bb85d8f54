// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The folder of a log and the files in it, opened so that nobody else can have put them there.
//
//     LOG/lock            held by the writer
//     LOG/reserve         space to write the last entries with on a full disk
//     LOG/frontier        audit/frontier.h
//     LOG/wal/NUMBER.wal  segments; LOG/wal/next is the one prepared ahead
//
// Ownership: the struct owns its descriptors. Threads: one. Internal to audit, but for
// folder_replace.
#pragma once

#include <sys/types.h>

#include "base/span.h"
#include "base/status.h"

struct folder {
    int top;
    int wal;
    int lock; // -1 for a reader
};

#define FOLDER_CLOSED                                                                              \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }

// First indices of the segments, ascending.
struct segment_list {
    uint64_t *first;
    size_t count;
};

// Create what is missing (0700) and, with `sync`, make that durable; check owner and mode; lock.
//   AIU_AUDIT_LOCKED, AIU_AUDIT_EXPOSED, AIU_FILE_DENIED, AIU_FILE_INVALID (not a folder), AIU_IO
MUST_CHECK enum aiu_status folder_open_writer(const char *path, bool sync,
                                              struct folder *ret_folder);

// For reading, whoever it belongs to. AIU_FILE_NOT_FOUND where there is no log.
MUST_CHECK enum aiu_status folder_open_reader(const char *path, struct folder *ret_folder);

void folder_done(struct folder *f);

// The caller gives the list back with segment_list_done.
MUST_CHECK enum aiu_status folder_segments(const struct folder *f, struct segment_list *ret_list);
void segment_list_done(struct segment_list *list);

// Open a file in `dir` (top or wal): never through a link, never inherited.
MUST_CHECK enum aiu_status folder_open_file(int dir, const char *name, int flags, int *ret_fd);

// A regular file of ours that nobody else can reach; else AIU_AUDIT_EXPOSED.
MUST_CHECK enum aiu_status folder_check_file(int fd);

// Replace the small file `name`, all or nothing, durable when it returns.
MUST_CHECK enum aiu_status folder_replace(int dir, const char *name, struct span bytes);

// Each name in `dir` that does not begin with a dot. An error of `each` stops and is returned.
MUST_CHECK enum aiu_status
folder_each(int dir, enum aiu_status (*each)(void *ctx, const char *name), void *ctx);

// errno as a status; no space is AIU_AUDIT_UNAVAILABLE.
enum aiu_status folder_errno(int error);

// When the first segment of the log `folder` was begun. AIU_AUDIT_CORRUPT where its header is none,
// AIU_FILE_NOT_FOUND where there is no such log or segment.
MUST_CHECK enum aiu_status folder_begun(const char *folder, uint64_t *ret_unix_us);

// For CLEANUP.
void folder_close_fd(int *fd);
