// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Checkpoints (c2sp.org/tlog-checkpoint@v1.0.0): the size and root of a log's tree as the text of a
// signed note (audit/note.h), three lines: origin, size, root.
//
// Ownership: spans point into the caller's bytes. Threads: any. Memory: fixed. No system call.
#pragma once

#include "audit/note.h"
#include "audit/tree.h"

enum { CHECKPOINT_MOST = NOTE_MOST };

struct checkpoint {
    struct span origin;
    uint64_t size;
    struct tree_hash root;
    struct span extensions; // lines behind the third, as they came; none are written here
};

// Read the text of a note. AIU_FILE_INVALID where it is not a checkpoint.
MUST_CHECK enum aiu_status checkpoint_parse(struct span text, struct checkpoint *ret_checkpoint);

// Append the text; errors of buf_append, AIU_USAGE for an origin that is no name of a key.
MUST_CHECK enum aiu_status checkpoint_write(const struct checkpoint *c, struct buf *out);

// Append a whole signed note: text, empty line, signature of the log. `key->name` is the origin.
MUST_CHECK enum aiu_status checkpoint_sign(const struct note_key *key,
                                           const struct sign_key *signer,
                                           const struct checkpoint *c, struct buf *out);

// Parse a signed note and verify it with the log's key, whose name must be the origin.
//   AIU_FILE_INVALID, and all of note_verify: AIU_NOT_FOUND is "signed by somebody else"
MUST_CHECK enum aiu_status checkpoint_open(struct span note, const struct note_key *log,
                                           struct checkpoint *ret_checkpoint);
