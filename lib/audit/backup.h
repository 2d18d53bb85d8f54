// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Copies of a log, live or not, that are known to be good (guide S79, S90).
//
// A backup is a folder that `aiu audit verify --dir` reads like the log itself:
//     aiu-audit-HOST-20261124T105900Z[-2]/   0700, never an existing one
//       checkpoint, tile/…, wal/…            0600, as in the log, without zeros at the end
//       MANIFEST.json                        written last: what there is, with SHA-256 and root
// The checkpoint is copied first and the write-ahead log last, so that the copy holds every entry
// that its checkpoint speaks of, whatever the gateway writes meanwhile. What was copied is read
// again from the disk, hashed and checked like a log before MANIFEST.json is written.
//
// Ownership: the caller's buffers. Threads: one; blocks on the disk.
// Memory:    1 MiB, whatever the log's size.
#pragma once

#include "audit/fsck.h"
#include "base/buf.h"

struct backup_options {
    const char *log;     // folder of the log
    const char *to;      // folder in which the backup's own is made
    const char *host;    // for its name; what is no letter, digit, "." or "-" becomes "-"
    uint64_t now_unix_s; // for its name and the manifest
    const char *month;   // part of the name; NULL: the log that is written
};

struct backup_result {
    char path[4096]; // of the new folder
    uint64_t entries;
    uint64_t files, bytes;
    struct tree_hash root;
};

//   AIU_AUDIT_CORRUPT  the log is damaged: nothing that is damaged is called a backup. The copy is
//                      left for whoever looks into it, without a manifest
//   AIU_FILE_NOT_FOUND, AIU_FILE_DENIED, AIU_AUDIT_UNAVAILABLE (no space), AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status backup_make(const struct backup_options *o,
                                       struct backup_result *ret_result);

// Whether a backup is what its manifest says: every file there, no other, the same bytes, a log
// without fault, the same root. `why` gets what is wrong, for people, naming the file.
//   AIU_NOT_FOUND  it is not
MUST_CHECK enum aiu_status backup_check(const char *backup, struct backup_result *ret_result,
                                        struct buf *why);

// Check a backup, copy it to `to` (a folder that does not exist or is empty) and check the copy.
// As backup_check; AIU_BUSY where `to` is not empty.
MUST_CHECK enum aiu_status backup_restore(const char *backup, const char *to,
                                          struct backup_result *ret_result, struct buf *why);
