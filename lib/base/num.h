// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Numbers and their texts: decimal, hex, base64, durations and sizes of configuration files.
// Strict: no sign, no blank, no overflow, nothing left over.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// Decimal digits only, at most `most`. AIU_USAGE for anything else.
MUST_CHECK enum aiu_status num_parse_u64(struct span text, uint64_t most, uint64_t *ret_value);

// "250ms", "5s", "15m", "24h", "7d" to milliseconds; a unit is required, except for 0.
MUST_CHECK enum aiu_status num_parse_duration_ms(struct span text, uint64_t *ret_ms);

// "4096", "64KiB", "10MiB", "2GiB" to bytes.
MUST_CHECK enum aiu_status num_parse_size(struct span text, uint64_t *ret_bytes);

// Value of a hexadecimal digit, -1 for any other byte.
int num_hex_digit(uint8_t c);

MUST_CHECK enum aiu_status num_append_hex(struct buf *b, struct span bytes);
// The same into `text`, of 2 n + 1 bytes, with a zero at the end.
void num_write_hex(struct span bytes, char *text);

// RFC 4648: section 4 with padding, section 5 (url) without.
MUST_CHECK enum aiu_status num_append_base64(struct buf *b, struct span bytes);
MUST_CHECK enum aiu_status num_append_base64url(struct buf *b, struct span bytes);

// Strict decoding of section 4 with padding: AIU_USAGE for any other byte, length or loose bit.
MUST_CHECK enum aiu_status num_decode_base64(struct span text, struct buf *b);

// The same in fixed memory: write NUM_BASE64_SIZE(bytes.n) characters to `out`; read a text that
// must stand for exactly `n` bytes (section 4, with padding), false for any other.
#define NUM_BASE64_SIZE(n) (((size_t)(n) + 2) / 3 * 4)
void num_base64_write(struct span bytes, uint8_t *out);
bool num_base64_read(struct span text, uint8_t *out, size_t n);
