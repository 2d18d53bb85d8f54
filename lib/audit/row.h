// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// What a query asks of an entry, as a row of fixed size: when, what kind, and hashes of the values
// that are looked for. A row says "no" for certain and "yes" perhaps; the entry itself decides.
//
// Ownership: plain values. Threads: any. Errors: none; an entry that is no JSON of ours is
// ROW_OTHER without values.
#pragma once

#include "base/arena.h"
#include "base/span.h"

// Kinds of entries that queries tell apart; everything else is an event.
enum row_type { ROW_OTHER, ROW_DECISION, ROW_RESULT, ROW_ABANDONED, ROW_EVENT };

enum row_column {
    ROW_TYPE_NAME, // "t"
    ROW_ID,
    ROW_TENANT,
    ROW_KEY,  // "vk"
    ROW_USER, // "user_mac"
    ROW_MODEL,
    ROW_PROVIDER,
    ROW_VERDICT, // of "policy"
    ROW_OUTCOME, // of a result; "code" of a denial
    ROW_PROMPT,  // "prompt_mac"
    ROW_COLUMNS
};

struct row {
    uint64_t unix_us;              // 0 where there is none
    uint64_t rules;                // a bit for each rule, by its hash
    uint32_t offset_8;             // of the frame in its segment, in units of 8 bytes
    uint32_t columns[ROW_COLUMNS]; // row_hash of the value, 0 for none
    uint8_t type;                  // enum row_type
    uint8_t reserved[3];
};

_Static_assert(sizeof(struct row) == 64, "rows are written to files");

// Never 0 for a text that is not empty.
uint32_t row_hash(struct span text);

// The bit of a rule's id.
uint64_t row_rule_bit(struct span rule);

// 64 bits of a UUIDv7, whose last 16 hexadecimal digits are random. Never 0.
uint64_t row_id_bits(struct span id);

// What the entry says, with its values themselves: spans into the entry, or into the arena where
// they were escaped.
struct row_values {
    struct row row; // without offset_8
    struct span columns[ROW_COLUMNS];
    struct span stamp; // "ts"
    struct span rules[64];
    size_t rule_count;
    uint64_t status, tokens_in, tokens_out, in_bytes, out_bytes, duration_us; // of a result
    bool has_usage;
};

// Read an entry. `a` is reset by the caller between entries.
void row_read(struct span entry, struct arena *a, struct row_values *ret_values);

// "2026-11-23T01:02:03.004005Z", or its beginning down to the day, as microseconds since 1970.
// AIU_USAGE for anything else.
MUST_CHECK enum aiu_status row_parse_stamp(struct span text, uint64_t *ret_unix_us);
