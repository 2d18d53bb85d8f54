// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A frame is good only when every bit of it is what the writer wrote: magic, length, checksum, and
// the zeros that pad it. The checksum covers the index, so that a frame cannot pass for another.
#include "audit/wal.h"

#include "base/crc32c.h"

static const uint8_t segment_magic[8] = {'A', 'U', 'W', 'S', 'E', 'G', '0', '1'};
static const uint8_t frame_magic[4] = {'A', 'U', 'W', '1'};

enum { WAL_VERSION = 1, WAL_DIGITS = 20 };

static void put_u32(uint8_t *out, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

static void put_u64(uint8_t *out, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

static uint64_t get_le(const uint8_t *in, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = bytes; i > 0; i--) {
        value = value << 8 | in[i - 1];
    }
    return value;
}

void wal_header_write(const struct wal_header *h, uint8_t out[WAL_HEADER_SIZE])
{
    memcpy(out, segment_magic, sizeof(segment_magic));
    put_u32(out + 8, WAL_VERSION);
    put_u64(out + 16, h->first_index);
    memcpy(out + 24, h->root.bytes, TREE_HASH_SIZE);
    put_u64(out + 56, h->unix_us);
    put_u32(out + 12, crc32c(0, span_of(out + 16, WAL_HEADER_SIZE - 16)));
}

bool wal_header_read(const uint8_t in[WAL_HEADER_SIZE], struct wal_header *ret_header)
{
    if (memcmp(in, segment_magic, sizeof(segment_magic)) != 0 || get_le(in + 8, 4) != WAL_VERSION ||
        get_le(in + 12, 4) != crc32c(0, span_of(in + 16, WAL_HEADER_SIZE - 16))) {
        return false;
    }
    ret_header->first_index = get_le(in + 16, 8);
    memcpy(ret_header->root.bytes, in + 24, TREE_HASH_SIZE);
    ret_header->unix_us = get_le(in + 56, 8);
    return true;
}

void wal_frame_write(uint8_t *out, uint64_t index, struct span entry)
{
    size_t size = wal_frame_size(entry.n);

    memcpy(out, frame_magic, sizeof(frame_magic));
    put_u32(out + 4, (uint32_t)entry.n);
    put_u64(out + 8, index);
    memset(out + 16, 0, 4);
    memcpy(out + WAL_FRAME_HEAD, entry.p, entry.n);
    memset(out + WAL_FRAME_HEAD + entry.n, 0, size - WAL_FRAME_HEAD - entry.n);
}

static uint32_t frame_crc(const uint8_t *frame, size_t n)
{
    return crc32c(crc32c(0, span_of(frame + 4, 12)), span_of(frame + WAL_FRAME_HEAD, n));
}

struct span wal_frame_entry(const uint8_t *frame)
{
    return (struct span){frame + WAL_FRAME_HEAD, get_le(frame + 4, 4)};
}

void wal_frame_renumber(uint8_t *frame, uint64_t base)
{
    put_u64(frame + 8, get_le(frame + 8, 8) - base);
}

size_t wal_frame_seal(uint8_t *frame)
{
    size_t n = wal_frame_entry(frame).n;

    put_u32(frame + 16, frame_crc(frame, n));
    return wal_frame_size(n);
}

static bool all_zero(struct span s)
{
    uint8_t any = 0;

    for (size_t i = 0; i < s.n; i++) {
        any |= s.p[i];
    }
    return any == 0;
}

enum wal_found wal_frame_read(struct span bytes, struct wal_frame *ret_frame)
{
    if (bytes.n < WAL_FRAME_HEAD) {
        return WAL_SHORT;
    }
    if (memcmp(bytes.p, frame_magic, sizeof(frame_magic)) != 0) {
        return all_zero(span_first(bytes, WAL_FRAME_HEAD)) ? WAL_END : WAL_BAD;
    }
    size_t n = get_le(bytes.p + 4, 4);
    if (n == 0 || n > WAL_ENTRY_MOST) {
        return WAL_BAD;
    }
    size_t size = wal_frame_size(n);
    if (bytes.n < size) {
        return WAL_SHORT;
    }
    struct span pad = {bytes.p + WAL_FRAME_HEAD + n, size - WAL_FRAME_HEAD - n};
    if (get_le(bytes.p + 16, 4) != frame_crc(bytes.p, n) || !all_zero(pad)) {
        return WAL_BAD;
    }
    *ret_frame = (struct wal_frame){
        .index = get_le(bytes.p + 8, 8),
        .entry = {bytes.p + WAL_FRAME_HEAD, n},
        .size = size,
    };
    return WAL_FRAME;
}

void wal_name(uint64_t first_index, char out[WAL_NAME_SIZE])
{
    for (size_t i = WAL_DIGITS; i > 0; i--) {
        out[i - 1] = (char)('0' + first_index % 10);
        first_index /= 10;
    }
    memcpy(out + WAL_DIGITS, ".wal", 5);
}

bool wal_name_read(const char *name, uint64_t *ret_first_index)
{
    uint64_t value = 0;
    size_t i = 0;

    for (; i < WAL_DIGITS && name[i] >= '0' && name[i] <= '9'; i++) {
        uint64_t digit = (uint64_t)(name[i] - '0');
        if (value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
    }
    if (i < WAL_DIGITS || strcmp(name + i, ".wal") != 0) {
        return false;
    }
    *ret_first_index = value;
    return true;
}
