// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The bytes of a write-ahead log: segment header and frame (docs/audit-format.md). Pure.
//
//     header 64 B: "AUWSEG01" | u32 version 1 | u32 crc32c(what follows) | u64 first index
//                  | root[32] of the tree of all entries before | u64 unix microseconds
//     frame:       "AUW1" | u32 length (1..65535) | u64 index | u32 crc32c(length, index, entry)
//                  | entry | zeros up to a multiple of 8
//
// All numbers little-endian. Frames lie one behind the other from byte 64 on; the rest of the file
// is zero.
//
// Ownership: spans point into the caller's bytes. Threads: any. Errors: verdicts, not statuses.
#pragma once

#include "audit/tree.h"
#include "base/span.h"
#include "base/status.h"

enum {
    WAL_HEADER_SIZE = 64,
    WAL_FRAME_HEAD = 20,
    WAL_ENTRY_MOST = 65535,
    WAL_FRAME_LEAST = 24,
    WAL_FRAME_MOST = 65560,
    WAL_NAME_SIZE = 25 // "00000000000000000000.wal" and NUL
};

struct wal_header {
    uint64_t first_index;
    struct tree_hash root;
    uint64_t unix_us;
};

struct wal_frame {
    uint64_t index;
    struct span entry;
    size_t size; // bytes to the next frame
};

enum wal_found {
    WAL_FRAME, // a good one
    WAL_END,   // zeros where a frame would begin
    WAL_SHORT, // more bytes are needed to tell
    WAL_BAD    // neither
};

void wal_header_write(const struct wal_header *h, uint8_t out[WAL_HEADER_SIZE]);

// False where magic, version or checksum are not right.
bool wal_header_read(const uint8_t in[WAL_HEADER_SIZE], struct wal_header *ret_header);

// Bytes of the frame of an entry of `n` bytes.
static inline size_t wal_frame_size(size_t n)
{
    return (WAL_FRAME_HEAD + n + 7) & ~(size_t)7;
}

// Write all of a frame but its checksum; `out` has wal_frame_size(entry.n) bytes.
void wal_frame_write(uint8_t *out, uint64_t index, struct span entry);

// Take `base` off the index of a frame that is not sealed yet.
void wal_frame_renumber(uint8_t *frame, uint64_t base);

// Add the checksum; returns the size of the frame. Apart from writing, so that the long part of the
// work is done by the committer and not under its lock.
size_t wal_frame_seal(uint8_t *frame);

// The entry of a frame that wal_frame_write made: read without any check.
struct span wal_frame_entry(const uint8_t *frame);

// What lies at the start of `bytes`. The index of a good frame may be any: the caller knows which
// comes next.
enum wal_found wal_frame_read(struct span bytes, struct wal_frame *ret_frame);

// The name of the segment that begins with `first_index`, and back.
void wal_name(uint64_t first_index, char out[WAL_NAME_SIZE]);
bool wal_name_read(const char *name, uint64_t *ret_first_index);
