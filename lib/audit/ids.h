// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A set of request ids (UUIDs): the decisions that have no result yet.
//
// Ownership: the struct owns its table. Threads: one. Memory: 32 bytes an id at most, IDS_MOST ids.
// Internal to audit.
#pragma once

#include "base/clock.h"
#include "base/span.h"
#include "base/status.h"

enum { IDS_MOST = 1 << 22 };

struct id {
    uint8_t bytes[16];
};

struct ids {
    struct id *table; // the zero id is a free place
    size_t capacity;  // 0 or a power of two
    size_t count;
};

// The 36 characters of RFC 9562 section 4, lower case; false for any other text and the nil UUID.
bool id_read(struct span text, struct id *ret_id);
void id_write(const struct id *id, char out[UUID_SIZE]);

void ids_init(struct ids *s);
void ids_done(struct ids *s);

// AIU_TOO_LONG at IDS_MOST, AIU_NO_MEMORY. One that is there already is no error.
MUST_CHECK enum aiu_status ids_add(struct ids *s, const struct id *id);

// Whether it was there.
bool ids_remove(struct ids *s, const struct id *id);

// Turn the table into a sorted list of `count` ids, oldest first as UUIDv7 sort by time. The set
// can only be freed then.
const struct id *ids_sorted(struct ids *s);
