// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "audit/months_chain.h"

#include <stdio.h>
#include <string.h>

#include "audit/folder.h"
#include "audit/reader.h"

static const uint64_t day_us = UINT64_C(86400) * 1000000;

static void read_previous(struct span entry, char ret_previous[MONTHS_NAME_SIZE])
{
    const struct span name = SPAN_OF(",\"previous\":\"");
    struct span rest = span_drop_first(entry, span_find_span(entry, name));

    rest = span_drop_first(rest, rest.n > 0 ? name.n : 0);
    rest = span_first(rest, span_find_byte(rest, '"'));
    if (span_starts_with(entry, SPAN_OF("{\"v\":1,\"t\":\"shard\",")) &&
        rest.n == MONTHS_NAME_SIZE - 1) {
        memcpy(ret_previous, rest.p, rest.n);
        ret_previous[rest.n] = '\0';
    }
}

enum aiu_status months_previous(const char *folder, char ret_previous[MONTHS_NAME_SIZE])
{
    struct reader *reader = NULL;
    struct reader_entry entry;

    ret_previous[0] = '\0';
    TRY(reader_open(folder, 0, &reader));
    enum aiu_status st = reader_next(reader, &entry);
    if (st == AIU_OK) {
        read_previous(entry.bytes, ret_previous);
    }
    reader_free(reader);
    return st == AIU_NOT_FOUND ? AIU_OK : st;
}

// When its first segment was begun; 0 where that cannot be known.
static enum aiu_status begun(const char *folder, uint64_t *ret_us)
{
    enum aiu_status st = folder_begun(folder, ret_us);

    if (st == AIU_FILE_NOT_FOUND || st == AIU_AUDIT_CORRUPT) {
        *ret_us = 0;
        return AIU_OK;
    }
    return st;
}

enum aiu_status months_within(const char *folder, uint64_t from_us, uint64_t to_us,
                              struct months *months)
{
    char path[MONTHS_PATH_MOST + MONTHS_NAME_SIZE];
    size_t first = 0, end = months->count;

    for (size_t i = 0; i < months->count; i++) {
        uint64_t us = 0;
        (void)snprintf(path, sizeof(path), "%s/%s", folder, months->names[i]);
        TRY(begun(path, &us));
        if (us != 0 && us + day_us <= from_us) {
            first = i; // what was before it had ended by then
        }
        if (us > day_us && us - day_us >= to_us && end == months->count) {
            end = i;
        }
    }
    end = end > first ? end : first;
    memmove(months->names, months->names[first], (end - first) * sizeof(months->names[0]));
    months->count = end - first;
    return AIU_OK;
}
