// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Reads the frames of one segment in order, through a window, with one pread for each 256 KiB.
//
// Ownership: the struct owns its window; the file is the caller's. A frame lives until the next
// call. Threads:   one. Internal to audit.
#pragma once

#include "audit/wal.h"

struct scan {
    int fd;
    uint64_t offset; // of the next frame in the file
    uint8_t *window;
    size_t at, end; // bytes of the window that are not taken yet
    bool at_end;    // the file has no more behind the window
};

// What lies behind the last good frame of a segment.
struct scan_rest {
    uint64_t dirty_end; // end of the last byte that is not zero; 0 where all are
    bool has_frame;     // a good frame that may belong to this log
};

MUST_CHECK enum aiu_status scan_init(struct scan *s);
void scan_done(struct scan *s);

// Begin with a segment. `*ret_good` is false where its header is damaged or cut off.
MUST_CHECK enum aiu_status scan_begin(struct scan *s, int fd, struct wal_header *ret_header,
                                      bool *ret_good);

// Begin at `offset` of the same file, forgetting what was read.
void scan_seek(struct scan *s, uint64_t offset);

// What comes next: WAL_FRAME (and is taken then), WAL_END or WAL_BAD. A frame that the end of the
// file cuts off is WAL_BAD; zeros up to it are WAL_END.
MUST_CHECK enum aiu_status scan_next(struct scan *s, struct wal_frame *ret_frame,
                                     enum wal_found *ret_found);

// Look through all that is left. Frames below `index` do not count.
MUST_CHECK enum aiu_status scan_rest(struct scan *s, uint64_t index, struct scan_rest *ret_rest);
