// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "codec/json_edit.h"

static enum aiu_status check(struct span text, const struct json_edit *edits, size_t count)
{
    uint32_t done = 0;

    for (size_t i = 0; i < count; i++) {
        if (edits[i].start < done || edits[i].end < edits[i].start || edits[i].end > text.n) {
            return AIU_INTERNAL;
        }
        done = edits[i].end;
    }
    return AIU_OK;
}

static size_t add_piece(struct span *pieces, size_t n, struct span piece)
{
    pieces[n] = piece;
    return piece.n > 0 ? n + 1 : n;
}

static struct span between(struct span text, size_t start, size_t end)
{
    return span_first(span_drop_first(text, start), end - start);
}

enum aiu_status json_apply_pieces(struct span text, const struct json_edit *edits, size_t count,
                                  struct span *pieces, size_t *ret_count)
{
    size_t done = 0;
    size_t n = 0;

    TRY(check(text, edits, count));
    for (size_t i = 0; i < count; i++) {
        n = add_piece(pieces, n, between(text, done, edits[i].start));
        n = add_piece(pieces, n, edits[i].with);
        done = edits[i].end;
    }
    *ret_count = add_piece(pieces, n, span_drop_first(text, done));
    return AIU_OK;
}

size_t json_apply_length(struct span text, const struct json_edit *edits, size_t count)
{
    size_t n = text.n;

    for (size_t i = 0; i < count; i++) {
        n = n - (edits[i].end - edits[i].start) + edits[i].with.n;
    }
    return n;
}

enum aiu_status json_apply(struct span text, const struct json_edit *edits, size_t count,
                           struct buf *out)
{
    uint8_t *room = NULL;
    size_t done = 0;

    TRY(check(text, edits, count));
    TRY(buf_reserve(out, json_apply_length(text, edits, count), &room));
    for (size_t i = 0; i < count; i++) {
        TRY(buf_append(out, between(text, done, edits[i].start)));
        TRY(buf_append(out, edits[i].with));
        done = edits[i].end;
    }
    return buf_append(out, span_drop_first(text, done));
}
