// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Derives the tiles and bundles of a log from its write-ahead log: the same entries always give the
// same files, so all of them may be deleted and come back.
//
// Ownership: the caller frees. Threads: one. Memory: some 100 KiB, and one bundle of entries
// (typically 150 KiB, 16 MiB at most), whatever the log's length.
// Internal to audit.
#pragma once

#include "audit/ids.h"
#include "audit/proof.h"
#include "audit/tile.h"

struct tile_writer;

// `folder` is LOG. `sync` false: nothing is durable.
MUST_CHECK enum aiu_status tile_writer_new(const char *folder, bool sync,
                                           struct tile_writer **ret_writer);

// NULL is fine.
void tile_writer_free(struct tile_writer *w);

// For CLEANUP.
static inline void tile_writer_done(struct tile_writer **w)
{
    tile_writer_free(*w);
    *w = NULL;
}

// Where to go on: at the published tree `head` where all its tiles are there and lead to its root,
// else at the start, writing what is missing (all of it, where what is there leads to another
// root, or where `head` is NULL). `end`: how many entries the log has. `*ret_rebuilt` tells which.
MUST_CHECK enum aiu_status tile_writer_begin(struct tile_writer *w, const struct tree_head *head,
                                             uint64_t end, bool *ret_rebuilt);

// Take the entries up to `size` from the log; full tiles are written as they come.
//   AIU_AUDIT_CORRUPT  an entry cannot be read
//   those of tile_store_put
// After an error only tile_writer_begin helps.
MUST_CHECK enum aiu_status tile_writer_take(struct tile_writer *w, uint64_t size);

// Write the partial tiles too: everything that a checkpoint of what was taken needs is durable when
// this returns.
MUST_CHECK enum aiu_status tile_writer_flush(struct tile_writer *w);

// Remove partial tiles of trees up to `published` whose full tile is there.
void tile_writer_tidy(struct tile_writer *w, uint64_t published);

// What was taken.
struct tree_head tile_writer_head(const struct tile_writer *w);

// The proof from the tree of `older` entries to what was taken, after a flush.
MUST_CHECK enum aiu_status tile_writer_prove(const struct tile_writer *w, uint64_t older,
                                             struct proof *ret_proof);

// Decisions without a result among the entries that were taken since this process opened the log.
// The set may be used up: the writer is of no use afterwards.
struct ids *tile_writer_open(struct tile_writer *w);

// LOG's descriptor.
int tile_writer_folder(const struct tile_writer *w);
