// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Rows (audit/row.h) of all entries of a log, kept in LOG/index/ so that a query reads 64 bytes an
// entry and parses only what it prints. A cache of the write-ahead log and nothing else: it may be
// deleted at any time, is brought up to date by whoever asks, and is left alone where the folder
// cannot be written (a copy, another user): rows are made on the way then.
//
// Ownership: rows live until the next call. Threads: one an index; several processes may read, one
// at a time writes a file. Memory: the rows of one segment. Never takes the writer's lock.
#pragma once

#include "audit/row.h"
#include "base/buf.h"

struct audit_index;

// AIU_FILE_NOT_FOUND where `folder` has no log.
MUST_CHECK enum aiu_status index_open(const char *folder, struct audit_index **ret_index);
void index_free(struct audit_index *x);

struct index_window {
    uint64_t from_us, to_us; // [from, to): segments without such an entry are passed over
};

struct index_rows {
    uint64_t first_index; // of the entry of rows[0]
    const struct row *rows;
    size_t count;
};

// The rows of the next segment.
//   AIU_NOT_FOUND      no more
//   AIU_AUDIT_CORRUPT  the segment is damaged; `aiu audit fsck` tells what
//   AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status index_next(struct audit_index *x, const struct index_window *w,
                                      struct index_rows *ret_rows);

// Begin with the first segment again.
void index_rewind(struct audit_index *x);

// The entry behind a row of the last index_next; `entry` is set to it.
MUST_CHECK enum aiu_status index_entry(struct audit_index *x, const struct row *row,
                                       struct buf *entry);
