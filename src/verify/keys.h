// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Files and keys of the command line: whose signatures count.
#pragma once

#include "audit/trust.h"
#include "base/buf.h"

enum { KEYS_FILE_MOST = 1024 * 1024 };

// Keys and policy as given, and the bytes that they point into.
struct keys {
    struct trust trust;
    struct buf text[TRUST_LOGS_MOST];
    size_t texts;
    bool from_log; // nobody gave a key: it is the one that lies beside the log
};

void keys_init(struct keys *k);
void keys_done(struct keys *k);

// Read a file as a whole ("-" is the standard input) to the end of `b`.
//   AIU_FILE_NOT_FOUND, AIU_FILE_DENIED, AIU_FILE_TOO_LARGE, AIU_IO, AIU_NO_MEMORY
MUST_CHECK enum aiu_status keys_read_file(const char *path, struct buf *b);

// A vkey, or a file of vkeys, one a line. AIU_FILE_INVALID where it is neither.
MUST_CHECK enum aiu_status keys_add(struct keys *k, const char *text_or_path);

// A policy file. `*ret_line` is the line of a mistake.
MUST_CHECK enum aiu_status keys_add_policy(struct keys *k, const char *path, size_t *ret_line);

// The file `vkey` of the log's folder. AIU_FILE_NOT_FOUND where it has none.
MUST_CHECK enum aiu_status keys_add_of_log(struct keys *k, const char *folder);

// Whose word counts for the log of this checkpoint: the keys, and trust_add_shard for its origin.
// `note` must live as long as the trust.
MUST_CHECK enum aiu_status keys_for(const struct keys *k, struct span note,
                                    struct trust *ret_trust);
