// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Entries of a log in order, from a live folder or a copy of one. Never takes the writer's lock and
// changes nothing. Of a live log it may see the batch that is just being synced.
//
// Ownership: the entry lives until the next call on the reader. Threads: one a reader.
// Memory:    one window of 256 KiB.
#pragma once

#include "base/span.h"
#include "base/status.h"

struct reader;

struct reader_entry {
    uint64_t index;
    struct span bytes;
};

// Begin with the entry `from`. AIU_FILE_NOT_FOUND where `folder` has no log.
MUST_CHECK enum aiu_status reader_open(const char *folder, uint64_t from,
                                       struct reader **ret_reader);
void reader_free(struct reader *r);

// The next entry.
//   AIU_OK
//   AIU_NOT_FOUND      no more for now; the same call may give one later
//   AIU_AUDIT_CORRUPT  damaged here, or a segment is missing; fsck tells what
//   AIU_IO
// After anything but the first two the reader can only be freed.
MUST_CHECK enum aiu_status reader_next(struct reader *r, struct reader_entry *ret_entry);

// After AIU_NOT_FOUND: whether that is the end, and no damage with good entries behind it (which
// reader_next does not look for). AIU_OK or AIU_AUDIT_CORRUPT. Reads the rest of a segment.
MUST_CHECK enum aiu_status reader_check_end(struct reader *r);

// Index of the entry that comes next.
uint64_t reader_position(const struct reader *r);

// The index behind the last entry of a log.
MUST_CHECK enum aiu_status reader_end(const char *folder, uint64_t *ret_end);

// Hand every entry to `on_entry`. At the end, which is checked once, ask `wait` (may be NULL) to
// block until there may be more: it returns false to stop. An error of `on_entry` stops and is
// returned.
struct reader_sink {
    enum aiu_status (*on_entry)(void *ctx, const struct reader_entry *entry);
    bool (*wait)(void *ctx);
    void *ctx;
};
MUST_CHECK enum aiu_status reader_each(struct reader *r, const struct reader_sink *sink);
