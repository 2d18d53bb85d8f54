// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A list of pseudonyms as bytes, numbers little-endian:
//
//     "aiu-map" 01 | u32 count | count times: u8 style, u64 identity, u32 n, u32 m, value, token
//
// All of it is looked at before anything is added.
#include "detect/pseudonym.h"

#include <string.h>

enum { HEAD = 8, ENTRY = 1 + 8 + 4 + 4, TOKEN_MOST = 2048 };

static const uint8_t head[HEAD] = {'a', 'i', 'u', '-', 'm', 'a', 'p', 1};

static enum aiu_status put_number(struct buf *dst, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++) {
        TRY(buf_append_byte(dst, (uint8_t)(value >> 8 * i)));
    }
    return AIU_OK;
}

static enum aiu_status put_entry(struct buf *dst, const struct pseudonym *e)
{
    TRY(buf_append_byte(dst, e->style));
    TRY(put_number(dst, e->identity, 8));
    TRY(put_number(dst, e->value.n, 4));
    TRY(put_number(dst, e->token.n, 4));
    TRY(buf_append(dst, e->value));
    return buf_append(dst, e->token);
}

enum aiu_status pseudonyms_save(const struct pseudonyms *p, struct buf *dst)
{
    TRY(buf_append(dst, span_of(head, HEAD)));
    TRY(put_number(dst, p->count, 4));
    for (size_t i = 0; i < p->count; i++) {
        TRY(put_entry(dst, p->items[i]));
    }
    return AIU_OK;
}

static uint64_t take_number(struct span *s, unsigned bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < bytes; i++) {
        value |= (uint64_t)s->p[i] << 8 * i;
    }
    *s = span_drop_first(*s, bytes);
    return value;
}

static enum aiu_status take_entry(struct span *rest, struct pseudonym *e)
{
    if (rest->n < ENTRY) {
        return AIU_FILE_INVALID;
    }
    e->style = (uint8_t)take_number(rest, 1);
    e->identity = take_number(rest, 8);
    size_t n = take_number(rest, 4), m = take_number(rest, 4);
    if (e->style > TOKEN_NUMBER || n == 0 || n > PSEUDONYM_VALUE_MOST || m == 0 || m > TOKEN_MOST ||
        rest->n < n + m) {
        return AIU_FILE_INVALID;
    }
    e->group = (uint8_t)token_group_of((enum token_style)e->style);
    e->value = span_first(*rest, n);
    e->token = span_first(span_drop_first(*rest, n), m);
    *rest = span_drop_first(*rest, n + m);
    return AIU_OK;
}

// Add the entry, or only look whether that could be done.
static enum aiu_status put(struct pseudonyms *p, struct pseudonym *e, bool add)
{
    CLEANUP(buf_wipe) struct buf folded = BUF_OF(TOKEN_MOST);
    const struct pseudonym *entry = NULL;
    bool whole = false;

    TRY(token_fold((enum token_group)e->group, e->token, &folded, &whole));
    if (!whole || folded.n == 0) {
        return AIU_FILE_INVALID;
    }
    if (!add || pseudonyms_find(p, e->identity, e->value) != NULL) {
        return AIU_OK;
    }
    e->folded = buf_span(&folded);
    return pseudonyms_add(p, e, &entry);
}

static enum aiu_status each_entry(struct pseudonyms *p, struct span rest, bool add)
{
    for (uint64_t count = take_number(&rest, 4); count > 0; count--) {
        struct pseudonym e = {0};
        TRY(take_entry(&rest, &e));
        TRY(put(p, &e, add));
    }
    return rest.n == 0 ? AIU_OK : AIU_FILE_INVALID;
}

enum aiu_status pseudonyms_load(struct pseudonyms *p, struct span saved)
{
    struct span rest = span_drop_first(saved, HEAD);

    if (rest.n < 4 || memcmp(saved.p, head, HEAD) != 0) {
        return AIU_FILE_INVALID;
    }
    TRY(each_entry(p, rest, false));
    return each_entry(p, rest, true);
}
