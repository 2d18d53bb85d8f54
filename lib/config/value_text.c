// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Members back to text, each in the one spelling that a file could have. Secrets are not in the
// configuration; what would help to guess them (hashes, arguments of commands) is masked.
#include "base/clock.h"
#include "config/address.h"
#include "config/source.h"
#include "config/value.h"

uint64_t value_number(const struct schema_key *key, const void *field)
{
    uint64_t wide = 0;
    uint32_t narrow = 0;
    bool truth = false;

    if (key->width == sizeof(uint64_t)) {
        memcpy(&wide, field, sizeof(wide));
        return wide;
    }
    if (key->width == sizeof(uint32_t)) {
        memcpy(&narrow, field, sizeof(narrow));
        return narrow;
    }
    memcpy(&truth, field, sizeof(truth));
    return truth;
}

static enum aiu_status append_unit(uint64_t value, uint64_t unit, const char *name, bool *done,
                                   struct buf *dst)
{
    if (*done || value == 0 || value % unit != 0) {
        return AIU_OK;
    }
    *done = true;
    TRY(buf_append_u64(dst, value / unit));
    return buf_append(dst, span_str(name));
}

enum aiu_status value_append_number(const struct schema_key *k, uint64_t value, struct buf *dst)
{
    bool done = false;

    if (k->type == SCHEMA_AUTO && value == 0) {
        return buf_append(dst, SPAN_OF("auto"));
    }
    if (k->type == SCHEMA_SIZE) {
        TRY(append_unit(value, UINT64_C(1) << 30, "GiB", &done, dst));
        TRY(append_unit(value, UINT64_C(1) << 20, "MiB", &done, dst));
        TRY(append_unit(value, UINT64_C(1) << 10, "KiB", &done, dst));
    } else if (k->type == SCHEMA_DURATION) {
        TRY(append_unit(value, 3600000, "h", &done, dst));
        TRY(append_unit(value, 60000, "m", &done, dst));
        TRY(append_unit(value, 1000, "s", &done, dst));
        TRY(append_unit(value, 1, "ms", &done, dst));
    }
    return done ? AIU_OK : buf_append_u64(dst, value);
}

static enum aiu_status append_date(uint64_t unix_s, struct buf *dst)
{
    char stamp[CLOCK_STAMP_SIZE];

    clock_stamp((unix_s - 1) * 1000000, stamp);
    return buf_append(dst, span_of(stamp, 10));
}

static struct span span_at(const void *field)
{
    struct span s;

    memcpy(&s, field, sizeof(s));
    return s;
}

static enum aiu_status append_choice(const struct schema_key *k, const void *field, struct buf *dst)
{
    if (k->width == sizeof(struct span)) {
        return buf_append(dst, span_at(field));
    }
    return buf_append(dst, span_str(k->choices[value_number(k, field)]));
}

static enum aiu_status append_names(const struct schema_key *k, const void *field, struct buf *dst)
{
    const struct span *names = NULL;
    size_t count = 0;

    memcpy(&names, field, sizeof(names));
    memcpy(&count, (const uint8_t *)field - k->offset + k->count_offset, sizeof(count));
    TRY(buf_append_byte(dst, '['));
    for (size_t i = 0; i < count; i++) {
        TRY(buf_append(dst, i == 0 ? SPAN_OF("") : SPAN_OF(", ")));
        TRY(buf_append(dst, names[i]));
    }
    return buf_append_byte(dst, ']');
}

bool value_is_empty(const struct schema_key *key, const void *field)
{
    const struct config_source *source = field;
    const void *items = NULL;

    switch (key->type) {
    case SCHEMA_ID:
    case SCHEMA_NAME:
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
    case SCHEMA_URL:
    case SCHEMA_HASH:
    case SCHEMA_RULE:
        return span_at(field).n == 0;
    case SCHEMA_SECRET:
    case SCHEMA_FILE:
        return !source->given;
    case SCHEMA_LIST:
    case SCHEMA_NAMES:
        memcpy(&items, field, sizeof(items));
        return items == NULL;
    case SCHEMA_MAP:
    case SCHEMA_ADDRESS:
    case SCHEMA_BOOL:
    case SCHEMA_NUMBER:
    case SCHEMA_AUTO:
    case SCHEMA_SIZE:
    case SCHEMA_DURATION:
    case SCHEMA_DATE:
    case SCHEMA_CHOICE:
        return false;
    }
    return false;
}

enum aiu_status value_text(const struct schema_key *key, const void *field, struct buf *dst)
{
    switch (key->type) {
    case SCHEMA_ID:
    case SCHEMA_NAME:
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
    case SCHEMA_URL:
    case SCHEMA_RULE:
        return buf_append(dst, span_at(field));
    case SCHEMA_HASH:
        return buf_append(dst, SPAN_OF("h1:****"));
    case SCHEMA_ADDRESS:
        return address_text(field, dst);
    case SCHEMA_SECRET:
    case SCHEMA_FILE:
        return source_text(field, dst);
    case SCHEMA_NAMES:
        return append_names(key, field, dst);
    case SCHEMA_BOOL:
        return buf_append(dst, value_number(key, field) ? SPAN_OF("true") : SPAN_OF("false"));
    case SCHEMA_NUMBER:
    case SCHEMA_AUTO:
    case SCHEMA_SIZE:
    case SCHEMA_DURATION:
        return value_append_number(key, value_number(key, field), dst);
    case SCHEMA_DATE:
        return append_date(value_number(key, field), dst);
    case SCHEMA_CHOICE:
        return append_choice(key, field, dst);
    case SCHEMA_MAP:
    case SCHEMA_LIST:
        break;
    }
    return AIU_INTERNAL;
}
