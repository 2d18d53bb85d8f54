// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// The file of `aiu redact --map`: the list of pseudonyms and their values, sealed (secret/seal.h)
// with the master key of the state folder or with a key file. A key file of one machine opens the
// map on another.
//
// Ownership: the struct owns its list and keys. Threads: one.
// Errors:    AIU_FILE_INVALID for a map of another key or one that was changed, others of files and
//            keys. What is wrong with a file is said on stderr.
#pragma once

#include "aiu/pseudonyms.h"
#include "aiu/state_dir.h"
#include "secret/mac.h"
#include "secret/secret.h"

struct map_options {
    const char *path, *key;
    struct state_dir_options where;
};

struct pseudonym_map {
    const char *path; // NULL: none is kept
    struct aiu_pseudonyms *list;
    struct secret *master;
    struct mac *mac;
    size_t saved; // pseudonyms that are on disk
};

// "--map", "--key", "--state-dir", "--config"; false for any other.
bool map_option(struct map_options *o, const char *name, const char *value);

// Open the key and read the map. `adding`: for `aiu redact`, which makes the map where there is
// none.
MUST_CHECK enum aiu_status pseudonym_map_open(const struct map_options *o, bool adding,
                                              struct pseudonym_map *ret_map);
void pseudonym_map_done(struct pseudonym_map *m);

// Write the map where it has grown: durable, and in the place of the old one at once.
MUST_CHECK enum aiu_status pseudonym_map_save(struct pseudonym_map *m);
