// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Tiles as the source of proofs: from a folder with tiles, or from whatever reads one.
//
// Ownership: the caller frees. Threads: one a source. Memory: one tile for each of eight levels.
#pragma once

#include "audit/proof.h"
#include "audit/tile.h"

struct tile_source;

// Reads the hashes of a tile into `out` (t->width * TREE_HASH_SIZE bytes). AIU_FILE_NOT_FOUND where
// it is not there; a partial tile is then asked for as a full one, of which the beginning counts.
struct tile_reader {
    enum aiu_status (*read)(void *ctx, const struct tile *t, uint8_t *out);
    void *ctx;
};

// The tree of `size`: tells which tiles are partial.
MUST_CHECK enum aiu_status tile_source_new(const struct tile_reader *reader, uint64_t size,
                                           struct tile_source **ret_source);

// The tiles below `folder_fd`, which must stay open. Files that are not of the right size are
// AIU_AUDIT_CORRUPT.
MUST_CHECK enum aiu_status tile_source_open(int folder_fd, uint64_t size,
                                            struct tile_source **ret_source);

// NULL is fine.
void tile_source_free(struct tile_source *s);

// For CLEANUP.
static inline void tile_source_done(struct tile_source **s)
{
    tile_source_free(*s);
    *s = NULL;
}

// What proof_inclusion and its sisters take.
struct proof_source tile_source_proofs(struct tile_source *s);

// Read one tile or bundle of a folder, never through a link: bytes into `out`, at most `most`.
//   AIU_FILE_NOT_FOUND, AIU_AUDIT_CORRUPT (longer than `most`), AIU_IO
MUST_CHECK enum aiu_status tile_file_read(int folder_fd, const struct tile *t, uint8_t *out,
                                          size_t most, size_t *ret_n);
