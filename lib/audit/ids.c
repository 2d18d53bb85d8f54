// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Open addressing with linear probing, at most half full; removal moves the ids behind it up, so
// that no marks of removed ones pile up over a long log.
#include "audit/ids.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/num.h"

static const struct id no_id;

static bool id_equal(const struct id *a, const struct id *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

static bool is_hyphen_at(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

bool id_read(struct span text, struct id *ret_id)
{
    struct id id = {{0}};
    size_t digits = 0;

    if (text.n != UUID_SIZE) {
        return false;
    }
    for (size_t i = 0; i < UUID_SIZE; i++) {
        uint8_t c = text.p[i];
        if (is_hyphen_at(i)) {
            if (c != '-') {
                return false;
            }
            continue;
        }
        int value = num_hex_digit(c);
        if (value < 0 || (c >= 'A' && c <= 'F')) {
            return false;
        }
        id.bytes[digits / 2] = (uint8_t)(id.bytes[digits / 2] << 4 | value);
        digits++;
    }
    *ret_id = id;
    return !id_equal(&id, &no_id);
}

void id_write(const struct id *id, char out[UUID_SIZE])
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = 0;

    for (size_t i = 0; i < UUID_SIZE; i++) {
        if (is_hyphen_at(i)) {
            out[i] = '-';
            continue;
        }
        uint8_t byte = id->bytes[digits / 2];
        out[i] = hex[digits % 2 == 0 ? byte >> 4 : byte & 15];
        digits++;
    }
}

void ids_init(struct ids *s)
{
    *s = (struct ids){0};
}

void ids_done(struct ids *s)
{
    mem_free(s->table);
    ids_init(s);
}

static size_t home(const struct ids *s, const struct id *id)
{
    uint64_t low = 0, high = 0;

    memcpy(&high, id->bytes, 8);
    memcpy(&low, id->bytes + 8, 8);
    uint64_t mixed = (high ^ (low << 1 | low >> 63)) * 0x9E3779B97F4A7C15U;
    return (size_t)(mixed >> 32) & (s->capacity - 1);
}

// Where `id` is, or where it would go.
static size_t find(const struct ids *s, const struct id *id)
{
    size_t i = home(s, id);

    while (!id_equal(&s->table[i], &no_id) && !id_equal(&s->table[i], id)) {
        i = (i + 1) & (s->capacity - 1);
    }
    return i;
}

static enum aiu_status grow(struct ids *s)
{
    struct ids grown = {.capacity = s->capacity == 0 ? 64 : s->capacity * 2, .count = s->count};

    if (s->count >= IDS_MOST) {
        return AIU_TOO_LONG;
    }
    grown.table = mem_new(grown.capacity, sizeof(struct id));
    if (grown.table == NULL) {
        return AIU_NO_MEMORY;
    }
    for (size_t i = 0; i < s->capacity; i++) {
        if (!id_equal(&s->table[i], &no_id)) {
            grown.table[find(&grown, &s->table[i])] = s->table[i];
        }
    }
    mem_free(s->table);
    *s = grown;
    return AIU_OK;
}

enum aiu_status ids_add(struct ids *s, const struct id *id)
{
    if (s->count * 2 >= s->capacity) {
        TRY(grow(s));
    }
    size_t i = find(s, id);
    if (id_equal(&s->table[i], &no_id)) {
        s->table[i] = *id;
        s->count++;
    }
    return AIU_OK;
}

bool ids_remove(struct ids *s, const struct id *id)
{
    size_t mask = s->capacity - 1;

    if (s->count == 0) {
        return false;
    }
    size_t hole = find(s, id);
    if (id_equal(&s->table[hole], &no_id)) {
        return false;
    }
    for (size_t i = (hole + 1) & mask; !id_equal(&s->table[i], &no_id); i = (i + 1) & mask) {
        // It may move up when its home is not between the hole and itself.
        if (((i - home(s, &s->table[i])) & mask) >= ((i - hole) & mask)) {
            s->table[hole] = s->table[i];
            hole = i;
        }
    }
    s->table[hole] = no_id;
    s->count--;
    return true;
}

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct id));
}

const struct id *ids_sorted(struct ids *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->capacity; i++) {
        if (!id_equal(&s->table[i], &no_id)) {
            s->table[n++] = s->table[i];
        }
    }
    if (n > 0) {
        qsort(s->table, n, sizeof(s->table[0]), compare_ids);
    }
    return s->table;
}
