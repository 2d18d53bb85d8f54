// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// Replaces runs of a text; every byte outside them stays as it came.
//
// Ownership: nothing is copied by json_apply_pieces; the pieces borrow the text and the edits.
// Threads:   any. Errors: AIU_INTERNAL for edits that are out of order, overlap or pass the end.
#pragma once

#include "base/buf.h"
#include "base/span.h"
#include "base/status.h"

// Source bytes start..end (half open) become `with`, written as they stand: what goes inside a JSON
// string is escaped before (json_write.h). start == end inserts.
struct json_edit {
    uint32_t start;
    uint32_t end;
    struct span with;
};

// Most pieces that `count` edits can give.
static inline size_t json_pieces_max(size_t count)
{
    return 2 * count + 1;
}

// The edited text as pieces in order, none empty, for writev. `pieces` has room for
// json_pieces_max(count). `edits` are sorted by place and do not overlap.
MUST_CHECK enum aiu_status json_apply_pieces(struct span text, const struct json_edit *edits,
                                             size_t count, struct span *pieces, size_t *ret_count);

// The same, appended to `out`; `out` is unchanged on an error.
MUST_CHECK enum aiu_status json_apply(struct span text, const struct json_edit *edits, size_t count,
                                      struct buf *out);

// Length of the edited text; the edits as above.
size_t json_apply_length(struct span text, const struct json_edit *edits, size_t count);
