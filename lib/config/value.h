// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Single values: from the text of a file or variable into a member of a struct, and back as text.
//
// Ownership: strings go into the snapshot's arena. Threads: one.
// Errors:    AIU_NO_MEMORY; a value that is not right is reported and the member stays as it was.
#pragma once

#include "config/builder.h"

// Set the member `field` of type `key` from `node`. Reports under the builder's path.
MUST_CHECK enum aiu_status value_set(struct builder *b, const struct schema_key *key,
                                     const struct node *node, void *field);

// The member as a file would have it; secrets and hashes masked.
MUST_CHECK enum aiu_status value_text(const struct schema_key *key, const void *field,
                                      struct buf *dst);

// A number as its type writes it: 10MiB, 5s, auto.
MUST_CHECK enum aiu_status value_append_number(const struct schema_key *key, uint64_t value,
                                               struct buf *dst);

// A member that holds a whole number, whatever its width.
uint64_t value_number(const struct schema_key *key, const void *field);

// Whether the member holds nothing: an optional value that was not given and has no default.
bool value_is_empty(const struct schema_key *key, const void *field);
