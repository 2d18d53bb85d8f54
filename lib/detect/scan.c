// SPDX-FileCopyrightText: The AI Utilities authors
// SPDX-License-Identifier: Apache-2.0
//
// A whole text, block by block. Each block is examined with what stands before it as context; what
// it leaves undecided at its end begins the next one.
#include "detect/engine.h"
#include "detect/examine.h"

enum { BLOCK = 32 << 10 };

static enum aiu_status take_block(const struct decided *d, size_t base, struct findings *out)
{
    if (d->extended > 0 && out->count > 0) {
        out->items[out->count - 1].end = base + d->extended;
    }
    for (size_t i = 0; i < d->count; i++) {
        struct finding f = {
            .start = base + d->items[i].start,
            .end = base + d->items[i].end,
            .rule = d->items[i].rule,
            .confidence = d->items[i].confidence,
        };
        TRY(findings_append(out, &f));
    }
    return AIU_OK;
}

enum aiu_status scan_text(const struct engine *e, struct scratch *s, const struct rule_set *rules,
                          struct span text, struct findings *out)
{
    struct progress p = {0};
    size_t base = 0; // of the view

    findings_reset(out);
    while (base + p.decided < text.n) {
        struct decided d;
        size_t done = base + p.decided;
        size_t end = text.n - done > BLOCK ? done + BLOCK : text.n;

        base = done > CATALOG_CONTEXT ? done - CATALOG_CONTEXT : 0;
        p.decided = done - base;
        struct view v = {text.p + base, end - base, end == text.n, base == 0};
        TRY(examine(e, s, rules, &v, &p, &d));
        TRY(take_block(&d, base, out));
        if (base + p.decided == done) {
            return AIU_INSPECTION_FAILED;
        }
    }
    return AIU_OK;
}
