// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The files that the committer writes: the segment in use, the one prepared ahead, the reserve.
//
// Threads: one. Internal to audit.
#pragma once

#include "audit/folder.h"
#include "audit/wal.h"

// A full disk is a state that ends; anything else that fails is for good.
enum segments_io { SEGMENTS_OK, SEGMENTS_FULL, SEGMENTS_FAILED };

struct segments {
    const struct folder *folder;
    size_t segment_size, reserve_size;
    bool sync;
    int fd; // in use; -1 before the first
    uint64_t offset, size;
    int next_fd; // wal/next, or -1
    uint64_t next_size;
    bool reserve; // LOG/reserve is there
};

// Takes over nothing; `folder` must outlive it. What an earlier start prepared is removed.
MUST_CHECK enum segments_io segments_init(struct segments *s, const struct folder *folder,
                                          size_t segment_size, size_t reserve_size);
void segments_done(struct segments *s);

// Go on in the segment `first` at `offset`: zero what a torn write left up to `dirty_end`, sync.
MUST_CHECK enum segments_io segments_adopt(struct segments *s, uint64_t first, uint64_t offset,
                                           uint64_t dirty_end);

// Make what is missing of the next segment and the reserve.
MUST_CHECK enum segments_io segments_prepare(struct segments *s);

// Give the reserve up for a small next segment.
MUST_CHECK enum segments_io segments_spend_reserve(struct segments *s);

// Put the next segment in use. Needs one: next_fd is not -1.
MUST_CHECK enum segments_io segments_roll(struct segments *s, const struct wal_header *header);

static inline uint64_t segments_room(const struct segments *s)
{
    return s->fd < 0 ? 0 : s->size - s->offset;
}

// Write frames, which must fit; then make those `n` bytes durable and go on behind them. After
// SEGMENTS_FULL the same bytes may be written again; after SEGMENTS_FAILED the files must not be
// touched any more.
MUST_CHECK enum segments_io segments_write(struct segments *s, struct span frames);
MUST_CHECK enum segments_io segments_sync(struct segments *s, size_t n);
