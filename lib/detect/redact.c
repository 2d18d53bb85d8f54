// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
#include "detect/redact.h"

enum aiu_status redact_tag(uint16_t rule, bool plain, struct buf *dst)
{
    const struct rule_info *info = rules_get(rule);

    TRY(buf_append(dst, SPAN_OF("[REDACTED")));
    if (!plain && info != NULL) {
        TRY(buf_append_byte(dst, ':'));
        TRY(buf_append(dst, span_str(info->tag)));
    }
    return buf_append_byte(dst, ']');
}

enum aiu_status redact_text(struct span text, const struct findings *found,
                            const struct rule_set *which, bool plain, struct buf *dst)
{
    size_t at = 0;

    for (size_t i = 0; i < found->count; i++) {
        const struct finding *f = &found->items[i];
        if (which != NULL && !rule_set_has(which, f->rule)) {
            continue;
        }
        CHECK(f->start <= f->end && f->end <= text.n);
        if (f->start < at) { // overlaps what is gone: the tag before stands for both
            at = f->end > at ? f->end : at;
            continue;
        }
        TRY(buf_append(dst, span_of(text.p + at, f->start - at)));
        TRY(redact_tag(f->rule, plain, dst));
        at = f->end;
    }
    return buf_append(dst, span_drop_first(text, at));
}
