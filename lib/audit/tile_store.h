// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Writes tiles and bundles of entries below a log's folder. A file appears under its name only when
// its bytes are on disk, and tile_store_commit returns only when the names are, too: what a
// checkpoint needs is durable before the checkpoint is (invariant A of docs/internals/audit.md).
//
// Ownership: the caller frees; the folder's descriptor is the caller's. Threads: one a store.
// Memory:    names of at most TILE_STORE_BATCH files.
// Errors:    AIU_AUDIT_UNAVAILABLE (no space), AIU_FILE_DENIED, AIU_IO, AIU_NO_MEMORY. After one
// the
//            files that were put since the last commit may be missing.
#pragma once

#include "audit/tile.h"

enum { TILE_STORE_BATCH = 256 };

struct tile_store;

// `sync` false: nothing is durable (tests and benchmarks).
MUST_CHECK enum aiu_status tile_store_new(int folder_fd, bool sync, struct tile_store **ret_store);

// NULL is fine. Files that were not committed are left under a temporary name.
void tile_store_free(struct tile_store *s);

// For CLEANUP.
static inline void tile_store_done(struct tile_store **s)
{
    tile_store_free(*s);
    *s = NULL;
}

// Write a file; it gets its name with the next commit, which is made here where there are
// TILE_STORE_BATCH files.
MUST_CHECK enum aiu_status tile_store_put(struct tile_store *s, const struct tile *t,
                                          struct span bytes);
MUST_CHECK enum aiu_status tile_store_commit(struct tile_store *s);

// Whether the file is there, with `size` bytes; 0 for any but none.
bool tile_store_has(const struct tile_store *s, const struct tile *t, size_t size);

// Remove the partial files of a tile that is full now. What fails is left: it does no harm.
void tile_store_drop_partials(struct tile_store *s, int level, uint64_t index);

// Replace the small file `name` of the folder, all or nothing, durable when it returns.
MUST_CHECK enum aiu_status tile_store_replace(int folder_fd, const char *name, struct span bytes,
                                              bool sync);
