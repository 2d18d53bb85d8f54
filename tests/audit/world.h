// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A log on the disk that verifies, for tests that then do something to it.
#pragma once

#include "published.h"

// A log with the key that it is trusted by.
struct world {
    char folder[PATH_SIZE];
    struct row row;
    struct sign_key *signer;
    struct trust trust;
};

// `size` entries in segments of `segment`, of which the first `published` are signed.
static inline void world_make(struct world *w, uint64_t size, uint64_t segment, uint64_t published)
{
    (void)new_log_folder(w->folder);
    row_init(&w->row, size, segment);
    w->signer = key_of_seed(0);
    const struct note_key key = named_key(LOG_ORIGIN, NOTE_SIGNATURE, w->signer);
    trust_of_key(&w->trust, &key);
    write_wal(w->folder, &w->row);
    publish(w->folder, &w->row, published, w->signer);
}

static inline void world_done(struct world *w)
{
    row_done(&w->row);
    sign_key_free(w->signer);
    remove_log_folder(w->folder);
}
